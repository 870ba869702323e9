"""Circuits from whatever a file writes: expressions, covers and inverters become gates of two inputs.

A `Value` is a function of at most two nodes that is not a gate yet. Combining values gives a value again
while no more than two nodes are involved; where a third would come in, the parts become gates first. So
inverters, buffers and constants cost nothing, and three ANDs that are an XOR become one gate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from zoo.circuit import ANF, Circuit
from zoo.errors import CircuitError
from zoo.interchange.source import MAX_NODES

AND, XOR, OR = 1, 6, 7
NOTHING = -1  # in place of a node


class Value(NamedTuple):
    """`op` of the nodes a and b; a function of one node has no b, a constant has neither."""

    op: int
    a: int
    b: int


FALSE = Value(0, NOTHING, NOTHING)
TRUE = Value(15, NOTHING, NOTHING)

_SWAPPED = [op & 9 | (op & 2) << 1 | (op & 4) >> 1 for op in range(16)]  # f(b, a) as an operation of (a, b)
_MASKS = [[15 if bit else 0 for bit in row] for row in ANF.tolist()]

Key = TypeVar("Key", int, str)


class Builder:
    """A circuit under construction.

    Args:
        n_inputs: Input bits a frame.
        n_registers: Registers; their next values come at the end.

    Raises:
        CircuitError: More than `MAX_NODES` nodes, here or later.
    """

    def __init__(self, n_inputs: int, n_registers: int = 0) -> None:
        self.n_inputs = n_inputs
        self.first_gate = n_inputs + n_registers
        self._op: list[int] = []
        self._a: list[int] = []
        self._b: list[int] = []
        self._known: dict[Value, int] = {}
        if self.first_gate > MAX_NODES:
            raise _too_large()

    def gate(self, op: int, a: int, b: int) -> int:
        """A gate exactly as given; its node."""
        if min(a, b) < 0:
            raise CircuitError("circuit: a constant needs at least one input or register beside it")
        node = self.first_gate + len(self._op)
        if node >= MAX_NODES:
            raise _too_large()
        self._op.append(op)
        self._a.append(a)
        self._b.append(b)
        return node

    def combine(self, op: int, x: Value, y: Value) -> Value:
        """`op` of two values."""
        nodes = _support(x, y)
        if nodes is None:
            x, y = self._single(x), self._single(y)
            nodes = _support(x, y)
            assert nodes is not None
        p, q = nodes
        s, t = _table(x, p), _table(y, p)
        m0, m1, m2, m3 = _MASKS[op]
        return _reduced(m0 ^ (m1 & s) ^ (m2 & t) ^ (m3 & s & t), p, q)

    def tree(self, op: int, values: Sequence[Value]) -> Value:
        """An associative operation of one or more values, as flat as can be."""
        rest = list(values)
        while len(rest) > 1:
            pairs = [self.combine(op, x, y) for x, y in zip(rest[::2], rest[1::2], strict=False)]
            rest = pairs + rest[2 * len(pairs) :]
        return rest[0]

    def _single(self, value: Value) -> Value:
        """The same value as a function of one node, or the opposite of one."""
        if value.b == NOTHING:
            return value
        opposite = self._known.get(_sorted(inverted(value)))
        return leaf(self.node(value)) if opposite is None else inverted(leaf(opposite))

    def node(self, value: Value) -> int:
        """The node that has this value; a gate if no node has it yet."""
        if value.op == 3 and value.b == NOTHING:
            return value.a
        value = _sorted(value)
        node = self._known.get(value)
        if node is None:
            node = self._known[value] = self.own_gate(value)
        return node

    def own_gate(self, value: Value) -> int:
        """A new gate with this value, whether or not another node has it; its node."""
        a = value.a if value.a != NOTHING else min(self.first_gate, 1) - 1  # node 0, if there is one
        return self.gate(value.op, a, value.b if value.b != NOTHING else a)

    def circuit(
        self, outputs: Sequence[int], register_next: Sequence[int] = (), register_init: Sequence[int] = ()
    ) -> Circuit:
        """The finished circuit.

        Args:
            outputs: Nodes.
            register_next: Nodes.
            register_init: 0 or 1 each.
        """
        return Circuit(
            self.n_inputs,
            np.array(self._op, np.uint8),
            np.array(self._a, np.int32),
            np.array(self._b, np.int32),
            np.array(outputs, np.int32),
            np.array(register_next, np.int32),
            np.array(register_init, np.uint8),
        )


def leaf(node: int) -> Value:
    """A node as it is."""
    return Value(3, node, NOTHING)


def inverted(value: Value) -> Value:
    """The opposite."""
    return Value(15 - value.op, value.a, value.b)


def in_order(roots: Sequence[Key], needs: Callable[[Key], Sequence[Key]]) -> tuple[list[Key], Key | None]:
    """Keys so that each comes after what it needs.

    Args:
        roots: Where to start.
        needs: The keys that a key needs.

    Returns:
        The order, and None; or a part of it, and a key that needs itself.
    """
    order: list[Key] = []
    open_or_done: dict[Key, bool] = {}
    for root in roots:
        if root in open_or_done:
            continue
        open_or_done[root] = False
        stack = [(root, iter(needs(root)))]
        while stack:
            key, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                stack.pop()
                open_or_done[key] = True
                order.append(key)
            elif following not in open_or_done:
                open_or_done[following] = False
                stack.append((following, iter(needs(following))))
            elif not open_or_done[following]:
                return order, following
    return order, None


def _sorted(value: Value) -> Value:
    """The same function, however its nodes are put."""
    if value.b != NOTHING and value.a > value.b:
        return Value(_SWAPPED[value.op], value.b, value.a)
    return value


def _support(x: Value, y: Value) -> tuple[int, int] | None:
    """The nodes of both values where these are at most two (NOTHING fills up), else None."""
    p, q = x.a, x.b
    for node in (y.a, y.b):
        if node in (NOTHING, p, q):
            continue
        if p == NOTHING:
            p = node
        elif q == NOTHING:
            q = node
        else:
            return None
    return p, q


def _table(value: Value, p: int) -> int:
    """The value as an operation of (p, q), where p and q are all its nodes."""
    op, a, b = value
    if b != NOTHING:
        return op if a == p else _SWAPPED[op]
    if a in (NOTHING, p):
        return op
    return _SWAPPED[op]


def _reduced(table: int, p: int, q: int) -> Value:
    """An operation of two nodes, without those it does not depend on."""
    if table in (0, 15):
        return Value(table, NOTHING, NOTHING)
    if table in (3, 12):
        return Value(table, p, NOTHING)
    if table in (5, 10):
        return Value(_SWAPPED[table], q, NOTHING)
    return Value(table, p, q)


def _too_large() -> CircuitError:
    return CircuitError(f"circuit: expected at most {MAX_NODES} nodes, found more")
