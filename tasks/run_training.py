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

    Returns:
        0, or 130 after Ctrl-C.

    Raises:
        ZooError: Unknown task, size or device; no data; a run that cannot start, go on or be saved.
    """
    import torch
    from rich.console import Console

    from tasks.training.trainer import ModelLearner, Trainer, solved

    console = Console(stderr=True)
    sheet = get_task(task).for_target(target)
    recipe = _recipe(sheet, size, steps)
    sheet = sheet.for_recipe(recipe)
    folder = out.with_name(f"{out.name}.run")
    _check(out, device)
    torch.set_num_threads(1)  # sums in one order: a resumed run ends with the same bits
    started = time.monotonic()
    digests = {split: sheet.manifest_digest(split, data) for split in ("train", "val")}
    learner = sheet.learner(recipe, seed, device, data)
    about = {"task": sheet.id, "size": size, "recipe": recipe.to_json(), "data": digests, "device": device}
    if target is not None:
        about["target"] = target
    if isinstance(learner, ModelLearner):
        outcome = Trainer(learner, folder, run_settings(recipe, seed), about, console).run(resume)
    else:
        outcome = solved(learner)
    command = f"zoo train {task} --size {size} --seed {seed}" + (f" --steps {steps}" if steps else "")
    command += f" --target {target}" if target else ""
    command += "" if device == "cpu" else f" --device {device}"
    if outcome.interrupted:
        here = ([] if data is None else ["--data", str(data)]) + ["-o", str(out), "--resume"]
        said = f"Stopped at step {outcome.steps}, saved. Go on with: {command} {shlex.join(here)}"
        console.print(said, soft_wrap=True, markup=False)
        return STOPPED
    model, record = finish(sheet, learner, outcome, command, seed, digests, _name(out))
    record |= about | {"seconds_since_start": round(time.monotonic() - started)}
    _save(model, out, folder, record)
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
) -> tuple[Model, dict[str, Any]]:
    """The model of a trained learner, and the record of its run."""
    from zoo.config import Training
    from zoo.model import Model

    frontend, circuit, head = learner.parts()
    versions = {package: version(package) for package in ("difflogic-zoo", "torch", "numpy", "numba")}
    recipes = import_module(task.recipes)
    model = Model.from_parts(
        frontend,
        circuit,
        head,
        id=f"local/{name}",
        summary=recipes.SUMMARY + (f": {task.target}" if task.target else ""),
        licence=recipes.LICENCE,
        task=task.id,
        training=Training(
            command=command,
            seed=seed,
            trainer=f"difflogic-zoo {versions['difflogic-zoo']}, torch {versions['torch']}",
            data_manifest_sha256=digests["train"],
            teacher=task.taught_by,
            target=task.target,
        ),
        sources=recipes.sources(*([task.target] if task.targets else [])),
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


def _save(model: Model, out: Path, folder: Path, record: dict[str, Any]) -> None:
    """The model folder, with the record of the run."""
    from zoo.folder import save

    extra = {"training.json": (json.dumps(record, indent=2) + "\n").encode()}
    for kept, name in (("metrics.csv", "training.csv"), ("metrics.png", "training.png")):
        if (folder / kept).exists():
            extra[name] = (folder / kept).read_bytes()
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
