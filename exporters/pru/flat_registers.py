"""Registers of straight-line code: which value takes which, which goes for it, and what comes back how.

A value that has no register is fetched from the scratchpad (one cycle, into the register of the same
number), or loaded from memory, together with its neighbours there if they are needed soon (2 cycles and one
for each word). When no register is free, the value goes that will be missed least: by the cycles that bring
it back over the steps until then.
"""

from __future__ import annotations

from collections.abc import Set

from exporters.pru.flat_items import COPY, ZERO
from exporters.pru.flat_leaving import Leaving
from exporters.pru.flat_machine import NEVER, REGISTERS, Op
from exporters.pru.flat_netlist import NOT

FULL = 1e6  # what a register costs that must not be taken
NAMES = {1: "and", 6: "xor", 7: "or", NOT: "not"}


class Allocator(Leaving):
    """Turns items into instructions."""

    def run(self) -> list[Op]:
        """All instructions of the steps; moves of registers and late values are not among them."""
        for now, (kind, result, a, b) in enumerate(self.items.steps):
            self.now = now
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

    def _write(self, result: int, kind: str, a: int = 0, b: int = 0) -> None:
        """Compute a value into a register; operands that died have left theirs."""
        self.now += 1
        p = self._choose(result, frozenset())
        self._emit(kind, p, a, b)
        if self._next_use(result) != NEVER or result in self.stores:
            self._put(p, result)
        self.now -= 1

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
        """How well another value stands there: not in a gap or beside what waits; over scratchpad."""
        content, stores = self.content, self.stores
        worth = 1.5 if self._bank_for(p) is not None else 0.0
        for q in (p - 1, p + 1):
            if 0 <= q < REGISTERS:
                worth -= 1 if content[q] == -1 else 3 if content[q] in stores else 0
        return worth

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
        """From the scratchpad, into the register of the same number; neighbours come into free registers."""
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
        """From memory, with neighbours that are needed soon, into registers whose values are missed least."""
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
        """First register, first word and number of words of the burst that costs least."""
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
