"""A circuit from a formula: words of gates that add, multiply, divide and shift as integers do."""

from __future__ import annotations

from collections.abc import Callable

from tasks.data.bytebeat import evaluate
from tasks.synthesis.netlist import FALSE, TRUE, Netlist
from zoo.circuit import Circuit

WIDTH = 32


class Word:
    """32 literals, least significant first; unsigned, and wraps.

    Args:
        netlist: Where gates go.
        bits: At most 32 literals; zeros fill up.
    """

    def __init__(self, netlist: Netlist, bits: list[int]) -> None:
        self.netlist = netlist
        self.bits = bits + [FALSE] * (WIDTH - len(bits))

    def __add__(self, other: Word) -> Word:
        return self._sum(other, FALSE)

    def __sub__(self, other: Word) -> Word:
        return self._sum(~other, TRUE)

    def __mul__(self, other: Word) -> Word:
        total = Word(self.netlist, [])
        for place, bit in enumerate(other.bits):
            if bit != FALSE:
                row = [FALSE] * place + [self.netlist.and_(bit, x) for x in self.bits[: WIDTH - place]]
                total = total + Word(self.netlist, row)
        return total

    def __floordiv__(self, other: Word) -> Word:
        return self._divided(other)[0]

    def __mod__(self, other: Word) -> Word:
        return self._divided(other)[1]

    def __and__(self, other: Word) -> Word:
        return self._each(other, self.netlist.and_)

    def __or__(self, other: Word) -> Word:
        return self._each(other, self.netlist.or_)

    def __xor__(self, other: Word) -> Word:
        return self._each(other, self.netlist.xor)

    def __invert__(self) -> Word:
        return Word(self.netlist, [bit ^ 1 for bit in self.bits])

    def __neg__(self) -> Word:
        return Word(self.netlist, []) - self

    def __lshift__(self, other: Word) -> Word:
        return self._shifted(other, lambda bits, by: [FALSE] * by + bits[: WIDTH - by])

    def __rshift__(self, other: Word) -> Word:
        return self._shifted(other, lambda bits, by: bits[by:] + [FALSE] * by)

    def _each(self, other: Word, gate: Callable[[int, int], int]) -> Word:
        return Word(self.netlist, [gate(x, y) for x, y in zip(self.bits, other.bits, strict=True)])

    def _sum(self, other: Word, carry: int) -> Word:
        """A chain of full adders."""
        bits = []
        for x, y in zip(self.bits, other.bits, strict=True):
            bit, carry = self.netlist.adder(x, y, carry)
            bits.append(bit)
        return Word(self.netlist, bits)

    def _shifted(self, other: Word, shift: Callable[[list[int], int], list[int]]) -> Word:
        """By the low five bits of the other word."""
        bits = self.bits
        for place in range(5):
            moved = shift(bits, 1 << place)
            choose = other.bits[place]
            bits = [self.netlist.mux(choose, low, high) for low, high in zip(bits, moved, strict=True)]
        return Word(self.netlist, bits)

    def _divided(self, other: Word) -> tuple[Word, Word]:
        """Quotient and rest by long division; by powers of two it costs nothing."""
        quotient, rest = [FALSE] * WIDTH, Word(self.netlist, [])
        for place in reversed(range(WIDTH)):
            trial = Word(self.netlist, [self.bits[place], *rest.bits[:-1]])
            less, borrow = [], FALSE
            for x, y in zip(trial.bits, other.bits, strict=True):
                bit, keeps = self.netlist.adder(x, y ^ 1, borrow ^ 1)
                less.append(bit)
                borrow = keeps ^ 1
            quotient[place] = borrow ^ 1
            kept = [self.netlist.mux(borrow, y, x) for x, y in zip(trial.bits, less, strict=True)]
            rest = Word(self.netlist, kept)
        return Word(self.netlist, quotient), rest


def compile_formula(text: str, width: int, outputs: int) -> Circuit:
    """The circuit of a formula of t, without any search.

    Args:
        text: See `tasks.data.bytebeat`.
        width: Bits of t, the circuit's inputs, least significant first.
        outputs: Low bits of the value that it gives, most significant first.
    """
    netlist = Netlist(width)
    t = Word(netlist, [netlist.input(index) for index in range(width)])

    def constant(value: int) -> Word:
        return Word(netlist, [value >> place & 1 for place in range(WIDTH)])

    result = evaluate(text, t, constant)
    assert isinstance(result, Word)
    return netlist.circuit(result.bits[outputs - 1 :: -1])
