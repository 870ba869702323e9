"""Tasks whose answers are classes: of every frame, or of every event some time after it began.

An answer is the largest of a frame's values (the first of equals), as `GroupSum` decides. A subclass says
which frames are asked (`questions`) and which teach (`lessons`); every number follows from the confusions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from tasks.base import Column, Task

if TYPE_CHECKING:
    from tasks.data.clip import Clip
    from tasks.detectors import Detector
    from tasks.training.trainer import ModelLearner
    from zoo.results import Trace

Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FrameClasses:
    """A class for every frame; a clip's `labels` hold one for every `step` samples, or -1: not asked."""

    names: tuple[str, ...]
    step: int


@dataclass(frozen=True)
class EventClasses:
    """A class for every onset, asked `after_ms` later; a clip's `labels` hold one for each onset, or -1.

    Training hears frames up to `lesson_ms` after an onset, the early ones more often.
    """

    names: tuple[str, ...]
    after_ms: tuple[int, ...]
    lesson_ms: float = 300.0
    early_ms: float = 20.0


class Questions(NamedTuple):
    """What is asked of one clip.

    Args:
        frame: int64 (n,): whose values answer.
        truth: int64 (n,): the right class.
        moment: int64 (n,): which of the task's moments it is.
    """

    frame: Int64
    truth: Int64
    moment: Int64


@dataclass(frozen=True, eq=False)
class ClassScore:
    """One clip.

    Args:
        group: Kit, speaker or pack it comes from.
        confusion: int64 (moments, classes, classes): how often a truth (row) got an answer (column).
    """

    group: str
    confusion: Int64


def accuracy(confusion: Int64) -> float | None:
    """Share of right answers of an int64 (classes, classes) confusion; None without questions."""
    asked = int(confusion.sum())
    return float(np.trace(confusion) / asked) if asked else None


def macro_f1(confusion: Int64) -> float | None:
    """Mean of F1 over the classes that occur as truth, of an int64 (classes, classes) confusion."""
    truth, answered, right = confusion.sum(1), confusion.sum(0), np.diag(confusion)
    there = truth > 0
    return float((2 * right / np.maximum(1, truth + answered))[there].mean()) if there.any() else None


