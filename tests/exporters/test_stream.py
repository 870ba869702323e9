"""One stream in block mode: the samples that numpy gives, from registers that only delay."""

import ctypes
from dataclasses import replace

import numpy as np
import pytest

from bench.targets.port import NAME, sources
from exporters.c.build import HOST_FLAGS, build, host_compiler
from exporters.passes import THUMB, optimise
from exporters.passes.delays import ranked
from tests.tiny import DELAY_WIDTH, delay_model
from zoo.circuit import Circuit


@pytest.mark.parametrize("target", ["portable", "portable-64"])
@pytest.mark.parametrize("code", ["positional", "gray"])
def test_a_stream_gives_numpys_samples(target: str, code: str) -> None:
    model = delay_model(code=code)
    samples = np.random.default_rng(1).integers(-32_768, 32_768, 1_024).astype(np.int16)
    library = ctypes.CDLL(
        str(build(host_compiler(), HOST_FLAGS, sources(model, "block", target), "model.so"))
    )
    past, found = np.zeros(4_096, np.uint32), np.zeros_like(samples)
    getattr(library, f"{NAME}_init_stream")(ctypes.c_void_p(past.ctypes.data))
    step = 32 if target == "portable" else 64
    for start in range(0, len(samples), step):
        pointers = (array[start:].ctypes.data for array in (samples, found))
        stream = getattr(library, f"{NAME}_stream")
        stream(ctypes.c_void_p(past.ctypes.data), *(ctypes.c_void_p(at) for at in pointers))
    assert np.array_equal(found, model.predict(samples).values[:, 0])


def test_there_is_none_where_a_register_hears_itself_or_waits_too_long() -> None:
    circuit = optimise(delay_model().circuit, THUMB)
    assert ranked(circuit) is not None
    own = DELAY_WIDTH + np.arange(circuit.n_registers, dtype=np.int32)
    heard = replace(circuit, register_next=own)
    assert ranked(heard) is None
    gate = DELAY_WIDTH + circuit.n_registers + circuit.n_gates - 1
    assert ranked(replace(circuit, register_next=np.full_like(circuit.register_next, gate))) is None
    none = np.zeros(0, np.int32)
    line = Circuit(1, none.astype(np.uint8), none, none, np.array([40], np.int32),
                   np.arange(40, dtype=np.int32), np.zeros(40, np.uint8))  # fmt: skip
    assert ranked(line) is None


def test_ranks_hold_every_gate_once() -> None:
    circuit = optimise(delay_model().circuit, THUMB)
    ranks = ranked(circuit)
    assert ranks is not None
    assert len(ranks.ranks) >= 3
    assert sum(rank.gates.n_gates for rank in ranks.ranks if rank.gates is not None) == circuit.n_gates
