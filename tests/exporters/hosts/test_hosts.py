"""Real hosts give, sample for sample, what numpy gives: every block size, two instances, a real recording."""

from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import zoo
from bench.clips import test_clips as clips_of
from exporters.c.names import ExportError, default_name
from exporters.hosts import HOSTS
from exporters.hosts.engine import best_engine, most_value
from exporters.hosts.host import Wrapped
from tests.exporters.hosts.expected import expected_controls, expected_outputs
from tests.exporters.hosts.hosts import HostError, needs
from zoo.model import Model

Float32 = npt.NDArray[np.float32]

ROOT = Path(__file__).parents[3]
BANK = "bela/violin-gates-nano"
MODELS = (
    "bela/onset-gates",
    "bela/bytebeat-42-gates",
    "bela/drum-gates-nano",
    "bela/drive-gates-nano",
    BANK,
)
BLOCKS = (1, 16, 64, 128)
SECONDS = 10.5

# Host -> what must be installed: a program, and the Debian packages that bring it and the headers.
RUNS = {
    "pd": ("pd", "puredata-core and puredata-dev"),
    "supercollider": ("scsynth", "supercollider-server and supercollider-dev"),
    "csound": ("csound", "csound and libcsound64-dev"),
    "csound32": ("build/csound32/csound", ""),
    "faust": ("faust", "faust"),
    "bela": ("g++", "g++"),
    "cpp": ("g++", "g++"),
    "pd-object": ("pd", "puredata-core and puredata-dev"),
    "wasm": ("python3", "python3"),
    "browser": ("chromium", "chromium"),
}
SOUNDS = ("bela/bytebeat-42-gates", "bela/drive-gates-nano")  # what Faust can have
CASES = [
    (host, id, block)
    for host in RUNS
    for id in MODELS
    for block in BLOCKS
    if (host != "faust" or id in SOUNDS) and (host != "browser" or block == 128)
]


def host_of(name: str) -> ModuleType:
    """The module that runs a host, once the host is known to be here."""
    if name == "csound32" and not Path(ROOT, RUNS[name][0]).is_file():
        pytest.skip("no Csound with 32-bit samples: scripts/build_csound32.sh builds it in a few minutes")
    if name != "csound32":
        needs(*RUNS[name])
    return import_module(f"tests.exporters.hosts.{name.replace('-', '_')}_host")


@cache
def recording(id: str) -> tuple[npt.NDArray[np.int16], Float32]:
    """A real recording of the model's test set, over ten seconds; silence where it hears nothing."""
    model = zoo.load(id)
    n = int(SECONDS * model.rate)
    sets, _ = clips_of(model)
    samples = np.resize(np.concatenate([clip.samples for clip in next(iter(sets.values()))[:4]]), n)
    if model.frontend.kind == "counter_bits":
        samples = np.zeros(n, np.int16)
    return samples, (samples / 32_768).astype(np.float32)


@cache
def expected(id: str, late: int = 0) -> list[Float32]:
    """What an instance gives that starts so many samples later, and is silent before."""
    found = expected_outputs(zoo.load(id), recording(id)[0][late:])
    assert all(len(np.unique(output)) > 1 for output in found)  # silence could not fail
    return [np.concatenate([np.zeros(late, np.float32), output]) for output in found]


def exported(host: str, model: Model, folder: Path) -> Wrapped:
    """Written and built as a user does."""
    module = host_of(host)
    HOSTS[{"browser": "wasm", "csound32": "csound"}.get(host, host)].export(model, folder)
    module.build(folder)
    return Wrapped(model, default_name(model.id), best_engine(model))


