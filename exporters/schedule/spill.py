"""Make straight-line code fit the registers: what is needed latest goes to memory, and comes back when used.

Belady's rule, over values: each is written once. A value that memory holds already (a home) leaves for free.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from exporters.schedule.interleave import Op, Use

SETTLE = 3  # cycles between a store and a load of the same place


@dataclass(frozen=True)
class Memory:
    """How values go to memory and come back.

    Args:
        load: Text of an instruction that loads `{0}` from a slot.
        store: Text of an instruction that stores `{0}` to a slot.
        unit: What both occupy.
        needed: Stage at which a store needs its value.
        loaded: Stage after which a load has it.
    """

    load: Callable[[int], str]
    store: Callable[[int], str]
    unit: str = "memory"
    needed: int = 3
    loaded: int = 3


@dataclass(frozen=True)
class Home:
    """Where a value stands from the start.

    Args:
        text: An instruction that loads `{0}`; `{1}` is the base.
        base: What the address counts from, a value that is never spilled.
    """

    text: str
    base: Use


def spill(
    ops: Sequence[Op],
    capacity: int,
    homes: Mapping[int, Home],
    memory: Memory,
    first_value: int,
    fixed: frozenset[int] = frozenset(),
    overwrites: Mapping[int, int] | None = None,
) -> tuple[list[Op], int]:
    """The same code with loads and stores, so that at most `capacity` of the values are held at once.

    Args:
        ops: Code in order; `after` refers to instructions that are not in it, so it must be empty.
        capacity: Values held, the `fixed` ones apart.
        homes: Value -> where it can be loaded from.
        memory: Slots.
        first_value: Number from which values are free.
        fixed: Values that never leave their registers, such as addresses.
        overwrites: Position of an instruction -> value whose home it writes; it lives elsewhere from then.

    Returns:
        The code and the number of slots.
    """
    work = _Spiller(ops, capacity, homes, memory, first_value, fixed)
    for i, op in enumerate(ops):
        if overwrites and i in overwrites:
            op = op._replace(after=work.leave_home(overwrites[i]))
        work.step(i, op)
    return work.code, work.n_slots


class _Spiller:
    def __init__(
        self,
        ops: Sequence[Op],
        capacity: int,
        homes: Mapping[int, Home],
        memory: Memory,
        first_value: int,
        fixed: frozenset[int],
    ) -> None:
        self.code: list[Op] = []
        self.n_slots = 0
        self._capacity, self._homes, self._memory = capacity, dict(homes), memory
        self._brought: dict[int, list[int]] = {}  # value -> numbers of its loads from home
        self._next_value = first_value
        self._uses: dict[int, list[int]] = {}  # positions, the next one last
        for i in range(len(ops) - 1, -1, -1):
            for value in {value for value, _ in ops[i].reads} - fixed:
                self._uses.setdefault(value, []).append(i)
        self._fixed = fixed
        self._held: dict[int, int] = {}  # value -> its present name
        self._slots: dict[int, int] = {}
        self._free: list[int] = []
        self._stored: dict[int, int] = {}  # slot -> number of its last store
        self._loads: dict[int, list[int]] = {}  # slot -> numbers of the loads since then

    def leave_home(self, value: int) -> tuple[tuple[int, int], ...]:
        """A value's home is written next: what must be before that."""
        if value in self._homes:
            if value in self._uses and self._uses[value] and value not in self._held:
                self._room(())
                self._load(value)
            del self._homes[value]
        return tuple((number, 0) for number in self._brought.pop(value, ()))

    def step(self, i: int, op: Op) -> None:
        """One instruction, its operands brought in first."""
        wanted = [value for value, _ in op.reads if value not in self._fixed]
        for value in wanted:
            if value not in self._held:
                self._room(wanted)
                self._load(value)
        reads = tuple((self._held.get(value, value), stage) for value, stage in op.reads)
        for value in set(wanted):
            self._uses[value].pop()
            if not self._uses[value]:
                del self._held[value]
                if value in self._slots:
                    self._free.append(self._slots.pop(value))
        for value, _ in op.writes:
            if self._uses.get(value):
                self._room(())
                self._held[value] = value
        self.code.append(op._replace(reads=reads))

    def _room(self, keep: Sequence[int]) -> None:
        """A register for one more value."""
        while len(self._held) >= self._capacity:
            victim = max((v for v in self._held if v not in keep), key=lambda v: self._uses[v][-1])
            name = self._held.pop(victim)
            if victim in self._homes or victim in self._slots:
                continue
            if not self._free:
                self._free.append(self.n_slots)
                self.n_slots += 1
            slot = self._slots[victim] = self._free.pop()
            after = tuple((number, 0) for number in self._loads.pop(slot, ()))
            self._stored[slot] = len(self.code)
            memory = self._memory
            self.code.append(Op(memory.store(slot), memory.unit, ((name, memory.needed),), after=after))

    def _load(self, value: int) -> None:
        memory, name = self._memory, self._next_value
        self._next_value += 1
        self._held[value] = name
        writes = ((name, memory.loaded),)
        if value in self._slots:
            slot = self._slots[value]
            self._loads.setdefault(slot, []).append(len(self.code))
            after = ((self._stored[slot], SETTLE),)
            self.code.append(Op(memory.load(slot), memory.unit, (), writes, after=after))
        else:
            home = self._homes[value]
            self._brought.setdefault(value, []).append(len(self.code))
            self.code.append(Op(home.text, memory.unit, (home.base,), writes))
