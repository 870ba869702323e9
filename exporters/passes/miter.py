"""Two circuits over the same leaves in one netlist, for comparing them.

It shares nothing with `exporters.passes.graph` on purpose: a wrong rewriting rule there would make both
circuits wrong in the same way and the comparison blind. Here only constants, equal operands and twins are
resolved, and the operations are read from the truth tables. Literals are `2 * node + phase`; node 0 is the
constant 0, then come the leaves. A node's values under many assignments are the bits of one Python integer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from zoo.circuit import TRUTH, Circuit

AND, XOR = 1, 2


def _recipes() -> list[tuple[int, int, int, int]]:
    """Each operation as (kind, phase of a, phase of b, phase of the result).

    Kind 0 is a constant or one operand: its second number is 0 for the constant 0, 1 for a, 2 for b.
    """
    recipes = []
    for row in TRUTH.tolist():
        f00, f01, f10, _ = row
        ones = sum(row)
        if ones in (0, 4):
            recipes.append((0, 0, 0, f00))
        elif ones in (1, 3):
            at = row.index(ones == 1)  # where it differs from the other three
            recipes.append((AND, 1 - (at >> 1), 1 - (at & 1), int(ones == 3)))
        elif f00 == f01:
            recipes.append((0, 1, 0, f00))
        elif f00 == f10:
            recipes.append((0, 2, 0, f00))
        else:
            recipes.append((XOR, 0, 0, f00))
    return recipes


_RECIPES = _recipes()


@cache
def _variable(count: int, index: int) -> int:
    """Truth table of variable `index` of `count`: as many zeros as ones, in blocks of 2^index."""
    half = 1 << index
    every_block = ((1 << (1 << count)) - 1) // ((1 << 2 * half) - 1)
    return every_block * ((1 << half) - 1) << half


def variable_values(nodes: Sequence[int]) -> dict[int, int]:
    """A truth table for each of some free nodes; together they run through all assignments."""
    return {node: _variable(len(nodes), i) for i, node in enumerate(nodes)}


class Miter:
    """A netlist of AND and XOR nodes that grows circuit by circuit.

    Args:
        n_leaves: Free variables.

    Attributes:
        kind, a, b: Of each node; 0 for the constant and leaves. Operands of an XOR have phase 0.
        support: Which leaves each node depends on, bit i for leaf i.
    """

    def __init__(self, n_leaves: int) -> None:
        self.n_leaves = n_leaves
        self.kind = [0] * (n_leaves + 1)
        self.a = [0] * (n_leaves + 1)
        self.b = [0] * (n_leaves + 1)
        self.support = [0, *(1 << i for i in range(n_leaves))]
        self._known: dict[tuple[int, int, int], int] = {}

    def leaf(self, index: int) -> int:
        """Literal of leaf 0, 1, ..."""
        return 2 * (index + 1)

    def add(self, circuit: Circuit, leaves: Iterable[int]) -> list[int]:
        """Literal of every node of a circuit whose inputs and registers are the given literals."""
        literals = list(leaves)
        for op, a, b in zip(circuit.op.tolist(), circuit.a.tolist(), circuit.b.tolist(), strict=True):
            kind, i, j, phase = _RECIPES[op]
            if kind:
                literals.append(self.node(kind, literals[a] ^ i, literals[b] ^ j) ^ phase)
            else:
                literals.append((0, literals[a], literals[b])[i] ^ phase)
        return literals

    def node(self, kind: int, x: int, y: int) -> int:
        """Literal of `x & y` or `x ^ y`."""
        phase = 0
        if kind == XOR:
            phase = (x ^ y) & 1
            x, y = x & ~1, y & ~1
        if x > y:
            x, y = y, x
        if x <= 1:
            return y ^ phase if kind == XOR else (y if x else 0)
        if x >> 1 == y >> 1:
            return phase if kind == XOR else (x if x == y else 0)
        known = self._known.get((kind, x, y))
        if known is None:
            known = self._known[kind, x, y] = 2 * len(self.kind)
            self.kind.append(kind)
            self.a.append(x)
            self.b.append(y)
            self.support.append(self.support[x >> 1] | self.support[y >> 1])
        return known ^ phase

    def cone(self, roots: Iterable[int], stop: frozenset[int] = frozenset()) -> list[int]:
        """The AND and XOR nodes under some nodes, ascending, down to the nodes in `stop` and without them."""
        seen: set[int] = set()
        stack = [node for node in roots if self.kind[node] and node not in stop]
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                for operand in (self.a[node] >> 1, self.b[node] >> 1):
                    if self.kind[operand] and operand not in seen and operand not in stop:
                        stack.append(operand)
        return sorted(seen)

    def evaluate(self, nodes: Iterable[int], values: dict[int, int], ones: int) -> None:
        """Add the values of nodes, given in ascending order, to those of their leaves; `ones` is all ones."""
        for node in nodes:
            a, b = self.a[node], self.b[node]
            x, y = values[a >> 1], values[b >> 1]
            if self.kind[node] == XOR:
                values[node] = x ^ y
            elif a & 1:
                values[node] = (x ^ ones) & (y ^ ones if b & 1 else y)
            else:
                values[node] = x & (y ^ ones) if b & 1 else x & y

    def table(self, literals: Sequence[int], variables: Sequence[int]) -> list[int]:
        """Truth table of each literal, as an integer of 2^len(variables) bits.

        Args:
            literals: What to tabulate.
            variables: Nodes taken as free; every other node under the literals is computed from them.
        """
        width = 1 << len(variables)
        ones = (1 << width) - 1
        values = {0: 0} | variable_values(variables)
        self.evaluate(self.cone((x >> 1 for x in literals), frozenset(variables)), values, ones)
        return [values[x >> 1] ^ (ones if x & 1 else 0) for x in literals]
