"""The generated C: clean in both languages, and equal to numpy bit for bit, stage by stage."""

import dataclasses
import re
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from bench.targets.host import Host
from exporters.c import ExportError, Mode, Unit, export_c, make_unit
from exporters.c.build import A8_FLAGS, BuildError, build, zig
from exporters.c.names import default_name
from tests.tiny import MAKERS, drums, filterbank, lane_circuit, random_circuit, tiny_model
from zoo.circuit import Circuit
from zoo.frontends import (
    CounterBits,
    FrontEnd,
    PcmBits,
    ShiftFilterbank,
    SignAutocorrelation,
    ThermometerFrontEnd,
)
from zoo.golden import make_golden
from zoo.heads import ControlValues, GroupSum, Head, OnsetScore, PositionalSample
from zoo.lanes import pack_words
from zoo.model import Model

WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror")
LANGUAGES = {"c": "-std=c99", "c++": "-std=c++11"}

PEAKS = ShiftFilterbank(hop=32, shifts=(1, 3, 5, 7), lags=(3, 1), peaks=(99, 4, 70, 4), flux=((0, 2), (1, 4)))
ACROSS = ShiftFilterbank(hop=32, shifts=(1, 3, 5, 7), lags=(3,), flux=((0, 2),), spans=(1, 3))
PLAIN = ShiftFilterbank(hop=32, shifts=(2, 4), lags=())
SIGNS = SignAutocorrelation(hop=64, low=(1, 3), high=5, lags=(1, 31, 32, 33, 64, 300, 1024), hops=3, floor=9)
ONE_HOP = SignAutocorrelation(hop=32, low=(), high=1, lags=(5,), hops=1)
FRONT_ENDS: dict[str, Callable[[], FrontEnd]] = {
    "filterbank": lambda: filterbank(0, 64),
    "filterbank with peaks": lambda: with_bits(PEAKS),
    "filterbank with spans": lambda: with_bits(ACROSS),
    "filterbank without history": lambda: with_bits(PLAIN),
    "signs": lambda: with_bits(SIGNS),
    "signs of one hop": lambda: with_bits(ONE_HOP),
    "pcm positional": lambda: PcmBits(rate=8_000, width=8, taps=8),
    "pcm gray, odd width": lambda: PcmBits(rate=8_000, width=13, taps=5, code="gray"),
    "pcm one tap": lambda: PcmBits(rate=8_000, width=16, taps=1),
    "counter": lambda: CounterBits(width=31),
    "counter gray": lambda: CounterBits(width=16, gray=True),
}
HEADS: dict[str, Head] = {
    "onset": OnsetScore(threshold=33, rearm=32, refractory=3),
    "onset over frames": OnsetScore(threshold=99, rearm=96, refractory=3, frames=3),
    "group": GroupSum(classes=6),
    "group over frames": GroupSum(classes=6, frames=4),
    "sample": PositionalSample(width=11),
    "control": ControlValues(values=3, group=35),
}
N_OUTPUTS = {
    "onset": 66,
    "onset over frames": 66,
    "group": 66,
    "group over frames": 66,
    "sample": 11,
    "control": 105,
}
CIRCUITS = ("lanes", "flat", "registers")


def with_bits(frontend: ThermometerFrontEnd) -> ThermometerFrontEnd:
    """The same with 64 bits that really change on `drums`."""
    rng = np.random.default_rng(5)
    values = frontend.features(drums(0.5))
    feature = rng.integers(0, frontend.n_features, 64).astype(np.uint16)
    threshold = values[rng.integers(0, len(values), 64), feature]
    threshold[:2] = [-(2**31), 2**31 - 1]  # always and never
    return dataclasses.replace(frontend, feature=feature, threshold=threshold)


