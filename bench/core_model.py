"""Cycles of an in-order core over an exact instruction stream, with caches that always hit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bench.pipeline import IDLE, NO_RULE, Issue, NoRuleError, Timing, issue

Block = tuple[int, int]  # address, bytes


class CoreModel:
    """A core: feed it blocks of instructions in the order of execution.

    Args:
        name: What to call it in errors.
        mispredict: Cycles that a mispredicted branch costs.
        timings: What each address holds.
    """

    def __init__(self, name: str, mispredict: int, timings: Mapping[int, Timing]) -> None:
        self.name = name
        self.mispredict = mispredict
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
                raise NoRuleError(f"the {self.name} model has no rule for {unknown!r} near 0x{block[0]:x}")
            self._blocks[block] = tuple(found)
        return self._blocks[block]

    def run(self, blocks: Iterable[Block]) -> tuple[int, int]:
        """Instructions and cycles of a stream that starts with an idle pipeline; branch history is kept."""
        state, cycles, count = IDLE, 0, 0
        previous: Block | None = None
        for block in blocks:
            if previous is not None:
                if self._mispredicted(previous, block):
                    lost = bool(state.slot) + self.mispredict
                    cycles, state = cycles + lost, state.after(lost)
                elif block[0] != previous[0] + previous[1]:  # a taken branch closes its cycle
                    state = state._replace(slot=2)
            key = block, state
            if key not in self._known:
                self._known[key] = issue(self.instructions(block), state)
            passed, state = self._known[key]
            cycles += passed
            count += len(self._blocks[block])
            previous = block
        return count, cycles + state.rest

    def _mispredicted(self, block: Block, following: Block) -> bool:
        """Two-bit counters for conditional branches; calls and returns are always predicted."""
        last = self.instructions(block)[-1]
        if not (last.branch and last.sources):
            return False
        end = block[0] + block[1]
        taken, counter = following[0] != end, self._taken.get(end, 2)
        self._taken[end] = min(counter + 1, 3) if taken else max(counter - 1, 0)
        return taken != (counter >= 2)
