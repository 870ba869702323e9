import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tiny import lane_circuit
from zoo import Circuit, CircuitError, Lanes
from zoo.circuit import ANF
from zoo.lanes import evaluate_words, lane_masks, pack_words, rotate_right, unpack_words


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    inputs=st.integers(1, 4),
    words=st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple),
    frames=st.integers(0, 70),
    width=st.sampled_from([32, 128]),
    registers=st.integers(0, 3),
)
def test_word_program_equals_the_flat_netlist(
    seed: int, inputs: int, words: tuple[int, ...], frames: int, width: int, registers: int
) -> None:
    circuit = lane_circuit(seed, inputs, words, width, registers)
    bits = np.random.default_rng(seed).integers(0, 2, (frames, width * inputs), dtype=np.uint8)
    found = unpack_words(evaluate_words(circuit, pack_words(bits)), circuit.n_outputs)
    assert np.array_equal(found, circuit.evaluate(bits))


def test_outputs_in_any_order_and_number() -> None:
    circuit = lane_circuit(3)
    picked = np.random.default_rng(3).integers(0, circuit.n_nodes, 45)
    circuit = Circuit(64, circuit.op, circuit.a, circuit.b, picked, lanes=circuit.lanes)
    bits = np.random.default_rng(4).integers(0, 2, (50, 64), dtype=np.uint8)
    words = evaluate_words(circuit, pack_words(bits))
    assert words.shape == (50, 2)
    assert np.array_equal(unpack_words(words, 45), circuit.evaluate(bits))


def test_rotation_takes_lane_l_plus_r() -> None:
    word = np.array([0b1], np.uint32)
    assert rotate_right(word, 1)[0] == 1 << 31
    lanes = Lanes([0], [0], [5])
    _, b = lanes.operands()
    assert b[0] == 5
    assert b[31] == (31 + 5) % 32


def test_masks_are_the_normal_form_of_each_lane() -> None:
    circuit = lane_circuit(5)
    masks = lane_masks(circuit)
    assert masks.shape == (4, 4)
    for gate in range(0, circuit.n_gates, 7):
        found = [int(masks[gate // 32, j]) >> gate % 32 & 1 for j in range(4)]
        assert found == ANF[circuit.op[gate]].tolist()
    circuit = lane_circuit(5, width=128)
    masks = lane_masks(circuit)
    assert masks.shape == (4, 4, 4)
    for gate in range(0, circuit.n_gates, 7):
        found = [int(masks[gate // 128, j, gate % 128 // 32]) >> gate % 32 & 1 for j in range(4)]
        assert found == ANF[circuit.op[gate]].tolist()


def rebuilt(**changes: Any) -> Circuit:
    base = lane_circuit(0)
    parts = {"n_inputs": 64, "op": base.op, "a": base.a, "b": base.b, "outputs": base.outputs}
    return Circuit(**(parts | {"lanes": base.lanes} | changes))


def test_a_netlist_that_is_not_the_wiring_is_refused() -> None:
    a = lane_circuit(0).a.copy()
    a[17] = (a[17] + 1) % 64
    with pytest.raises(CircuitError, match=r"lanes: a\[17\]: expected node"):
        rebuilt(a=a)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_inputs": 63, "outputs": [0]}, "lanes: expected a multiple of 32 inputs, found 63"),
        ({"register_next": [0], "register_init": [0]}, "lanes: expected a multiple of 32 registers, found 1"),
        ({"lanes": Lanes([0], [0], [0])}, "lanes: expected 32 gates a word, 1 words, found 128 gates"),
    ],
)
def test_circuits_that_cannot_have_lanes_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(CircuitError, match=message):
        rebuilt(**changes)


def test_a_register_word_takes_a_whole_word() -> None:
    good = lane_circuit(0, registers=2)
    follows = good.register_next.copy()
    follows[33] = follows[32]
    expected = rf"lanes: register_next\[33\]: expected node {follows[32] + 1}, found {follows[32]}"
    with pytest.raises(CircuitError, match=expected):
        dataclasses.replace(good, register_next=follows)
    with pytest.raises(CircuitError, match=r"lanes: register_next\[0\]: expected node 0, found 2"):
        dataclasses.replace(good, register_next=np.roll(np.arange(64), -2))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (([0], [0], [32]), r"lanes.rotation\[0\]: expected 0 to 31, found 32"),
        (([0], [0, 1], [0]), r"lanes.word_b: expected 1 values, found 2"),
        (([0], [0], [0], 64), r"lanes.width: expected 32 or 128, found 64"),
        (([0], [0], [12], 128), r"lanes.rotation\[0\]: expected 0 to 120 in steps of 8, found 12"),
    ],
)
def test_wrong_lanes_are_refused(parts: tuple[Any, ...], message: str) -> None:
    with pytest.raises(CircuitError, match=message):
        Lanes(*parts)


def test_a_circuit_without_lanes_has_no_word_program() -> None:
    with pytest.raises(CircuitError, match="expected a circuit with lanes"):
        evaluate_words(rebuilt(lanes=None), np.zeros((1, 2), np.uint32))


def test_lanes_are_no_part_of_the_identity() -> None:
    assert rebuilt(lanes=None).digest() == lane_circuit(0).digest()