class ClassTask(Task):
    """Scored by macro-F1 and accuracy; `moments` names what is asked at different times, each on its own.

    `balance` says how often training hears a class: 1 all classes equally, 0 each as often as it occurs.
    """

    moments: ClassVar[tuple[str, ...]] = ("",)
    balance: ClassVar[float] = 1.0

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the values."""
        names: tuple[str, ...] = self.answer.names
        return names

    def questions(self, clip: Clip, rate: int, hop: int) -> Questions:
        """What is asked of a clip when frames of `hop` samples at `rate` Hz answer."""
        raise NotImplementedError

    def lessons(self, clip: Clip, rate: int, hop: int) -> tuple[Int64, Float64]:
        """Class (int64, -1 for none) and chance in training (float64) of every frame of a clip."""
        raise NotImplementedError

    def wanted(self, clip: Clip, rate: int, hop: int) -> npt.NDArray[np.float32]:
        """float32 (frames, classes): probabilities each frame should answer; zeros where none teaches."""
        truth, _ = self.lessons(clip, rate, hop)
        return np.eye(len(self.classes), dtype=np.float32)[truth] * (truth >= 0)[:, None]

    def learner(self, recipe: Any, seed: int, device: str, data: Path | None = None) -> ModelLearner:
        """A `GateRecipe` learns a count for each class."""
        from tasks.training.class_task import make_learner

        return make_learner(self, recipe, seed, device, data)

    def score(self, detector: Detector, clip: Clip, trace: Trace) -> ClassScore:
        """Compare what the asked frames answer with what is right."""
        asked = self.questions(clip, detector.rate, detector.hop)
        return ClassScore(clip.group, self.confusion(asked, np.argmax(trace.values[asked.frame], axis=1)))

    def confusion(self, asked: Questions, answers: Int64) -> Int64:
        """int64 (moments, classes, classes) of the answers to these questions."""
        n = len(self.classes)
        found = np.zeros((len(self.moments), n, n), np.int64)
        np.add.at(found, (asked.moment, asked.truth, answers), 1)
        return found

    def measure(self, asked: Questions, values: npt.NDArray[np.int32]) -> dict[str, float]:
        """Validation; the first number chooses among the steps of a training run.

        Args:
            asked: Questions.
            values: int32 (questions, classes).

        Returns:
            The mean of macro-F1 over the moments, then each moment's.
        """
        each = [macro_f1(of_moment) or 0.0 for of_moment in self.confusion(asked, np.argmax(values, axis=1))]
        named = {_key("f1", moment): f1 for moment, f1 in zip(self.moments, each, strict=True)}
        return {"f1_mean": float(np.mean(each)), **named}

    def summarise(self, scores: Sequence[ClassScore]) -> dict[str, float | None]:
        """Of each moment: macro-F1, its mean over groups, and accuracy; of several, the means over them."""
        whole = sum((score.confusion for score in scores), np.zeros(self._shape, np.int64))
        groups = self.by_group(scores)
        found: dict[str, float | None] = {}
        for k, moment in enumerate(self.moments):
            each = [macro_f1(confusion[k]) for confusion in groups.values()]
            found[_key("f1", moment)] = macro_f1(whole[k])
            found[_key("f1_groups", moment)] = _mean([f for f in each if f is not None])
            found[_key("accuracy", moment)] = accuracy(whole[k])
        if len(self.moments) > 1:
            for name in ("f1", "f1_groups", "accuracy"):
                found[f"{name}_mean"] = _mean([found[_key(name, moment)] for moment in self.moments])
        return found

    def by_group(self, scores: Sequence[ClassScore]) -> dict[str, Int64]:
        """Group -> int64 (moments, classes, classes), in the order in which groups appear."""
        found: dict[str, Int64] = {}
        for score in scores:
            found[score.group] = found.get(score.group, np.zeros(self._shape, np.int64)) + score.confusion
        return found

    def items(self, scores: Sequence[ClassScore]) -> dict[str, int]:
        """Questions at the first moment."""
        return {"answers": int(sum(score.confusion[0].sum() for score in scores))}

    @property
    def _shape(self) -> tuple[int, int, int]:
        return len(self.moments), len(self.classes), len(self.classes)


class FrameClassTask(ClassTask):
    """A class for every frame, as `FrameClasses` says."""

    explanation = (
        "Every frame's largest value is its answer. F1 is the mean over classes, each counted alike; "
        "the second column is the mean over the groups of recordings."
    )
    main_metric = "f1"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("f1", "macro-F1", short="macro- F1"),
        Column("f1_groups", "macro-F1, mean over groups", short="by group"),
        Column("accuracy", "accuracy", short="accu- racy"),
    )
    intervals = ("f1",)

    def questions(self, clip: Clip, rate: int, hop: int) -> Questions:
        """Every frame with a class: that of its last sample."""
        truth = frame_labels(clip, hop, self.answer.step)
        frame = np.flatnonzero(truth >= 0)
        return Questions(frame, truth[frame], np.zeros(len(frame), np.int64))

    def lessons(self, clip: Clip, rate: int, hop: int) -> tuple[Int64, Float64]:
        """Every frame with a class, all alike."""
        truth = frame_labels(clip, hop, self.answer.step)
        return truth, (truth >= 0).astype(np.float64)


class EventClassTask(ClassTask):
    """A class for every onset, as `EventClasses` says; an onset is asked until the next one begins."""

    explanation = (
        "Some time after each onset the values of the last frame completed by then answer. F1 is the mean "
        "over classes, each counted alike. An onset is not asked any more once the next one has begun."
    )

    def questions(self, clip: Clip, rate: int, hop: int) -> Questions:
        """Every onset with a class at every moment that comes before the next onset and the clip's end."""
        ends = np.append(clip.onsets[1:], clip.seconds)
        found = []
        for moment, after in enumerate(self.answer.after_ms):
            instant = clip.onsets + after / 1000
            assert clip.labels is not None
            asked = (clip.labels >= 0) & (instant <= ends)
            frame = np.floor(instant[asked] * rate / hop + 1e-6).astype(np.int64) - 1
            truth = clip.labels[asked].astype(np.int64)
            found.append(Questions(np.maximum(frame, 0), truth, np.full(len(frame), moment)))
        return Questions(*(np.concatenate(part) for part in zip(*found, strict=True)))

    def lessons(self, clip: Clip, rate: int, hop: int) -> tuple[Int64, Float64]:
        """Frames after an onset, up to the next; the chance falls as 1 / (early_ms + time since it)."""
        assert clip.labels is not None
        instants = (np.arange(len(clip.samples) // hop) + 1) * hop / rate
        before = np.searchsorted(clip.onsets, instants, side="right") - 1
        since = 1000 * (instants - clip.onsets[np.maximum(before, 0)])
        # The frame in which an onset lies has heard too little of it.
        heard = (before >= 0) & (since >= 1000 * hop / rate / 2) & (since <= self.answer.lesson_ms)
        truth = np.where(heard, clip.labels[np.maximum(before, 0)].astype(np.int64), -1)
        return truth, np.where(truth >= 0, 1 / (self.answer.early_ms + np.abs(since)), 0.0)


def frame_labels(clip: Clip, hop: int, step: int) -> Int64:
    """int64 (frames,): the label at each frame's last sample, -1 behind the last label."""
    assert clip.labels is not None
    at = ((np.arange(len(clip.samples) // hop) + 1) * hop - 1) // step
    labels = clip.labels.astype(np.int64)
    return np.where(at < len(labels), labels[np.minimum(at, len(labels) - 1)], -1)


def _mean(values: Sequence[float | None]) -> float | None:
    """None where a value is missing, or all are."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known and len(known) == len(values) else None


def _key(name: str, moment: str) -> str:
    return f"{name}_{moment}" if moment else name
