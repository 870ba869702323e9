"""Registers, scratchpad and data memory of straight-line code: what is where at every step, and what goes when.

A value that has no register is fetched from the scratchpad (one cycle, into the register of the same number), or loaded
from memory, together with its neighbours there if they are needed soon (2 cycles and one for each word). When no register
is free, the value goes that will be missed least: by the cycles that bring it back over the steps until then. What must be
stored waits in neighbouring registers for others, so that one burst stores them all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

from exporters.pru.flat_items import ANYWHERE, COPY, OUT, SLOT, ZERO, Items
from exporters.pru.flat_netlist import NOT

REGISTERS = 30
NEVER = 1 << 30
FULL = 1e6  # what a register costs that must not be taken


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


NAMES = {1: "and", 6: "xor", 7: "or", NOT: "not"}


class Allocator:
    """Turns items into instructions.

    Args:
        items: What to do.
        leaves: Word of each input and register.
        registers: Which may be used, ascending.
        banks: Device number of a bank of the scratchpad -> registers of it that may be used.
        habits: How.
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

    def run(self) -> list[Op]:
        """All instructions of the steps; moves of registers and late values are not among them."""
        for self.now, (kind, result, a, b) in enumerate(self.items.steps):
            if kind == ZERO:
                self._write(result, "zero")
                continue
            if (kind == COPY and a not in self.stores) or (kind == NOT and self._has(result)):
                self._end_of_use(a)
                continue
            first = self._ensure(a, frozenset())
            second = first
            if b >= 0:
                second = self._ensure(b, frozenset((first,)))
                first = self.where[a]
            self._end_of_use(a)
            if b >= 0:
                self._end_of_use(b)
            if kind != COPY:
                self._write(result, NAMES[kind], first, second)
        self.now = len(self.items.steps)
        while waiting := [p for p in self.registers if self.content[p] in self.stores]:
            self._store_results(waiting[0])
        return self.ops

    def _has(self, complement: int) -> bool:
        """Whether a complement is at hand or stored already: some gate has read it."""
        return complement in self.where or complement not in self.stores

    # -- when values are needed

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

    def _end_of_use(self, literal: int) -> None:
        """Forget what nothing reads after this step."""
        for x in {literal, literal & ~1}:
            if x not in self.stores and x in self.where and self._last_use(x):
                self._clear(self.where[x])
        node = literal >> 1
        if self._last_use(2 * node):
            if node in self.cell_of:
                del self.cells[self.cell_of.pop(node)]
            self._free_word(node)

    # -- registers

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

    def _write(self, result: int, kind: str, a: int = 0, b: int = 0) -> None:
        """Compute a value into a register; operands that died have left theirs."""
        self.now += 1
        p = self._choose(result, frozenset())
        self._emit(kind, p, a, b)
        if self._next_use(result) != NEVER or result in self.stores:
            self._put(p, result)
        self.now -= 1

    def _waiting_row(self, p: int) -> tuple[int, int]:
        """First and last of the neighbouring registers that wait to be stored."""
        content, stores = self.content, self.stores
        low = high = p
        while low > 0 and content[low - 1] in stores:
            low -= 1
        while high < REGISTERS - 1 and content[high + 1] in stores:
            high += 1
        return low, high

    def _missed(self, p: int) -> float:
        """How much the value in a register would be missed; below 0 when it would not."""
        literal, habits = self.content[p], self.habits
        if literal < 0:
            return -1.0
        use, node = self._next_use(literal), literal >> 1
        if literal in self.stores:
            low, high = self._waiting_row(p)
            early = habits.patience * max(0.0, 1 / (high - low + 1) - 1 / habits.row)
            return early if use == NEVER else early + habits.load / (use - self.now + 1)
        if use == NEVER:
            return -0.5
        distance = use - self.now + 1
        if literal & 1 or node in self.cell_of:
            cost = 1.0
        elif node in self.word_of:
            cost = habits.load
        elif distance <= habits.scratch and self._bank_for(p) is not None:
            cost = 2.0
        else:
            cost = habits.load + 1.2
        return cost / distance

    def _choose(self, literal: int, keep: Set[int]) -> int:
        """A free register for a value, emptied if there was none."""
        free = [p for p in self.registers if self.content[p] < 0]
        if not free:
            self._evict(min((p for p in self.registers if p not in keep), key=self._missed))
            free = [p for p in self.registers if self.content[p] < 0]
        if len(free) == 1:
            return free[0]
        return max(free, key=self._beside_others if literal in self.stores else self._out_of_the_way)

    def _beside_others(self, p: int) -> float:
        """How well a value that must be stored stands in a register: in a long row, or where one can grow."""
        content, stores = self.content, self.stores
        left = p > 0 and content[p - 1] in stores
        right = p < REGISTERS - 1 and content[p + 1] in stores
        if left or right:
            low, high = self._waiting_row(p - 1 if left else p + 1)
            return 10 + high - low + (5 if left and right else 0)
        before = after = 0
        while after < 8 and p + after + 1 < REGISTERS and self._is_free(p + after + 1):
            after += 1
        while before < 8 and p - before - 1 >= 0 and self._is_free(p - before - 1):
            before += 1
        return after + 0.9 * before

    def _out_of_the_way(self, p: int) -> float:
        """How well another value stands there: not in a gap, not beside what waits, where the scratchpad has room."""
        content, stores = self.content, self.stores
        worth = 1.5 if self._bank_for(p) is not None else 0.0
        for q in (p - 1, p + 1):
            if 0 <= q < REGISTERS:
                worth -= 1 if content[q] == -1 else 3 if content[q] in stores else 0
        return worth

    def _is_free(self, p: int) -> bool:
        return self.usable[p] and self.content[p] < 0

    # -- values go

    def _evict(self, p: int) -> None:
        """Empty a register; what it holds stays somewhere as long as it is needed."""
        if self.content[p] in self.stores:
            self._store_results(p)
        literal = self.content[p]
        if literal < 0:
            return
        use, node = self._next_use(literal), literal >> 1
        distance = use - self.now
        if use != NEVER and not literal & 1 and node not in self.cell_of:
            if node in self.word_of:
                if distance < self.habits.again:
                    self._to_scratch(p, distance)
            elif distance >= self.habits.scratch or not self._to_scratch(p, distance):
                self._spill(p)
        self._clear(p)

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

    def _to_scratch(self, p: int, distance: int) -> bool:
        """Put a value into the scratchpad, and its neighbours that will go there soon; False where no bank has room."""
        bank = self._bank_for(p, distance)
        if bank is None:
            return False
        low = high = p
        while self._goes_along(bank, low - 1):
            low -= 1
        while self._goes_along(bank, high + 1):
            high += 1
        self._emit("xout", low, bank, high - low + 1)
        for q in range(low, high + 1):
            old = self.cells.pop((bank, q), None)
            if old is not None:
                del self.cell_of[old]
            node = self.content[q] >> 1
            self.cells[bank, q] = node
            self.cell_of[node] = bank, q
        return True

    def _goes_along(self, bank: int, q: int) -> bool:
        if q not in self.banks[bank] or not self.usable[q] or (bank, q) in self.cells:
            return False
        literal, habits = self.content[q], self.habits
        if literal < 0 or literal & 1 or literal in self.stores or literal >> 1 in self.cell_of:
            return False
        within = habits.again if literal >> 1 in self.word_of else habits.scratch
        return 2 <= self._next_use(literal) - self.now <= within

    def _spill(self, p: int) -> None:
        """Store a value that is in no memory: in its chain's place, or with its neighbours in the next."""
        node = self.content[p] >> 1
        word = self._chain_word(node)
        if word is None:
            self._store_row(p)
            return
        low = high = p
        while low > 0 and self._chained(low - 1, word - (p - low) - 1):
            low -= 1
        while high < REGISTERS - 1 and self._chained(high + 1, word + (high - p) + 1):
            high += 1
        self._emit("store", low, high - low + 1, word - (p - low))
        for q in range(low, high + 1):
            self._stored(self.content[q] >> 1, word + q - p)

    def _stored(self, node: int, word: int) -> None:
        self.word_of[node] = word
        self.node_at[word] = node

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

    def _chained(self, q: int, word: int) -> bool:
        literal = self.content[q]
        if (
            literal < 0
            or literal & 1
            or not self.usable[q]
            or literal in self.stores
            or literal >> 1 in self.word_of
        ):
            return False
        chain, index = self.chain_of.get(literal >> 1, (-1, 0))
        return self._next_use(literal) != NEVER and self.chain_start.get(chain, NEVER) + index == word

    def _take_slots(self, count: int) -> int:
        """The first free slots in a row."""
        start = self.slots.find(bytes(count))
        if start < 0:
            start = len(self.slots)
            self.slots += bytes(start)
        self.slots[start : start + count] = b"\1" * count
        self.slot_count = max(self.slot_count, start + count)
        return SLOT + start

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

    def _store_results(self, p: int) -> None:
        """Store a value where it must stand, and neighbours with it that fit the same burst."""
        literal = self.content[p]
        words = self.stores[literal]
        if ANYWHERE in words:
            for word in words:
                if word != ANYWHERE:
                    self._store_fixed(p, word)
            self.stores[literal] = [ANYWHERE]
            self._store_row(p)
            return
        for word in self.stores[literal][1:]:
            self._store_fixed(p, word)
        word = self.stores[literal][0]
        low = high = p
        while low > 0 and word >= OUT and self.stores.get(self.content[low - 1]) == [word - (p - low) - 1]:
            low -= 1
        while (
            high < REGISTERS - 1
            and word >= OUT
            and self.stores.get(self.content[high + 1]) == [word + high - p + 1]
        ):
            high += 1
        self._store_fixed(low, word - (p - low), high - low + 1)
        for q in range(low, high + 1):
            self._done(q)

    def _done(self, p: int) -> None:
        del self.stores[self.content[p]]
        if self._next_use(self.content[p]) == NEVER:
            self._clear(p)

    def _store_fixed(self, p: int, word: int, count: int = 1) -> None:
        """Store values in given words; in a slot when that is a register whose old value is still needed."""
        if word < SLOT and (word in self.sources or self._next_use(2 * self.node_at[word]) != NEVER):
            slot = self._take_slots(1)
            self.late[word] = slot
            word = slot
        elif word < SLOT:
            self.word_of.pop(self.node_at[word], None)
        self._emit("store", p, count, word)
        for q in range(p, p + count):
            if word >= OUT and not self.content[q] & 1:
                self._stored(self.content[q] >> 1, word + q - p)

    def _storable(self, q: int, result: bool) -> bool:
        """A value that may be stored in any word, for good if it is a result."""
        literal = self.content[q] if 0 <= q < REGISTERS and self.usable[q] else -1
        if literal < 0:
            return False
        if result or literal in self.stores:
            return result and self.stores.get(literal) == [ANYWHERE]
        node = literal >> 1
        if literal & 1 or node in self.word_of or node in self.cell_of or node in self.chain_of:
            return False
        return self.habits.far < self._next_use(literal) - self.now < NEVER // 2

    def _store_row(self, p: int) -> None:
        """Store a value and its neighbours in one burst."""
        low = high = p
        result = self.content[p] in self.stores
        while self._storable(low - 1, result):
            low -= 1
        while self._storable(high + 1, result):
            high += 1
        count = high - low + 1
        if result:
            first = OUT + self.out_count
            self.out_count += count
        else:
            first = self._take_slots(count)
        self._emit("store", low, count, first)
        for q in range(low, high + 1):
            literal, word = self.content[q], first + q - low
            if not literal & 1:
                self._stored(literal >> 1, word)
            if literal in self.stores:
                self.out_word[literal] = word
                self._done(q)

    # -- values come

    def _ensure(self, literal: int, keep: Set[int]) -> int:
        """The register of a literal, brought there if it had none."""
        p = self.where.get(literal)
        if p is not None:
            return p
        node = literal >> 1
        if literal & 1:
            own = self._ensure(literal ^ 1, keep)
            if self._last_use(literal ^ 1) and literal ^ 1 not in self.stores and own not in keep:
                self._clear(own)
                p = own
            else:
                p = self._choose(literal, keep | {own})
            self._emit("not", p, own)
            self._put(p, literal)
            return p
        return self._fetch(node, keep) if node in self.cell_of else self._load(node, keep)

    def _fetch(self, node: int, keep: Set[int]) -> int:
        """From the scratchpad, into the register of the same number; neighbours come along into free registers."""
        bank, p = self.cell_of[node]
        if self.content[p] >= 0:
            self._make_way(p, keep)
        low = high = p
        while self._comes_along(bank, low - 1):
            low -= 1
        while self._comes_along(bank, high + 1):
            high += 1
        self._emit("xin", low, bank, high - low + 1)
        for q in range(low, high + 1):
            self._put(q, 2 * self.cells[bank, q])
        return p

    def _make_way(self, p: int, keep: Set[int]) -> None:
        """Empty a register: its value moves to another where that costs less than to bring it back."""
        literal, missed = self.content[p], self._missed(p)
        moves = p in keep
        if not moves and literal not in self.stores and missed * (self._next_use(literal) - self.now + 1) > 1:
            others = (self._missed(q) for q in self.registers if q not in keep and q != p)
            moves = min(others) < missed / 2
        if not moves:
            self._evict(p)
            return
        q = self._choose(literal, keep | {p})
        self._emit("mov", q, p)
        self._clear(p)
        self._put(q, literal)

    def _comes_along(self, bank: int, q: int) -> bool:
        node = self.cells.get((bank, q))
        if node is None or not self._is_free(q) or 2 * node in self.where:
            return False
        return self._next_use(2 * node) - self.now < 2 * self.habits.ahead

    def _load(self, node: int, keep: Set[int]) -> int:
        """From memory, with neighbours that are needed soon, into the registers whose values are missed least."""
        word, habits = self.word_of[node], self.habits
        self.loads.append(node)
        low = high = word
        while high - low + 1 < habits.burst and self._wanted(low - 1):
            low -= 1
        while high - low + 1 < habits.burst and self._wanted(high + 1):
            high += 1
        first, start, count = self._best_window(low, word, high, keep)
        for q in range(first, first + count):
            if self.content[q] >= 0:
                self._evict(q)
        self._emit("load", first, count, start)
        for i in range(count):
            self._put(first + i, 2 * self.node_at[start + i])
        self.loads += [self.node_at[start + i] for i in range(count) if start + i != word]
        return first + word - start

    def _wanted(self, word: int) -> bool:
        node = self.node_at.get(word)
        if node is None or self.word_of.get(node) != word or 2 * node in self.where or node in self.cell_of:
            return False
        return self._next_use(2 * node) - self.now <= self.habits.ahead

    def _best_window(self, low: int, word: int, high: int, keep: Set[int]) -> tuple[int, int, int]:
        """First register, first word and number of words of the burst that costs least; each word more saves two cycles."""
        cost = [
            FULL if not self.usable[p] or p in keep else max(0.0, self._missed(p) * 10)
            for p in range(REGISTERS)
        ]
        cost = [c + 0.05 if c else c for c in cost]
        best, least = (-1, word, 1), FULL
        for start in range(low, word + 1):
            for end in range(word, high + 1):
                count = end - start + 1
                for p in range(REGISTERS + 1 - count):
                    total = sum(cost[p : p + count]) - 2 * (count - 1)
                    if total < least:
                        best, least = (p, start, count), total
        return best
