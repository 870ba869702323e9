"""`zoo train`: from the built clips to a complete model folder."""

from __future__ import annotations

import json
import platform
import re
import shlex
import shutil
import time
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.base import Task
from tasks.registry import TASKS, get_task
from zoo.errors import ZooError

if TYPE_CHECKING:
    from tasks.training.recipe import Recipe
    from tasks.training.trainer import ModelLearner, Outcome, Solver
    from zoo.model import Model

STOPPED = 130  # what a shell expects after Ctrl-C


def train_command(
    task: str,
    out: Path,
    size: str = "nano",
    seed: int = 0,
    resume: bool = False,
    device: str = "cpu",
    steps: int | None = None,
    data: Path | None = None,
    target: str | None = None,
    init_from: str | None = None,
) -> int:
    """Train, choose the head on validation, harden, and save a model folder.

    While it runs, checkpoints lie in `<out>.run`; when it ends, the model in `<out>` replaces them.

    Args:
        task: Name of the task.
        out: The model folder to make; must not exist.
        size: One of the task's sizes.
        seed: Of everything random.
        resume: Go on from the checkpoint in `<out>.run`.
        device: `cpu` or `cuda`.
        steps: Instead of the recipe's.
        data: Folder that `zoo data build` made; the user's cache when None.
        target: Which of the task's targets, where it has several.
        init_from: Id or folder of a model with a checkpoint: start from its weights.

    Returns:
        0, or 130 after Ctrl-C.

    Raises:
        ZooError: Unknown task, size or device; no data; a run that cannot start, go on or be saved.
    """
    import torch
    from rich.console import Console

    from tasks.training.start import origin, save_weights, start_from
    from tasks.training.trainer import ModelLearner, Trainer, solved
    from zoo.index import load

    console = Console(stderr=True)
    sheet = get_task(task).for_target(target)
    recipe = _recipe(sheet, size, steps)
    sheet = sheet.for_recipe(recipe)
    folder = out.with_name(f"{out.name}.run")
    _check(out, device)
    torch.set_num_threads(1)  # sums in one order: a resumed run ends with the same bits
    started = time.monotonic()
    digests = {split: sheet.manifest_digest(split, data) for split in ("train", "val")}
    start = None if init_from is None else load(init_from)
    learner = sheet.learner(recipe, seed, device, data)
    about: dict[str, Any] = {
        "task": sheet.id,
        "size": size,
        "recipe": recipe.to_json(),
        "data": digests,
        "device": device,
    }
    if target is not None:
        about["target"] = target
    if start is not None:
        if not isinstance(learner, ModelLearner):
            raise ZooError(f"{task}, size {size}: nothing is trained, so there is nothing to start from")
        start_from(learner, start)
        about["init_from"] = origin(start)
    if isinstance(learner, ModelLearner):
        outcome = Trainer(learner, folder, run_settings(recipe, seed), about, console).run(resume)
    else:
        outcome = solved(learner)
    command = f"zoo train {task} --size {size} --seed {seed}" + (f" --steps {steps}" if steps else "")
    command += f" --target {target}" if target else ""
    command += "" if device == "cpu" else f" --device {device}"
    if outcome.interrupted:
        given = {"--init-from": init_from, "--data": data, "-o": out}
        here = [word for name, value in given.items() if value is not None for word in (name, str(value))]
        here.append("--resume")
        said = f"Stopped at step {outcome.steps}, saved. Go on with: {command} {shlex.join(here)}"
        console.print(said, soft_wrap=True, markup=False)
        return STOPPED
    command += "" if start is None else f" --init-from {start.id}"
    model, record = finish(sheet, learner, outcome, command, seed, digests, _name(out), start)
    record |= about | {"seconds_since_start": round(time.monotonic() - started)}
    _save(
        model,
        out,
        folder,
        record,
        save_weights(learner.module) if isinstance(learner, ModelLearner) else None,
    )
    shutil.rmtree(folder, ignore_errors=True)  # there is none where nothing was trained
    metric, value = outcome.main
    console.print(f"{out}: {model.circuit.n_gates} gates, {metric} on validation {value:.4f}.")
    console.print(f"Next: zoo eval {out}    zoo bench {out}")
    return 0


