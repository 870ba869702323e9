"""`.gates` files: the C runtime answers as numpy does, whatever the blocks, and refuses what is damaged."""

import struct
import subprocess
import zlib
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

import zoo
from exporters.c import ExportError
from exporters.c.build import host_compiler
from exporters.gatesfile import RUNTIME, gates_file
from exporters.gatesfile.host import LoadedGates
from tests.exporters.hosts.expected import expected_controls
from tests.tiny import MAKERS, delay_model, drums, lane_circuit, note_model
from zoo.circuit import Circuit
from zoo.frontends import PcmBits, RawBits
from zoo.heads import GroupSum, PositionalSample
from zoo.model import Model
from zoo.results import Trace

BLOCKS = (1, 16, 37, 64, 128, 100_000)
MUTATE, FUZZ, CORPUS = (Path(__file__).with_name(name) for name in ("mutate.c", "fuzz.c", "corpus.zip"))


def cut(samples: np.ndarray, size: int) -> list[np.ndarray]:
    return [samples[start : start + size] for start in range(0, len(samples), size)]


def assert_same(found: Trace, expected: Trace) -> None:
    np.testing.assert_array_equal(found.values, expected.values)
    np.testing.assert_array_equal(found.hits, expected.hits)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("name", [*MAKERS, "delay"])
def test_it_answers_as_numpy_does(name: str, block: int) -> None:
    model = delay_model() if name == "delay" else MAKERS[name](1)
    samples = drums(0.3, 2, model.rate)
    loaded = LoadedGates(gates_file(model))
    expected = model.predict(samples)
    assert_same(loaded.trace(cut(samples, block)), expected)
    loaded.start()  # as if nothing had been
    assert_same(loaded.trace([samples]), expected)


@pytest.mark.parametrize("noise", [0, 3])
def test_what_a_bank_plays_is_what_the_head_decodes(noise: int) -> None:
    model = note_model(1, noise)
    samples = drums(0.5, 2, model.rate)[: 60 * model.hop]
    loaded, found = LoadedGates(gates_file(model)), []
    for block in cut(samples, model.hop):
        loaded.push(block)
        found.append(loaded.controls)
    np.testing.assert_array_equal(found, expected_controls(model, samples))
    assert (loaded.about["controls"], loaded.about["pitch"]) == (model.head.bank.n_controls, model.head.pitch)


@pytest.mark.parametrize("width", [32, 128])
def test_lanes_with_registers(width: int) -> None:
    circuit = lane_circuit(4, 1, (2, 3), width, registers=2)
    model = Model.from_parts(
        RawBits(rate=8_000, width=width), circuit, GroupSum(2), id="test/kept", summary="x", licence="MIT"
    )
    samples = np.random.default_rng(5).integers(-100, 100, 50 * width).astype(np.int16)
    assert_same(LoadedGates(gates_file(model)).trace(cut(samples, 77)), model.predict(samples))


def test_more_nodes_than_half_a_word_can_number() -> None:
    model = Model.from_parts(
        PcmBits(8_000), long_chain(90_000), PositionalSample(16), id="test/wide", summary="x", licence="MIT"
    )
    samples = drums(0.02, 1, 8_000)
    assert_same(LoadedGates(gates_file(model)).trace(cut(samples, 33)), model.predict(samples))


def long_chain(n_gates: int) -> Circuit:
    """Every gate reads the one before, so that none is needless."""
    rng, n_inputs = np.random.default_rng(1), 128
    before = n_inputs + np.arange(n_gates) - 1
    before[0] = 0
    other = rng.integers(0, np.maximum(n_inputs, n_inputs + np.arange(n_gates) - 200))
    outputs = np.arange(n_inputs + n_gates - 16, n_inputs + n_gates)
    return Circuit(n_inputs, rng.choice([1, 6, 6, 7, 9], n_gates), before, other, outputs)


@pytest.mark.parametrize("id", zoo.list_models())
def test_every_bundled_model(id: str) -> None:
    model = zoo.load(id)
    samples = drums(1.0, 3, model.rate)
    loaded = LoadedGates(gates_file(model))
    assert_same(loaded.trace(cut(samples, 64)), model.predict(samples))
    assert loaded.texts == [
        *(id, model.config.summary, model.config.licence, model.config.task),
        model.circuit.digest(),
    ]
    assert loaded.classes == list(model.config.classes or ())
    assert (loaded.about["rate"], loaded.about["hop"]) == (model.rate, model.hop)
    assert loaded.about["gates"] == model.circuit.n_gates


