import hashlib
import struct
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tiny import random_circuit
from zoo import Circuit, CircuitError
from zoo.circuit import ANF, GATE_NAMES, TRUTH, slice_frames, unslice_frames

BITS = ((0, 0), (0, 1), (1, 0), (1, 1))


def naive(circuit: Circuit, bits: np.ndarray, state: list[int] | None = None) -> np.ndarray:
    """Frame by frame, gate by gate, from the written definition and nothing else."""
    registers = list(circuit.register_init if state is None else state)
    rows = []
    for frame in bits:
        nodes = [int(bit) for bit in frame] + [int(r) for r in registers]
        for op, a, b in zip(circuit.op, circuit.a, circuit.b, strict=True):
            nodes.append(int(f"{op:04b}"[2 * nodes[a] + nodes[b]]))
        rows.append([nodes[o] for o in circuit.outputs])
        registers = [nodes[n] for n in circuit.register_next]
    return np.array(rows, np.uint8).reshape(len(bits), circuit.n_outputs)


def test_gate_numbers_are_difflogics() -> None:
    meaning = {1: "a & b", 3: "a", 5: "b", 6: "a ^ b", 7: "a | b", 8: "~(a | b)", 12: "~a", 14: "~(a & b)"}
    assert {op: GATE_NAMES[op] for op in meaning} == meaning
    for op, name in enumerate(GATE_NAMES):
        assert [eval(name, {"a": a, "b": b}) & 1 for a, b in BITS] == TRUTH[op].tolist()


def test_algebraic_normal_form_equals_the_truth_table() -> None:
    for op, (m0, m1, m2, m3) in enumerate(ANF):
        assert [m0 ^ (m1 & a) ^ (m2 & b) ^ (m3 & a & b) for a, b in BITS] == TRUTH[op].tolist()


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    inputs=st.integers(0, 9),
    gates=st.integers(1, 60),
    registers=st.integers(0, 6),
    frames=st.integers(0, 140),
)
def test_evaluate_equals_the_naive_evaluation(
    seed: int, inputs: int, gates: int, registers: int, frames: int
) -> None:
    if inputs + registers == 0:
        inputs = 1
    circuit = random_circuit(seed, inputs, gates, min(gates, 5), registers)
    bits = np.random.default_rng(seed).integers(0, 2, (frames, inputs), dtype=np.uint8)
    found = circuit.evaluate(bits)
    assert found.dtype == np.uint8
    assert np.array_equal(found, naive(circuit, bits))
    assert np.array_equal(circuit.evaluate(bits.astype(bool)), found)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), cuts=st.lists(st.integers(0, 200), max_size=6))
def test_registers_carry_over_blocks(seed: int, cuts: list[int]) -> None:
    circuit = random_circuit(seed, 4, 40, 6, n_registers=8)
    bits = np.random.default_rng(seed).integers(0, 2, (200, 4), dtype=np.uint8)
    state = circuit.initial_state()
    blocks = [circuit.evaluate(block, state) for block in np.split(bits, sorted(cuts))]
    assert np.array_equal(np.concatenate(blocks), circuit.evaluate(bits))


def test_chunks_and_odd_frame_counts_join_seamlessly(monkeypatch: pytest.MonkeyPatch) -> None:
    circuit = random_circuit(1, 20, 300, 30)
    bits = np.random.default_rng(1).integers(0, 2, (1_003, 20), dtype=np.uint8)
    whole = circuit.evaluate(bits)
    monkeypatch.setattr("zoo.circuit._CHUNK_BYTES", 8 * circuit.n_nodes)  # 64 frames a chunk
    assert np.array_equal(circuit.evaluate(bits), whole)
    assert np.array_equal(whole[-3:], naive(circuit, bits[-3:]))