def circuit(kind: str, n_inputs: int, n_outputs: int, seed: int = 0) -> Circuit:
    """A random circuit whose outputs are drawn from all nodes: copies, constants and inputs among them."""
    rng = np.random.default_rng(seed)
    if kind == "lanes":
        base = lane_circuit(seed, n_inputs // 32, (3, 4))
        base = dataclasses.replace(base, op=rng.integers(0, 16, base.n_gates).astype(np.uint8))
        outputs = base.outputs[:n_outputs] if n_outputs <= base.n_outputs and seed % 2 else None
    else:
        base = random_circuit(seed, n_inputs, 250, 8, n_registers=9 if kind == "registers" else 0)
        outputs = None
    if outputs is None:
        outputs = rng.integers(0, base.n_nodes, n_outputs).astype(np.int32)
    return dataclasses.replace(base, outputs=outputs)


def build_model(front: str, head: str, kind: str, seed: int = 0) -> Model:
    frontend = FRONT_ENDS[front]()
    net = circuit(kind, frontend.n_bits, N_OUTPUTS[head], seed)
    return Model.from_parts(frontend, net, HEADS[head], id="test/model", summary="Random", licence="CC0-1.0")


def assert_clean(unit: Unit, language: str) -> None:
    """Compiles without a warning, and without any library."""
    flags = ("-target", "thumb-freestanding-eabi", "-ffreestanding", "-c", "-O1", "-x", language)
    build(zig(), (*flags, LANGUAGES[language], *WARNINGS), unit.files(), "model.o")


def assert_equal_to_numpy(model: Model, mode: Mode = "frame", seconds: float = 0.25) -> None:
    samples = drums(seconds, rate=model.rate)
    samples[-200:] = np.resize(np.array([-32_768, 32_767], np.int16), 200)
    samples = samples[: 1_900 * model.hop + model.hop // 2]
    port = Host(mode).load(model)
    expected, found = make_golden(model, samples).tensors(), port.stages(samples).tensors()
    for stage, value in expected.items():
        assert np.array_equal(value, found[stage]), stage
    for trace in (port.run(samples), port.push(samples)):
        assert np.array_equal(trace.values, expected["values"])
        assert np.array_equal(trace.hits, expected["hits"])
    if mode == "block":
        bits = model.frontend.bits(samples)
        assert np.array_equal(pack_words(port.gates_block(bits)), expected["outputs"])


@pytest.mark.parametrize("name", MAKERS)
def test_c_equals_numpy(name: str) -> None:
    model = MAKERS[name](3)
    assert_equal_to_numpy(model, "frame" if model.circuit.n_registers else "block")


@pytest.mark.slow
@pytest.mark.parametrize(("front", "head", "kind"), list(product(FRONT_ENDS, HEADS, CIRCUITS)))
def test_every_front_end_head_and_kind_of_circuit_equals_numpy(front: str, head: str, kind: str) -> None:
    model_bits = FRONT_ENDS[front]().n_bits
    if kind == "lanes" and model_bits % 32:
        kind = (
            "flat"  # lanes take whole words; the flat circuit of this size is another one than the next case
        )
    model = build_model(front, head, kind, seed=len(front + head))
    assert_equal_to_numpy(model, "frame" if kind == "registers" else "block")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", MAKERS)
def test_c_is_clean_in_both_languages(name: str, language: str) -> None:
    model = MAKERS[name](0)
    assert_clean(make_unit(model, "tiny", "frame" if model.circuit.n_registers else "block"), language)


def test_a_warning_would_be_seen() -> None:
    unit = make_unit(tiny_model(), "tiny")
    spoilt = dataclasses.replace(unit, source=unit.source + "\nstatic int tiny_unused(int x) { return 0; }\n")
    with pytest.raises(BuildError, match="unused"):
        assert_clean(spoilt, "c")


@pytest.mark.parametrize("name", MAKERS)
def test_c_needs_no_library_no_float_and_no_multiply(name: str, tmp_path: Path) -> None:
    text = export_c(MAKERS[name](0), tmp_path, "tiny").read_text()
    code = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    assert set(re.findall(r"#include\s+(\S+)", code)) == {'"tiny.h"'}
    assert not re.search(r"\b(float|double|malloc|memcpy|memset|printf)\b", code)
    assert not re.search(r"[\w)\]] \* [\w(]", code.replace("const uint32_t *", ""))
    assert not re.search(r"[^/]/[^/]|%", code)


def test_undefined_behaviour_traps_nowhere() -> None:
    """The sanitizer stops the program at any shift, overflow or index that C does not define."""
    from bench.targets.machine import EmulatedMachine, Program
    from bench.targets.port import Port, sources

    flags = (*A8_FLAGS, "-fsanitize=undefined", "-fsanitize-trap=undefined")
    loud = np.resize(np.array([-32_768] * 7 + [32_767] * 5, np.int16), 128 * 40)
    for name in ("tiny", "pcm", "register", "counter"):
        model = MAKERS[name](0)
        program = Program(build(zig(), flags, sources(model), "model.elf", ("-Wl,-e,harness_run",)))
        trace = Port(model, EmulatedMachine(program)).push(loud)
        assert np.array_equal(trace.values, model.predict(loud).values)


def test_the_largest_magnitudes_fit_their_words() -> None:
    """A slow stage pulled all the way down, then the longest hop of full scale up, under the sanitizer."""
    from bench.targets.machine import EmulatedMachine, Program
    from bench.targets.port import Port, sources

    slow = ShiftFilterbank(hop=256, shifts=(15, 1), floor=65_535, lags=(1,), flux=((0, 2),))
    about = {"id": "test/slow", "summary": "slow", "licence": "CC0-1.0"}
    frontend = with_bits(slow)
    model = Model.from_parts(frontend, circuit("flat", 64, 66), HEADS["onset"], **about)
    samples = np.repeat(np.array([-32_768, 32_767], np.int16), [2**18, 512])
    flags = (*A8_FLAGS, "-fsanitize=undefined", "-fsanitize-trap=undefined")
    program = Program(build(zig(), flags, sources(model), "model.elf", ("-Wl,-e,harness_run",)))
    expected = frontend.features(samples)
    assert expected[:, 0].max() == 16 * 24, "the magnitude passes 2^24"
    assert np.array_equal(Port(model, EmulatedMachine(program)).stages(samples).features, expected)


@pytest.mark.parametrize("relied_on", ["(-5 >> 1) == -3", "(int32_t)0xFFFFFFC0u == -64"])
def test_a_compiler_that_computes_otherwise_refuses(relied_on: str) -> None:
    files = make_unit(tiny_model(), "tiny").files()
    broken = files["tiny.c"].replace(relied_on, f"!({relied_on})")
    assert broken != files["tiny.c"]
    with pytest.raises(BuildError, match="negative"):
        build(zig(), A8_FLAGS, files | {"tiny.c": broken}, "tiny.elf", ("-Wl,-e,tiny_hop",))


def test_a_compiler_without_gnu_extensions_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from bench.targets import port

    plain = port.sources
    undefined = "#undef __GNUC__\n"
    monkeypatch.setattr(
        "bench.targets.host.sources",
        lambda model, mode: {
            k: undefined + v if k == "model.c" else v for k, v in plain(model, mode).items()
        },
    )
    assert_equal_to_numpy(tiny_model(), "block")


def test_names_are_identifiers(tmp_path: Path) -> None:
    model = tiny_model()
    for wrong in ("", "9a", "a-b", "for", "class", "a__b", "_a", "é", "a;", "x" * 49):
        with pytest.raises(ExportError, match="name: expected a C identifier"):
            export_c(model, tmp_path, wrong)
    assert list(tmp_path.iterdir()) == []
    ids = {
        "bela/onset-gates": "onset_gates",
        "a/9-lives": "model_9_lives",
        "a/for": "model_for",
        "a/..": "model",
    }
    assert {model_id: default_name(model_id) for model_id in ids} == ids


def test_text_from_a_model_cannot_leave_its_comment(tmp_path: Path) -> None:
    model = tiny_model()
    text = "ends */ int x; /* @fields $name \\ ??/ @code"
    about = {"id": "test/odd", "summary": text, "licence": "MIT */ #error"}
    source = export_c(Model.from_parts(model.frontend, model.circuit, model.head, **about), tmp_path)
    assert source.name == "odd.c"
    for file in (source, source.with_suffix(".h")):
        comment, _, code = file.read_text().partition("*/")
        assert "int x" in comment
        assert "int x" not in code
        assert "#error" not in code
    assert_clean(Unit("odd", source.with_suffix(".h").read_text(), source.read_text()), "c")


def test_modes_are_checked(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="mode: expected one of frame, block, found 'neon'"):
        make_unit(tiny_model(), "tiny", "neon")  # type: ignore[arg-type]
    with pytest.raises(ExportError, match="target: expected one of portable, .*, found 'z80'"):
        export_c(tiny_model(), tmp_path, target="z80")
    assert list(tmp_path.iterdir()) == []


def test_the_same_model_gives_the_same_text() -> None:
    assert make_unit(tiny_model(), "tiny") == make_unit(tiny_model(), "tiny")
