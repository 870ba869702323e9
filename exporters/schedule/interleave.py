"""Interleave straight-line code for an in-order core, and give its values registers on the way.

The code comes in an order that is known to fit the registers. Instructions are taken out of turn, from a
short window, where they fill a cycle that would be lost; never so many that what was passed over no longer
fits.
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, takewhile
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
        self._missing, self._readers, self._followers = self._dependences()
        self._waiting: list[int] = []  # the window, in the order of the code
        self._following = 0  # the first instruction after it
        self._turns: list[tuple[int, int]] = []  # (rank, instruction) of the window, operands computed
        self._earliest: dict[int, int] = {}  # and the first cycle in which they are there
        self._now, self._slots, self._busy = 0, 0, dict.fromkeys(core.units, 0)
        self._lines: list[str] = []
        self._used: set[int] = set()

    def _dependences(self) -> tuple[list[int], dict[int, list[int]], dict[int, list[int]]]:
        """How much each instruction waits for, who reads each value, who comes after each instruction."""
        missing: list[int] = []
        readers, followers = defaultdict[int, list[int]](list), defaultdict[int, list[int]](list)
        for i, op in enumerate(self._ops):
            absent = [value for value, _ in op.reads if value not in self._place]
            missing.append(len(absent) + len(op.after))
            for value in absent:
                readers[value].append(i)
            for before, _ in op.after:
                followers[before].append(i)
        return missing, readers, followers

    def run(self, window: int) -> Interleaved:
        for _ in range(min(window, len(self._ops))):
            self._enter()
        while self._waiting:
            chosen = next((turn for turn in self._turns if self._can_issue(turn[1])), None)
            if chosen is None:
                self._next_cycle()
                continue
            self._turns.remove(chosen)
            self._waiting.remove(chosen[1])
            self._issue(chosen[1])
            if self._following < len(self._ops):
                self._enter()
        return Interleaved(self._lines, self._used, self._now + bool(self._slots))

    def _enter(self) -> None:
        """The window grows by an instruction."""
        self._waiting.append(self._following)
        self._following += 1
        if not self._missing[self._waiting[-1]]:
            self._take_turn(self._waiting[-1])

    def _take_turn(self, i: int) -> None:
        """All that an instruction of the window waits for is computed."""
        op = self._ops[i]
        at = [self._ready[value] - stage for value, stage in op.reads]
        at += [self._issued[before] + delay for before, delay in op.after]
        self._earliest[i] = max(at, default=0)
        insort(self._turns, (self._rank[i], i))

    def _next_cycle(self) -> None:
        """Nothing more issues in this one."""
        first = self._waiting[0]  # its operands come from before it, so they are computed
        if not self._slots and self._earliest[first] <= self._now:
            raise RegistersError(f"{self._ops[first].text}: no register is left for it")
        self._now += 1
        self._slots, self._busy = 0, dict.fromkeys(self._core.units, 0)

    def _can_issue(self, i: int) -> bool:
        op = self._ops[i]
        if self._slots >= self._core.width or self._earliest[i] > self._now:
            return False
        if self._busy[op.unit] >= self._core.units[op.unit]:
            return False
        if op.tied and self._uses[op.reads[0][0]] != 1:
            return False
        return self._fits(i)

    def _fits(self, chosen: int) -> bool:
        """Whether what is passed over still finds registers when it goes first after this one."""
        free, taken = len(self._free), dict[int, int]()
        for i in chain((chosen,), takewhile(chosen.__gt__, self._waiting)):
            op = self._ops[i]
            for value, _ in op.reads:
                taken[value] = taken.get(value, 0) + 1
                free += taken[value] == self._uses[value]
            free -= len(op.writes)
            if free < 0:
                return False
            for value, _ in op.writes:
                free += value not in self._uses
            if not op.writes and i == chosen:
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
            for reader in self._readers[value]:
                self._computed(reader)
        self._used.update(targets)
        self._lines.append(op.text.format(*targets, *sources))
        self._issued[i] = self._now
        for follower in self._followers[i]:
            self._computed(follower)
        if op.cycles > 1:
            self._now += op.cycles - 1
            self._slots, self._busy = 0, dict.fromkeys(self._core.units, 0)
        self._slots += 1
        self._busy[op.unit] += 1

    def _computed(self, i: int) -> None:
        """One of the things that an instruction waits for."""
        self._missing[i] -= 1
        if not self._missing[i] and i < self._following:
            self._take_turn(i)