@pytest.mark.parametrize("name", [*MAKERS, "delay"])
def test_bent_gates_are_those_of_the_model(name: str) -> None:
    """Held at 0 or 1, a gate is as if its operation were that constant; set free, as if nothing had been."""
    model = delay_model() if name == "delay" else MAKERS[name](1)
    samples = drums(0.2, 2, model.rate)
    loaded = LoadedGates(gates_file(model, bendable=True))
    assert loaded.about["bendable"] == model.circuit.n_gates
    assert_same(loaded.trace(cut(samples, 50)), model.predict(samples))
    rng = np.random.default_rng(3)
    op = model.circuit.op.copy()
    loaded.start()
    for gate in rng.choice(model.circuit.n_gates, 40, replace=False).tolist():
        value = int(rng.integers(0, 2))
        assert loaded.bend(gate, 1 - value)  # twice: the last one counts
        assert loaded.bend(gate, value)
        op[gate] = 15 * value
    about = {"id": "test/bent", "summary": "x", "licence": "MIT"}
    bent = Model.from_parts(model.frontend, replace(model.circuit, op=op), model.head, **about)
    found = loaded.trace(cut(samples, 50))
    assert_same(found, bent.predict(samples))
    assert found.values.tolist() != model.predict(samples).values.tolist()
    assert not loaded.bend(model.circuit.n_gates, 1)
    loaded.start()
    assert_same(loaded.trace(cut(samples, 50)), model.predict(samples))


def test_gates_that_were_optimised_away_cannot_be_bent() -> None:
    assert not LoadedGates(gates_file(MAKERS["flat"](1))).bend(0, 1)


def test_one_other_gate_gives_other_answers() -> None:
    model = MAKERS["tiny"](1)
    data = bytearray(gates_file(model))
    data[-60] ^= 1  # a mask of the last gate word
    data[12:16] = struct.pack("<I", zlib.crc32(data[16:]))
    samples = drums(0.5, 2)
    assert LoadedGates(bytes(data)).trace([samples]).values.tolist() != model.predict(samples).values.tolist()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: b"", "no .gates file"),
        (lambda data: b"PK\3\4" + data[4:], "no .gates file"),
        (lambda data: data.replace(b"\r\n", b"\n", 1), "no .gates file"),
        (lambda data: data[:-4], "not as long as it says"),
        (lambda data: data + bytes(4), "not as long as it says"),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "checksum"),
    ],
)
def test_damaged_files_are_refused(damage, message: str) -> None:
    with pytest.raises(ExportError, match=message):
        LoadedGates(damage(gates_file(MAKERS["tiny"](1))))


def test_damage_under_a_right_checksum_never_stops_the_loader(tmp_path: Path) -> None:
    """Thousands of damaged files, opened and run under sanitizers of addresses and undefined behaviour."""
    models = [*(make(2) for make in MAKERS.values()), delay_model(), zoo.load("bela/pitch-gates-nano")]
    files = []
    for i, model in enumerate(models):
        files.append(tmp_path / f"{i}.gates")
        files[-1].write_bytes(gates_file(model))
    program = sanitized(MUTATE, tmp_path / "mutate")
    done = subprocess.run([str(program), "1", "10000", *map(str, files)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    opened = int(done.stdout.split()[0])
    assert 1_000 < opened < 9_000  # some damage must pass, or nothing behind the checks was tested


def test_what_libfuzzer_found_in_eleven_minutes_still_passes(tmp_path: Path) -> None:
    """The smallest files that reach all that 3.8 million runs reached; none of the runs failed."""
    program = sanitized(FUZZ, tmp_path / "fuzz", "-DREPLAY")
    with ZipFile(CORPUS) as corpus:
        corpus.extractall(tmp_path / "corpus")
        files = [str(tmp_path / "corpus" / name) for name in corpus.namelist()]
    assert len(files) > 500
    done = subprocess.run([str(program), *files], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"{len(files)} files\n"), done.stderr


def sanitized(source: Path, program: Path, *more: str) -> Path:
    """A test program and the runtime, with sanitizers that stop it at once."""
    flags = ["-std=c99", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", *more]
    files = [str(source), *map(str, RUNTIME.glob("*.c"))]
    built = subprocess.run(
        ["gcc", *flags, f"-I{RUNTIME}", *files, "-o", str(program)], capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    return program


def test_the_runtime_is_clean_c99(tmp_path: Path) -> None:
    flags = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Wconversion", "-Werror", "-O2", "-c"]
    for source in RUNTIME.glob("*.c"):
        command = [*host_compiler().command, *flags, str(source), "-o", str(tmp_path / "x.o")]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
