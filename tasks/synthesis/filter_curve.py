"""Filter, curve, filter in whole numbers, as numpy and as gates: the same numbers by either way.

A filter is a chain of stages `s(t) + c s(t - d)`: with delays 1, 2, 4, ... and factors a, a^2, a^4, ... it
is a one-pole filter of coefficient a, cut off where nobody hears it, without feedback. A factor is a sum of
a few powers of two, so a stage is a few adders. The curve is odd: XOR takes its sign off and puts it back,
and what is left is a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tasks.synthesis.decision import synthesise
from tasks.synthesis.netlist import FALSE, Netlist
from zoo.circuit import Circuit

Int64 = npt.NDArray[np.int64]
Literals = list[int]  # a number's bits, two's complement, least significant first


@dataclass(frozen=True)
class Term:
    """`sign * 2^-place`; sign 1 or -1, place 0 or more."""

    sign: int
    place: int

    @property
    def value(self) -> float:
        """As a number."""
        return self.sign * 2.0**-self.place


@dataclass(frozen=True)
class Stage:
    """`s(t)` plus the terms of `s(t - delay)`."""

    delay: int
    terms: tuple[Term, ...]

    @property
    def factor(self) -> float:
        """The sum of its terms."""
        return sum(term.value for term in self.terms)


@dataclass(frozen=True, eq=False)
class FilterCurve:
    """The whole effect.

    Args:
        width: Bits of an input sample.
        before: Stages of the filter ahead of the curve.
        table: int64 (2^n,): the curve's magnitude for magnitudes up to 2^n - 1; larger ones take the last.
        past: What of the input passes by the curve.
        after: Stages behind it.
        out: Bits of an output sample.
    """

    width: int
    before: tuple[Stage, ...]
    table: Int64
    past: tuple[Term, ...]
    after: tuple[Stage, ...]
    out: int

    def play(self, samples: npt.NDArray[np.int16]) -> Int64:
        """int16 (..., n) -> int64 (..., n): output numbers of `out` bits."""
        x = samples.astype(np.int64) >> (16 - self.width)
        s = _filtered(x, self.before)
        sign = s >> 63
        s = self.table[np.minimum(s ^ sign, len(self.table) - 1)] ^ sign
        s = _filtered(_plus(s, x, self.past), self.after)
        most = 1 << (self.out - 1)
        return np.clip(s, -most, most - 1)

    def sound(self, samples: npt.NDArray[np.int16]) -> npt.NDArray[np.float64]:
        """int16 (..., n) -> float64 (..., n) within -1 to 1."""
        return self.play(samples) / float(1 << (self.out - 1))

    @cached_property
    def circuit(self) -> Circuit:
        """From a sample in offset binary, most significant bit first, to one; registers delay."""
        return _Builder(self).circuit()


def _filtered(s: Int64, stages: Sequence[Stage]) -> Int64:
    for stage in stages:
        late = np.zeros_like(s)
        late[..., stage.delay :] = s[..., : -stage.delay]
        s = _plus(s, late, stage.terms)
    return s


def _plus(s: Int64, x: Int64, terms: Sequence[Term]) -> Int64:
    for term in terms:
        s = s + term.sign * ((x + (1 << term.place >> 1)) >> term.place)
    return s


class _Builder:
    """Gates of one effect. Every number is as wide as the largest that can come, so nothing wraps."""

    def __init__(self, effect: FilterCurve) -> None:
        self.effect = effect
        most = 1 << (effect.width - 1)
        x = (most, [1.0])
        self._before = _ranges(*x, effect.before)
        largest = float(effect.table.max()) + 1 + most * sum(abs(t.value) for t in effect.past)
        self._after = _ranges(largest + len(effect.past), [1.0], effect.after)
        plan = (
            *zip(effect.before, self._before, strict=False),
            *zip(effect.after, self._after, strict=False),
        )
        self._n_registers = sum(stage.delay * _width(most) for stage, most in plan)
        self.net = Netlist(effect.width + self._n_registers)
        self._used = effect.width
        self._next: Literals = []

    def circuit(self) -> Circuit:
        """All of it."""
        effect = self.effect
        x = [self.net.input(i) for i in reversed(range(effect.width))]
        x[-1] ^= 1  # offset binary to two's complement
        s = self._chain(x, effect.before, self._before)
        sign = s[-1]
        s = [*(self.net.xor(bit, sign) for bit in self._curve([self.net.xor(b, sign) for b in s[:-1]])), sign]
        for term in effect.past:
            s = self._add(s, x, term, _width(self._after[0]))
        s = self._saturated(self._chain(s, effect.after, self._after))
        s[-1] ^= 1
        flat = self.net.circuit([*reversed(s), *self._next])
        outputs, following = flat.outputs[: effect.out], flat.outputs[effect.out :]
        start = np.zeros(len(following), np.uint8)
        return Circuit(effect.width, flat.op, flat.a, flat.b, outputs, following, start)

    def _chain(self, s: Literals, stages: Sequence[Stage], largest: Sequence[float]) -> Literals:
        for stage, now, then in zip(stages, largest, largest[1:], strict=False):
            s = _extended(s, _width(now))
            late = self._late(s, stage.delay)
            for term in stage.terms:
                s = self._add(s, late, term, _width(max(now, then)))
            s = s[: _width(then)]
        return s

    def _late(self, s: Literals, delay: int) -> Literals:
        """The number so many samples ago."""
        for _ in range(delay):
            self._next += s
            s = [self.net.input(self._used + i) for i in range(len(s))]
            self._used += len(s)
        return s

    def _add(self, s: Literals, x: Literals, term: Term, width: int) -> Literals:
        """The number plus the term of x, rounded by way of the carry."""
        place = min(term.place, len(x))  # what is smaller than half of that rounds to nothing
        carry = x[place - 1] if place else FALSE
        part = _extended(x[place:] or x[-1:], width)
        if term.sign < 0:
            part, carry = [bit ^ 1 for bit in part], carry ^ 1
        made = []
        for one, other in zip(_extended(s, width), part, strict=True):
            bit, carry = self.net.adder(one, other, carry)
            made.append(bit)
        return made

    def _curve(self, magnitude: Literals) -> Literals:
        """The table of a magnitude that is held where the table ends."""
        n = len(self.effect.table).bit_length() - 1
        over = FALSE
        for bit in magnitude[n:]:
            over = self.net.or_(over, bit)
        held = [self.net.or_(bit, over) for bit in magnitude[:n]]
        held += [FALSE] * (n - len(held))
        bits = int(self.effect.table.max()).bit_length()
        rows = (self.effect.table[:, None] >> np.arange(bits)) & 1
        table = synthesise(rows.astype(np.uint8), tries=TRIES)
        nodes = list(held)
        for op, a, b in zip(table.op.tolist(), table.a.tolist(), table.b.tolist(), strict=True):
            nodes.append(self.net.gate(op, nodes[a], nodes[b]))
        return [nodes[node] for node in table.outputs.tolist()]

    def _saturated(self, s: Literals) -> Literals:
        """As many bits as go out, at the end of their range where the number is beyond."""
        low, high, sign = s[: self.effect.out - 1], s[self.effect.out - 1 : -1], s[-1]
        over = FALSE
        for bit in high:
            over = self.net.or_(over, self.net.xor(bit, sign))
        return [*(self.net.mux(over, bit, sign ^ 1) for bit in low), sign]


TRIES = 4  # orders of the table's inputs


def _ranges(most: float, response: list[float], stages: Sequence[Stage]) -> list[float]:
    """The largest magnitude ahead of each stage and behind the last: the response's sum, plus rounding."""
    found, error = [most], 0.0
    h = np.array(response)
    for stage in stages:
        longer = np.zeros(len(h) + stage.delay)
        longer[: len(h)] += h
        longer[stage.delay :] += stage.factor * h
        h = longer
        error = error * (1 + abs(stage.factor)) + len(stage.terms)
        found.append(most * float(np.abs(h).sum()) + error)
    return found


def _width(most: float) -> int:
    """Bits of a signed number of this magnitude."""
    return int(np.ceil(most)).bit_length() + 1


def _extended(s: Literals, width: int) -> Literals:
    return [*s, *[s[-1]] * (width - len(s))][:width]
