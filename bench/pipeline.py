"""In-order dual issue, with a vector unit behind a queue where the core has one.

A core's decoder gives a `Timing` for each instruction, `issue` the cycles of a sequence. The rules are those
of docs/cortex-a8-model.md and docs/cortex-a53-model.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from zoo.errors import ZooError

Operands = tuple[tuple[int, int], ...]  # (register, stage)

NO_RULE = 0  # issue cycles of what the model does not know; it may stand in code that never runs
MEMORY, BRANCH = 1, 2  # units
PROCESS, PERMUTE = 1, 2  # units of a vector unit behind a queue
QUEUE = 16  # instructions between the core and the vector unit


class NoRuleError(ZooError):
    """The core model has no rule for an instruction that ran; the message names it."""


@dataclass(frozen=True)
class Vector:
    """What an instruction does in a vector unit behind a queue.

    Args:
        sources: (vector register, stage at whose start its value must be there).
        results: (vector register, stage at whose end its value is there), counted from the first cycle.
        units: `PROCESS` or `PERMUTE`, or both when nothing may issue beside it.
        cycles: Issue cycles; it pairs with an older one in the first and with a newer one in the last only.
        adders: Cycles, counted from issue, in which it needs the floating-point adder for its own.
        back: (core register, cycles from issue until an instruction of the core can use it).
    """

    sources: Operands
    results: Operands
    units: int
    cycles: int = 1
    adders: tuple[int, ...] = ()
    back: Operands = ()


@dataclass(frozen=True)
class Timing:
    """What the core model needs to know of one instruction.

    Args:
        sources: (register, stage at whose start its value must be there), for the first cycle.
        results: (register, stage at whose end its value is there), counted from the first cycle.
        cycles: Issue cycles; pairing is possible in the last only.
        units: What it occupies in its cycle, bits of `MEMORY`, `BRANCH` and the core's own.
        clashes: Units that the other of a pair must not occupy.
        first_pipe: Issues in pipe 0 only, so it cannot be the second of a pair.
        size: Bytes.
        text: For people.
        vector: What it does in the vector unit behind the queue.
    """

    sources: Operands
    results: Operands
    cycles: int
    units: int
    clashes: int
    first_pipe: bool
    size: int
    text: str
    vector: Vector | None = None

    @property
    def branch(self) -> bool:
        """Changes the flow."""
        return bool(self.units & BRANCH)


class VectorIssue(NamedTuple):
    """The state of the vector unit, in cycles relative to the core's.

    Args:
        at: The cycle in which the last instruction issued.
        units: What is taken in that cycle.
        ready: (register, cycles until the start of the stage that can first take its value).
        queue: When the last instructions left the queue.
        adders: Cycles in which the floating-point adder is taken.
    """

    at: int
    units: int
    ready: tuple[tuple[int, int], ...]
    queue: tuple[int, ...]
    adders: tuple[int, ...]


class Issue(NamedTuple):
    """The state of the issue stage relative to the current cycle.

    Args:
        slot: Instructions issued in this cycle: 0, 1 or 2 (2 closes it).
        units: What they occupy.
        written: Registers they write.
        ready: (register, cycles from now until the start of the stage that can first take its value).
        vector: The vector unit behind the queue.
    """

    slot: int
    units: int
    written: frozenset[int]
    ready: tuple[tuple[int, int], ...]
    vector: VectorIssue

    @property
    def rest(self) -> int:
        """Cycles until all has issued: this one, if it holds anything, and those of the vector unit."""
        return max(int(bool(self.slot)), self.vector.at + 1)

    def after(self, cycles: int) -> Issue:
        """The state when nothing issued for so long: the vector unit goes on with what it has."""
        ready = tuple((r, at - cycles) for r, at in self.ready if at > cycles)
        return Issue(0, 0, frozenset(), ready, _VectorUnit(self.vector).state(cycles))


EMPTY = VectorIssue(-1, 0, (), (), ())
IDLE = Issue(0, 0, frozenset(), (), EMPTY)


class _VectorUnit:
    """A vector unit while instructions issue to it; cycles count from the core's cycle at the start."""

    def __init__(self, state: VectorIssue) -> None:
        self.at, self.units = state.at, state.units
        self.ready = dict(state.ready)
        self.queue = list(state.queue)
        self.adders = set(state.adders)

    def room(self) -> int:
        """The first cycle in which the queue takes another instruction."""
        return self.queue[-QUEUE] if len(self.queue) >= QUEUE else 0

    def issue(self, v: Vector, entered: int) -> int:
        """Issue one instruction that entered the queue in a cycle; returns its cycle."""
        earliest = max((self.ready.get(r, -99) - stage for r, stage in v.sources), default=0)
        now = max(entered, self.at, earliest)
        if now == self.at and self.units & v.units:
            now += 1
        while self.adders.intersection(now + k for k in v.adders):
            now += 1
        taken = self.units if now == self.at and v.cycles == 1 else 0
        self.at, self.units = now + v.cycles - 1, taken | v.units
        self.adders.update(now + k for k in v.adders)
        for r, stage in v.results:
            self.ready[r] = now + stage + 1
        self.queue.append(now)
        return now

    def state(self, now: int) -> VectorIssue:
        """What still matters, relative to a cycle."""
        at = max(self.at - now, -1)
        ready = tuple(sorted((r, when - now) for r, when in self.ready.items() if when - now > 1))
        queue = tuple(when - now for when in self.queue[-QUEUE:] if when > now)
        adders = tuple(sorted(when - now for when in self.adders if when >= now))
        return VectorIssue(at, self.units if at >= 0 else 0, ready, queue, adders)


def issue(instructions: Iterable[Timing], state: Issue = IDLE) -> tuple[int, Issue]:
    """Issue instructions one after the other; returns the cycles that passed and the state then."""
    now, slot, units = 0, state.slot, state.units
    written, ready = set(state.written), dict(state.ready)
    vector = _VectorUnit(state.vector)
    for t in instructions:
        earliest = max((ready.get(r, -9) - stage for r, stage in t.sources), default=0)
        if t.vector is not None:
            earliest = max(earliest, vector.room())
        pairs = (
            slot == 1
            and not t.first_pipe
            and not t.clashes & units
            and written.isdisjoint(r for r, _ in t.results)
        )
        if slot and not (pairs and earliest <= now):
            now, slot, units, written = now + 1, 0, 0, set()
        if earliest > now:
            now, slot, units, written = earliest, 0, 0, set()
        for r, stage in t.results:
            ready[r] = now + stage + 1
            written.add(r)
        if t.vector is not None:
            at = vector.issue(t.vector, now)
            ready.update((r, at + cycles + 2) for r, cycles in t.vector.back)  # for use at stage 2
        if t.cycles > 1:
            now, slot, units = now + t.cycles - 1, 0, 0
        slot, units = slot + 1, units | t.units
    later = tuple(sorted((r, at - now) for r, at in ready.items() if at - now > 0))
    return now, Issue(slot, units, frozenset(written), later, vector.state(now))
