"""In which order to compute the gates of a netlist: depth first, or by what is in registers.

Depth first keeps few values alive where wiring is local. Where it is random no order does; then it pays to
compute at any time what the registers allow, and to load next what allows the most.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush

from exporters.pru.flat_netlist import Netlist


def depth_first(net: Netlist) -> list[int]:
    """Numbers of the gates, from output to output, each before the first that needs it.

    A gate that can be computed and then ends the life of an operand comes at once: so a carry is made with
    its sum, where outputs are counted.
    """
    return _DepthFirst(net).order()


class _DepthFirst:
    """What is computed, and what every gate still waits for."""

    def __init__(self, net: Netlist) -> None:
        self.net, self.leaves = net, net.n_leaves
        self.pairs = [(a >> 1, b >> 1) for _, a, b in net.gates]
        self.readers: list[list[int]] = [[] for _ in range(self.leaves + len(self.pairs))]
        for i, (a, b) in enumerate(self.pairs):
            self.readers[a].append(i)
            self.readers[b].append(i)
        self.left = [len(r) for r in self.readers]  # readers not computed
        self.missing = [(a >= self.leaves) + (b >= self.leaves) for a, b in self.pairs]
        self.done = bytearray(len(self.pairs))
        self.found: list[int] = []

    def order(self) -> list[int]:
        leaves, constant = self.leaves, self.net.constant >> 1
        for root in [*self.net.outputs, *self.net.register_next]:
            stack = [root >> 1]
            while stack:
                node = stack[-1]
                if node < leaves or node == constant or self.done[node - leaves]:
                    stack.pop()
                    continue
                a, b = self.pairs[node - leaves]
                waiting = [x for x in (b, a) if x >= leaves and not self.done[x - leaves]]
                if waiting:
                    stack += waiting
                else:
                    stack.pop()
                    self._compute(node - leaves)
        return self.found

    def _compute(self, first: int) -> None:
        """A gate, and what then can be computed and ends a value's life."""
        stack = [first]
        while stack:
            gate = stack.pop()
            if self.done[gate]:
                continue
            self.done[gate] = 1
            self.found.append(gate)
            for x in self.pairs[gate]:
                self.left[x] -= 1
            for reader in self.readers[self.leaves + gate]:
                self.missing[reader] -= 1
            for x in (self.leaves + gate, *self.pairs[gate]):
                stack += [
                    r
                    for r in self.readers[x]
                    if not self.done[r] and not self.missing[r] and self._ends_one(r)
                ]

    def _ends_one(self, gate: int) -> bool:
        a, b = self.pairs[gate]
        return self.left[a] == 1 or self.left[b] == 1


@dataclass(frozen=True)
class Taste:
    """What the choice of the next load weighs.

    Args:
        registers: Values held at a time.
        last: For a value all of whose readers can then be computed.
        others: Against each reader that still cannot.
        depth: For each gate on the longest way to the value: finish what is begun.
        chain: For each gate that could be computed next from the results.
        frees: For each value that is held and that nothing else would need.
        soon: For keeping a value, for each reader that waits for what is not yet computed.
        unsaved: For keeping a value that is in no memory.
    """

    registers: int = 30
    last: float = 0.4
    others: float = 0.0
    depth: float = 0.15
    chain: float = 0.3
    frees: float = 0.4
    soon: float = -0.5
    unsaved: float = 0.4


LOAD = 3.4  # cycles, about
USUALLY = 1  # gates that a result allows at once, at most
NEVER = 1e9


def by_registers(net: Netlist, taste: Taste) -> list[int]:
    """Numbers of the gates, as a machine would compute them that holds `taste.registers` values."""
    return _Greedy(net, taste).order()


