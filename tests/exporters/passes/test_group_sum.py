"""Counts inside the circuit are GroupSum's counts, and cost what the module says."""

from dataclasses import replace

import numpy as np
import pytest

from bench import nets
from exporters.passes import optimise, outputs_per_class, sum_groups
from zoo.circuit import Circuit


def wires(count: int) -> Circuit:
    """Outputs that are the inputs."""
    return Circuit(count, [], [], [], np.arange(count))


def counts(circuit: Circuit, bits: np.ndarray, group: int) -> np.ndarray:
    width = outputs_per_class(group)
    return (circuit.evaluate(bits).reshape(len(bits), -1, width) << np.arange(width)).sum(2)


@pytest.mark.parametrize("group", range(1, 15))
def test_every_pattern_of_a_small_group(group: int) -> None:
    every = (np.arange(2**group)[:, None] >> np.arange(group) & 1).astype(np.uint8)
    summed = sum_groups(wires(group), 1)
    assert summed.n_outputs == int(np.ceil(np.log2(group + 1)))
    assert np.array_equal(counts(summed, every, group)[:, 0], every.sum(1))


@pytest.mark.parametrize("group", [31, 32, 33, 100, 255, 256, 800, 1000])
def test_large_groups(group: int) -> None:
    rng = np.random.default_rng(group)
    bits = (rng.random((200, 2 * group)) < rng.random((200, 1))).astype(np.uint8)
    bits[0], bits[1] = 0, 1
    summed = sum_groups(wires(2 * group), 2)
    assert np.array_equal(counts(summed, bits, group), bits.reshape(200, 2, group).sum(2))


@pytest.mark.parametrize(("group", "gates_per_bit", "depth"), [(200, 4.5, 60), (800, 4.5, 100)])
def test_the_cost_and_the_balance(group: int, gates_per_bit: float, depth: int) -> None:
    summed = sum_groups(wires(group), 1)
    assert summed.n_gates <= gates_per_bit * group
    assert summed.depth() <= depth
    assert optimise(summed).n_gates >= 0.99 * summed.n_gates, "the passes find next to nothing to save"


def test_outputs_that_repeat_cost_nothing() -> None:
    rng = np.random.default_rng(1)
    bits = rng.integers(0, 2, (64, 5), np.uint8)
    for length in range(1, 40):
        circuit = replace(wires(5), outputs=rng.integers(0, 5, length).astype(np.int32))
        summed = sum_groups(circuit, 1)
        assert summed.n_outputs == outputs_per_class(length)
        assert np.array_equal(counts(summed, bits, length)[:, 0], circuit.evaluate(bits).sum(1))
    assert (
        sum_groups(replace(wires(5), outputs=np.full(64, 3)), 1).n_gates == 6
    )  # zeros under the highest bit


def test_registers_and_inputs_stay() -> None:
    circuit = Circuit(2, [6], [0], [2], [2, 3, 1], [3], [1])
    bits = np.random.default_rng(0).integers(0, 2, (40, 2), np.uint8)
    summed = sum_groups(circuit, 1)
    assert np.array_equal(counts(summed, bits, 3)[:, 0], circuit.evaluate(bits).sum(1))


def test_a_trained_net_counts_its_digits() -> None:
    circuit, classes = nets.load("residual-3x2000")
    bits, _ = nets.digits()
    expected = circuit.evaluate(bits).reshape(len(bits), classes, -1).sum(2)
    group = circuit.n_outputs // classes
    assert np.array_equal(counts(optimise(sum_groups(circuit, classes)), bits, group), expected)


def test_groups_that_are_not_equal_are_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 3 outputs, found 4"):
        sum_groups(replace(wires(4)), 3)
