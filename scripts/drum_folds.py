"""Hold out one group of drum kits after another: gates of size nano and the CNN, trained on all the others.

python -m scripts.drum_folds    train, measure, write docs/records/drum-folds.json

One seed and fewer steps than `zoo train`; nothing is chosen on what is held out, the last step counts.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tasks.data.clip import Clip

RECORD = Path(__file__).parents[1] / "docs" / "records" / "drum-folds.json"
FOLDS = (("macarthur",), ("forzee", "lmms"), ("millo", "audiophob", "rumpf"), ("bja", "colombo", "sonic-pi"),
         ("artemio",))  # fmt: skip
SIZE, STEPS, FLOAT, FLOAT_STEPS, SEED = "nano", 600, "class-cnn", 400, 1


def main() -> None:
    """Every fold, then all answers pooled."""
    from tasks.data.drum_kits import KITS
    from tasks.registry import get_task

    task: Any = get_task("drums")
    taught = [clip for split in ("train", "spare") for clip in task.load(split)]
    asked = [clip for split in ("val", "test", "plain") for clip in task.load(split)]
    groups = {kit.name: kit.group for kit in KITS}
    each: list[dict[str, Any]] = []
    pooled: list[dict[str, Any]] = []
    for held in FOLDS:
        train = [clip for clip in taught if groups.get(clip.group) not in held]
        test = [clip for clip in asked if groups[clip.group] in held]
        found = {"gates": gates(task, train, test), FLOAT: floats(task, train, test)}
        pooled.append(found)
        each.append(row(task, ", ".join(held), found))
        print(each[-1], flush=True)
        write(task, each, pooled)


def write(task: Any, each: list[dict[str, Any]], pooled: list[dict[str, Any]]) -> None:
    """The record of the folds so far."""
    from zoo.atomic import write_file

    whole = {name: sum(fold[name] for fold in pooled) for name in ("gates", FLOAT)}
    about = {"size": SIZE, "steps": STEPS, "float": FLOAT, "float_steps": FLOAT_STEPS, "seed": SEED}
    record = {"schema": "folds/1", "task": task.id, **about, "each": each, "all": row(task, "all", whole)}
    write_file(RECORD, json.dumps(record, indent=1) + "\n")


def row(task: Any, held: str, confusions: dict[str, Any]) -> dict[str, Any]:
    """Macro-F1 at every moment and its mean, of int64 (moments, classes, classes) confusions."""
    from tasks.classes import ClassScore

    found: dict[str, Any] = {"held_out": held, "hits": int(confusions["gates"][0].sum())}
    for name, confusion in confusions.items():
        metrics = task.summarise([ClassScore(held, confusion)])
        found[name] = {key: value for key, value in metrics.items() if "groups" not in key}
    return found


def gates(task: Any, train: Sequence[Clip], test: Sequence[Clip]) -> npt.NDArray[np.int64]:
    """Confusions of a gate network that never heard the clips of `test`."""
    from tasks.recipes.drums import SIZES
    from tasks.training.class_learner import ClassLearner
    from tasks.training.class_task import class_frames
    from tasks.training.frames import frontend_features
    from zoo.model import Model

    recipe = replace(SIZES[SIZE], steps=STEPS)
    fe = recipe.make_frontend()
    frames = class_frames(task, train, frontend_features(fe, train), fe.rate, fe.hop)
    learner = ClassLearner(recipe, frames, lambda counts: {"none": 0.0}, frames.features[:1], SEED)
    run(learner, recipe.steps)
    parts = learner.parts()
    return confusion(task, Model.from_parts(*parts, id="local/fold", summary="A fold", licence="MIT"), test)


def floats(task: Any, train: Sequence[Clip], test: Sequence[Clip]) -> npt.NDArray[np.int64]:
    """Confusions of the float network that never heard the clips of `test`."""
    from tasks.baselines import float_classes
    from tasks.baselines.logmel import at_rate

    mel = at_rate(task.input.rate)
    heard = train, float_classes.mel_frames(mel, train)
    few = train[:1], float_classes.mel_frames(mel, train[:1])
    learner = float_classes.make_learner(task, FLOAT, SEED, heard, few)
    run(learner, FLOAT_STEPS, float_classes.CLIP_NORM)
    return confusion(task, float_classes.detector(FLOAT, learner.module, mel), test)


def run(learner: Any, steps: int, clip: float = 0.0) -> None:
    """Train to the last step; it is the only one that is validated, so none is chosen."""
    from tasks.training.trainer import Settings, Trainer

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(steps, SEED, validate_every=steps, patience=0, clip=clip)
        Trainer(learner, Path(folder, "run"), settings, {}).run(resume=False)


def confusion(task: Any, detector: Any, clips: Sequence[Clip]) -> npt.NDArray[np.int64]:
    """int64 (moments, classes, classes) over all clips."""
    scores = [task.score(detector, clip, detector.predict(clip.samples)).confusion for clip in clips]
    total: npt.NDArray[np.int64] = sum(scores[1:], scores[0])
    return total


if __name__ == "__main__":
    main()
