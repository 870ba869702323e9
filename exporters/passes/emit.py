"""A graph written as a circuit in a basis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exporters.passes.basis import NOT, Basis
from exporters.passes.convert import reachable
from exporters.passes.graph import FALSE, Graph
from exporters.passes.polarity import Polarity
from zoo.circuit import Circuit


def circuit_of(
    graph: Graph,
    n_inputs: int,
    outputs: Sequence[int],
    registers: Sequence[tuple[int, int, int]],
    basis: Basis,
) -> Circuit:
    """The smallest circuit of a basis that polarity choice finds for a graph.

    Args:
        graph: Its leaves are the inputs, then registers.
        n_inputs: How many leaves are inputs.
        outputs: Literal of each output.
        registers: (leaf, next literal, start value) of each register that stays; no other leaf may be in use.
        basis: What gates may be.
    """
    roots = [*outputs, *(after for _, after, _ in registers)]
    nodes = reachable(graph, roots)
    polarity = Polarity(graph, nodes, roots, basis)
    stored = {1 + i: i for i in range(n_inputs)} | {
        1 + leaf: n_inputs + i for i, (leaf, _, _) in enumerate(registers)
    }
    gates: list[tuple[int, int, int]] = []
    inverters: dict[int, int] = {}
    first_gate = n_inputs + len(registers)

    def add(op: int, a: int, b: int) -> int:
        gates.append((op, a, b))
        return first_gate + len(gates) - 1

    def read(node: int, inverted: int) -> int:
        if not inverted:
            return stored[node]
        if node not in inverters:
            inverters[node] = add(15, 0, 0) if node == 0 else add(NOT, stored[node], stored[node])
        return inverters[node]

    for node in nodes:
        if node >= graph.first_gate:
            i, j, op = polarity.choice[node]
            a, b = read(graph.a[node] >> 1, i), read(graph.b[node] >> 1, j)
            stored[node] = add(op, a, b)

    def root(literal: int) -> int:
        if literal == FALSE and 0 not in stored:
            stored[0] = add(0, 0, 0)
        return read(literal >> 1, literal & 1 ^ polarity.phase[literal >> 1])

    found = [root(literal) for literal in roots]
    columns = np.array(gates, np.int32).reshape(-1, 3).T
    return Circuit(
        n_inputs,
        columns[0].astype(np.uint8),
        columns[1],
        columns[2],
        np.array(found[: len(outputs)], np.int32),
        np.array(found[len(outputs) :], np.int32),
        np.array([start for _, _, start in registers], np.uint8),
    )
