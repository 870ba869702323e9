"""Tasks with a teacher: who answers for which step, what is learned, and how fidelity is measured."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from tasks.data.clip import Clip
from tasks.pitch import PitchClass
from tasks.taught import auc
from tasks.training.class_task import lessons_of
from tasks.vad import VoiceActivity
from zoo.results import Trace

STEPS = 50
RATE = 16_000


def clip(seed: int = 0) -> Clip:
    """Two classes, a teacher that is sure of some and unsure of others, labels with gaps."""
    rng = np.random.default_rng(seed)
    speech = np.rint(255 * rng.beta(0.3, 0.3, STEPS)).astype(np.int16)
    labels = rng.integers(-1, 2, STEPS).astype(np.int16)
    teacher = np.stack([255 - speech, speech], axis=1)
    return Clip(
        "c", np.zeros(STEPS * 512 + 200, np.int16), np.zeros(0), "a", "CC0-1.0", labels, rate=RATE,
        teacher=teacher,
    )  # fmt: skip


def answer(values: np.ndarray) -> Trace:
    return Trace(values.astype(np.int32), np.zeros(0, np.int64))


@pytest.mark.parametrize("hop", [160, 256, 512])
def test_the_last_frame_complete_by_the_end_of_a_step_answers(hop: int) -> None:
    frames = VoiceActivity().frames(clip(), hop)
    ends = (np.arange(STEPS) + 1) * 512
    assert np.all((frames + 1) * hop <= ends)
    assert np.all((frames + 2) * hop > ends)


def test_only_labelled_steps_are_asked() -> None:
    one = clip()
    asked = VoiceActivity().questions(one, RATE, 256)
    assert one.labels is not None
    assert asked.truth.tolist() == [label for label in one.labels.tolist() if label >= 0]
    assert asked.frame.tolist() == [2 * i + 1 for i, label in enumerate(one.labels) if label >= 0]


def test_frames_learn_the_teacher_and_a_temperature_softens_it(monkeypatch: pytest.MonkeyPatch) -> None:
    task, one = VoiceActivity(), clip()
    assert one.teacher is not None
    plain = task.wanted(one, RATE, 256)
    np.testing.assert_allclose(plain.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(plain[1 : 2 * STEPS : 2, 1], one.teacher[:, 1] / 255, atol=0.003)
    monkeypatch.setattr(VoiceActivity, "temperature", 2.0)
    soft = task.wanted(one, RATE, 256)
    np.testing.assert_allclose(np.diff(np.log(soft)), np.diff(np.log(plain)) / 2, atol=1e-5)
    truth, chance = task.lessons(one, RATE, 256)
    assert np.array_equal(truth, plain.argmax(axis=1))
    assert np.all(chance == 1)


def test_the_teacher_agrees_with_itself_and_another_does_not() -> None:
    task, one = VoiceActivity(), clip()
    assert one.teacher is not None
    detector = SimpleNamespace(rate=RATE, hop=512)
    own = np.rint(2048 * np.log(np.maximum(one.teacher, 0.5) / 255))
    same = task.summarise([task.score(detector, one, answer(own))])
    assert same["agreement"] == 1
    assert same["kl"] == pytest.approx(0, abs=1e-4)
    swapped = task.summarise([task.score(detector, one, answer(own[:, ::-1]))])
    assert swapped["agreement"] == pytest.approx(float((one.teacher[:, 1] == 127.5).mean()))
    assert (swapped["kl"] or 0) > 0.3
    assert same["auc"] == pytest.approx(1 - (swapped["auc"] or 0))


def test_voice_is_heard_as_often_as_somebody_speaks_and_tones_alike() -> None:
    one = clip()
    assert one.teacher is not None
    one.teacher[: STEPS * 3 // 4] = 255, 0
    voice = lessons_of(VoiceActivity(), [one], RATE, 256)[1]
    assert len(set(voice.tolist())) == 1
    tones = np.zeros((2 * STEPS, 13), np.int16)
    tones[:, 4], tones[:10, 4], tones[:10, 12] = 255, 0, 255
    chance = lessons_of(PitchClass(), [replace(one, teacher=tones)], RATE, 256)
    assert chance[1][chance[0] == 12].sum() == pytest.approx(chance[1][chance[0] == 4].sum())


def test_what_chooses_among_steps_does_not_see_a_bias() -> None:
    task, one = VoiceActivity(), clip()
    asked = task.questions(one, RATE, 256)
    values = np.random.default_rng(1).integers(0, 100, (len(asked.truth), 2)).astype(np.int32)
    plain, moved = task.measure(asked, values), task.measure(asked, values + np.array([300, 0], np.int32))
    assert next(iter(plain)) == "auc"
    assert plain["auc"] == moved["auc"] != 0.5
    assert plain["f1"] != moved["f1"]


def test_auc_counts_pairs() -> None:
    rng = np.random.default_rng(3)
    margin, truth = rng.integers(0, 9, 60).astype(float), rng.integers(0, 2, 60)
    ones, zeros = margin[truth == 1], margin[truth == 0]
    pairs = (ones[:, None] > zeros).mean() + (ones[:, None] == zeros).mean() / 2
    assert auc(margin, truth) == pytest.approx(pairs)
    assert auc(margin, np.ones(60, np.int64)) is None


def test_raw_chroma_leaves_silence_out() -> None:
    labels = np.array([3, 3, 12, 12, -1], np.int16)
    teacher = np.zeros((5, 13), np.int16)
    teacher[:, 3] = 255
    one = Clip("c", np.zeros(5 * 256, np.int16), np.zeros(0), "a", "MIT", labels, rate=RATE, teacher=teacher)
    values = np.eye(13)[[3, 4, 3, 3, 3]]
    task = PitchClass()
    found = task.summarise([task.score(SimpleNamespace(rate=RATE, hop=256), one, answer(values))])
    assert found["chroma"] == 0.5
    assert found["accuracy"] == 0.25
    assert found["agreement"] == 0.8
