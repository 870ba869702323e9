"""Note onsets: what the teacher asks for, agreement with it beside the truth, and losses that mix both."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tasks.data.clip import Clip
from tasks.detectors import ScoreDetector
from tasks.fidelity import fidelity
from tasks.notes import NoteOnsets
from tasks.recipes.notes import SIZES
from tasks.taught_events import LATE
from tasks.training.frames import FrameSet, blend
from zoo.heads import OnsetScore
from zoo.results import Trace

RATE, STEP = 44_100, 512
STEPS = 200
PEAKS = (20, 60, 100, 150)


def clip() -> Clip:
    """Labels at four steps; the teacher hears three of them, and one that is none."""
    sure = np.zeros(STEPS, np.int16)
    for peak in (*PEAKS[:3], 180):
        sure[peak - 1 : peak + 2] = 120, 230, 120
    sure[130] = 100  # below what counts
    teacher = np.stack([255 - sure, sure], axis=1)
    onsets = np.array(PEAKS) * STEP / RATE
    return Clip("c", np.zeros(STEPS * STEP, np.int16), onsets, "a", "CC0-1.0", teacher=teacher)


def trace(steps: Any, hop: int = STEP) -> Trace:
    values = np.zeros((STEPS * STEP // hop, 1), np.int32)
    hits = np.array(steps, np.int64) * STEP // hop
    values[hits] = 100
    return Trace(values, hits)


def test_the_teachers_onsets_are_its_peaks() -> None:
    steps = NoteOnsets().taught_onsets(clip()) * RATE / STEP
    assert np.rint(steps).tolist() == [*PEAKS[:3], 180]


@pytest.mark.parametrize("hop", [128, 256, 512])
def test_a_frame_answers_late_for_the_teacher(hop: int) -> None:
    wanted = NoteOnsets().wanted(clip(), hop)
    assert wanted.shape == (STEPS * STEP // hop,)
    best = np.flatnonzero(wanted == wanted.max())
    ends = (best + 1) * hop
    assert set((ends // STEP).tolist()) == {peak + LATE for peak in (*PEAKS[:3], 180)}
    assert not wanted[: LATE * STEP // hop].any()


def test_truth_and_agreement_are_told_apart() -> None:
    task, one = NoteOnsets(), clip()
    detector = SimpleNamespace(rate=RATE, hop=STEP)
    right = task.summarise([task.score(detector, one, trace(PEAKS))])
    assert right["f_50ms"] == 1
    assert right["agreement"] == pytest.approx(0.75)
    same = task.summarise([task.score(detector, one, trace((*PEAKS[:3], 180)))])
    assert same["f_50ms"] == pytest.approx(0.75)
    assert same["agreement"] == 1
    assert same["kl"] < right["kl"] + 0.1


def test_fidelity_takes_the_curve_that_suits_a_score() -> None:
    rng = np.random.default_rng(1)
    score = rng.normal(0, 3, 4_000)
    wanted = 1 / (1 + np.exp(-(0.7 * score - 2)))
    kl, difference = fidelity(np.rint(1_000 * score + 7), wanted)
    assert kl < 1e-3
    assert difference < 1e-3
    worse, further = fidelity(rng.permutation(score), wanted)
    assert worse > 0.05
    assert further > 0.05
    assert fidelity(np.ones(10), np.full(10, 0.3))[0] == pytest.approx(0, abs=1e-9)


def test_a_loss_is_shared_between_labels_and_teacher() -> None:
    frames = FrameSet(
        np.zeros((4, 1), np.int16), np.array([4]), np.array([1, 0, 0, 0], np.float32),
        np.array([0.5, 1, 0, 1], np.float32),
    )  # fmt: skip
    wanted = np.array([0.8, 0.6, 0.9, 0.0])
    only = blend(frames, wanted, 1.0)
    np.testing.assert_allclose(only.target, wanted, atol=1e-6)
    assert np.all(only.weight == 1)
    assert only.positive.tolist() == [0, 1, 2]
    half = blend(frames, wanted, 0.5)

    def loss(target: Any, weight: Any, p: float) -> Any:
        return -weight * (target * np.log(p) + (1 - target) * np.log(1 - p))

    for p in (0.1, 0.7):  # the two losses, half of each
        both = loss(frames.target, frames.weight, p) / 2 + loss(wanted, 1, p) / 2
        np.testing.assert_allclose(loss(half.target, half.weight, p), both, atol=1e-6)
    plain = blend(frames, wanted, 0.0)
    assert np.array_equal(plain.target[frames.weight > 0], frames.target[frames.weight > 0])
    assert np.array_equal(plain.weight, frames.weight)


def test_only_recipes_that_ask_the_teacher_name_it() -> None:
    task = NoteOnsets()
    assert task.taught_by is None
    for name, recipe in SIZES.items():
        line = task.for_recipe(recipe).taught_by
        assert line == (task.teacher.line if name in ("taught", "mixed") else None)


def test_a_perfect_score_is_a_perfect_detector() -> None:
    one = clip()

    def score(samples: np.ndarray) -> np.ndarray:
        return trace(PEAKS).values[:, 0]

    detector = ScoreDetector("oracle", RATE, STEP, score, OnsetScore(50, 50, 4))
    task = NoteOnsets()
    found = task.summarise([task.score(detector, one, detector.predict(one.samples))])
    assert found["f_25ms"] == 1
    assert found["delay_median_ms"] == pytest.approx(1000 * STEP / RATE)