def run_settings(recipe: Recipe, seed: int) -> Any:
    """The trainer's settings for this recipe."""
    from tasks.training.trainer import Settings

    return Settings(
        steps=recipe.steps, seed=seed, validate_every=recipe.validate_every, patience=recipe.patience
    )


def finish(
    task: Task,
    learner: ModelLearner | Solver,
    outcome: Outcome,
    command: str,
    seed: int,
    digests: dict[str, str],
    name: str,
    start: Model | None = None,
) -> tuple[Model, dict[str, Any]]:
    """The model of a trained learner, and the record of its run.

    What it started from has taught it too: its sources, its licence and its teacher go on.
    """
    from zoo.config import Training
    from zoo.model import Model

    frontend, circuit, head = learner.parts()
    versions = {package: version(package) for package in ("difflogic-zoo", "torch", "numpy", "numba")}
    recipes = import_module(task.recipes)
    sources = recipes.sources(*([task.target] if task.targets else []))
    licence, teacher = recipes.LICENCE, task.taught_by
    if start is not None:
        sources = tuple(dict.fromkeys((*sources, *start.config.sources)))
        licence = " AND ".join(dict.fromkeys((licence, start.config.licence)))
        teacher = teacher or (start.config.training.teacher if start.config.training else None)
    model = Model.from_parts(
        frontend,
        circuit,
        head,
        id=f"local/{name}",
        summary=recipes.SUMMARY + (f": {task.target}" if task.target else ""),
        licence=licence,
        task=task.id,
        training=Training(
            command=command,
            seed=seed,
            trainer=f"difflogic-zoo {versions['difflogic-zoo']}, torch {versions['torch']}",
            data_manifest_sha256=digests["train"],
            teacher=teacher,
            target=task.target,
        ),
        sources=sources,
        classes=getattr(task, "classes", None),
    )
    record = {
        "command": command,
        "seed": seed,
        **dict([outcome.main]),
        "steps": outcome.steps,
        "best_step": outcome.best_step,
        "versions": versions | {"python": platform.python_version()},
    }
    return model, record


def _save(model: Model, out: Path, folder: Path, record: dict[str, Any], weights: bytes | None) -> None:
    """The model folder, with the record of the run, and the weights if there are any."""
    from zoo.folder import save
    from zoo.manifest import CHECKPOINT

    extra = {"training.json": (json.dumps(record, indent=2) + "\n").encode()}
    for kept, name in (("metrics.csv", "training.csv"), ("metrics.png", "training.png")):
        if (folder / kept).exists():
            extra[name] = (folder / kept).read_bytes()
    if weights is not None:
        extra[CHECKPOINT] = weights
    save(model, out, extra=extra)


def _recipe(task: Task, size: str, steps: int | None) -> Recipe:
    from dataclasses import replace

    if not task.recipes:
        known = [name for name, other in TASKS.items() if other.recipes]
        raise ZooError(f"zoo train: there is no recipe for {task.name}. Choose {', '.join(known)}")
    sizes = import_module(task.recipes).SIZES
    if size not in sizes:
        raise ZooError(f"zoo train {task.name}: no size {size!r}. Choose {', '.join(sizes)}")
    chosen: Any = sizes[size]
    return chosen if steps is None else replace(chosen, steps=steps)


def _check(out: Path, device: str) -> None:
    """Refuse now what would fail after hours."""
    import torch

    if out.exists():
        raise ZooError(f"{out}: exists already. Remove it, or give another folder with -o")
    if device not in ("cpu", "cuda"):
        raise ZooError(f"device {device!r}: expected cpu or cuda")
    if device == "cuda" and not torch.cuda.is_available():
        raise ZooError("device cuda: torch sees no CUDA device here. Leave out --device to train on the CPU")


def _name(out: Path) -> str:
    """The folder's name as the second half of a model id."""
    return re.sub(r"[^a-z0-9._-]+", "-", out.resolve().name.lower()).strip("-._")[:64] or "model"
