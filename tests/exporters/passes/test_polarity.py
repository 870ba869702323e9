"""Chosen phases compute the right thing and need few inverters: compared with all choices there are."""

from itertools import product

import numpy as np
import pytest

from exporters.passes import A64, ANY, PRU, THUMB, X86, Basis
from exporters.passes.convert import add_circuit, reachable
from exporters.passes.graph import AND, Graph
from exporters.passes.polarity import Polarity, and_op, choices
from tests.exporters.passes.random_circuits import random_circuit
from zoo.circuit import TRUTH


@pytest.mark.parametrize("basis", [ANY, A64, PRU, THUMB, X86], ids=lambda basis: basis.name)
def test_every_choice_computes_its_node(basis: Basis) -> None:
    for kind, rows in choices(basis).items():
        for row, (a, b) in product(range(8), product((0, 1), repeat=2)):
            x, y = a ^ row >> 2, b ^ (row >> 1 & 1)  # the operands, of which a and b are the stored phases
            wanted = (x & y if kind == AND else x ^ y) ^ row & 1
            for i, j, op in rows[row]:
                assert op in basis.ops
                assert TRUTH[op][2 * (a ^ i) + (b ^ j)] == wanted
            counts = [i + j for i, j, _ in rows[row]]
            assert counts == sorted(counts)


def test_and_op_is_an_and_with_phases() -> None:
    for a, b, phase, x, y in product((0, 1), repeat=5):
        assert TRUTH[and_op(a, b, phase)][2 * x + y] == (x ^ a) & (y ^ b) ^ phase


def graph_of(seed: int) -> tuple[Graph, list[int], list[int]]:
    """A small graph with 4 to 9 gates: itself, its nodes, its roots."""
    rng = np.random.default_rng(seed)
    while True:
        circuit = random_circuit(rng, 24)
        graph = Graph(circuit.n_inputs + circuit.n_registers)
        literals = add_circuit(graph, circuit, [graph.leaf(i) for i in range(graph.first_gate - 1)])
        roots = [literals[i] for i in circuit.outputs.tolist()]
        nodes = reachable(graph, roots)
        if 4 <= sum(node >= graph.first_gate for node in nodes) <= 9:
            return graph, nodes, roots


def fewest_inverters(graph: Graph, nodes: list[int], roots: list[int], basis: Basis) -> int:
    """By trying every phase of every gate and every way to compute it."""
    gates = [node for node in nodes if node >= graph.first_gate]
    ways = choices(basis)
    best = len(nodes)
    for phases in product((0, 1), repeat=len(gates)):
        phase = dict(zip(gates, phases, strict=True))
        inverted = {frozenset(r >> 1 for r in roots if r > 1 and r & 1 ^ phase.get(r >> 1, 0))}
        for node in gates:
            a, b = graph.a[node], graph.b[node]
            row = 4 * (a & 1 ^ phase.get(a >> 1, 0)) + 2 * (b & 1 ^ phase.get(b >> 1, 0)) + phase[node]
            options = [
                {node for node, through in ((a >> 1, i), (b >> 1, j)) if through}
                for i, j, _ in ways[graph.kind[node]][row]
            ]
            inverted = {known | more for known in inverted for more in options if len(known | more) < best}
        best = min([best, *map(len, inverted)])
    return best


@pytest.mark.parametrize("basis", [A64, PRU, THUMB, X86], ids=lambda basis: basis.name)
def test_the_search_comes_near_the_fewest_inverters(basis: Basis) -> None:
    found = fewest = 0
    for seed in range(60):
        graph, nodes, roots = graph_of(seed)
        polarity = Polarity(graph, nodes, roots, basis)
        found += sum(polarity.inverted[node] > 0 for node in nodes)
        fewest += fewest_inverters(graph, nodes, roots, basis)
    assert fewest <= found <= 1.1 * fewest + 1


def test_with_all_operations_only_roots_need_inverters() -> None:
    for seed in range(100):
        graph, nodes, roots = graph_of(seed)
        polarity = Polarity(graph, nodes, roots, ANY)
        both = {root >> 1 for root in roots if root ^ 1 in roots and root > 1}
        leaves = {root >> 1 for root in roots if root & 1 and 1 < root < 2 * graph.first_gate}
        assert {node for node in nodes if polarity.inverted[node]} == both | leaves
