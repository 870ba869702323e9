"""Equal or not, by a SAT solver that is helped by equal nodes inside the two circuits.

A miter of two large circuits is hard for a solver that sees only the outputs. But most nodes of an optimised
circuit have a twin in its source. So go through the nodes from the leaves up: where random values make two
look alike, prove it from the few nodes below (a truth table over a cut) or else by the solver, and go on with
one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from exporters.passes.miter import XOR, Miter, variable_values

_CUT = 10
_EXPANSIONS = 40
_INNER_CONFLICTS = 200


@dataclass
class Equivalence:
    """Which literals of a miter are known to be equal.

    Args:
        miter: Must not grow afterwards.
        values: A random value, of as many bits as there are vectors, of every node.
        ones: All ones of that width.
        deadline: `time.monotonic()` after which the solver is not asked any more.
    """

    miter: Miter
    values: dict[int, int]
    ones: int
    deadline: float
    _equal: list[int] = field(init=False)  # a literal equal to each node, of a node that is its own
    _operands: dict[int, tuple[int, int, int]] = field(init=False, default_factory=dict)
    _encoded: set[int] = field(init=False, default_factory=set)
    _solver: Any = field(init=False)

    def __post_init__(self) -> None:
        from pysat.solvers import Cadical153

        self._equal = [2 * node for node in range(len(self.miter.kind))]
        self._solver = Cadical153()
        self._solver.add_clause([-1])  # variable node + 1: node 0 is the constant 0

    def equal(self, literal: int) -> int:
        """The literal that stands for all that are known to equal this one."""
        return self._equal[literal >> 1] ^ literal & 1

    def merge(self, roots: Sequence[int]) -> None:
        """Find equal nodes under some literals."""
        hashed: dict[tuple[int, int, int], int] = {}
        alike: dict[int, int] = {}
        for node in [*range(self.miter.n_leaves + 1), *self.miter.cone(root >> 1 for root in roots)]:
            if self.miter.kind[node]:
                key, phase = self._resolved(node)
                known = self._simple(key)
                if known is None:
                    known = hashed.setdefault(key, 2 * node ^ phase)
                if known ^ phase != 2 * node:
                    self._equal[node] = known ^ phase
                    continue
                kind, x, y = key
                self._operands[node] = kind, x, y ^ phase
            value = self.values[node]
            flipped = value & 1
            twin = alike.setdefault(value ^ self.ones if flipped else value, 2 * node ^ flipped) ^ flipped
            if twin != 2 * node and self._same(2 * node, twin):
                self._equal[node] = twin

    def decide(self, x: int, y: int, conflicts: int) -> tuple[bool | None, list[int]]:
        """Are two literals equal? True, False with the values of all leaves, or None: the budget is spent."""
        x, y = self.equal(x), self.equal(y)
        if x == y:
            return True, []
        if self._same_over_cut(x, y):
            return True, []
        return self._solve(x, y, conflicts)

    def _resolved(self, node: int) -> tuple[tuple[int, int, int], int]:
        """Kind and operands in terms of what they equal, and the result's phase."""
        kind = self.miter.kind[node]
        x, y = self.equal(self.miter.a[node]), self.equal(self.miter.b[node])
        phase = (x ^ y) & 1 if kind == XOR else 0
        if kind == XOR:
            x, y = x & ~1, y & ~1
        return (kind, min(x, y), max(x, y)), phase

    def _simple(self, key: tuple[int, int, int]) -> int | None:
        """A node whose operands turned out constant, equal or opposite."""
        kind, x, y = key
        if x <= 1:
            return y if kind == XOR or x else 0
        if x >> 1 == y >> 1:
            return 0 if kind == XOR or x != y else x
        return None

    def _same(self, x: int, y: int) -> bool:
        if self._same_over_cut(x, y):
            return True
        return self._solve(x, y, _INNER_CONFLICTS)[0] is True

    def _same_over_cut(self, x: int, y: int) -> bool:
        """Equal for all values of a few nodes below both: those of the deepest cut that stays small."""
        cut = {x >> 1, y >> 1} - {0}
        order: list[int] = []
        kept, kept_order = cut.copy(), 0
        for _ in range(_EXPANSIONS):
            node = max((n for n in cut if n in self._operands), default=0)
            if not node:
                break
            cut.remove(node)
            order.append(node)
            _, a, b = self._operands[node]
            cut |= {a >> 1, b >> 1} - {0}
            if len(cut) <= _CUT:
                kept, kept_order = cut.copy(), len(order)
        ones = (1 << (1 << len(kept))) - 1
        values = {0: 0} | variable_values(sorted(kept))
        for node in reversed(order[:kept_order]):
            kind, a, b = self._operands[node]
            u = values[a >> 1] ^ (ones if a & 1 else 0)
            v = values[b >> 1] ^ (ones if b & 1 else 0)
            values[node] = u ^ v if kind == XOR else u & v
        return values[x >> 1] ^ values[y >> 1] == (ones if (x ^ y) & 1 else 0)

    def _solve(self, x: int, y: int, conflicts: int) -> tuple[bool | None, list[int]]:
        if conflicts <= 0 or monotonic() > self.deadline:
            return None, []
        self._encode(x >> 1)
        self._encode(y >> 1)
        for u, v in ((x, y ^ 1), (x ^ 1, y)):  # can they be 1 and 0, or 0 and 1?
            self._solver.conf_budget(conflicts)
            answer = self._solver.solve_limited(assumptions=[_clause(u), _clause(v)])
            if answer:
                true = {literal for literal in self._solver.get_model() if literal > 0}
                return False, [int(leaf + 2 in true) for leaf in range(self.miter.n_leaves)]
            if answer is None:
                return None, []
        self._solver.add_clause([_clause(x), _clause(y ^ 1)])
        self._solver.add_clause([_clause(x ^ 1), _clause(y)])
        return True, []

    def _encode(self, root: int) -> None:
        stack = [root]
        while stack:
            node = stack.pop()
            if node in self._encoded or node not in self._operands:
                continue
            self._encoded.add(node)
            kind, x, y = self._operands[node]
            stack += [x >> 1, y >> 1]
            n, a, b = node + 1, _clause(x), _clause(y)
            if kind == XOR:
                clauses = [[-n, a, b], [-n, -a, -b], [n, -a, b], [n, a, -b]]
            else:
                clauses = [[-n, a], [-n, b], [n, -a, -b]]
            for clause in clauses:
                self._solver.add_clause(clause)


def _clause(literal: int) -> int:
    """A literal as the solver writes it."""
    variable = (literal >> 1) + 1
    return -variable if literal & 1 else variable
