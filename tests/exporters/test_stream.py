"""One stream in block mode: the samples that numpy gives on every target, from registers that only delay."""

import ctypes
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bench.targets.machine import EmulatedMachine, Program
from bench.targets.port import NAME, sources
from exporters.c import TARGETS, make_unit
from exporters.c.build import A8_FLAGS, A53_FLAGS, HOST_FLAGS, WASM_FLAGS, build, zig
from exporters.passes import THUMB, optimise
from exporters.passes.delays import ranked
from tests.exporters.planes import address
from tests.exporters.run_avx2 import need_avx2
from tests.exporters.run_wasm import WasmModule
from tests.exporters.test_c import LANGUAGES, WARNINGS
from tests.tiny import DELAY_WIDTH, counter_model, delay_model, pcm_model, register_model, tiny_model
from zoo.circuit import Circuit
from zoo.model import Int16, Model

Call = Callable[..., Any]

CORES = {"cortex-a8": A8_FLAGS, "cortex-a8-neon": A8_FLAGS, "cortex-a53": A53_FLAGS}
ENTRY = ("-Wl,-e,harness_run",)
ROOM = 1 << 12  # words, enough for the memory of any stream here


def in_library(files: dict[str, str]) -> Call:
    library = ctypes.CDLL(str(build(zig(), HOST_FLAGS, files, "model.so")))

    def call(function: str, *arguments: Any) -> None:
        library[function](*(address(x) if isinstance(x, np.ndarray) else x for x in arguments))

    return call


def in_core(files: dict[str, str], target: str) -> Call:
    core = EmulatedMachine(Program(build(zig(), CORES[target], files, "model.elf", ENTRY)))

    def call(function: str, *arguments: Any) -> None:
        given = [x for x in arguments if isinstance(x, np.ndarray)]
        at = {id(x): core.place(x) for x in given}
        core.invoke(function, *(at.get(id(x), x) for x in arguments))
        for array in given:
            array[...] = core.read(at[id(array)], array.dtype, array.shape)

    return call


class Export:
    """The streams of a model on a target, called with numpy arrays."""

    def __init__(self, model: Model, target: str) -> None:
        self.frames = 32 * TARGETS[target].words
        files = sources(model, "block", target)
        if target == "wasm":
            self._call: Call = WasmModule(build(zig(), WASM_FLAGS, files, "model.wasm")).call
        elif target in CORES:
            self._call = in_core(files, target)
        else:
            if target == "avx2":
                need_avx2()
            self._call = in_library(files)

    def blocks(self, samples: Int16) -> Int16:
        """Whole blocks through `NAME_stream`."""
        past, found = np.zeros(ROOM, np.uint32), np.zeros_like(samples)
        self._call(f"{NAME}_init_stream", past)
        for start in range(0, len(samples), self.frames):
            part = slice(start, start + self.frames)
            self._call(f"{NAME}_stream", past, samples[part].copy(), found[part])
        return found

    def pieces(self, samples: Int16, lengths: list[int]) -> Int16:
        """The same in pieces of these lengths, in place."""
        state, found = np.zeros(ROOM, np.uint32), samples.copy()
        self._call(f"{NAME}_init_pieces", state)
        start = 0
        for length in lengths:
            piece = found[start : start + length]
            self._call(f"{NAME}_stream_pieces", state, piece.copy(), piece, len(piece))
            start += length
        assert start >= len(samples)
        return found


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("code", ["positional", "gray"])
def test_a_stream_gives_numpys_samples(target: str, code: str) -> None:
    model = delay_model(code=code)
    samples = np.random.default_rng(1).integers(-32_768, 32_768, 1_024).astype(np.int16)
    found = Export(model, target).blocks(samples)
    assert len(np.unique(found)) > 20
    assert np.array_equal(found, model.predict(samples).values[:, 0])


@pytest.mark.parametrize("target", TARGETS)
def test_pieces_of_any_length_give_the_same_a_block_late(target: str) -> None:
    model, rng = delay_model(), np.random.default_rng(2)
    samples = rng.integers(-32_768, 32_768, 2_048).astype(np.int16)
    export = Export(model, target)
    expected = np.zeros_like(samples)
    expected[export.frames :] = model.predict(samples).values[: -export.frames, 0]
    pieces = {
        "one by one": [1] * 2_048,
        "odd": rng.integers(0, 99, 200).tolist(),
        "16": [16] * 128,
        "441": [441] * 5,
        "a block": [export.frames] * (2_048 // export.frames),
    }
    for name, lengths in pieces.items():
        assert np.array_equal(export.pieces(samples, lengths), expected), name


@pytest.mark.parametrize("target", TARGETS)
def test_where_streams_make_no_sense_the_header_has_none(target: str) -> None:
    for model in (tiny_model(), register_model(), pcm_model(), counter_model()):
        unit = make_unit(model, NAME, "block", target)
        assert "_stream(" not in unit.header + unit.source
    assert f"{NAME}_stream(" in make_unit(delay_model(), NAME, "block", target).header


@pytest.mark.parametrize(("name", "language"), LANGUAGES.items())
@pytest.mark.parametrize("target", TARGETS)
def test_c_is_clean_in_both_languages(target: str, name: str, language: str) -> None:
    files = make_unit(delay_model(), NAME, "block", target).files()
    files.pop(f"{NAME}_gates.S", None)
    machine = ("-target", "wasm32-freestanding", "-msimd128") if target == "wasm" else ()
    flags = ("-x", name, language, "-O1", *WARNINGS, *machine, "-c")
    assert build(zig(), flags, files, "model.o").is_file()


@pytest.mark.parametrize("target", ["x86-64", "avx2"])
def test_cpp_links_with_the_assembly(target: str) -> None:
    files = make_unit(delay_model(), NAME, "block", target).files()
    files[f"{NAME}.cpp"] = files.pop(f"{NAME}.c")
    flags = ("-std=c++11", "-O2", "-fPIC", "-shared", "-nostdlib", "-Wl,-z,defs")
    assert build(zig(), flags, files, "model.so").is_file()


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
