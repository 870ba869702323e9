import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.circuit import TRUTH
from zoo.errors import CircuitError
from zoo.interchange import builder as module
from zoo.interchange.builder import AND, FALSE, OR, TRUE, XOR, Builder, Value, in_order, inverted, leaf

EVERY = np.array(list(itertools.product([0, 1], repeat=4)), np.uint8)


@settings(deadline=None, max_examples=200)
@given(steps=st.lists(st.tuples(st.integers(0, 15), st.integers(0, 40), st.integers(0, 40)), max_size=25))
def test_values_mean_what_was_combined(steps: list[tuple[int, int, int]]) -> None:
    builder = Builder(4)
    values = [FALSE, TRUE, *map(leaf, range(4))]
    columns = [np.zeros(16, np.uint8), np.ones(16, np.uint8), *EVERY.T]
    for op, x, y in steps:
        x, y = x % len(values), y % len(values)
        values.append(builder.combine(op, values[x], values[y]))
        columns.append(TRUTH[op, 2 * columns[x] + columns[y]])
    circuit = builder.circuit([builder.node(value) for value in values])
    assert np.array_equal(circuit.evaluate(EVERY), np.stack(columns, axis=1))
    assert circuit.n_gates <= len(steps) + len(values)


def test_three_ands_are_an_xor_and_inverters_are_free() -> None:
    builder = Builder(2)
    a, b = leaf(0), leaf(1)
    one, other = builder.combine(AND, a, inverted(b)), builder.combine(AND, inverted(a), b)
    value = inverted(builder.combine(AND, inverted(one), inverted(other)))
    circuit = builder.circuit([builder.node(value)])
    assert circuit.op.tolist() == [XOR]


def test_equal_gates_are_one_and_opposites_are_shared() -> None:
    builder = Builder(3)
    a, b, c = map(leaf, range(3))
    first = builder.combine(AND, a, b)
    builder.node(builder.combine(OR, first, c))
    builder.node(builder.combine(XOR, inverted(builder.combine(AND, b, a)), c))
    assert builder.circuit([0]).n_gates == 3


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 100])
def test_trees_are_flat(count: int) -> None:
    builder = Builder(count)
    circuit = builder.circuit([builder.node(builder.tree(AND, [leaf(i) for i in range(count)]))])
    assert circuit.n_gates == count - 1
    assert circuit.depth() == (count - 1).bit_length()


def test_constants_need_a_node_beside_them() -> None:
    assert Builder(1).node(TRUE) == 1
    with pytest.raises(CircuitError, match="a constant needs at least one input or register"):
        Builder(0).node(FALSE)


def test_too_many_nodes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_NODES", 5)
    builder = Builder(4)
    builder.gate(1, 0, 1)
    with pytest.raises(CircuitError, match="at most 5 nodes, found more"):
        builder.own_gate(Value(1, 0, 1))
    with pytest.raises(CircuitError, match="at most 5 nodes"):
        Builder(6)


def test_order_and_cycles() -> None:
    needs = {"a": ["b", "c"], "b": ["c"], "c": [], "d": ["a"]}
    order, again = in_order(list(needs), needs.__getitem__)
    assert again is None
    assert all(order.index(need) < order.index(key) for key in needs for need in needs[key])
    assert sorted(order) == list("abcd")
    assert in_order(["a"], {"a": ["b"], "b": ["c"], "c": ["b"]}.__getitem__)[1] == "b"
    chain = {i: [i + 1] for i in range(50_000)} | {50_000: []}
    assert in_order([0], chain.__getitem__)[0][0] == 50_000
