"""Between circuits and graphs."""

from __future__ import annotations

from collections.abc import Sequence

from exporters.passes.graph import Graph
from zoo.circuit import Circuit


def add_circuit(graph: Graph, circuit: Circuit, leaves: Sequence[int]) -> list[int]:
    """Add a circuit's gates to a graph.

    Args:
        graph: Grows by the gates that it does not have yet.
        circuit: Where they come from.
        leaves: Literal that stands for each input, then for each register.

    Returns:
        Literal of every node of the circuit.
    """
    literals = list(leaves)
    gate = graph.gate
    for op, a, b in zip(circuit.op.tolist(), circuit.a.tolist(), circuit.b.tolist(), strict=True):
        literals.append(gate(op, literals[a], literals[b]))
    return literals


def reachable(graph: Graph, roots: Sequence[int]) -> list[int]:
    """The nodes that literals depend on, leaves too, in ascending order, without the constant."""
    seen = bytearray(len(graph.kind))
    for root in roots:
        seen[root >> 1] = 1
    for node in range(len(seen) - 1, graph.first_gate - 1, -1):
        if seen[node]:
            seen[graph.a[node] >> 1] = seen[graph.b[node] >> 1] = 1
    return [node for node in range(1, len(seen)) if seen[node]]
