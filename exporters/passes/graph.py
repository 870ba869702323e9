"""AND and XOR nodes with complemented edges, never two alike: where a circuit is simplified.

A literal is `2 * node + phase`; phase 1 is the node's complement, so `literal ^ 1` inverts for free. Node 0
is the constant 0, then come the leaves (inputs, then registers), then what `and_` and `xor` make. Both
answer with an existing literal where one is known to be equal: constants, wires, the same operands in any
order, and what two levels of nodes show (`a & (a & b)`, `a ^ (a & b)`, a multiplexer of equal branches, ...).
An XOR keeps its operands' phases out of itself: `~a ^ b` is the complement of `a ^ b`.
"""

from __future__ import annotations

FALSE, TRUE = 0, 1

LEAF, AND, XOR = 0, 1, 2


class Graph:
    """A growing graph; nodes are numbered in an order of evaluation.

    Args:
        n_leaves: Inputs and registers.

    Attributes:
        kind: LEAF, AND or XOR of each node.
        a, b: Operand literals of each node, a < b; 0 of a leaf. Those of an XOR have phase 0.
    """

    def __init__(self, n_leaves: int) -> None:
        self.first_gate = n_leaves + 1
        self.kind = [LEAF] * self.first_gate
        self.a = [0] * self.first_gate
        self.b = [0] * self.first_gate
        self._and: dict[tuple[int, int], int] = {}
        self._xor: dict[tuple[int, int], int] = {}

    def leaf(self, index: int) -> int:
        """Literal of leaf 0, 1, ..."""
        return 2 * (index + 1)

    def and_(self, x: int, y: int) -> int:
        """Literal of `x & y`."""
        if x > y:
            x, y = y, x
        if x <= TRUE:
            return y if x else FALSE
        if x >> 1 == y >> 1:
            return x if x == y else FALSE
        known = self._and.get((x, y))
        if known is None:
            known = self._and_by_operands(x, y)
            if known is None:
                known = self._add(AND, x, y)
            self._and[x, y] = known
        return known

    def or_(self, x: int, y: int) -> int:
        """Literal of `x | y`."""
        return self.and_(x ^ 1, y ^ 1) ^ 1

    def xor(self, x: int, y: int) -> int:
        """Literal of `x ^ y`."""
        phase = (x ^ y) & 1
        x, y = x & ~1, y & ~1
        if x > y:
            x, y = y, x
        if x == FALSE:
            return y ^ phase
        if x == y:
            return phase
        known = self._xor.get((x, y))
        if known is None:
            known = self._xor_by_operands(x, y)
            if known is None:
                known = self._add(XOR, x, y)
            self._xor[x, y] = known
        return known ^ phase

    def gate(self, op: int, x: int, y: int) -> int:
        """Literal of difflogic's operation 0 to 15 of two literals."""
        if op >= 8:
            return self.gate(15 - op, x, y) ^ 1
        if op in (0, 3, 5):
            return (FALSE, x, y)[(0, 3, 5).index(op)]
        if op == 6:
            return self.xor(x, y)
        if op == 7:
            return self.or_(x, y)
        return self.and_(x ^ (op == 4), y ^ (op == 2))

    def _add(self, kind: int, x: int, y: int) -> int:
        self.kind.append(kind)
        self.a.append(x)
        self.b.append(y)
        return 2 * (len(self.kind) - 1)

    def _and_by_operands(self, x: int, y: int) -> int | None:
        for u, v in ((x, y), (y, x)):
            kind, p, q = self.kind[v >> 1], self.a[v >> 1], self.b[v >> 1]
            if kind == AND:
                for r, s in ((p, q), (q, p)):
                    if u == r:  # r & (r & s), r & ~(r & s)
                        return v if not v & 1 else self.and_(r, s ^ 1)
                    if u == r ^ 1:  # ~r & (r & s), ~r & ~(r & s)
                        return FALSE if not v & 1 else u
            elif kind == XOR:
                for r, s in ((p, q), (q, p)):
                    if u >> 1 == r >> 1:
                        return self.and_(u, s ^ (v & 1) ^ (u & 1) ^ 1)  # u & (u ^ s)
        if self.kind[x >> 1] == self.kind[y >> 1] == AND:
            return self._and_of_ands(x, y)
        return None

    def _and_of_ands(self, x: int, y: int) -> int | None:
        p, q, r, s = self.a[x >> 1], self.b[x >> 1], self.a[y >> 1], self.b[y >> 1]
        for p_, q_ in ((p, q), (q, p)):
            for r_, s_ in ((r, s), (s, r)):
                if p_ == r_ ^ 1:
                    if not x & y & 1:  # an AND that is 1 settles p_, and with it the other one
                        return FALSE if not (x | y) & 1 else (y if x & 1 else x)
                    if q_ == s_ ^ 1:  # neither p & q nor ~p & ~q
                        return self.xor(p_, q_)
                    if q_ == s_:
                        return q_ ^ 1
                elif p_ == r_:
                    if x & 1 and not y & 1:  # ~(p & q) & (p & s)
                        return self.and_(y, q_ ^ 1)
                    if y & 1 and not x & 1:
                        return self.and_(x, s_ ^ 1)
                    if x & y & 1 and q_ == s_ ^ 1:
                        return p_ ^ 1
        return None

    def _xor_by_operands(self, x: int, y: int) -> int | None:
        for u, v in ((x, y), (y, x)):
            kind, p, q = self.kind[v >> 1], self.a[v >> 1], self.b[v >> 1]
            for r, s in ((p, q), (q, p)):
                if kind == XOR and u == r:
                    return s
                if kind == AND and u == r:  # r ^ (r & s)
                    return self.and_(r, s ^ 1)
                if kind == AND and u == r ^ 1:  # u ^ (~u & s)
                    return self.or_(u, s)
        kinds = self.kind[x >> 1], self.kind[y >> 1]
        p, q, r, s = self.a[x >> 1], self.b[x >> 1], self.a[y >> 1], self.b[y >> 1]
        for p_, q_ in ((p, q), (q, p)):
            for r_, s_ in ((r, s), (s, r)):
                if kinds == (XOR, XOR) and p_ == r_:
                    return self.xor(q_, s_)
                if kinds == (AND, AND) and p_ == r_ and q_ == s_ ^ 1:
                    return p_
                if kinds == (AND, AND) and p_ == r_ ^ 1 and q_ == s_ ^ 1:  # p & q or ~p & ~q
                    return self.xor(p_, q_) ^ 1
        return None