def starts(module: ModuleType) -> tuple[int, ...]:
    """The samples with which a host's instances start; a second program's stand behind the first one's."""
    return (0, getattr(module, "LATE", 0)) * 2


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Export and build once for all block sizes."""

    @cache
    def make(host: str, id: str) -> tuple[Path, Wrapped]:
        folder = tmp_path_factory.mktemp("hosts") / host
        return folder, exported(host, zoo.load(id), folder)

    return make


@pytest.mark.slow
@pytest.mark.parametrize(("host", "id", "block"), CASES)
def test_a_host_gives_what_numpy_gives(host: str, id: str, block: int, built: Any) -> None:
    module = host_of(host)
    folder, wrapped = built(host, id)
    instances = module.run_signals(folder, wrapped, recording(id)[1], wrapped.model.rate, block)
    assert len(instances) >= 2
    for late, instance in zip(starts(module), instances, strict=False):
        assert len(instance) >= len(wrapped.signals)
        for found, output in zip(instance, expected(id, late), strict=False):
            np.testing.assert_array_equal(found, output)


@pytest.mark.slow
@pytest.mark.parametrize("host", ["pd", "pd-object", "wasm", "browser", "cpp"])
def test_a_host_gives_what_the_oscillators_play(host: str, built: Any) -> None:
    folder, wrapped = built(host, BANK)
    samples, sound = recording(BANK)
    wanted = expected_controls(wrapped.model, samples)
    assert len(np.unique(wanted, axis=0)) > 100
    found = host_of(host).run_controls(folder, wrapped, sound, wrapped.model.rate)
    for instance in found if isinstance(found, list) else [found]:
        np.testing.assert_array_equal(instance[: len(wanted)], wanted)  # hosts go on after the sound's end


@pytest.mark.slow
@pytest.mark.parametrize("block", [1, 64, 128])
@pytest.mark.parametrize("host", ["csound", "csound32"])
def test_csound_fills_an_array_with_what_the_oscillators_play(host: str, block: int, built: Any) -> None:
    """In every block the latest frame's."""
    folder, wrapped = built(host, BANK)
    samples, sound = recording(BANK)
    model = wrapped.model
    played = expected_controls(model, np.pad(samples, (0, block)))
    frames = np.concatenate([np.zeros_like(played[:1]), played])
    ends = (np.arange(len(samples)) // block + 1) * block
    found = host_of(host).run_controls(folder, wrapped, sound, model.rate, block)
    np.testing.assert_array_equal(found, frames[ends // model.hop])


@pytest.mark.slow
@pytest.mark.parametrize(("host", "samples"), [("csound", "double"), ("csound32", "float")])
def test_csound_says_which_model_it_is(host: str, samples: str, built: Any) -> None:
    folder, wrapped = built(host, "bela/drum-gates-nano")
    model = wrapped.model
    said = host_of(host).info(folder, wrapped)
    assert f"{model.id} {model.circuit.digest()} {model.config.licence}" in said
    assert f"({samples} samples)" in said


@pytest.mark.slow
@pytest.mark.parametrize("host", ["pd", "supercollider", "csound", "wasm", "cpp"])
def test_parameters_do_what_the_model_does_with_them(host: str, built: Any) -> None:
    """Threshold and refractory time as the head has them; rate and offset of a tune; silence while paused."""
    module = host_of(host)
    folder, wrapped = built(host, "bela/onset-gates")
    model, head = wrapped.model, wrapped.model.head
    samples, sound = (x[: 4 * model.rate] for x in recording(model.id))
    other = replace(head, threshold=head.threshold // 2, rearm=head.threshold // 2, refractory=60)
    settings = {"threshold": other.threshold / most_value(model)}
    settings["refractory"] = 1000 * other.refractory * model.hop / model.rate
    about = {"id": "test/other", "summary": "x", "licence": "MIT"}
    wanted = expected_outputs(Model.from_parts(model.frontend, model.circuit, other, **about), samples)
    assert wanted[0].sum() not in (0, expected_outputs(model, samples)[0].sum())
    found = module.run_signals(folder, wrapped, sound, model.rate, 64, settings=settings)[0]
    for output, expected in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(output, expected)
    for output in module.run_signals(folder, wrapped, sound, model.rate, 64, settings={"enable": 0.0})[0]:
        assert not output.any()


@pytest.mark.slow
@pytest.mark.parametrize("host", ["pd", "supercollider", "csound", "wasm", "cpp", "faust"])
def test_a_tune_plays_at_its_rate_from_its_offset(host: str, built: Any) -> None:
    module = host_of(host)
    folder, wrapped = built(host, "bela/bytebeat-42-gates")
    tune = wrapped.model.predict(np.zeros(1 << 16, np.int16)).values[:, 0] / np.float32(32_768)
    settings = {"rate": 2.0 * wrapped.model.rate, "offset": 12_345.0}
    silent = np.zeros(8_000, np.float32)
    instances = module.run_signals(folder, wrapped, silent, wrapped.model.rate, 64, settings=settings)
    for late, found in zip(starts(module), instances, strict=False):
        n = np.arange(len(silent) - late)
        np.testing.assert_array_equal(found[0][late:], tune[(12_345 + 2 * n) % (1 << 16)])
    found = module.run_signals(folder, wrapped, silent, wrapped.model.rate, 64, settings={"enable": 0.0})
    assert not np.any(found)


@pytest.mark.slow
@pytest.mark.parametrize("host", ["pd", "supercollider", "csound", "wasm", "cpp", "pd-object"])
def test_a_bent_gate_is_held(host: str, tmp_path: Path) -> None:
    """As in a model whose gate is always 1, and only where the export says that it can be bent."""
    module, model = host_of(host), zoo.load("bela/bytebeat-42-gates")
    HOSTS[host].export(model, tmp_path, bendable=True)
    module.build(tmp_path)
    gate = output_gate(model)
    op = model.circuit.op.copy()
    op[gate] = 15
    wanted = expected_outputs(with_gates(model, op), np.zeros(4_096, np.int16))[0]
    wrapped = Wrapped(model, default_name(model.id), "file", bendable=True)
    settings = {"gate": float(gate), "hold": 1.0}
    silent = np.zeros(4_096, np.float32)
    found = module.run_signals(tmp_path, wrapped, silent, model.rate, 64, settings=settings)[0][0]
    assert not np.array_equal(found, expected(model.id)[0][: len(silent)])
    np.testing.assert_array_equal(found, wanted)


def test_only_a_file_can_be_bent(tmp_path: Path) -> None:
    model = zoo.load("bela/bytebeat-42-gates")
    with pytest.raises(ExportError, match="--bendable: .* found --engine compiled"):
        HOSTS["pd"].export(model, tmp_path, engine="compiled", bendable=True)
    with pytest.raises(ExportError, match="--bendable: .* found --to faust"):
        HOSTS["faust"].export(model, tmp_path, bendable=True)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("host", RUNS)
def test_one_flipped_gate_is_heard(host: str, tmp_path: Path) -> None:
    model = zoo.load("bela/bytebeat-42-gates")
    other = flipped(model)
    wrapped = exported(host, other, tmp_path)
    sound = np.zeros(4_096, np.float32)
    found = host_of(host).run_signals(tmp_path, wrapped, sound, model.rate, 128)[0][0]
    assert not np.array_equal(found, expected(model.id)[0][: len(sound)])
    np.testing.assert_array_equal(found, expected_outputs(other, np.zeros(4_096, np.int16))[0])


@pytest.mark.slow
@pytest.mark.parametrize("host", RUNS)
def test_a_missing_plugin_is_an_error(host: str, built: Any, tmp_path: Path) -> None:
    module = host_of(host)
    _, wrapped = built(host, "bela/bytebeat-42-gates")
    with pytest.raises(HostError):
        module.run_signals(tmp_path, wrapped, np.zeros(4_096, np.float32), 8_000, 128)


def flipped(model: Model) -> Model:
    """The model with the gate behind its first output turned into its opposite."""
    op = model.circuit.op.copy()
    gate = output_gate(model)
    op[gate] = 15 - op[gate]
    return with_gates(model, op)


def output_gate(model: Model) -> int:
    """The gate behind the first output."""
    return int(model.circuit.outputs[0]) - model.circuit.n_inputs - model.circuit.n_registers


def with_gates(model: Model, op: npt.NDArray[np.uint8]) -> Model:
    """The model with other gates."""
    circuit = replace(model.circuit, op=op)
    config = model.config
    about = {"id": config.id, "summary": config.summary, "licence": config.licence}
    return Model.from_parts(model.frontend, circuit, model.head, **about)
