"""The drive task: its circuit, its splits, its scores, and gates that learn it."""

from pathlib import Path

import numpy as np
import pytest

from tasks.baselines.effects import Effect, _rising
from tasks.data.drive import DRIVE, RATE, ROOTS
from tasks.data.drive_circuit import DriveCircuit
from tasks.data.drive_maker import root
from tasks.drive import GuitarDrive
from zoo.results import Trace

NONE = np.zeros(0, np.int64)


def tone(hertz: float, level: float) -> np.ndarray:
    t = np.arange(RATE // 4) / RATE
    return np.rint(32_767 * level * np.sin(2 * np.pi * hertz * t)).astype(np.int16)


def test_quiet_tones_pass_as_the_linear_circuit_says() -> None:
    part, hertz = DriveCircuit(), 1_000.0
    s = 2j * np.pi * hertz
    feedback = 1 / (1 / part.rf + s * part.cf + 2 * part.saturation / part.thermal)
    gain = (1 + feedback / (part.rg + 1 / (s * part.cg))) / (1 + s * part.rt * part.ct)
    x = tone(hertz, 0.004)
    y = part.play(x, RATE)[RATE // 8 :]
    found = np.abs(y).max() / np.abs(x).max()
    assert found == pytest.approx(abs(gain) * part.volts * part.level, rel=0.03)


def test_loud_tones_are_clipped_alike_on_both_sides() -> None:
    soft, loud = (DriveCircuit().play(tone(400, level), RATE)[RATE // 8 :] for level in (0.3, 0.6))
    assert 1.0 < np.abs(loud).max() / np.abs(soft).max() < 1.5
    assert abs(int(loud.max()) + int(loud.min())) < 0.02 * loud.max()


def test_one_pitch_is_in_one_split() -> None:
    names = {"Bflat major_00": "Asharp", "Asharp minro7b5_01": "Asharp", "Bmajor_UP_00": "B"}
    assert {name: root(Path(f"{name}.flac")) for name in names} == names
    assert len("".join(ROOTS.values())) == len(set("".join(ROOTS.values())))


def test_the_shipped_set_has_chords_of_the_test_alone() -> None:
    clips = DRIVE.load("test", Path("nowhere"))
    assert len(clips) == 42
    assert {clip.group[0] for clip in clips} == set(ROOTS["test"])
    made = DriveCircuit().play(clips[0].samples, RATE)
    assert clips[0].target is not None
    assert np.abs(made.astype(int) - clips[0].target).max() <= 1  # another machine's exp may round otherwise


def test_scores() -> None:
    task, clip = GuitarDrive(), DRIVE.load("test")[0]
    assert clip.target is not None

    def scores(sound: np.ndarray) -> dict[str, float | None]:
        trace = Trace(sound.astype(np.int32)[:, None], NONE)
        return task.summarise([task.score(Effect(RATE, np.abs, 0), clip, trace)])

    exact = scores(clip.target)
    assert exact == {"esr": 0.0, "esr_plain": 0.0, "mr_stft": 0.0}
    silent = scores(np.zeros(len(clip.samples)))
    assert silent["esr"] == silent["esr_plain"] == 1.0
    assert task.summarise([])["esr"] is None


def test_falling_values_are_pooled() -> None:
    assert _rising(np.array([0.0, 3.0, 1.0, 4.0]), np.array([1, 1, 3, 1])).tolist() == [0.0, 1.5, 1.5, 4.0]


@pytest.mark.slow
def test_gates_learn(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from dataclasses import replace

    from tasks.recipes.drive import SIZES
    from tasks.training.effect_learner import pairs
    from tasks.training.filter_curve import FilterCurveLearner, whole
    from tasks.training.trainer import Settings, Trainer

    recipe = replace(SIZES["nano"], steps=150, batch=4, length=512)
    both = pairs(DRIVE.load("test")[::8])
    learner = FilterCurveLearner(recipe, both, both, 1, RATE)
    before = learner.validate()["esr"]
    Trainer(learner, tmp_path, Settings(recipe.steps, 1, validate_every=150)).run()
    assert learner.validate()["esr"] < before / 2
    frontend, circuit, head = learner.parts()
    dry = DRIVE.load("test")[0].samples[:3_000]
    found = head.decode(circuit.evaluate(frontend.bits(dry)))[:, 0]
    assert np.array_equal(found, whole(learner.module).play(dry) << (16 - recipe.out))
