"""Optimised circuits keep every output, and keep the rules that emitters rely on."""

from time import process_time

import numpy as np
import pytest

from exporters.passes import ANY, BASES, CONSTANT, DEAD, PRU, Basis, optimise, optimise_traced
from tests.exporters.passes.random_circuits import random_circuit
from zoo.circuit import Circuit


def check_rules(circuit: Circuit, basis: Basis) -> None:
    """Every gate is live, in the basis, and reads two different nodes if it is no inverter or constant."""
    read = {*circuit.outputs.tolist(), *circuit.register_next.tolist()}
    for gate in reversed(range(circuit.n_gates)):
        op, a, b = int(circuit.op[gate]), int(circuit.a[gate]), int(circuit.b[gate])
        assert circuit.n_inputs + circuit.n_registers + gate in read
        assert op in basis.ops | {0, 15}
        if op in (0, 15):
            assert a == b == 0
        else:
            assert (a == b) == (op == 12)
            read |= {a, b}


@pytest.mark.parametrize("basis", BASES.values(), ids=BASES)
def test_outputs_stay_and_rules_hold(basis: Basis) -> None:
    rng = np.random.default_rng(1)
    for _ in range(80):
        circuit = random_circuit(rng)
        bits = rng.integers(0, 2, (100, circuit.n_inputs), np.uint8)
        small = optimise(circuit, basis)
        check_rules(small, basis)
        assert np.array_equal(small.evaluate(bits), circuit.evaluate(bits))


def test_optimising_twice_changes_nothing_more() -> None:
    rng = np.random.default_rng(2)
    for _ in range(40):
        once = optimise(random_circuit(rng))
        assert optimise(once).n_gates <= once.n_gates


def two_inputs(*gates: tuple[int, int, int], output: int | None = None) -> Circuit:
    op, a, b = np.array(gates, np.int32).T
    last = 1 + len(gates) if output is None else output
    return Circuit(2, op.astype(np.uint8), a, b, np.array([last], np.int32))


@pytest.mark.parametrize(
    ("gates", "left"),
    [
        ([(1, 0, 1), (1, 0, 2)], 1),  # a & (a & b)
        ([(12, 0, 0), (1, 0, 2)], 1),  # a & ~a: a constant
        ([(6, 0, 1), (6, 0, 2)], 0),  # a ^ (a ^ b)
        ([(1, 0, 1), (7, 0, 2)], 0),  # a | (a & b)
        ([(1, 0, 1), (2, 0, 1), (7, 2, 3)], 0),  # a & b | a & ~b
        ([(1, 0, 1), (8, 0, 1), (7, 2, 3)], 1),  # a & b | ~a & ~b: a XNOR
        ([(7, 0, 1), (14, 0, 1), (1, 2, 3)], 1),  # (a | b) & ~(a & b): an XOR
        ([(1, 0, 1), (6, 0, 2)], 1),  # a ^ (a & b)
        ([(12, 0, 0), (12, 1, 1), (1, 2, 3), (12, 4, 4)], 1),  # ~(~a & ~b)
        ([(3, 0, 1), (5, 0, 1), (1, 2, 3)], 1),  # wires
        ([(6, 1, 0), (6, 0, 1), (7, 2, 3)], 1),  # twins, operands swapped
        ([(9, 0, 1), (12, 2, 2), (6, 3, 0)], 0),  # inversions leave an XOR
    ],
)
def test_local_rules(gates: list[tuple[int, int, int]], left: int) -> None:
    circuit = two_inputs(*gates)
    small = optimise(circuit)
    assert small.n_gates == left
    every = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.uint8)
    assert np.array_equal(small.evaluate(every), circuit.evaluate(every))


def test_an_inverter_is_shared_or_absorbed() -> None:
    nor_and_or = Circuit(3, [8, 1, 1], [0, 3, 3], [1, 2, 0], [4, 5])  # ~(a | b) read twice
    assert optimise(nor_and_or, ANY).op_histogram()[12] == 0
    assert optimise(two_inputs((14, 0, 1)), PRU).op_histogram()[12] == 1
    # ~a & ~b, ~(a | b) & c: storing the complement turns NOR, AND into OR and one inverter
    assert optimise(Circuit(3, [8, 1], [0, 3], [1, 2], [4]), PRU).n_gates == 3


def test_registers_that_are_alike_opposite_constant_or_dead_go() -> None:
    # nodes: input 0, registers 1 to 5, their inverters 6 to 10
    circuit = Circuit(
        1,
        [12, 12, 12],
        [0, 3, 5],
        [0, 3, 5],
        [1, 2, 3, 4],
        [0, 0, 6, 4, 8],  # twice the input, its complement, itself, its own complement
        [0, 0, 1, 1, 0],
    )
    traced = optimise_traced(circuit)
    assert traced.register.tolist()[:4] == [0, 0, 0, CONSTANT]
    assert traced.register[4] <= DEAD
    assert traced.inverted.tolist()[:4] == [0, 0, 1, 1]
    bits = np.random.default_rng(0).integers(0, 2, (50, 1), np.uint8)
    assert np.array_equal(traced.circuit.evaluate(bits), circuit.evaluate(bits))


def test_registers_alike_only_until_a_rare_event_stay_apart() -> None:
    """Simulation takes them for equal: the second one differs once all of 24 inputs were 1 in one frame."""
    n = 24
    chain = [(1, 0, 1)] + [(1, n + 2 + i, i + 2) for i in range(n - 2)]
    op, a, b = np.array([*chain, (7, n + 1, n + 2 + len(chain) - 1), (7, n, n)]).T
    last = n + 2 + len(chain)
    circuit = Circuit(n, op, a, b, [n, n + 1], [n, last], [0, 0])
    bits = np.ones((3, n), np.uint8)
    assert circuit.evaluate(bits)[2].tolist() == [0, 1]
    assert np.array_equal(optimise(circuit).evaluate(bits), circuit.evaluate(bits))


def test_a_long_delay_line_after_a_rare_event_does_not_take_a_round_for_each_register() -> None:
    inputs, delay = 24, 1500
    chain = [(1, 0, 1)] + [(1, inputs + delay + i, i + 2) for i in range(inputs - 2)]
    op, a, b = np.array(chain).T
    last = inputs + delay + len(chain) - 1
    line = [last, *range(inputs, inputs + delay - 1)]
    circuit = Circuit(inputs, op, a, b, [inputs + delay - 1], line, np.zeros(delay, np.uint8))
    start = process_time()
    small = optimise(circuit)
    assert process_time() - start < 2
    assert small.n_registers == delay


def test_a_circuit_without_inputs_keeps_a_node_for_its_constant() -> None:
    circuit = Circuit(0, [12, 12], [0, 1], [0, 1], [1, 2], [0], [1])
    assert optimise(circuit).evaluate(np.zeros((4, 0), np.uint8)).tolist() == [[0, 1]] * 4


def test_a_basis_names_what_it_lacks() -> None:
    with pytest.raises(ValueError, match=r"found no \[6\]"):
        Basis("poor", frozenset({1, 12}))
    with pytest.raises(ValueError, match=r"found \[3\]"):
        Basis("odd", frozenset({1, 3, 6, 12}))