@given(frames=st.integers(0, 200), n=st.integers(1, 5), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=30)
def test_slicing_round_trip(frames: int, n: int, seed: int) -> None:
    bits = np.random.default_rng(seed).integers(0, 2, (frames, n), dtype=np.uint8)
    words = slice_frames(bits)
    assert words.shape == (n, -(-frames // 64))
    assert np.array_equal(unslice_frames(words, frames), bits)
    for frame in range(0, frames, 37):
        assert int(words[0, frame // 64]) >> frame % 64 & 1 == bits[frame, 0]


def small(**changes: Any) -> Circuit:
    """Two inputs, a register that toggles, two gates."""
    parts: dict[str, Any] = {
        "n_inputs": 2, "op": [6, 1], "a": [0, 3], "b": [1, 2], "outputs": [3, 4],
        "register_next": [3], "register_init": [1],
    }  # fmt: skip
    return Circuit(**(parts | changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"op": [6, 16]}, r"op\[1\]: expected 0 to 15 .*found 16"),
        ({"op": [6, -1]}, r"op\[1\]: expected a uint8, found -1"),
        ({"op": [6.0, 1.0]}, r"op: expected integers, found float64"),
        ({"op": [[6, 1]]}, r"op: expected 1 dimension, found 2"),
        ({"a": [3, 3]}, r"a\[0\]: expected 0 to 2 .*cycle.*found 3"),
        ({"a": [0, 4]}, r"a\[1\]: expected 0 to 3 .*cycle.*found 4"),
        ({"b": [-1, 2]}, r"b\[0\]: expected 0 to 2 .*found -1"),
        ({"b": [0]}, r"b: expected 2 values \(as op\), found 1"),
        ({"outputs": [5]}, r"outputs\[0\]: expected 0 to 4 .*found 5"),
        ({"outputs": []}, r"outputs: expected at least 1 value"),
        ({"register_next": [9]}, r"register_next\[0\]: expected 0 to 4 .*found 9"),
        ({"register_init": [2]}, r"register_init\[0\]: expected 0 to 1 .*found 2"),
        ({"register_init": []}, r"register_init: expected 1 values"),
        ({"n_inputs": -1}, r"n_inputs: expected at least 0"),
    ],
)
def test_invalid_circuits_are_refused_by_name_and_index(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(CircuitError, match=message):
        small(**changes)


@pytest.mark.parametrize(
    ("bits", "message"),
    [
        (np.zeros((3, 5), np.uint8), r"bits: expected shape"),
        (np.zeros(2, np.uint8), r"bits: expected shape"),
        (np.zeros((3, 2), np.int64), r"bits: expected bool or uint8, found int64"),
        (np.full((3, 2), 2, np.uint8), r"bits: expected 0 and 1 only, found 2"),
    ],
)
def test_wrong_bits_are_refused(bits: np.ndarray, message: str) -> None:
    with pytest.raises(CircuitError, match=message):
        small().evaluate(bits)


def test_wrong_state_is_refused() -> None:
    with pytest.raises(CircuitError, match="state: expected shape"):
        small().evaluate(np.zeros((1, 2), np.uint8), np.zeros(2, np.uint8))


def test_arrays_cannot_change_afterwards() -> None:
    op = np.array([6, 1])
    circuit = small(op=op)
    op[0] = 0
    assert circuit.op.tolist() == [6, 1]
    with pytest.raises(ValueError, match="read-only"):
        circuit.op[0] = 0


def test_digest_is_the_documented_byte_string() -> None:
    expected = b"difflogic-zoo circuit 1\n" + struct.pack("<q", 2)
    expected += struct.pack("<q2B", 2, 6, 1) + struct.pack("<q2i", 2, 0, 3) + struct.pack("<q2i", 2, 1, 2)
    expected += struct.pack("<q2i", 2, 3, 4) + struct.pack("<qi", 1, 3) + struct.pack("<qB", 1, 1)
    assert small().digest() == hashlib.sha256(expected).hexdigest()


@pytest.mark.parametrize(
    "changes",
    [{"op": [6, 2]}, {"a": [1, 3]}, {"outputs": [4, 3]}, {"register_init": [0]}, {"register_next": [4]}],
)
def test_any_change_changes_the_digest(changes: dict[str, Any]) -> None:
    assert small(**changes).digest() != small().digest()


def test_depth_and_histogram() -> None:
    chain = Circuit(1, [12, 12, 1], [0, 1, 2], [0, 1, 0], [3])
    assert chain.depth() == 3
    assert chain.gate_levels.tolist() == [1, 2, 3]
    assert chain.op_histogram() == (0, 1, *[0] * 10, 2, 0, 0, 0)
    assert Circuit(1, [], [], [], [0]).depth() == 0


def test_a_circuit_without_gates_passes_its_inputs() -> None:
    bits = np.array([[0, 1], [1, 1]], np.uint8)
    assert np.array_equal(Circuit(2, [], [], [], [1, 0]).evaluate(bits), bits[:, ::-1])


@pytest.mark.parametrize("registers", [0, 64])
def test_evaluation_is_100_times_real_time(registers: int) -> None:
    circuit = random_circuit(0, 512, 5_000, 512, registers)
    bits = np.random.default_rng(0).integers(0, 2, (345 * 20, 512), dtype=np.uint8)
    circuit.evaluate(bits[:64])  # compiles the loop the first time
    times = []
    for _ in range(3):
        start = time.process_time()
        circuit.evaluate(bits)
        times.append(time.process_time() - start)
    assert 20 / min(times) >= 100
