"""Random circuits of every kind through the C of both modes, on the host and on the emulated Cortex-A8."""

import ctypes
import dataclasses
from functools import cache
from typing import Any

import numpy as np
import pytest

from bench.targets.a8_machine import A8Machine, Program
from bench.targets.port import frames_of, planes
from exporters.c import make_unit
from exporters.c.build import A8_FLAGS, HOST_FLAGS, build, zig
from tests.tiny import lane_circuit, random_circuit
from zoo.circuit import Circuit
from zoo.frontends import PcmBits
from zoo.heads import OnsetScore
from zoo.lanes import pack_words
from zoo.model import Model

COUNT = 60
FRAMES = 70
STATE_BYTES = 1 << 16


@cache
def circuits() -> dict[str, tuple[Circuit, np.ndarray[Any, np.dtype[np.uint8]]]]:
    """Name -> circuit and input bits: any gate, any wiring, dead and double outputs, constants, registers."""
    made = {}
    for seed in range(COUNT):
        rng = np.random.default_rng(seed)
        n_inputs = int(rng.integers(1, 100))
        n_gates = 0 if seed % 12 == 0 else int(rng.integers(1, 6 if seed % 3 == 0 else 700))
        registers = int(rng.integers(1, 70)) if seed % 4 == 1 else 0
        if seed % 4 == 3:
            words = tuple(int(w) for w in rng.integers(1, 9, rng.integers(1, 5)))
            circuit = lane_circuit(seed, int(rng.integers(1, 5)), words)
            few = rng.choice([0, 15, 3, 12, 5, 10], circuit.n_gates)  # constants, copies, negations
            op = np.where(rng.random(circuit.n_gates) < rng.choice([0.1, 0.9]), few, circuit.op)
            op[: 32 * int(rng.integers(0, words[0] + 1))] = rng.choice([0, 3, 5, 15])
            circuit = dataclasses.replace(circuit, op=op.astype(np.uint8))
        else:
            circuit = (
                random_circuit(seed, n_inputs, n_gates, min(n_gates, 8), registers)
                if n_gates
                else wires(n_inputs)
            )
        outputs = rng.integers(0, circuit.n_nodes, int(rng.integers(1, 100))).astype(np.int32)
        if seed % 8 == 7:
            outputs = circuit.outputs  # whole words, the usual case
        circuit = dataclasses.replace(circuit, outputs=outputs)
        bits = rng.integers(0, 2, (FRAMES, circuit.n_inputs)).astype(np.uint8)
        made[f"c{seed}"] = circuit, bits
    return made


def wires(n_inputs: int) -> Circuit:
    """No gates at all."""
    none = np.zeros(0, np.int32)
    return Circuit(n_inputs, none.astype(np.uint8), none, none, np.zeros(1, np.int32))


@cache
def files() -> dict[str, str]:
    text: dict[str, str] = {}
    for name, (circuit, _) in circuits().items():
        frontend = PcmBits(rate=8_000, width=1, taps=circuit.n_inputs)
        model = Model.from_parts(
            frontend, circuit, OnsetScore(1, 1, 0), id=f"test/{name}", summary="x", licence="MIT"
        )
        text |= make_unit(model, name, "frame" if circuit.n_registers else "block").files()
    return text


@pytest.mark.slow
def test_c_on_the_host() -> None:
    library = ctypes.CDLL(str(build(zig(), HOST_FLAGS, files(), "fuzz.so")))
    state = ctypes.create_string_buffer(STATE_BYTES)
    for name, (circuit, bits) in circuits().items():
        expected = circuit.evaluate(bits)
        getattr(library, f"{name}_init")(state)
        packed, out = pack_words(bits), pack_words(expected) ^ np.uint32(0xFFFF_FFFF)
        for frame in range(FRAMES):
            getattr(library, f"{name}_gates")(
                state, ctypes.c_void_p(packed[frame].ctypes.data), ctypes.c_void_p(out[frame].ctypes.data)
            )
        assert np.array_equal(out, pack_words(expected)), f"{name}, frame mode"
        if circuit.n_registers:
            continue
        given = planes(bits)
        words = np.zeros((len(given), circuit.n_outputs), np.uint32)
        for block in range(len(given)):
            getattr(library, f"{name}_gates_block")(
                ctypes.c_void_p(given[block].ctypes.data), ctypes.c_void_p(words[block].ctypes.data)
            )
        assert np.array_equal(frames_of(words, FRAMES), expected), f"{name}, block mode"


@pytest.mark.slow
def test_c_on_the_emulated_cortex_a8() -> None:
    path = build(zig(), A8_FLAGS, files(), "fuzz.elf", ("-Wl,--no-gc-sections", "-Wl,-e,c0_init"))
    machine = A8Machine(Program(path))
    state = machine.place(np.zeros(STATE_BYTES, np.uint8))
    for name, (circuit, bits) in circuits().items():
        expected = pack_words(circuit.evaluate(bits))
        machine.invoke(f"{name}_init", state)
        given, found = machine.place(pack_words(bits)), machine.place(expected * 0)
        words_in, words_out = -(-circuit.n_inputs // 32), expected.shape[1]
        for frame in range(FRAMES):
            machine.invoke(
                f"{name}_gates", state, given + 4 * words_in * frame, found + 4 * words_out * frame
            )
        assert np.array_equal(machine.read(found, np.uint32, expected.shape), expected), name


def test_the_fuzz_covers_what_it_says() -> None:
    kinds = [circuit for circuit, _ in circuits().values()]
    assert len(kinds) == COUNT >= 50
    assert sum(circuit.lanes is not None for circuit in kinds) >= 15
    assert sum(circuit.n_registers > 0 for circuit in kinds) >= 15
    assert any(circuit.n_gates == 0 for circuit in kinds)
    assert any(circuit.n_gates > 600 for circuit in kinds)
