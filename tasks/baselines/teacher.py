"""The published network that taught a task, on the same board as its pupils."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from tasks.base import Task
from tasks.baselines.class_detectors import ClassDetector
from tasks.data.teachers import RATE
from tasks.taught import FLOOR, TaughtTask

VALUE_STEPS = 2048  # values count 1/2048 of a log probability


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
