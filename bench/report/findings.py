"""A benchmark's findings: accuracy on each test set, one typical recording, cost on each target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bench.targets.base import Cost
from zoo.model import Model
from zoo.results import Trace

if TYPE_CHECKING:
    from tasks.base import Task
    from tasks.data.clip import Clip
    from tasks.metrics import ClipScore

NEAR_MEDIAN = 0.03  # of F

Int16 = npt.NDArray[np.int16]
Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Accuracy:
    """How well a model does on one test set.

    Args:
        name: The set's name in its task.
        title: What it holds.
        clips: One score a clip.
    """

    name: str
    title: str
    clips: list[ClipScore]

    @property
    def metrics(self) -> dict[str, float | None]:
        """Every metric of the set; see `tasks.metrics.summarise`."""
        from tasks.metrics import summarise

        return summarise(self.clips)

    def interval(self, narrow: bool = False) -> tuple[float, float]:
        """95 % interval of the mean F."""
        from tasks.metrics import confidence

        return confidence(self.clips, narrow)

    @property
    def minutes(self) -> float:
        """Length of the set."""
        return sum(clip.seconds for clip in self.clips) / 60

    @property
    def delays_ms(self) -> Float64:
        """Detection minus label of every match, milliseconds."""
        return np.concatenate([clip.delays for clip in self.clips]) * 1000


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
        accuracy: One for each test set that is here.
        example: A typical recording, or None.
        costs: One for each target.
        agreements: One for each target.
        notes: What is missing, and why.
    """

    model: Model
    task: Task | None
    accuracy: list[Accuracy] = field(default_factory=list)
    example: Example | None = None
    costs: list[Cost] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def measure_accuracy(
    task: Task, model: Model, sets: dict[str, list[Clip]], say: Callable[[str], None]
) -> list[Accuracy]:
    """Score the model on every set."""
    found = []
    for name, clips in sets.items():
        say(f"accuracy: {task.sets[name]}")
        found.append(Accuracy(name, task.sets[name], task.score(model, clips)))
    return found


def typical_example(
    task: Task, model: Model, sets: dict[str, list[Clip]], accuracy: Sequence[Accuracy]
) -> Example | None:
    """The longest clip of the last set (real recordings come last) whose F is near the set's median."""
    from tasks.detectors import hit_times

    if not accuracy:
        return None
    last = accuracy[-1]
    scores = np.array([clip.f() for clip in last.clips])
    near = np.flatnonzero(np.abs(scores - np.median(scores)) <= NEAR_MEDIAN)
    if not near.size:  # an even number of clips can leave the median between two far apart
        near = np.argsort(np.abs(scores - np.median(scores)))[:1]
    chosen = int(max(near, key=lambda i: last.clips[i].seconds))
    clip = sets[last.name][chosen]
    trace = model.predict(clip.samples)
    return Example(clip, last.title, float(scores[chosen]), trace, hit_times(model, trace))
