"""Frame mode of any circuit: one frame, its bits packed 32 a word.

No bit is ever taken out of its word: a gate works on whole registers of which one bit means something, and
the second operand is rotated, at no cost, until its bit stands where the first one's does. Outputs are put
together from the highest bit down: `bfi acc, x, #0, #k + 1` keeps the bits above k and takes bit k from x.
Words of registers that follow other words are copied whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np

from exporters.c.names import ExportError
from exporters.passes.lines import whole_words
from exporters.schedule import depth_first, fewest_live
from exporters.schedule.interleave import Core, Interleaved, Op, interleave
from exporters.schedule.spill import Home, Memory, spill
from zoo.circuit import Circuit

STATE, BITS, OUTPUTS = 0, 1, 2  # values that are there at the start: the arguments

# Gate -> instruction, and whether its operands are exchanged.
LOGIC = {
    1: ("and", False),
    2: ("bic", False),
    4: ("bic", True),
    6: ("eor", False),
    7: ("orr", False),
    9: ("eon", False),
    11: ("orn", False),
    13: ("orn", True),
}
SYMMETRIC = {1, 6, 7, 9}
ZERO, ONE, NOT = 0, 15, 12


Ordered = Callable[[Circuit], list[int]]


class FrameDialect(Protocol):
    """How an instruction set writes what is needed here; `{0}` and so on are register numbers."""

    core: Core
    frame_registers: tuple[int, ...]  # for values; the first three hold the arguments at the start

    def logic(self, name: str, rotation: int = 0) -> str:
        """`{0} = {1} name ror({2}, rotation)`."""
        ...

    def turned(self, rotation: int) -> str:
        """`{0} = ror({1}, rotation)`."""
        ...

    def inverse(self) -> str:
        """`{0} = ~{1}`."""
        ...

    def constant(self, ones: bool) -> str:
        """`{0}` all ones or all zeros."""
        ...

    def insert(self, bits: int) -> str:
        """So many low bits of `{2}` go to `{0}`, which is `{1}`."""
        ...

    def lowest(self, bits: int) -> str:
        """`{0}` is so many low bits of `{1}`."""
        ...

    def load(self, offset: int) -> str:
        """`{0}` from the array at `{1}`."""
        ...

    def store(self, offset: int) -> str:
        """`{0}` to the array at `{1}`."""
        ...

    def fetch(self, slot: int) -> str:
        """`{0}` from the stack."""
        ...

    def keep(self, slot: int) -> str:
        """`{0}` to the stack."""
        ...


class Bit(NamedTuple):
    """Where a node's value stands."""

    value: int
    position: int


def frame_code(circuit: Circuit, dialect: FrameDialect) -> tuple[Interleaved, int]:
    """Code for one step of a circuit whose gates are instructions of the dialect, and its stack slots.

    Two orders of the gates are tried, and the one that takes fewer instructions is taken: where they differ
    little, the schedule's own count of cycles is not exact enough to choose by.
    """
    found, refused = [], []
    for order in (depth_first, fewest_live):
        try:
            found.append(_written(circuit, dialect, order))
        except ExportError as error:  # more values on the stack than the dialect reaches
            refused.append(error)
    if not found:
        raise refused[0]
    return min(found, key=lambda written: len(written[0].lines))


def _written(circuit: Circuit, dialect: FrameDialect, ordered: Ordered) -> tuple[Interleaved, int]:
    work = _Frame(circuit, dialect, ordered)
    registers = dialect.frame_registers
    held = dict(zip((STATE, BITS, OUTPUTS), registers, strict=False))
    pointers = 3 if circuit.n_registers else 2
    memory = Memory(dialect.fetch, dialect.keep)
    capacity = len(registers) - pointers - SLACK
    ops, n_slots = spill(
        work.ops, capacity, work.homes, memory, work.n_values, frozenset(held), work.overwrites
    )
    return interleave(ops, registers, dialect.core, held), n_slots


SLACK = 3  # registers that let loads go ahead of their uses


