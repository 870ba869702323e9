"""Where every value is: in registers, in the scratchpad, in data memory; and when it is needed next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

from exporters.pru.flat_items import OUT, SLOT, Items

REGISTERS = 30
NEVER = 1 << 30


class Op(NamedTuple):
    """An instruction whose addresses are not yet known.

    Args:
        kind: "and", "or", "xor", "not", "mov", "zero", "load", "store", "xin" or "xout".
        register: Destination, or the first of a burst.
        a: First operand; words of a load or store, bank of a transfer.
        b: Second operand; first word in memory; registers of a transfer.
    """

    kind: str
    register: int
    a: int = 0
    b: int = 0

    @property
    def cycles(self) -> int:
        """What it costs."""
        return {"load": 2 + self.a, "store": 1 + self.a}.get(self.kind, 1)


@dataclass(frozen=True)
class Habits:
    """What decides which value goes and how many come at once.

    Args:
        ahead: A neighbour in memory is loaded too when it is needed within so many steps.
        burst: Most words loaded at once.
        row: Values worth waiting for before one store.
        patience: Weight of that.
        load: What a load costs, about, with the instruction that may be needed to reach its address.
        scratch: A value that is in no memory goes to the scratchpad if it is needed within so many steps.
        again: So does one that memory has.
        far: In a burst of stores also goes what is not needed for so many steps.
    """

    ahead: int = 16
    burst: int = 6
    row: int = 8
    patience: float = 0.25
    load: float = 2.4
    scratch: int = 200
    again: int = 60
    far: int = 30


class Machine:
    """Registers, scratchpad and memory as they are at one step.

    Args:
        items: What to do.
        leaves: Word of each input and register.
        registers: Which may be used, ascending.
        banks: Device number of a bank of the scratchpad -> registers of it that may be used.
        habits: How to do it.
        chains: Rows of values that lie side by side in memory once they are stored there.
    """

    def __init__(
        self,
        items: Items,
        leaves: Sequence[int],
        registers: Sequence[int],
        banks: Mapping[int, Set[int]],
        habits: Habits,
        chains: Sequence[Sequence[int]] = (),
    ) -> None:
        self.items, self.habits, self.banks = items, habits, banks
        self.registers = list(registers)
        self.usable = [p in set(registers) for p in range(REGISTERS)]
        self.ops: list[Op] = []
        self.loads: list[int] = []  # nodes, in the order in which memory was asked for them
        self.now = 0
        self.content = [-1] * REGISTERS  # literal in each register
        self.where: dict[int, int] = {}
        self.cells: dict[tuple[int, int], int] = {}  # (bank, register) of the scratchpad -> node
        self.cell_of: dict[int, tuple[int, int]] = {}
        self.word_of: dict[int, int] = dict(enumerate(leaves))
        self.node_at = {w: n for n, w in self.word_of.items()}
        self.stores = {literal: list(words) for literal, words in items.stores.items()}
        self.out_word: dict[int, int] = {}
        self.late: dict[int, int] = {}  # word of a register -> slot that holds its next value
        self.sources = set(items.moves.values())
        self.slots = bytearray(1 << 14)
        self.slot_count = 0
        self.out_count = 1 + max((w - OUT for s in self.stores.values() for w in s if w >= OUT), default=-1)
        self.chain_of = {node: (i, k) for i, chain in enumerate(chains) for k, node in enumerate(chain)}
        self.chains = chains
        self.chain_start: dict[int, int] = {}
        self._read_uses()

    def _read_uses(self) -> None:
        uses: dict[int, list[int]] = {}
        for t, step in enumerate(self.items.steps):
            for literal in step[2:]:
                if literal >= 0:
                    uses.setdefault(literal & ~1, []).append(t)
                    if literal & 1:
                        uses.setdefault(literal, []).append(t)
        for times in uses.values():
            times.append(NEVER)
        self.uses = uses
        self.at = dict.fromkeys(uses, 0)

    def _next_use(self, literal: int) -> int:
        """The next step, from now on, that reads a literal; a node's also counts its complement's."""
        times = self.uses.get(literal)
        if times is None:
            return NEVER
        i, now = self.at[literal], self.now
        while times[i] < now:
            i += 1
        self.at[literal] = i
        return times[i]

    def _last_use(self, literal: int) -> bool:
        """Nothing reads a literal after this step."""
        times = self.uses.get(literal)
        if times is None:
            return True
        i, now = self.at[literal], self.now
        while times[i] <= now:
            i += 1
        return times[i] == NEVER

    def _emit(self, kind: str, register: int, a: int = 0, b: int = 0) -> None:
        self.ops.append(Op(kind, register, a, b))

    def _put(self, p: int, literal: int) -> None:
        self.content[p] = literal
        self.where[literal] = p

    def _clear(self, p: int) -> None:
        literal = self.content[p]
        if literal >= 0:
            if self.where.get(literal) == p:
                del self.where[literal]
            self.content[p] = -1

    def _is_free(self, p: int) -> bool:
        return self.usable[p] and self.content[p] < 0

    def _bank_for(self, p: int, distance: int = NEVER) -> int | None:
        """A bank whose register p is free, or holds what memory has too and is needed later."""
        for bank, registers in self.banks.items():
            if p in registers:
                node = self.cells.get((bank, p))
                if node is None:
                    return bank
                if node in self.word_of and 2 * (self._next_use(2 * node) - self.now) > 3 * distance:
                    return bank
        return None

    def _stored(self, node: int, word: int) -> None:
        self.word_of[node] = word
        self.node_at[word] = node

    def _take_slots(self, count: int) -> int:
        """The first free slots in a row."""
        start = self.slots.find(bytes(count))
        if start < 0:
            start = len(self.slots)
            self.slots += bytes(start)
        self.slots[start : start + count] = b"\1" * count
        self.slot_count = max(self.slot_count, start + count)
        return SLOT + start

    def _chain_word(self, node: int) -> int | None:
        """The word of a node that is in a chain; the first of a chain takes words for all."""
        place = self.chain_of.get(node)
        if place is None:
            return None
        chain, index = place
        if chain not in self.chain_start:
            start = self.chain_start[chain] = self._take_slots(len(self.chains[chain]))
            for i, other in enumerate(self.chains[chain]):
                if self._next_use(2 * other) == NEVER:
                    self.slots[start - SLOT + i] = 0
        return self.chain_start[chain] + index

    def _free_word(self, node: int) -> None:
        """A node is dead: its slot is free, and its place in a chain."""
        word = self.word_of.get(node)
        if word is None and node in self.chain_of:
            chain, index = self.chain_of[node]
            word = self.chain_start.get(chain, -SLOT) + index
        if word is not None and SLOT <= word < OUT:
            self.slots[word - SLOT] = 0
            self.node_at.pop(word, None)
            self.word_of.pop(node, None)
