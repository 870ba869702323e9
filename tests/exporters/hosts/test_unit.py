"""The unit that every host wraps: the model's integers as signals, in blocks of any size, at any rate."""

import ctypes
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soxr

import zoo
from exporters.c import ExportError
from exporters.c.build import build, host_compiler
from exporters.hosts.engine import best_engine, core_files, engine_files
from tests.exporters.hosts.expected import expected_controls, expected_outputs
from tests.tiny import MAKERS, delay_model, drums, note_model, raw_model
from zoo.model import Model

FLAGS = ("-std=c99", "-O2", "-g0", "-fPIC", "-shared")
ENGINES = ("compiled", "file")  # a PRU has tests of its own
BLOCKS = (1, 16, 64, 100, 128)
BUNDLED = ("bela/onset-gates", "bela/drum-gates-nano", "bela/bytebeat-42-gates", "bela/drive-gates-nano")
TINY = [*(name for name in MAKERS if name != "raw"), "delay", "note"]

Float32 = npt.NDArray[np.float32]


@cache
def model_of(name: str) -> Model:
    if "/" in name:
        return zoo.load(name)
    if name == "delay":
        return delay_model()
    return note_model(1) if name == "note" else MAKERS[name](1)


@cache
def core(engine: str) -> Path:
    """What is the same for all models, built once."""
    return build(host_compiler(), FLAGS, core_files(engine), "core.so", ("-lm",))


@cache
def library(name: str, engine: str) -> tuple[ctypes.CDLL, ctypes.c_void_p]:
    """The core, and the engine of a model."""
    headers = {path: text for path, text in core_files(engine).items() if path.endswith(".h")}
    files = headers | engine_files(model_of(name), "net", engine)
    model = ctypes.CDLL(str(build(host_compiler(), FLAGS, files, "unit.so", (str(core(engine)),))))
    model.net_engine.restype = ctypes.c_void_p
    found = ctypes.CDLL(str(core(engine)))
    found.gates_unit_size.restype = ctypes.c_size_t
    found.gates_unit_init.restype = ctypes.c_void_p
    found.gates_unit_get.restype = ctypes.c_double
    found.gates_unit_controls.restype = ctypes.POINTER(ctypes.c_int32)
    return found, ctypes.c_void_p(model.net_engine())


class Unit:
    """One instance in memory of its own."""

    def __init__(self, name: str, engine: str, rate: float | None = None) -> None:
        (self.c, made), self.model = library(name, engine), model_of(name)
        self.memory = np.full(self.c.gates_unit_size(made) + 8, 0xA5, np.uint8)
        where = ctypes.c_void_p(self.memory.ctypes.data + 4)  # as aligned as an odd host may give
        self.at = ctypes.c_void_p(
            self.c.gates_unit_init(where, made, ctypes.c_double(rate or self.model.rate))
        )
        self.outputs = self.c.gates_unit_outputs(made)

    def set(self, name: str, value: float) -> bool:
        return bool(self.c.gates_unit_set(self.at, name.encode(), ctypes.c_double(value)))

    def get(self, name: str) -> float:
        return self.c.gates_unit_get(self.at, name.encode(), ctypes.c_double(-1))

    def process(self, sound: Float32, block: int = 64, alias: bool = False) -> list[Float32]:
        out = [np.full(len(sound), np.nan, np.float32) for _ in range(self.outputs)]
        given = sound
        if alias:
            out[0][:] = sound
            given = out[0]
        for start in range(0, len(sound), block):
            n = min(block, len(sound) - start)
            places = (ctypes.c_void_p * self.outputs)(*(x[start:].ctypes.data for x in out))
            self.c.gates_unit_process(
                self.at, ctypes.c_void_p(given[start:].ctypes.data), places, ctypes.c_size_t(n)
            )
        return out


def sound_of(model: Model, seconds: float = 0.5) -> tuple[npt.NDArray[np.int16], Float32]:
    samples = drums(seconds, 3, model.rate)
    return samples, (samples / 32_768).astype(np.float32)


def assert_same(found: list[Float32], expected: list[Float32]) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", [*TINY, *BUNDLED])
def test_it_gives_the_models_answers_in_blocks_of_any_size(name: str, engine: str) -> None:
    model = model_of(name)
    samples, sound = sound_of(model)
    expected = expected_outputs(model, samples)
    assert any(len(np.unique(output)) > 1 for output in expected)  # silence could not fail
    for block in BLOCKS:
        assert_same(Unit(name, engine).process(sound, block), expected)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["tiny", "register", "delay", "counter"])
def test_the_input_may_be_an_output_and_instances_keep_apart(name: str, engine: str) -> None:
    model = model_of(name)
    samples, sound = sound_of(model)
    one, two = Unit(name, engine), Unit(name, engine)
    two.process(sound[:777])  # another place in time
    expected = expected_outputs(model, samples)
    assert_same(one.process(sound, 50, alias=True), expected)
    two.set("reset", 1)
    assert_same(two.process(sound, 64), expected)


def test_files_run_samples_together_where_none_waits_for_another() -> None:
    assert best_engine(model_of("bela/drive-gates-nano")) == "file"
    assert best_engine(model_of("bela/bytebeat-42-gates")) == "compiled"  # too small to gain by it
    assert best_engine(model_of("register")) == "compiled"
    assert best_engine(model_of("tiny")) == "compiled"


def test_what_takes_bits_is_refused() -> None:
    with pytest.raises(ExportError, match="41 bits a frame and no sound"):
        engine_files(raw_model(1), "net", "compiled")


