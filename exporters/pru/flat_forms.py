"""Other ways to compute a gate in one operation, from values that are there anyway.

Where wiring is local, gates share operands: `a & ~b` is also `a ^ (a & b)`, or `a & (a ^ b)`, when another
gate has that. The PRU needs a NOT for the first way and none for the others. Candidates are found by random
words and then proved: on all values of at most `CUT` nodes that both sides depend on, taken as if they were
free.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

AND, XOR, OR = 1, 6, 7

Form = tuple[int, int, int]  # AND, OR or XOR, and two literals

PATTERNS = 1024  # random words
NEAREST = 48  # values considered
CUT = 8
MOST = 16  # forms of a gate


@dataclass
class Gates:
    """ANDs and XORs of literals; the first `leaves` nodes are inputs and registers."""

    leaves: int
    kinds: Sequence[int]
    a: Sequence[int]
    b: Sequence[int]


def forms(gates: Gates) -> list[list[Form]]:
    """The forms of every gate, its own first; operands have smaller numbers."""
    return _Search(gates).all()


class _Search:
    """The gates, and what random words they compute."""

    def __init__(self, gates: Gates) -> None:
        self.gates = gates
        self.ones = (1 << PATTERNS) - 1
        rng = random.Random(0)
        self.words = [rng.getrandbits(PATTERNS) for _ in range(gates.leaves)]
        self.readers: list[list[int]] = [[] for _ in range(gates.leaves + len(gates.kinds))]
        for i, kind in enumerate(gates.kinds):
            self.words.append(_apply(kind, self._word(gates.a[i]), self._word(gates.b[i])))
            self.readers[gates.a[i] >> 1].append(gates.leaves + i)
            self.readers[gates.b[i] >> 1].append(gates.leaves + i)

    def all(self) -> list[list[Form]]:
        gates = self.gates
        found = []
        for i, own in enumerate(zip(gates.kinds, gates.a, gates.b, strict=True)):
            node = gates.leaves + i
            near = self._near(node)
            others = [f for f in (*self._xors(node, near), *self._ands(node, near)) if not _same(f, own)]
            found.append([own, *(f for f in others[: 4 * MOST] if self._proved(node, f))][:MOST])
        return found

    def _word(self, literal: int) -> int:
        return self.words[literal >> 1] ^ (self.ones if literal & 1 else 0)

    def _near(self, node: int) -> list[int]:
        """Operands, their operands, and what else reads any of them, if it is older than the node."""
        near: set[int] = set()
        for x in self._operands(node):
            for y in (x, *self._operands(x)):
                near.add(y)
                near.update(r for r in self.readers[y] if r < node)
        return sorted(near)[-NEAREST:]

    def _operands(self, node: int) -> tuple[int, ...]:
        i = node - self.gates.leaves
        return (self.gates.a[i] >> 1, self.gates.b[i] >> 1) if i >= 0 else ()

    def _xors(self, node: int, near: Iterable[int]) -> list[Form]:
        literal = {self.words[n]: 2 * n for n in near} | {self.words[n] ^ self.ones: 2 * n + 1 for n in near}
        pairs = ((n, literal.get(self.words[n] ^ self.words[node])) for n in near)
        return [(XOR, 2 * n, other) for n, other in pairs if other is not None and other >> 1 > n]

    def _ands(self, node: int, near: Iterable[int]) -> list[Form]:
        """ANDs equal to the node, and ORs: complements of ANDs equal to its complement."""
        found: list[Form] = []
        literals = [x for n in near for x in (2 * n, 2 * n + 1)]
        for kind, word in ((AND, self.words[node]), (OR, self.words[node] ^ self.ones)):
            above = [(x, self._word(x)) for x in literals if not word & ~self._word(x)]
            for i, (x, over) in enumerate(above):
                for y, also in above[:i]:
                    if over & also == word and x >> 1 != y >> 1:
                        found.append((kind, x ^ (kind == OR), y ^ (kind == OR)))
        return found

    def _proved(self, node: int, form: Form) -> bool:
        """Whether a form equals its node whatever the values of a cut through what both depend on."""
        kind, x, y = form
        tops = {node, x >> 1, y >> 1}
        cut, inside = set(tops), []
        while True:
            top = max(cut)
            wider = (cut - {top}) | set(self._operands(top))
            if top < self.gates.leaves or len(wider) > CUT:
                break
            cut = wider
            inside.append(top)
        values = {n: _variable(i) for i, n in enumerate(sorted(cut))}
        ones = (1 << (1 << CUT)) - 1
        for n in reversed(inside):
            i = n - self.gates.leaves
            a, b = self.gates.a[i], self.gates.b[i]
            values[n] = _apply(
                self.gates.kinds[i],
                values[a >> 1] ^ (ones if a & 1 else 0),
                values[b >> 1] ^ (ones if b & 1 else 0),
            )
        own = values[x >> 1] ^ (ones if x & 1 else 0), values[y >> 1] ^ (ones if y & 1 else 0)
        return values[node] == _apply(kind, *own)


def _same(one: Form, other: Form) -> bool:
    """Whether two forms are the same operation of the same literals."""
    if one[0] == other[0] == XOR:
        return {one[1] >> 1, one[2] >> 1} == {other[1] >> 1, other[2] >> 1}
    return one[0] == other[0] and {one[1], one[2]} == {other[1], other[2]}


def _apply(kind: int, x: int, y: int) -> int:
    return x & y if kind == AND else x | y if kind == OR else x ^ y


@cache
def _variable(index: int) -> int:
    """The truth table of a variable among `CUT`."""
    half = 1 << index
    block = ((1 << half) - 1) << half
    return sum(block << start for start in range(0, 1 << CUT, 2 * half))
