"""Which phase of every node to store, so that a basis needs the fewest inverters.

A node's gate computes it in one phase, the stored one; readers that need the other one share an inverter. An
operation of the basis may absorb inversions at its operands or its result. A local search flips
stored phases while that leaves fewer inverters (or as many, which opens ways on).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from exporters.passes.basis import Basis
from exporters.passes.graph import AND, XOR, Graph

_SWEEPS = 6

Choice = tuple[int, int, int]  # operand a through its inverter?, operand b?, operation


def and_op(phase_a: int, phase_b: int, phase: int) -> int:
    """Operation of `(a ^ phase_a) & (b ^ phase_b) ^ phase`."""
    op = (1, 2, 4, 8)[2 * phase_a + phase_b]
    return 15 - op if phase else op


def choices(basis: Basis) -> dict[int, list[list[Choice]]]:
    """The ways to compute an AND or XOR, fewest inverters first, by `4 * phase_a + 2 * phase_b + phase`.

    phase_a and phase_b: the operand is wanted in the phase that is not stored; phase: so is the result.
    """
    found: dict[int, list[list[Choice]]] = {AND: [], XOR: []}
    for kind, rows in found.items():
        for row in range(8):
            a, b, phase = row >> 2, row >> 1 & 1, row & 1
            ways = [
                (i, j, and_op(a ^ i, b ^ j, phase) if kind == AND else (9 if a ^ b ^ i ^ j ^ phase else 6))
                for i, j in ((0, 0), (0, 1), (1, 0), (1, 1))
            ]
            rows.append([way for way in ways if way[2] in basis.ops])
    return found


@dataclass
class Polarity:
    """Stored phases of a graph's nodes.

    Args:
        graph: The graph; its constant is not stored.
        nodes: The nodes in use, ascending, leaves too.
        roots: Literals that must be there in their own phase: outputs and next values.
        basis: What a gate may be.

    Attributes:
        phase: 1 where a node is stored inverted.
        choice: How each gate is computed.
        inverted: How many readers go through the node's inverter.
    """

    graph: Graph
    nodes: Sequence[int]
    roots: Sequence[int]
    basis: Basis
    phase: list[int] = field(init=False)
    choice: list[Choice] = field(init=False)
    inverted: list[int] = field(init=False)

    def __post_init__(self) -> None:
        graph, count = self.graph, len(self.graph.kind)
        self.phase = [0] * count
        self.choice = [(0, 0, 0)] * count
        self.inverted = [0] * count
        self._ways = choices(self.basis)
        self._readers: list[list[int]] = [[] for _ in range(count)]
        self._root_phases = [[0, 0] for _ in range(count)]
        for root in self.roots:
            if root > 1:
                self._root_phases[root >> 1][root & 1] += 1
        self._gates = [node for node in self.nodes if node >= graph.first_gate]
        for node in self._gates:
            self._readers[graph.a[node] >> 1].append(node)
            self._readers[graph.b[node] >> 1].append(node)
        for node in self.nodes:
            if node >= graph.first_gate:
                self.phase[node] = self._first_phase(node)
                self._add(node)
            self.inverted[node] += self._root_phases[node][1 - self.phase[node]]
        self._search()

    def _options(self, node: int, phase: int) -> list[Choice]:
        a, b = self.graph.a[node], self.graph.b[node]
        row = 4 * (a & 1 ^ self.phase[a >> 1]) + 2 * (b & 1 ^ self.phase[b >> 1]) + phase
        return self._ways[self.graph.kind[node]][row]

    def _first_phase(self, node: int) -> int:
        """The phase that needs fewer inverters at the operands; on a tie the one that the roots want."""
        wanted = int(self._root_phases[node][1] > self._root_phases[node][0])

        def cost(phase: int) -> float:
            options = self._options(node, phase)
            return min((i + j for i, j, _ in options), default=9) + (phase != wanted) / 2

        return 0 if cost(0) <= cost(1) else 1

    def _add(self, node: int) -> int:
        """Choose the cheapest way to compute a gate; returns how many inverters that adds."""
        a, b, inverted = self.graph.a[node] >> 1, self.graph.b[node] >> 1, self.inverted
        best, added = self.choice[node], 9
        for way in self._options(node, self.phase[node]):
            cost = (way[0] and not inverted[a]) + (way[1] and not inverted[b])
            if cost < added:
                best, added = way, cost
                if not cost:
                    break
        self.choice[node] = best
        inverted[a] += best[0]
        inverted[b] += best[1]
        return added

    def _remove(self, node: int) -> int:
        """Take a gate's readings back; returns how many inverters that saves."""
        a, b, inverted = self.graph.a[node] >> 1, self.graph.b[node] >> 1, self.inverted
        i, j, _ = self.choice[node]
        inverted[a] -= i
        inverted[b] -= j
        return (i and not inverted[a]) + (j and not inverted[b])

    def _search(self) -> None:
        for _ in range(_SWEEPS):
            if not sum([self._try(node) for node in reversed(self._gates)]):
                break

    def _try(self, node: int) -> int:
        """Flip a gate's stored phase unless that costs inverters; returns how many it saves."""
        if not self._options(node, 1 - self.phase[node]):
            return 0
        touched = [node, *self._readers[node]]
        before = [self.choice[gate] for gate in touched]
        saved = self._flip(node, touched)
        if saved < 0:
            self._undo(node, touched, before)
        return max(saved, 0)

    def _flip(self, node: int, touched: Iterable[int]) -> int:
        roots, inverted, phase = self._root_phases[node], self.inverted, self.phase[node]
        saved = sum([self._remove(gate) for gate in touched])
        had = inverted[node] > 0
        inverted[node] += roots[phase] - roots[1 - phase]
        saved += had - (inverted[node] > 0)
        self.phase[node] = 1 - phase
        return saved - sum([self._add(gate) for gate in touched])

    def _undo(self, node: int, touched: Iterable[int], before: Iterable[Choice]) -> None:
        roots, phase = self._root_phases[node], self.phase[node]
        for gate in touched:
            self._remove(gate)
        self.inverted[node] += roots[phase] - roots[1 - phase]
        self.phase[node] = 1 - phase
        for gate, (i, j, op) in zip(touched, before, strict=True):
            self.choice[gate] = i, j, op
            self.inverted[self.graph.a[gate] >> 1] += i
            self.inverted[self.graph.b[gate] >> 1] += j
