"""Class tasks: which frames are asked and which teach, and what the confusions make."""

from types import SimpleNamespace

import numpy as np
import pytest

from tasks.base import Audio
from tasks.classes import (
    ClassScore,
    EventClasses,
    EventClassTask,
    FrameClasses,
    FrameClassTask,
    accuracy,
    frame_labels,
    macro_f1,
)
from tasks.data.clip import Clip
from zoo.results import Trace

RATE, HOP = 1000, 10  # a frame is 10 ms


class Hits(EventClassTask):
    name, version, moments = "hits", 1, ("10ms", "40ms")
    input = Audio(RATE, HOP)
    answer = EventClasses(("low", "high"), (10, 40))


class Frames(FrameClassTask):
    name, version = "frames", 1
    input = Audio(RATE, HOP)
    answer = FrameClasses(("no", "yes"), step=20)


def clip(onsets: list[float], labels: list[int], group: str = "a") -> Clip:
    return Clip(
        "c", np.zeros(1000, np.int16), np.array(onsets), group, "CC0-1.0", np.array(labels, np.int16),
        rate=RATE,
    )  # fmt: skip


def answering(classes: np.ndarray) -> Trace:
    return Trace(np.eye(2, dtype=np.int32)[classes], np.zeros(0, np.int64))


def test_an_event_is_asked_of_the_last_frame_completed_by_then_and_until_the_next() -> None:
    asked = Hits().questions(clip([0.1, 0.205, 0.235], [0, 1, -1]), RATE, HOP)
    assert asked.moment.tolist() == [0, 0, 1]  # 205 + 40 ms is behind the next onset; -1 is never asked
    assert asked.frame.tolist() == [10, 20, 13]  # frame 10 ends at 110 ms, 20 at 210 ms, 13 at 140 ms
    assert asked.truth.tolist() == [0, 1, 0]


def test_lessons_follow_onsets_and_grow_rarer() -> None:
    truth, chance = Hits().lessons(clip([0.1, 0.205], [0, 1]), RATE, HOP)
    assert truth[:10].tolist() == [-1] * 10
    assert truth[10:20].tolist() == [0] * 10
    assert truth[20:50].tolist() == [1] * 30
    assert truth[51:].tolist() == [-1] * 49
    assert chance[10] == pytest.approx(1 / 30)
    assert np.all(np.diff(chance[20:50]) < 0)
    assert np.array_equal(chance > 0, truth >= 0)


def test_frames_are_labelled_at_their_last_sample() -> None:
    whole = clip([], [0, 1, -1, 1])
    assert frame_labels(whole, HOP, 20)[:10].tolist() == [0, 0, 1, 1, -1, -1, 1, 1, -1, -1]
    assert Frames().questions(whole, RATE, HOP).frame.tolist() == [0, 1, 2, 3, 6, 7]


def test_scores_by_hand() -> None:
    task, detector = Frames(), SimpleNamespace(rate=RATE, hop=HOP)
    says = np.zeros(100, np.int64)
    says[2] = 1
    scores = [
        task.score(detector, clip([], [0, 1], "a"), answering(says)),
        task.score(detector, clip([], [0, 0], "b"), answering(says)),
    ]
    assert scores[0].confusion.tolist() == [[[2, 0], [1, 1]]]
    found = task.summarise(scores)
    assert found["accuracy"] == pytest.approx(6 / 8)
    assert found["f1"] == pytest.approx((2 * 5 / 12 + 2 * 1 / 4) / 2)
    assert found["f1_groups"] == pytest.approx(((2 * 2 / 5 + 2 / 3) / 2 + 2 * 3 / 7) / 2)
    assert task.items(scores) == {"answers": 8}
    low, high = task.interval(scores, "f1")
    assert 0 <= low <= found["f1"] <= high <= 1


def test_what_was_not_asked_is_none_and_absent_classes_do_not_count() -> None:
    assert accuracy(np.zeros((2, 2), np.int64)) is None
    assert macro_f1(np.zeros((2, 2), np.int64)) is None
    assert macro_f1(np.array([[3, 1], [0, 0]])) == pytest.approx(6 / 7)
    empty = ClassScore("a", np.zeros((2, 2, 2), np.int64))
    assert Hits().summarise([empty])["f1_10ms"] is None
    assert Hits().summarise([empty])["f1_mean"] is None
    half = ClassScore("a", np.array([[[3, 1], [0, 0]], [[1, 0], [0, 1]]]))
    assert Hits().summarise([half])["f1_mean"] == pytest.approx((6 / 7 + 1) / 2)
