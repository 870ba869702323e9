"""A benchmark's findings: accuracy on each test set, one typical recording, cost on each target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bench.scaling import Curve
from bench.targets.base import Cost
from zoo.model import Model
from zoo.results import Trace

if TYPE_CHECKING:
    from tasks.base import Task
    from tasks.data.clip import Clip
    from tasks.evaluate import SetResult

NEAR_MEDIAN = 0.03  # of F

Int16 = npt.NDArray[np.int16]
Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Example:
    """One recording with what the model says about it.

    Args:
        clip: The recording.
        set_title: The test set it belongs to.
        f: Its F at +-50 ms.
        trace: Scores and hits.
        times: float64 seconds of the hits.
    """

    clip: Clip
    set_title: str
    f: float
    trace: Trace
    times: Float64


@dataclass(frozen=True)
class Agreement:
    """Whether a target's answers equal numpy's.

    Args:
        target: The target's name.
        method: How it runs: measured or emulated.
        seconds: Audio compared.
        digest: Predictions digest of numpy over it.
        difference: Where they first differ; None when they do not.
    """

    target: str
    method: str
    seconds: float
    digest: str
    difference: str | None


@dataclass(frozen=True)
class Findings:
    """Everything a report shows.

    Args:
        model: The model.
        task: Its task, or None.
        accuracy: One for each test set that is here; empty without a task.
        example: A typical recording, or None.
        costs: One for each target.
        agreements: One for each target.
        notes: What is missing, and why.
        curves: What other sizes would cost, for the page.
    """

    model: Model
    task: Task | None
    accuracy: list[SetResult] = field(default_factory=list)
    example: Example | None = None
    costs: list[Cost] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)


def typical_example(
    model: Model, sets: dict[str, list[Clip]], accuracy: Sequence[SetResult]
) -> Example | None:
    """The longest clip of the last set (real recordings come last) whose F is near the set's median.

    None where there are no test sets, and for tasks that hear no onsets: the picture shows onsets.
    """
    from tasks.detectors import hit_times
    from tasks.metrics import ClipScore

    last = accuracy[-1] if accuracy else None
    if last is None or not all(isinstance(clip, ClipScore) for clip in last.clips):
        return None
    scores = np.array([clip.f() for clip in last.clips])
    near = np.flatnonzero(np.abs(scores - np.median(scores)) <= NEAR_MEDIAN)
    if not near.size:  # an even number of clips can leave the median between two far apart
        near = np.argsort(np.abs(scores - np.median(scores)))[:1]
    chosen = int(max(near, key=lambda i: last.clips[i].seconds))
    clip = sets[last.name][chosen]
    trace = model.predict(clip.samples)
    return Example(clip, last.what, float(scores[chosen]), trace, hit_times(model, trace))
