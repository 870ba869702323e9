"""Which audio a model is verified and priced on: its task's test sets, or golden vectors without a task."""

from __future__ import annotations

from itertools import chain, zip_longest
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from zoo.errors import ZooError
from zoo.golden import make_golden, read_golden
from zoo.model import Model

if TYPE_CHECKING:
    from tasks.data.clip import Clip

Int16 = npt.NDArray[np.int16]


def test_clips(model: Model) -> tuple[dict[str, list[Clip]], list[str]]:
    """The shipped clips of each of the model's test sets, and notes about sets that are not here.

    Clips that only `zoo data build` brings stay out, so that digests and costs compare between machines.
    """
    from tasks.registry import task_of

    if model.config.task is None:
        return {}, []
    task = task_of(model)
    found: dict[str, list[Clip]] = {}
    notes = []
    for name in task.sets:
        try:
            found[name] = task.load(name, task.shipped)
        except ZooError as error:
            notes.append(f"{name} ({task.sets[name]}) is left out: {error}")
    return found, notes


def samples_of(model: Model, sets: dict[str, list[Clip]]) -> list[Int16]:
    """The samples of all clips; the golden ones when there are no clips."""
    clips = [clip.samples for clips in sets.values() for clip in clips]
    if clips:
        return clips
    return [make_golden(model).samples if model.folder is None else read_golden(model, model.folder).samples]


def first_seconds(model: Model, sets: dict[str, list[Clip]], seconds: float) -> list[Int16]:
    """At most so many seconds of `samples_of`: clips from all sets in turn, the last one cut short.

    Args:
        model: Whose rate counts.
        sets: Of its task, from `test_clips`.
        seconds: More than 0.
    """
    turns = [clip.samples for clip in chain.from_iterable(zip_longest(*sets.values())) if clip is not None]
    chosen: list[Int16] = []
    left = round(seconds * model.rate)
    for samples in turns or samples_of(model, sets):
        if left <= 0:
            break
        chosen.append(samples if len(samples) <= left else samples[:left])
        left -= len(samples)
    return chosen
