"""Every rule of the graph, by truth tables over three leaves."""

from itertools import product

import numpy as np
import pytest

from exporters.passes.convert import reachable
from exporters.passes.graph import AND, Graph
from zoo.circuit import TRUTH

ONES = 0xFF
LEAVES = (0xAA, 0xCC, 0xF0)


def tables(graph: Graph) -> list[int]:
    """Truth table of every node."""
    values = [0, *LEAVES]
    for node in range(graph.first_gate, len(graph.kind)):
        x, y = (values[o >> 1] ^ (ONES if o & 1 else 0) for o in (graph.a[node], graph.b[node]))
        values.append(x & y if graph.kind[node] == AND else x ^ y)
    return values


def table(graph: Graph, literal: int) -> int:
    return tables(graph)[literal >> 1] ^ (ONES if literal & 1 else 0)


def one_level(graph: Graph) -> list[int]:
    """All literals that one gate makes of three leaves."""
    leaves = [graph.leaf(i) for i in range(3)]
    return sorted({graph.gate(op, x, y) for op, x, y in product(range(16), leaves, leaves)})


@pytest.mark.parametrize("op", range(16))
def test_an_operation_is_its_truth_table(op: int) -> None:
    graph = Graph(3)
    for i, j in product(range(3), repeat=2):
        found = table(graph, graph.gate(op, graph.leaf(i), graph.leaf(j)))
        expected = [TRUTH[op][2 * (LEAVES[i] >> v & 1) + (LEAVES[j] >> v & 1)] for v in range(8)]
        assert [found >> v & 1 for v in range(8)] == expected


def test_two_levels_of_anything_are_right() -> None:
    graph = Graph(3)
    literals = one_level(graph)
    made = [(x, y, graph.and_(x, y), graph.xor(x, y)) for x, y in product(literals, repeat=2)]
    value = tables(graph)

    def of(literal: int) -> int:
        return value[literal >> 1] ^ (ONES if literal & 1 else 0)

    assert len(made) == len(literals) ** 2 > 1000
    for x, y, both, differ in made:
        assert of(both) == of(x) & of(y)
        assert of(differ) == of(x) ^ of(y)


def test_three_levels_at_random_are_right_and_never_alike() -> None:
    rng = np.random.default_rng(0)
    graph = Graph(3)
    literals = one_level(graph)
    literals += [graph.gate(int(op), *rng.choice(literals, 2).tolist()) for op in rng.integers(0, 16, 500)]
    made = [(x, y, graph.and_(x, y), graph.xor(x, y)) for x, y in rng.choice(literals, (3000, 2)).tolist()]
    values = tables(graph)
    for x, y, both, differ in made:
        x, y, both, differ = (values[i >> 1] ^ (ONES if i & 1 else 0) for i in (x, y, both, differ))
        assert (both, differ) == (x & y, x ^ y)
    nodes = list(zip(graph.kind, graph.a, graph.b, strict=True))[graph.first_gate :]
    assert len(set(nodes)) == len(nodes)
    assert all(a < b for _, a, b in nodes)


def test_only_what_roots_need_is_reachable() -> None:
    graph = Graph(3)
    x, y, z = (graph.leaf(i) for i in range(3))
    used, unused = graph.and_(x, y ^ 1), graph.and_(y, z)
    assert reachable(graph, [used ^ 1, 0]) == [x >> 1, y >> 1, used >> 1]
    assert unused >> 1 in reachable(graph, [graph.xor(used, unused)])
