"""Cycles of a Cortex-A8: in-order dual issue over an exact instruction stream, with caches that always hit.

An instruction issues when its operands will be there in time, in order, two a cycle where the restrictions
of docs/cortex-a8-model.md allow. What the model leaves out (cache misses, replays, the fetch queue) is listed
there, with the error bars.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bench.a8_decode import NO_RULE, NoRuleError, Timing

Block = tuple[int, int]  # address, bytes

MISPREDICT = 13
CLOCK_HZ = 1_000_000_000
L1I_BYTES = 32 * 1024
LINE_BYTES = 64
REFETCH = 16  # cycles to fetch a line of code from the second-level cache, at most
ERROR = 0.15  # of the cycles, both ways, for integer code within the first-level caches


class Issue(NamedTuple):
    """The state of the issue stage relative to the current cycle.

    Args:
        slot: Instructions issued in this cycle: 0, 1 or 2 (2 closes it).
        memory: One of them used the load/store pipe.
        branch: One of them was a branch.
        written: Registers they write.
        ready: (register, cycles from now until the start of the stage that can first take its value).
    """

    slot: int
    memory: bool
    branch: bool
    written: frozenset[int]
    ready: tuple[tuple[int, int], ...]


IDLE = Issue(0, False, False, frozenset(), ())


class CortexA8Model:
    """The core: feed it blocks of instructions in the order of execution.

    Args:
        timings: What each address holds; see `bench.a8_decode`.
    """

    def __init__(self, timings: Mapping[int, Timing]) -> None:
        self._timings = timings
        self._blocks: dict[Block, tuple[Timing, ...]] = {}
        self._known: dict[tuple[Block, Issue], tuple[int, Issue]] = {}
        self._taken: dict[int, int] = {}  # two-bit counter of each branch, by the end of its block

    def instructions(self, block: Block) -> tuple[Timing, ...]:
        """The instructions of a block."""
        if block not in self._blocks:
            address, end, found = block[0], block[0] + block[1], []
            while address < end:
                found.append(self._timings[address])
                address += found[-1].size
            unknown = next((t.text for t in found if t.cycles == NO_RULE), None)
            if unknown is not None:
                raise NoRuleError(f"the Cortex-A8 model has no rule for {unknown!r} near 0x{block[0]:x}")
            self._blocks[block] = tuple(found)
        return self._blocks[block]

    def run(self, blocks: Iterable[Block]) -> tuple[int, int]:
        """Instructions and cycles of a stream that starts with an idle pipeline; branch history is kept."""
        state, cycles, count = IDLE, 0, 0
        previous: Block | None = None
        for block in blocks:
            if previous is not None:
                if self._mispredicted(previous, block):
                    cycles, state = cycles + bool(state.slot) + MISPREDICT, IDLE
                elif block[0] != previous[0] + previous[1]:  # rule 10: a taken branch closes its cycle
                    state = state._replace(slot=2)
            key = block, state
            if key not in self._known:
                self._known[key] = issue(self.instructions(block), state)
            passed, state = self._known[key]
            cycles += passed
            count += len(self._blocks[block])
            previous = block
        return count, cycles + bool(state.slot)

    def _mispredicted(self, block: Block, following: Block) -> bool:
        """Two-bit counters for conditional branches; calls and returns are always predicted."""
        last = self.instructions(block)[-1]
        if not (last.branch and last.sources):
            return False
        end = block[0] + block[1]
        taken, counter = following[0] != end, self._taken.get(end, 2)
        self._taken[end] = min(counter + 1, 3) if taken else max(counter - 1, 0)
        return taken != (counter >= 2)


def issue(instructions: Iterable[Timing], state: Issue = IDLE) -> tuple[int, Issue]:
    """Issue instructions one after the other; returns the cycles that passed and the state then."""
    now, slot, memory, branch = 0, state.slot, state.memory, state.branch
    written, ready = set(state.written), dict(state.ready)
    for t in instructions:
        earliest = max((ready.get(r, -9) - stage for r, stage in t.sources), default=0)
        pairs = (
            slot == 1
            and not t.first_pipe
            and not (t.memory and memory)
            and not (t.branch and branch)
            and written.isdisjoint(r for r, _ in t.results)
        )
        if slot and not (pairs and earliest <= now):
            now, slot, memory, branch, written = now + 1, 0, False, False, set()
        if earliest > now:
            now, slot, memory, branch, written = earliest, 0, False, False, set()
        for r, stage in t.results:
            ready[r] = now + stage + 1
            written.add(r)
        if t.cycles > 1:
            now, slot, memory = now + t.cycles - 1, 0, False
        slot, memory, branch = slot + 1, memory or t.memory, branch or t.branch
    later = tuple(sorted((r, at - now) for r, at in ready.items() if at - now > 1))
    return now, Issue(slot, memory, branch, frozenset(written), later)
