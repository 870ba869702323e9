"""Note tracker and oscillator bank in C: equal to numpy and PyTorch, clean, refused elsewhere."""

import ctypes
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.targets.host import Host
from bench.targets.machine import EmulatedMachine, Program
from bench.targets.port import Port, sources
from exporters.c import ExportError, export_c, make_unit
from exporters.c.build import A8_FLAGS, HOST_FLAGS, build, host_compiler, zig
from exporters.pru.devices import AM62X, BELA
from exporters.pru.runner import PruModel
from exporters.pru.unit import make_pru_unit
from tests.exporters.test_c import LANGUAGES, assert_clean
from tests.tiny import note_model
from zoo.circuit import Circuit
from zoo.frontends import RawBits
from zoo.golden import make_golden
from zoo.heads import OscillatorBank
from zoo.lanes import pack_words
from zoo.model import Model


def sound(seconds: float = 1.0) -> np.ndarray:
    """A tone that glides over two octaves, a silence longer than any period counts, full scale edges."""
    n = int(16_000 * seconds)
    phase = np.cumsum(200 * 4 ** (np.arange(n) / n)) / 16_000
    out = np.rint(12_000 * (np.sin(2 * np.pi * phase) + np.sin(4 * np.pi * phase + 1))).astype(np.int16)
    out[n // 2 : n // 2 + max(n // 8, 2_500)] = 0
    out[-n // 8 :] = np.where(np.arange(n // 8) // 40 % 2, 32_767, -32_768)
    return out


@pytest.mark.parametrize("noise", [0, 1, 3])
def test_c_equals_numpy_stage_by_stage(noise: int) -> None:
    model, samples = note_model(1, noise), sound()[:-50]
    port = Host().load(model)
    expected, found = make_golden(model, samples).tensors(), port.stages(samples).tensors()
    for stage, value in expected.items():
        assert np.array_equal(value, found[stage]), stage
    assert np.unique(expected["values"]).size > 5_000
    for trace in (port.run(samples), port.push(samples)):
        assert np.array_equal(trace.values, expected["values"])


def test_pytorch_equals_numpy() -> None:
    pytest.importorskip("torch")
    from tasks.training.hard import predict

    model, samples = note_model(2), sound()
    assert np.array_equal(predict(model, [samples])[0].values, model.predict(samples).values)


def test_blocks_give_what_the_whole_gives() -> None:
    model, samples = note_model(3), sound()
    stream = model.stream()
    parts = [stream(part).samples for part in np.split(samples, [1, 127, 128, 5_000, 5_001])]
    assert np.array_equal(np.concatenate(parts), model(samples).samples)


def test_a_host_may_give_controls_instead_of_samples() -> None:
    """name_note, name_encode, name_gates, name_head: what model.play does."""
    model = note_model(4)
    controls = model.frontend.features(sound())[:, :2]
    library = ctypes.CDLL(str(build(host_compiler(), HOST_FLAGS, sources(model), "model.so")))
    state, fe = library.harness_state, model.frontend
    state.restype = ctypes.c_void_p
    at = ctypes.c_void_p(state())
    features, bits = (ctypes.c_int32 * fe.n_features)(), (ctypes.c_uint32 * 8)()
    outputs, values = (ctypes.c_uint32 * 64)(), (ctypes.c_int32 * fe.hop)()
    library.harness_init()
    rows = []
    for increment, loudness in controls.tolist():
        library.model_note(at, increment, loudness, features)
        library.model_encode(features, bits)
        library.model_gates(at, bits, outputs)
        library.model_head(at, outputs, values)
        rows.append(list(values))
    assert np.array_equal(np.ravel(rows), model.play(controls).samples)


@pytest.mark.parametrize(("noise", "group"), [(0, 10), (3, 10), (3, 32), (2, 47)])
def test_c_reads_the_controls_of_a_frame_as_the_head_decodes_them(noise: int, group: int) -> None:
    plain = note_model(4, noise)
    head = replace(plain.head, group=group)
    n_outputs = head.pitch + head.n_groups * group
    outputs = np.resize(plain.circuit.outputs, n_outputs).astype(np.int32)
    model = Model.from_parts(
        plain.frontend, replace(plain.circuit, outputs=outputs), head, id="test/x", summary="x", licence="MIT"
    )
    bits = np.random.default_rng(1).integers(0, 2, (200, n_outputs)).astype(np.uint8)
    bits[0], bits[1] = 0, 1
    library = ctypes.CDLL(str(build(host_compiler(), HOST_FLAGS, sources(model), "model.so")))
    found = np.zeros((200, head.bank.n_controls), np.int32)
    for row, packed in zip(found, pack_words(np.pad(bits, ((0, 0), (0, -n_outputs % 32)))), strict=True):
        library.model_controls(*(ctypes.c_void_p(x.ctypes.data) for x in (packed, row)))
    assert np.array_equal(found, head.decode(bits))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("noise", [0, 1, 3])
def test_c_is_clean_and_needs_no_multiply(language: str, noise: int, tmp_path: Path) -> None:
    model = note_model(0, noise)
    assert_clean(make_unit(model, "tiny"), language)
    code = re.sub(r"/\*.*?\*/", "", export_c(model, tmp_path, "tiny").read_text(), flags=re.S)
    assert not re.search(r"[\w)\]] \* [\w(]", code.replace("const uint32_t *", ""))
    assert not re.search(r"[^/]/[^/]|%|\b(float|double)\b", code)


@pytest.mark.parametrize(
    "flags", [(), ("-fsanitize=undefined", "-fsanitize-trap=undefined")], ids=["a8", "undefined"]
)
def test_the_emulated_core_gives_the_same_and_nothing_is_undefined(flags: tuple[str, ...]) -> None:
    model = note_model(5)
    samples = sound(0.4)
    elf = build(zig(), (*A8_FLAGS, *flags), sources(model), "model.elf", ("-Wl,-e,harness_run",))
    trace = Port(model, EmulatedMachine(Program(elf))).run(samples)
    assert np.array_equal(trace.values, model.predict(samples).values)


def loudest() -> tuple[Model, np.ndarray]:
    """Every harmonic and band at its loudest, for the longest hop: a model, and what it hears."""
    head = OscillatorBank(hop=256, pitch=15, harmonics=32, noise=8, group=47)
    width = 256
    outputs = np.full(15 + head.n_groups * head.group, 128)
    outputs[:15] = np.arange(15)
    circuit = Circuit(width, np.array([3]), np.array([0]), np.array([0]), outputs.astype(np.int32))
    model = Model.from_parts(RawBits(16_000, width), circuit, head, id="test/x", summary="x", licence="MIT")
    samples = np.zeros((6, 256), np.int16)
    samples[:, 6] = 1  # an increment of 256: all harmonics sound
    samples[[1, 3, 4], 128] = 1
    return model, samples.ravel()


def test_the_largest_values_fit_their_words() -> None:
    """Under the sanitizer."""
    model, samples = loudest()
    flags = (*A8_FLAGS, "-fsanitize=undefined", "-fsanitize-trap=undefined")
    elf = build(zig(), flags, sources(model), "model.elf", ("-Wl,-e,harness_run",))
    trace = Port(model, EmulatedMachine(Program(elf))).run(samples)
    assert np.array_equal(trace.values, model.predict(samples).values)
    assert trace.values.max() == 32_767


def test_what_cannot_run_says_so() -> None:
    with pytest.raises(ExportError, match="mode: an oscillator bank renders frame after frame"):
        make_unit(note_model(), "tiny", "block")


@pytest.mark.parametrize("noise", [0, 1, 3, 8])
def test_the_pru_equals_numpy_stage_by_stage(noise: int) -> None:
    model, samples = note_model(6, noise), sound(0.5)
    expected = make_golden(model, samples).tensors()
    found = PruModel(make_pru_unit(model, BELA, "tiny")).stages(samples).tensors()
    for stage, value in expected.items():
        assert np.array_equal(value, found[stage]), stage


def test_the_pru_renders_the_loudest_and_the_longest_hop() -> None:
    model, samples = loudest()
    found = PruModel(make_pru_unit(model, AM62X, "tiny")).stages(samples)
    assert np.array_equal(found.values, model.predict(samples).values)


def test_a_pru_note_tracker_of_every_size() -> None:
    plain = note_model(7)
    for fe in (
        replace(plain.frontend, low=(), high=1, window=1, floor=1, lags=(64, 1, 2, 3), rise=1),
        replace(plain.frontend, low=(1,) * 8, high=15, window=4_095, floor=65_535, lags=(1,) * 4, rise=255),
    ):
        model = Model.from_parts(fe, plain.circuit, plain.head, id="test/x", summary="x", licence="MIT")
        found = PruModel(make_pru_unit(model, BELA, "tiny")).stages(sound(0.3))
        assert np.array_equal(found.features, fe.features(sound(0.3)))