class _Frame:
    """Instructions over values, one step of the circuit in order."""

    def __init__(self, circuit: Circuit, dialect: FrameDialect, ordered: Ordered) -> None:
        self.ops: list[Op] = []
        self.homes: dict[int, Home] = {}
        self.n_values = 3
        self._dialect, self._circuit = dialect, circuit
        self._first = circuit.n_inputs + circuit.n_registers
        self._bits: dict[int, Bit] = {}
        self.overwrites: dict[int, int] = {}  # number of a store to the state -> value that stood there
        states = self.n_values + -(-circuit.n_inputs // 32)  # value of the first word of registers
        for array, first, count in (
            (BITS, 0, circuit.n_inputs),
            (STATE, circuit.n_inputs, circuit.n_registers),
        ):
            self._arrive(array, first, count)
        outputs, following = circuit.outputs.tolist(), circuit.register_next.tolist()
        copied = whole_words(circuit)
        changed = [result for result in _packed(STATE, following) if result[1] not in copied]
        results = [*_packed(OUTPUTS, outputs), *changed]
        roots = [node for _, _, nodes in results for node in reversed(nodes)]
        op, a, b = circuit.op.tolist(), circuit.a.tolist(), circuit.b.tolist()
        order = iter(ordered(replace(circuit, outputs=np.array(roots[::-1], np.int32), lanes=None)))
        sums = [(states + source, STATE, word) for word, source in copied.items() if source != word]
        for array, word, nodes in results:
            total = -1
            for position in range(len(nodes) - 1, -1, -1):
                node = nodes[position]
                while node not in self._bits:
                    g = next(order) - self._first
                    self._bits[self._first + g] = self._gate(op[g], a[g], b[g])
                total = self._merge(total, self._bits[node], position)
            if len(nodes) < 32:
                total = self._emit(dialect.lowest(len(nodes)), ((total, 1),))
            if array == OUTPUTS:
                self._store(total, array, word)
            else:
                sums.append((total, array, word))
        for value, array, word in sums:  # the next state, when nothing reads the present one any more
            self.overwrites[len(self.ops)] = states + word
            self._store(value, array, word)

    def _arrive(self, array: int, first: int, count: int) -> None:
        """Nodes that stand in memory at the start."""
        for word in range(-(-count // 32)):
            self.homes[self.n_values] = Home(self._dialect.load(4 * word), (array, 1))
            for i in range(32 * word, min(32 * word + 32, count)):
                self._bits[first + i] = Bit(self.n_values, i % 32)
            self.n_values += 1

    def _emit(
        self, text: str, reads: tuple[tuple[int, int], ...], result: int = 2, tied: bool = False
    ) -> int:
        self.n_values += 1
        self.ops.append(Op(text, "alu", reads, ((self.n_values - 1, result),), tied=tied))
        return self.n_values - 1

    def _store(self, value: int, array: int, word: int) -> None:
        self.ops.append(Op(self._dialect.store(4 * word), "memory", ((value, 3), (array, 1))))

    def _gate(self, op: int, a: int, b: int) -> Bit:
        dialect = self._dialect
        if op in (ZERO, ONE):
            return Bit(self._emit(dialect.constant(op == ONE), (), 1), 0)
        x = self._bits[a]
        if op == NOT:
            return Bit(self._emit(dialect.inverse(), ((x.value, 1),), 1), x.position)
        name, exchanged = LOGIC[op]
        y = self._bits[b]
        if exchanged:
            x, y = y, x
        turn = (y.position - x.position) % 32
        reads = ((x.value, 2), (y.value, 1 if turn else 2))
        return Bit(self._emit(dialect.logic(name, turn), reads), x.position)

    def _merge(self, total: int, bit: Bit, position: int) -> int:
        """One more bit of an output word, below those that are there."""
        dialect, turn = self._dialect, (bit.position - position) % 32
        value = bit.value
        if turn or total < 0:
            value = self._emit(dialect.turned(turn), ((value, 1),), 1)
        if total < 0:
            return value
        return self._emit(dialect.insert(position + 1), ((total, 1), (value, 1)), tied=True)


def _packed(array: int, nodes: list[int]) -> list[tuple[int, int, list[int]]]:
    """(array, word, its nodes from bit 0 on) for each word."""
    return [(array, i // 32, nodes[i : i + 32]) for i in range(0, len(nodes), 32)]
