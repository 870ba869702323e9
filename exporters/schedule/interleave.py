"""Interleave straight-line code for an in-order core, and give its values registers on the way.

The code comes in an order that is known to fit the registers. Instructions are taken out of turn, from a
short window, where they fill a cycle that would be lost; never so many that what was passed over no longer
fits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

Use = tuple[int, int]  # (value, stage at whose start it is needed, or at whose end it is there)


class Op(NamedTuple):
    """One instruction over values.

    Args:
        text: With `{0}`, `{1}` ... for the registers of its results, then of its operands.
        unit: What it occupies: a key of `Core.units`.
        reads: Operands.
        writes: Results.
        cycles: Issue cycles; others issue beside it in the first and the last only.
        tied: The first result must stand in the register of the first operand, which has no later use.
        after: (number of an earlier instruction, cycles from it to this one), for what passes through memory.
    """

    text: str
    unit: str
    reads: tuple[Use, ...] = ()
    writes: tuple[Use, ...] = ()
    cycles: int = 1
    tied: bool = False
    after: tuple[tuple[int, int], ...] = ()


class Core(NamedTuple):
    """What issues in a cycle.

    Args:
        units: Instructions of each kind a cycle.
        width: Instructions a cycle.
        eager: Places by which loads and stores ("memory") go before their turn, other things being equal: the
            load/store pipe is what is short, and what it brings takes time.
    """

    units: Mapping[str, int]
    width: int = 2
    eager: int = 8


@dataclass(frozen=True)
class Interleaved:
    """Code in its final order.

    Args:
        lines: Instructions with registers.
        used: Registers written.
        cycles: What the simple model behind the order takes for it.
    """

    lines: list[str]
    used: set[int]
    cycles: int


class RegistersError(ValueError):
    """The code does not fit the registers in its own order."""


def interleave(
    ops: Sequence[Op],
    registers: Sequence[int],
    core: Core,
    held: Mapping[int, int] | None = None,
    window: int = 32,
) -> Interleaved:
    """Order and registers for straight-line code.

    Args:
        ops: In an order that fits the registers; every value is written once, before it is read.
        registers: What values may stand in.
        core: What issues together.
        held: Value -> register (one of `registers`) of what stands there at the start.
        window: Instructions from which the next one is taken.

    Raises:
        RegistersError: Not even the given order fits.
    """
    return _Interleaver(ops, registers, core, held or {}).run(window)


class _Interleaver:
    def __init__(
        self, ops: Sequence[Op], registers: Sequence[int], core: Core, held: Mapping[int, int]
    ) -> None:
        self._ops, self._core = ops, core
        self._rank = [i - core.eager * (op.unit == "memory") for i, op in enumerate(ops)]
        self._uses: dict[int, int] = {}
        for op in ops:
            for value, _ in op.reads:
                self._uses[value] = self._uses.get(value, 0) + 1
        self._place = {value: register for value, register in held.items() if value in self._uses}
        taken = set(self._place.values())
        self._free = [r for r in reversed(registers) if r not in taken]
        self._ready = dict.fromkeys(self._place, 0)  # stage-0 time from which it can be taken
        self._issued: dict[int, int] = {}
        self._known: dict[int, int] = {}  # instruction -> first cycle in which its operands are there
        self._now, self._slots, self._busy = 0, 0, dict.fromkeys(core.units, 0)
        self._lines: list[str] = []
        self._used: set[int] = set()

    def run(self, window: int) -> Interleaved:
        waiting = list(range(min(window, len(self._ops))))
        following = len(waiting)
        while waiting:
            turns = sorted(range(len(waiting)), key=lambda k: self._rank[waiting[k]])
            chosen = next((k for k in turns if self._can_issue(waiting, k)), None)
            if chosen is None:
                self._next_cycle(waiting)
                continue
            self._issue(waiting.pop(chosen))
            if following < len(self._ops):
                waiting.append(following)
                following += 1
        return Interleaved(self._lines, self._used, self._now + bool(self._slots))

    def _next_cycle(self, waiting: list[int]) -> None:
        """Nothing more issues in this one."""
        if not self._slots and (self._earliest(waiting[0]) or 0) <= self._now:
            raise RegistersError(f"{self._ops[waiting[0]].text}: no register is left for it")
        self._now += 1
        self._slots, self._busy = 0, dict.fromkeys(self._core.units, 0)

    def _earliest(self, i: int) -> int | None:
        """The first cycle in which the operands are there; None while one is not computed."""
        if i in self._known:
            return self._known[i]
        op, at = self._ops[i], 0
        for value, stage in op.reads:
            ready = self._ready.get(value)
            if ready is None:
                return None
            at = max(at, ready - stage)
        for before, delay in op.after:
            issued = self._issued.get(before)
            if issued is None:
                return None
            at = max(at, issued + delay)
        self._known[i] = at
        return at

    def _can_issue(self, waiting: list[int], k: int) -> bool:
        i = waiting[k]
        op = self._ops[i]
        if self._slots >= self._core.width or self._busy[op.unit] >= self._core.units[op.unit]:
            return False
        at = self._earliest(i)
        if at is None or at > self._now:
            return False
        if op.tied and self._uses[op.reads[0][0]] != 1:
            return False
        return self._fits(waiting, k)

    def _fits(self, waiting: list[int], k: int) -> bool:
        """Whether what is passed over still finds registers when it goes first after this one."""
        free, taken = len(self._free), dict[int, int]()
        for i in (waiting[k], *waiting[:k]):
            op = self._ops[i]
            for value, _ in op.reads:
                taken[value] = taken.get(value, 0) + 1
                free += taken[value] == self._uses[value]
            free -= len(op.writes)
            if free < 0:
                return False
            for value, _ in op.writes:
                free += value not in self._uses
            if not op.writes and i == waiting[k]:
                return True
        return True

    def _issue(self, i: int) -> None:
        op = self._ops[i]
        sources = [self._place[value] for value, _ in op.reads]
        for value, _ in op.reads:
            self._uses[value] -= 1
            if not self._uses[value]:
                self._free.append(self._place[value])
        targets = []
        for n, _ in enumerate(op.writes):
            if op.tied and n == 0:
                self._free.remove(sources[0])
                targets.append(sources[0])
            else:
                targets.append(self._free.pop())
        for (value, stage), register in zip(op.writes, targets, strict=True):
            self._place[value] = register
            self._ready[value] = self._now + op.cycles - 1 + stage + 1
            if not self._uses.get(value):
                self._free.append(register)
        self._used.update(targets)
        self._lines.append(op.text.format(*targets, *sources))
        self._issued[i] = self._now
        if op.cycles > 1:
            self._now += op.cycles - 1
            self._slots, self._busy = 0, dict.fromkeys(self._core.units, 0)
        self._slots += 1
        self._busy[op.unit] += 1
