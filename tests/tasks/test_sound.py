"""Sound matching: targets, constructions, learning, and the way from a formula to a model that plays."""

import ctypes
from pathlib import Path

import numpy as np
import pytest

import zoo
from exporters.c.build import build, host_compiler
from tasks.baselines import build_baseline
from tasks.baselines.ima_adpcm import decode, encode
from tasks.baselines.sound import adpcm, gate_bits, rom
from tasks.data.bytebeat import FORMULAS, Formula, evaluate, number
from tasks.data.sound import TARGETS
from tasks.evaluate import evaluate as measure
from tasks.matching import held_out, sample_bits
from tasks.recipes.sound import SIZES, TableSound, TrainedSound
from tasks.registry import get_task, task_of
from tasks.run_training import train_command
from tasks.spectra import log_spectral_distance, multi_resolution_distance, signal_to_noise
from tasks.synthesis.words import compile_formula
from zoo.errors import ZooError
from zoo.frontends import CounterBits
from zoo.heads import PositionalSample

ROWS = CounterBits().bits(np.zeros(1 << 16, np.int16))


def target_of(name: str) -> np.ndarray:
    (clip,) = get_task("sound").for_target(name).load("test")
    assert clip.target is not None
    return clip.target


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.name)
def test_a_compiled_formula_is_the_formula_at_every_t(formula: Formula) -> None:
    circuit = compile_formula(formula.text, 16, 8)
    found = PositionalSample(8).decode(circuit.evaluate(ROWS))[:, 0]
    assert np.array_equal(found, formula.samples())


@pytest.mark.parametrize("name", ["sierpinski", "42", "western-42", "trio", "crowd"])
def test_a_circuit_from_samples_alone_is_exact_at_every_t(name: str) -> None:
    task = get_task("sound").for_target(name)
    frontend, circuit, _ = task.learner(TableSound(tries=1), 0, "cpu").parts()
    assert np.array_equal(
        circuit.evaluate(frontend.bits(np.zeros(1 << 16, np.int16))), sample_bits(target_of(name))
    )
    assert circuit.n_gates < 256


@pytest.mark.slow
def test_formulas_compute_what_c_computes() -> None:
    functions = [
        f"void f{place}(uint8_t *out) {{ for (uint32_t t = 0; t < 65536; t++) out[t] = ({one.text}) & 255; }}"
        for place, one in enumerate(FORMULAS)
    ]
    files = {"tunes.c": "#include <stdint.h>\n" + "\n".join(functions)}
    library = ctypes.CDLL(str(build(host_compiler(), ("-O0", "-w", "-shared", "-fPIC"), files, "tunes.so")))
    out = np.zeros(1 << 16, np.uint8)
    for place, one in enumerate(FORMULAS):
        getattr(library, f"f{place}")(out.ctypes.data_as(ctypes.c_void_p))
        assert np.array_equal((out.astype(np.int16) - 128) << 8, one.samples()), one.name


@pytest.mark.parametrize("text", ["t.real", "f(t)", "t if t else 1", "x+1", "1.5*t", "t<2"])
def test_formulas_hold_nothing_else(text: str) -> None:
    with pytest.raises(ValueError, match="is no integer, t or operator"):
        evaluate(text, number(1), number)


def test_a_table_within_a_budget_keeps_it() -> None:
    task = get_task("sound").for_target("snare")
    for size, gates in (("table-64", 64), ("table-256", 256)):
        solver = task.learner(SIZES[size], 0, "cpu")
        _, circuit, _ = solver.parts()
        assert circuit.n_gates <= gates
        assert solver.validate()["snr_db"] > 0


def test_half_of_the_samples_are_enough_for_simple_rules() -> None:
    task = get_task("sound").for_target("two-voices")
    frontend, circuit, _ = task.learner(SIZES["half-exact"], 0, "cpu").parts()
    right = circuit.evaluate(frontend.bits(np.zeros(1 << 16, np.int16))) == sample_bits(
        target_of("two-voices")
    )
    assert right[held_out(1 << 16)].all()


def test_held_out_is_half_of_the_blocks() -> None:
    held = held_out(1 << 16)
    assert held.sum() == 1 << 15
    assert (held.reshape(64, 1024) == held.reshape(64, 1024)[:, :1]).all()


@pytest.mark.slow
def test_gates_learn_a_tune(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        SIZES, "tiny", TrainedSound(gates=120, depth=2, steps=300, batch=256, validate_every=100)
    )
    out = tmp_path / "tune"
    assert train_command("sound", out, "tiny", target="sierpinski") == 0
    model = zoo.load(out)
    assert model.config.training is not None
    assert "--target sierpinski" in model.config.training.command
    assert task_of(model).target == "sierpinski"
    assert model.circuit.n_gates <= 120
    (result,) = measure(model, task_of(model))
    share = result.metrics["exact_bits"]
    assert share is not None
    assert share > 0.8  # a constant byte: 0.75


def test_a_construction_makes_a_whole_model(tmp_path: Path) -> None:
    assert train_command("sound", tmp_path / "pop", "exact", target="pop") == 0
    model = zoo.load(tmp_path / "pop")
    assert np.array_equal(model(np.zeros(692, np.int16)).samples, target_of("pop"))
    assert model.config.sources[0].licence == "CC0-1.0"
    assert not (tmp_path / "pop.run").exists()


def test_targets_are_asked_for_and_checked(tmp_path: Path) -> None:
    assert len(set(TARGETS)) == len(TARGETS)
    with pytest.raises(ZooError, match=r"no target\. Choose one with --target: sierpinski, 42"):
        train_command("sound", tmp_path / "x", "exact")
    with pytest.raises(ZooError, match="no target 'amen'"):
        train_command("sound", tmp_path / "x", "exact", target="amen")
    with pytest.raises(ZooError, match="nothing to choose"):
        train_command("onset", tmp_path / "x", "nano", target="amen")
    with pytest.raises(ZooError, match="is a recording"):
        train_command("sound", tmp_path / "x", "formula", target="kick")


def test_distances_are_zero_to_itself_and_grow_with_noise() -> None:
    sound = target_of("kick") / 32_768
    noise = np.random.default_rng(0).standard_normal(len(sound))
    assert (signal_to_noise(sound, sound), log_spectral_distance(sound, sound)) == (99.0, 0.0)
    assert signal_to_noise(sound, sound + 0.01 * noise) > signal_to_noise(sound, sound + 0.1 * noise)
    for distance in (log_spectral_distance, multi_resolution_distance):
        assert 0 < distance(sound, sound + 0.01 * noise) < distance(sound, sound + 0.1 * noise)


def test_baselines_keep_their_bits_and_make_sound() -> None:
    target = target_of("tabla")
    for budget in (2_000, 8_000, 30_000):
        for made in (rom(target, budget), adpcm(target, budget)):
            assert made.bits <= budget
            assert len(made.sound) == len(target)
    assert signal_to_noise(target / 1.0, adpcm(target, 30_000).sound / 1.0) > 15
    assert gate_bits(2, 16) == 2 * 4 + 2 * 4 + 2 * 5
    sine = np.rint(8_000 * np.sin(np.arange(400) / 9)).astype(np.int16)
    assert signal_to_noise(sine / 1.0, decode(encode(sine), int(sine[0])) / 1.0) > 25


def test_luck_finds_the_simplest_tune() -> None:
    task = get_task("sound").for_target("sierpinski")
    (result,) = measure(build_baseline("random-bytebeat", task), task)
    assert result.metrics["exact_bits"] == 1.0