class _Greedy:
    """What is computed, what is in registers, and what each value would allow if it were loaded."""

    def __init__(self, net: Netlist, taste: Taste) -> None:
        leaves, gates = net.n_leaves, net.gates
        count = leaves + len(gates)
        self.taste = taste
        self.leaves = leaves
        self.pairs = [(a >> 1, b >> 1) for _, a, b in gates]
        self.readers: list[list[int]] = [[] for _ in range(count)]
        self.depth = [0] * count
        for i, (a, b) in enumerate(self.pairs):
            self.readers[a].append(i)
            self.readers[b].append(i)
            self.depth[leaves + i] = 1 + max(self.depth[a], self.depth[b])
        roots = {x >> 1 for x in (*net.outputs, *net.register_next)}
        self.saved = [v < leaves or v in roots for v in range(count)]
        self.left = [len(r) for r in self.readers]  # readers not computed
        self.known = [v < leaves for v in range(count)]
        self.ready = [0] * count  # of those, readers whose other operand is known
        self.done = bytearray(len(gates))
        self.held: set[int] = set()
        self.gain: dict[int, int] = {}  # value that is known but not held -> gates that it would allow
        self.now: list[int] = []  # gates whose operands are both held
        self.queue: list[tuple[int, int]] = []
        for v in range(leaves):
            self.ready[v] = sum(self.known[self._other(g, v)] for g in self.readers[v])
            heappush(self.queue, (-self.ready[v], v))

    def order(self) -> list[int]:
        """Compute everything."""
        order: list[int] = []
        while len(order) < len(self.pairs):
            while self.now:
                gate = self._pick()
                if gate is not None:
                    order.append(gate)
                    self._compute(gate)
            if len(order) < len(self.pairs):
                self._load(self._best_load())
        return order

    def _other(self, gate: int, v: int) -> int:
        a, b = self.pairs[gate]
        return b if a == v else a

    def _pick(self) -> int | None:
        """Take a gate that can be computed, best one that ends a value's life; None if it has gone stale."""
        now, left, held = self.now, self.left, self.held
        best, most = -1, -1
        for i, gate in enumerate(now):
            a, b = self.pairs[gate]
            ends = (left[a] == 1) + (left[b] == 1)
            if ends > most:
                best, most = i, ends
        gate = now[best]
        now[best] = now[-1]
        now.pop()
        a, b = self.pairs[gate]
        return None if self.done[gate] or a not in held or b not in held else gate

    def _compute(self, gate: int) -> None:
        v = self.leaves + gate
        self.done[gate] = 1
        for x in self.pairs[gate]:
            self.left[x] -= 1
            self.ready[x] -= 1
            if not self.left[x]:
                self.held.discard(x)
        if self.left[v]:
            busy = {x for g in self.now[-8:] if not self.done[g] for x in self.pairs[g]}
            self._make_room(busy)
        self.known[v] = True
        for g in self.readers[v]:
            w = self._other(g, v)
            if self.known[w]:
                self.ready[w] += 1
                self.ready[v] += 1
                heappush(self.queue, (-self.ready[w], w))
        heappush(self.queue, (-self.ready[v], v))
        if self.left[v]:
            self._hold(v)

    def _hold(self, v: int) -> None:
        self.held.add(v)
        self.gain.pop(v, None)
        for g in self.readers[v]:
            w = self._other(g, v)
            if self.done[g] or not self.known[w]:
                continue
            if w in self.held:
                self.now.append(g)
            else:
                self.gain[w] = self.gain.get(w, 0) + 1

    def _make_room(self, keep: Iterable[int]) -> None:
        keep = set(keep)
        while len(self.held) >= self.taste.registers:
            free = [v for v in self.held if v not in keep] or list(self.held)
            self._let_go(min(free, key=self._worth))

    def _worth(self, v: int) -> float:
        taste = self.taste
        worth = self.ready[v] + taste.soon * (self.left[v] - self.ready[v])
        return worth if self.saved[v] else worth + taste.unsaved

    def _let_go(self, v: int) -> None:
        self.held.discard(v)
        self.saved[v] = True
        for g in self.readers[v]:
            w = self._other(g, v)
            if self.done[g] or not self.known[w]:
                continue
            if w in self.held:
                self.gain[v] = self.gain.get(v, 0) + 1
            elif w in self.gain:
                self.gain[w] -= 1
                if not self.gain[w]:
                    del self.gain[w]

    def _best_load(self) -> int:
        """What to load: what allows most gates, or what has most readers when nothing allows any."""
        taste, left, depth = self.taste, self.left, self.depth
        best, most = -1, -NEVER
        beyond = taste.frees + USUALLY * taste.chain  # a gate's share of `_follows`
        for v, gates in self.gain.items():
            worth = gates / LOAD + taste.depth * depth[v] - taste.others * (left[v] - gates)
            if gates == left[v]:
                worth += taste.last
            if worth + gates * beyond > most:
                worth += self._follows(v)
                if worth > most:
                    best, most = v, worth
        if best >= 0:
            return best
        while True:
            ready, v = heappop(self.queue)
            if v in self.held or not self.ready[v]:
                continue
            if -ready != self.ready[v]:
                heappush(self.queue, (-self.ready[v], v))
                continue
            heappush(self.queue, (ready, v))
            return v

    def _follows(self, v: int) -> float:
        """What is good about loading a value, beyond the gates that it allows."""
        worth = 0.0
        for g in self.readers[v]:
            w = self._other(g, v)
            if self.done[g] or w not in self.held:
                continue
            if self.left[w] == 1:
                worth += self.taste.frees
            result = self.leaves + g
            for h in self.readers[result]:
                if self._other(h, result) in self.held:
                    worth += self.taste.chain
        return worth

    def _load(self, v: int) -> None:
        partners = {self._other(g, v) for g in self.readers[v] if not self.done[g]}
        self._make_room(partners & self.held if self.gain.get(v) else ())
        self._hold(v)
