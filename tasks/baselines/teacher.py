"""The published network that taught a task, on the same board as its pupils."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from tasks.base import Task
from tasks.baselines.class_detectors import ClassDetector
from tasks.data.teachers import RATE
from tasks.detectors import ScoreDetector, fit_threshold
from tasks.taught import FLOOR, TaughtTask
from tasks.taught_events import TaughtEvents
from zoo.heads import OnsetScore

VALUE_STEPS = 2048  # values count 1/2048 of a log probability
SCORE_STEPS = 4096  # a score counts 1/4096


def build(task: Task, seed: int, data: Path | None) -> ClassDetector:
    """Log probabilities of the teacher, as floats, not as clips keep them.

    Raises:
        ZooError: The teacher is not installed, or is not the pinned one.
    """
    assert isinstance(task, TaughtTask)
    teacher = task.teacher
    teacher.weights()

    def values(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.int32]:
        sure = np.maximum(teacher.probabilities(samples).astype(np.float64), FLOOR / 255)
        return np.rint(VALUE_STEPS * np.log(sure)).astype(np.int32)

    return ClassDetector("teacher", RATE, teacher.step, values, teacher.parameters)


def build_onsets(task: Task, seed: int, data: Path | None) -> ScoreDetector:
    """The teacher's probability of an onset, its head chosen on the task's validation clips.

    Raises:
        ZooError: The teacher is not installed, or is not the pinned one.
    """
    assert isinstance(task, TaughtEvents)
    teacher = task.teacher
    teacher.weights()

    def score(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.int32]:
        return np.rint(SCORE_STEPS * teacher.probabilities(samples)[:, 1]).astype(np.int32)

    head = OnsetScore(1, 1, task.answer.refractory(teacher.rate, teacher.step))
    detector = ScoreDetector("onset-teacher", teacher.rate, teacher.step, score, head, teacher.parameters)
    return fit_threshold(detector, [(clip.samples, clip.onsets) for clip in task.load("val", data)])[0]
