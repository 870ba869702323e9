"""Hold out one group after another: small gates and a float network, trained on all the others.

Fewer steps than `zoo train`; nothing is chosen on what is held out, the last step counts.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tasks.data.clip import Clip

Fold = tuple[str, "Sequence[Clip]", "Sequence[Clip]"]  # what is held out, clips to learn from, clips to ask


@dataclass(frozen=True)
class Plan:
    """What is trained for each fold.

    Args:
        size: Of the task's recipes.
        steps: Of the gates.
        float: The float network.
        float_steps: Of it.
        seed: Of both.
    """

    size: str
    steps: int
    float: str
    float_steps: int
    seed: int = 1


def hold_out(task: Any, plan: Plan, folds: Iterable[Fold], record: Path) -> None:
    """Train and ask each fold, and write the record of those so far, answers pooled too."""
    each: list[dict[str, Any]] = []
    pooled: list[dict[str, Any]] = []
    for held, train, test in folds:
        found = {"gates": gates(task, plan, train, test), plan.float: floats(task, plan, train, test)}
        pooled.append(found)
        each.append(row(task, held, found))
        print(each[-1], flush=True)
        write(task, plan, each, pooled, record)


def write(
    task: Any, plan: Plan, each: list[dict[str, Any]], pooled: list[dict[str, Any]], record: Path
) -> None:
    """The record of the folds so far."""
    from zoo.atomic import write_file

    whole = {name: sum(fold[name] for fold in pooled) for name in ("gates", plan.float)}
    about = {"schema": "folds/1", "task": task.id, **asdict(plan)}
    write_file(record, json.dumps(about | {"each": each, "all": row(task, "all", whole)}, indent=1) + "\n")


def row(task: Any, held: str, confusions: dict[str, Any]) -> dict[str, Any]:
    """Metrics at every moment and their means, of int64 (moments, classes, classes) confusions."""
    from tasks.classes import ClassScore

    found: dict[str, Any] = {"held_out": held, "hits": int(confusions["gates"][0].sum())}
    for name, confusion in confusions.items():
        metrics = task.summarise([ClassScore(held, confusion)])
        found[name] = {key: value for key, value in metrics.items() if "groups" not in key}
    return found


def gates(task: Any, plan: Plan, train: Sequence[Clip], test: Sequence[Clip]) -> npt.NDArray[np.int64]:
    """Confusions of a gate network that never heard the clips of `test`."""
    from tasks.training.class_learner import ClassLearner
    from tasks.training.class_task import class_frames
    from tasks.training.frames import frontend_features
    from tasks.training.hard import predict
    from zoo.model import Model

    recipe = replace(import_module(task.recipes).SIZES[plan.size], steps=plan.steps)
    fe = recipe.make_frontend()
    frames = class_frames(task, train, frontend_features(fe, train), fe.rate, fe.hop, recipe.reach > 0)
    learner = ClassLearner(recipe, frames, lambda counts: {"none": 0.0}, frames.features[:1], plan.seed)
    run(learner, recipe.steps, plan.seed)
    model = Model.from_parts(*learner.parts(), id="local/fold", summary="A fold", licence="MIT")
    return confusion(task, model, test, predict(model, [clip.samples for clip in test]))


def floats(task: Any, plan: Plan, train: Sequence[Clip], test: Sequence[Clip]) -> npt.NDArray[np.int64]:
    """Confusions of the float network that never heard the clips of `test`."""
    from tasks.baselines import float_classes
    from tasks.baselines.logmel import at_rate

    mel = at_rate(task.input.rate)
    heard = train, float_classes.mel_frames(mel, train)
    few = train[:1], float_classes.mel_frames(mel, train[:1])
    learner = float_classes.make_learner(task, plan.float, plan.seed, heard, few)
    run(learner, plan.float_steps, plan.seed, float_classes.CLIP_NORM)
    detector = float_classes.detector(plan.float, learner.module, mel)
    return confusion(task, detector, test, [detector.predict(clip.samples) for clip in test])


def run(learner: Any, steps: int, seed: int, clip: float = 0.0) -> None:
    """Train to the last step; it is the only one that is validated, so none is chosen."""
    from tasks.training.trainer import Settings, Trainer

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(steps, seed, validate_every=steps, patience=0, clip=clip)
        Trainer(learner, Path(folder, "run"), settings, {}).run(resume=False)


def confusion(
    task: Any, detector: Any, clips: Sequence[Clip], traces: Sequence[Any]
) -> npt.NDArray[np.int64]:
    """int64 (moments, classes, classes) over all clips."""
    scores = [task.score(detector, *pair).confusion for pair in zip(clips, traces, strict=True)]
    total: npt.NDArray[np.int64] = sum(scores[1:], scores[0])
    return total