def test_threshold_and_refractory_decide_as_the_head_does() -> None:
    model = model_of("bela/onset-gates")
    samples, sound = sound_of(model, 2.0)
    unit = Unit("bela/onset-gates", "compiled")
    most = model.head.frames * model.circuit.n_outputs
    assert unit.get("threshold") == pytest.approx(model.head.threshold / most)
    half, rearm = model.head.threshold // 2, model.head.rearm
    other = replace(model.head, threshold=half, rearm=min(half, rearm), refractory=100)
    assert unit.set("threshold", other.threshold / most)
    assert unit.set("refractory", 100_000 * model.hop / model.rate)
    found = unit.process(sound)
    about = {"id": "test/other", "summary": "x", "licence": "MIT"}
    expected = expected_outputs(Model.from_parts(model.frontend, model.circuit, other, **about), samples)
    assert_same(found, expected)
    assert found[0].sum() not in (0, expected_outputs(model, samples)[0].sum())


def test_enable_pauses() -> None:
    model = model_of("counter")
    _, sound = sound_of(model)
    unit, whole = Unit("counter", "file"), Unit("counter", "file").process(sound)[0]
    first = unit.process(sound[:100])[0]
    unit.set("enable", 0)
    assert not unit.process(sound[:50])[0].any()
    unit.set("enable", 1)
    assert_same([np.concatenate([first, unit.process(sound[:100])[0]])], [whole[:200]])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_tune_plays_at_its_rate_from_its_offset(engine: str) -> None:
    model = model_of("bela/bytebeat-42-gates")
    values = model.predict(np.zeros(1 << 16, np.int16)).values[:, 0] / np.float32(32_768)
    unit = Unit("bela/bytebeat-42-gates", engine, rate=44_100)
    n = np.arange(30_000)
    silent = np.zeros(len(n), np.float32)
    step = round(8_000 / 44_100 * 2**32)
    assert_same(unit.process(silent), [values[(n * step) >> 32].astype(np.float32)])
    assert unit.set("rate", 88_200)
    assert unit.set("offset", 12_345)
    assert unit.set("reset", 1)
    assert_same(unit.process(silent), [values[(12_345 + 2 * n) % 65_536].astype(np.float32)])


def test_unknown_parameters_are_refused() -> None:
    assert not Unit("tiny", "compiled").set("rate", 1)
    assert not Unit("counter", "compiled").set("threshold", 1)
    assert not Unit("counter", "compiled").set("volume", 1)
    assert Unit("tiny", "compiled").get("offset") == -1


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_an_effect_at_another_rate_passes_the_sound_it_passes_at_its_own(rate: int) -> None:
    """A drive at the host's rate against the drive at its own, resampled: the same but for filters."""
    name = "bela/drive-gates-nano"
    model = model_of(name)
    t = np.arange(rate) / rate
    tone = (0.1 * np.sin(2 * np.pi * 220 * t)).astype(np.float32)
    found = Unit(name, "file", rate).process(tone)[0]
    own = np.rint(32_768 * 0.1 * np.sin(2 * np.pi * 220 * np.arange(model.rate) / model.rate)).astype(
        np.int16
    )
    expected = soxr.resample(model.predict(own).values[:, 0] / 32_768, model.rate, rate)
    inner = slice(rate // 4, rate // 2)
    spectra = [np.abs(np.fft.rfft(x[inner] * np.hanning(rate // 4))) for x in (found, expected)]
    assert np.linalg.norm(spectra[0] - spectra[1]) < 0.05 * np.linalg.norm(spectra[1])


def test_a_detector_at_another_rate_finds_the_same_onsets() -> None:
    model = model_of("bela/onset-gates")
    samples, _ = sound_of(model, 4.0)
    resampled = soxr.resample(samples / np.float32(32_768), 44_100, 48_000).astype(np.float32)
    found = np.flatnonzero(Unit("bela/onset-gates", "compiled", 48_000).process(resampled)[0]) / 48_000
    expected = (model.predict(samples).hits + 1) * model.hop / model.rate
    assert len(expected) > 5
    assert len(found) == len(expected)
    assert np.abs(found - expected).max() < 0.008


@pytest.mark.parametrize("engine", ENGINES)
def test_what_a_bank_plays_is_what_the_head_decodes(engine: str) -> None:
    model = model_of("note")
    samples, sound = sound_of(model)
    unit, found = Unit("note", engine), []
    for start in range(0, len(sound) - model.hop + 1, model.hop):
        unit.process(sound[start : start + model.hop])
        found.append(unit.c.gates_unit_controls(unit.at)[: model.head.bank.n_controls])
    expected = expected_controls(model, samples)
    assert len(np.unique(expected, axis=0)) > 10
    np.testing.assert_array_equal(found, expected)
    assert not Unit("tiny", engine).c.gates_unit_controls(Unit("tiny", engine).at)


@pytest.mark.parametrize("engine", ENGINES)
def test_no_frame_is_lost_where_many_come_at_once(engine: str) -> None:
    """A host at an eighth of the model's rate: several hops end in one of its blocks."""
    model = model_of("note")
    _, sound = sound_of(model, 4.0)
    unit, single = Unit("note", engine, model.rate / 8), Unit("note", engine, model.rate / 8)
    once, apart = unit.process(sound[:4_000], 4_000), single.process(sound[:4_000], 1)
    assert np.unique(once[2]).size > 3
    assert_same(once, apart)
