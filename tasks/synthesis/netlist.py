"""A growing netlist that never holds two equal gates; inversions cost nothing.

A literal is `2 * node + phase`: phase 1 is the node's complement. Node 0 is the constant 0, then come the
inputs, then AND and XOR gates. A gate reads either phase of its operands, since each of the sixteen
operations costs one gate; only an output whose complement is an output too needs a gate of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zoo.circuit import Circuit

FALSE, TRUE = 0, 1

_AND, _XOR = 1, 6
_NOT, _ZERO = 12, 0


class Netlist:
    """Gates over a number of inputs.

    Args:
        n_inputs: At least 1.
    """

    def __init__(self, n_inputs: int) -> None:
        self.n_inputs = n_inputs
        self._first = n_inputs + 1
        self._gates: list[tuple[int, int, int]] = []  # operation, literals
        self._known: dict[tuple[int, int, int], int] = {}

    def input(self, index: int) -> int:
        """Literal of input 0, 1, ..."""
        return 2 * (index + 1)

    def and_(self, x: int, y: int) -> int:
        """Literal of `x & y`."""
        x, y = min(x, y), max(x, y)
        if x <= TRUE:
            return y if x else FALSE
        if x >> 1 == y >> 1:
            return x if x == y else FALSE
        for u, v in ((x, y), (y, x)):
            op, p, q = self._gate(v)
            if op == _AND:
                for r, s in ((p, q), (q, p)):
                    if u == r:  # r & (r & s), r & ~(r & s)
                        return self.and_(r, s ^ 1) if v & 1 else v
                    if u == r ^ 1:  # ~r & (r & s), ~r & ~(r & s)
                        return u if v & 1 else FALSE
            elif op == _XOR and u >> 1 in (p >> 1, q >> 1):  # u & (u ^ s)
                other = q if u >> 1 == p >> 1 else p
                return self.and_(u, other ^ (v & 1) ^ (u & 1) ^ 1)
        return self._add(_AND, x, y)

    def or_(self, x: int, y: int) -> int:
        """Literal of `x | y`."""
        return self.and_(x ^ 1, y ^ 1) ^ 1

    def xor(self, x: int, y: int) -> int:
        """Literal of `x ^ y`."""
        phase = (x ^ y) & 1
        x, y = min(x & ~1, y & ~1), max(x & ~1, y & ~1)
        if x == y:
            return phase
        if x == FALSE:
            return y ^ phase
        for u, v in ((x, y), (y, x)):
            op, p, q = self._gate(v)
            for r, s in ((p, q), (q, p)):
                if op == _XOR and u == r:
                    return s ^ phase
                if op == _AND and u == r:  # r ^ (r & s)
                    return self.and_(r, s ^ 1) ^ phase
                if op == _AND and u == r ^ 1:  # u ^ (~u & s)
                    return self.or_(u, s) ^ phase
        return self._add(_XOR, x, y) ^ phase

    def gate(self, op: int, x: int, y: int) -> int:
        """Literal of difflogic's operation 0 to 15 of two literals."""
        if op >= 8:
            return self.gate(15 - op, x, y) ^ 1
        if op in (0, 3, 5):
            return {0: FALSE, 3: x, 5: y}[op]
        if op == _XOR:
            return self.xor(x, y)
        if op == 7:
            return self.or_(x, y)
        return self.and_(x ^ (op == 4), y ^ (op == 2))

    def mux(self, x: int, low: int, high: int) -> int:
        """Literal of `high` where x is 1, of `low` elsewhere."""
        if low == high:
            return low
        if low <= TRUE or high <= TRUE:
            return self.or_(self.and_(x, high), self.and_(x ^ 1, low))
        return self.xor(low, self.and_(x, self.xor(low, high)))

    def adder(self, x: int, y: int, carry: int) -> tuple[int, int]:
        """Literals of the sum and the carry of three bits."""
        half = self.xor(x, y)
        return self.xor(half, carry), self.xor(x, self.and_(half, self.xor(x, carry)))

    def circuit(self, outputs: Sequence[int]) -> Circuit:
        """The circuit of these literals, without gates that none of them needs."""
        live = self._live(outputs)
        flipped = {literal >> 1 for literal in outputs if literal & 1 and literal >> 1 in live}
        place = {1 + index: index for index in range(self.n_inputs)}
        made: list[tuple[int, int, int]] = []

        def add(op: int, a: int, b: int) -> int:
            made.append((op, a, b))
            return self.n_inputs + len(made) - 1

        for node in sorted(live):
            op, x, y = self._gates[node - self._first]
            table = _seen(op, *((z & 1) ^ (z >> 1 in flipped) for z in (x, y)))
            place[node] = add(table ^ 15 if node in flipped else table, place[x >> 1], place[y >> 1])
        found = []
        extra: dict[int, int] = {}
        for literal in outputs:
            node, phase = literal >> 1, (literal & 1) ^ (literal >> 1 in flipped)
            if node and not phase:
                found.append(place[node])
                continue
            if literal not in extra:
                extra[literal] = (
                    add(_NOT, place[node], place[node]) if node else add(15 * (literal & 1), 0, 0)
                )
            found.append(extra[literal])
        columns = np.array(made, np.int32).reshape(-1, 3).T
        return Circuit(
            self.n_inputs, columns[0].astype(np.uint8), columns[1], columns[2], np.array(found, np.int32)
        )

    def count(self, outputs: Sequence[int]) -> int:
        """Gates that these literals need, but for inverters of outputs."""
        return len(self._live(outputs))

    def _gate(self, literal: int) -> tuple[int, int, int]:
        node = literal >> 1
        return self._gates[node - self._first] if node >= self._first else (_ZERO, 0, 0)

    def _add(self, op: int, x: int, y: int) -> int:
        key = (op, x, y)
        if key not in self._known:
            self._gates.append(key)
            self._known[key] = 2 * (self._first + len(self._gates) - 1)
        return self._known[key]

    def _live(self, roots: Sequence[int]) -> set[int]:
        seen: set[int] = set()
        todo = [literal >> 1 for literal in roots]
        while todo:
            node = todo.pop()
            if node >= self._first and node not in seen:
                seen.add(node)
                todo += [literal >> 1 for literal in self._gates[node - self._first][1:]]
        return seen


def tidy(circuit: Circuit) -> Circuit:
    """A circuit without registers, without its dead, double, constant and passing gates."""
    netlist = Netlist(circuit.n_inputs)
    literals = [netlist.input(index) for index in range(circuit.n_inputs)]
    for op, a, b in zip(circuit.op.tolist(), circuit.a.tolist(), circuit.b.tolist(), strict=True):
        literals.append(netlist.gate(op, literals[a], literals[b]))
    return netlist.circuit([literals[node] for node in circuit.outputs.tolist()])


def _seen(op: int, flip_a: int, flip_b: int) -> int:
    """The operation whose operands come with these phases."""
    if flip_a:
        op = (op & 3) << 2 | op >> 2
    if flip_b:
        op = (op & 5) << 1 | (op & 10) >> 1
    return op
