"""The gate learner of a class task, on the task's training and validation clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tasks.classes import ClassTask, Questions
from tasks.data.clip import Clip
from tasks.training.class_learner import ClassFrames, ClassLearner, balanced
from tasks.training.frames import cached, frontend_features, frontend_key
from tasks.training.recipe import GateRecipe
from zoo.cache import cache_folder


def make_learner(
    task: ClassTask, recipe: GateRecipe, seed: int, device: str, data: Path | None = None
) -> ClassLearner:
    """The learner on the task's training clips, validated on the questions of its validation clips."""
    frontend = recipe.make_frontend()
    cache = (data or cache_folder()) / "features"

    def features(split: str, clips: Sequence[Clip]) -> npt.NDArray[np.int16]:
        key = frontend_key(frontend, task.manifest_digest(split, data))
        return cached(cache, key, lambda: frontend_features(frontend, clips))

    train, val = task.load("train", data), task.load("val", data)
    asked = ask(task, val, frontend.rate, frontend.hop)
    measure, whole = measure_of(task, asked), recipe.reach > 0
    lessons = class_frames(task, train, features("train", train), frontend.rate, frontend.hop, whole)
    heard = features("val", val)
    if not whole:
        return ClassLearner(recipe, lessons, measure, heard[asked.frame], seed, device)
    return ClassLearner(
        recipe, lessons, lambda counts: measure(counts[asked.frame]), heard, seed, device,
        clip_ends(val, frontend.hop),
    )  # fmt: skip


def clip_ends(clips: Sequence[Clip], hop: int) -> npt.NDArray[np.int64]:
    """int64 (clips,): where each clip's frames of `hop` samples end, one clip after the other."""
    return np.cumsum([len(clip.samples) // hop for clip in clips])


def class_frames(
    task: ClassTask,
    clips: Sequence[Clip],
    features: npt.NDArray[np.int16],
    rate: int,
    hop: int,
    whole: bool = False,
) -> ClassFrames:
    """Frames to learn from, classes balanced as the task says.

    Args:
        task: Says what each frame teaches.
        clips: In the order of the features.
        features: int16 (frames, features) of all clips.
        rate: Sample rate in Hz.
        hop: Samples a frame.
        whole: Keep frames that teach nothing, for a network that looks back to them.
    """
    _, chance = lessons_of(task, clips, rate, hop)
    target = np.concatenate([task.wanted(clip, rate, hop) for clip in clips])
    if whole:
        return ClassFrames(features, target, chance, clip_ends(clips, hop))
    keep = chance > 0
    return ClassFrames(features[keep], target[keep], chance[keep])


def lessons_of(
    task: ClassTask, clips: Sequence[Clip], rate: int, hop: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Class (int64, -1 for none) and chance (float64) of every frame, classes balanced as the task says."""
    truth, chance = (
        np.concatenate(part) for part in zip(*(task.lessons(c, rate, hop) for c in clips), strict=True)
    )
    return truth, chance * balanced(truth, len(task.classes), task.balance)


def ask(task: ClassTask, clips: Sequence[Clip], rate: int, hop: int) -> Questions:
    """The questions of all clips, their frames counted from the first clip's first."""
    starts = np.append(0, clip_ends(clips, hop)[:-1])
    asked = [task.questions(clip, rate, hop) for clip in clips]
    moved = [q._replace(frame=q.frame + start) for q, start in zip(asked, starts, strict=False)]
    return Questions(*(np.concatenate(part) for part in zip(*moved, strict=True)))


def measure_of(task: ClassTask, asked: Questions) -> Callable[[npt.NDArray[np.int32]], dict[str, float]]:
    """Values (questions, classes) -> the task's metrics of validation."""
    return lambda values: task.measure(asked, values)
