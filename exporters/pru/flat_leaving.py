"""How values leave registers: dropped, into the scratchpad, into memory, alone or in bursts.

What must be stored waits in neighbouring registers for others, so that one burst stores them all. What is
only needed later goes to the scratchpad where that has room and the wait is short, else to a slot of memory.
"""

from __future__ import annotations

from exporters.pru.flat_items import ANYWHERE, OUT, SLOT
from exporters.pru.flat_machine import NEVER, REGISTERS, Machine


class Leaving(Machine):
    """A machine that can empty its registers."""

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

    def _to_scratch(self, p: int, distance: int) -> bool:
        """Put a value and neighbours that will go there soon into the scratchpad; False if it has no room."""
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
