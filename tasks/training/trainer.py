"""One trainer for gate networks and float baselines.

A step's random numbers come from (seed, step) alone and every sum runs in a fixed order, so on a CPU with one
thread a run that was killed and resumed ends with the same bits as one that was never interrupted.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor, nn

from tasks.training.checkpoint import CURRENT, PREVIOUS, TrainingError, load_checkpoint, save_checkpoint
from tasks.training.interrupt import Interruptible
from tasks.training.memory import keep_freed_memory
from tasks.training.metrics import Row, plot_png, to_csv
from zoo.atomic import write_file
from zoo.circuit import Circuit
from zoo.frontends import FrontEnd
from zoo.heads import Head

MAIN = 3  # where the deciding metric stands in a row: after step, loss and rate


class Learner(Protocol):
    """What is trained, and on what."""

    @property
    def module(self) -> nn.Module:
        """Everything that learns, on the device it trains on."""
        ...

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Adam's groups: `params` and the peak `lr` of each."""
        ...

    def loss(self, rng: np.random.Generator) -> Tensor:
        """The loss of one batch, drawn with `rng`."""
        ...

    def validate(self) -> dict[str, float]:
        """Metrics on the validation set; the first one decides, larger is better."""
        ...


@runtime_checkable
class ModelLearner(Learner, Protocol):
    """A learner whose module hardens to a model."""

    def parts(self) -> tuple[FrontEnd, Circuit, Head]:
        """The model of the weights as they are; a head that has to be chosen is chosen on validation."""
        ...


class Solver(Protocol):
    """What finds its circuit without training: `parts()` does the work."""

    def validate(self) -> dict[str, float]:
        """As of a learner."""
        ...

    def parts(self) -> tuple[FrontEnd, Circuit, Head]:
        """As of a learner."""
        ...


def solved(solver: Solver) -> Outcome:
    """How a run ends in which nothing is trained."""
    best: Row = {"step": 0, "loss": 0.0, "rate": 0.0, **solver.validate()}
    return Outcome(steps=0, best_step=0, best=best, history=[best], interrupted=False)


@dataclass(frozen=True)
class Settings:
    """How a run goes.

    Args:
        steps: Batches, at least 1.
        seed: Of everything random, at least 0.
        warmup: Steps in which the learning rate rises to its peak.
        final: Learning rate at the end, as a share of the peak; it falls by half a cosine.
        validate_every: Steps between validations; the last step is always validated.
        patience: Validations without a better one after which training stops; 0 never stops early.
        checkpoint_every: Steps between checkpoints.
        clip: Largest norm of all gradients together; 0 does not clip.
    """

    steps: int
    seed: int = 0
    warmup: int = 100
    final: float = 0.02
    validate_every: int = 500
    patience: int = 0
    checkpoint_every: int = 200
    clip: float = 0.0

    def rate(self, step: int) -> float:
        """The learning rate of a step as a share of the peak."""
        rise = min(1.0, (step + 1) / max(1, self.warmup))
        fall = 0.5 * (1 + math.cos(math.pi * step / self.steps))
        return rise * (self.final + (1 - self.final) * fall)


@dataclass(frozen=True)
class Outcome:
    """How a run ended; the learner's module then holds the best weights.

    Args:
        steps: Steps done.
        best_step: Step after which the best weights were taken.
        best: Metrics of the best weights.
        history: One row a validation.
        interrupted: Stopped by Ctrl-C; a checkpoint was saved.
    """

    steps: int
    best_step: int
    best: Row
    history: list[Row]
    interrupted: bool

    @property
    def main(self) -> tuple[str, float]:
        """The metric that decided, and its best value."""
        return list(self.best.items())[MAIN]


class Trainer:
    """Trains a learner in a folder that holds `checkpoint.pt`, `metrics.csv` and `metrics.png`.

    Args:
        learner: What is trained.
        folder: Made if needed.
        settings: How the run goes.
        about: Whatever else decides the result (JSON: recipe, data digest, device): a checkpoint made with
            something else is refused.
        console: Where progress goes; standard error when None.
    """

    def __init__(
        self,
        learner: Learner,
        folder: Path,
        settings: Settings,
        about: Mapping[str, Any] | None = None,
        console: Console | None = None,
    ) -> None:
        self.learner, self.folder, self.settings = learner, folder, settings
        self.console = console or Console(stderr=True)
        self.identity = {"settings": vars(settings), **json.loads(json.dumps(about or {}))}
        self.step = 0
        self.history: list[Row] = []
        self._losses: list[float] = []  # since the last validation
        self._best: Row = {}
        self._best_weights: dict[str, Tensor] = {}
        groups = learner.parameter_groups()
        self._peaks = [group["lr"] for group in groups]
        self._optimizer = torch.optim.Adam(groups, fused=True)

    def run(self, resume: bool = False) -> Outcome:
        """Train to the end, to the early stop, or to Ctrl-C.

        Args:
            resume: Go on from the folder's checkpoint; without one, start.

        Raises:
            TrainingError: The folder holds a run and `resume` is off, or its run is another one; the loss is
                no longer finite; there is no room for a checkpoint.
        """
        keep_freed_memory()
        self._start(resume)
        with Interruptible() as interruption, self._progress() as progress:
            bar = progress.add_task("training", total=self.settings.steps, completed=self.step, note="")
            while not self._finished() and not interruption.asked:
                loss = self._step()
                due = self.step % self.settings.validate_every == 0 or self.step == self.settings.steps
                if due:
                    self._validate()
                if due or self.step % self.settings.checkpoint_every == 0:
                    self._save()
                progress.update(bar, completed=self.step, note=self._note(loss))
            interrupted = not self._finished()
        if interrupted:
            self._save()
        else:
            self.learner.module.load_state_dict(self._best_weights)
        self._draw()
        best_step = int(self._best.get("step", 0))
        return Outcome(self.step, best_step, dict(self._best), list(self.history), interrupted)

    def _step(self) -> float:
        """One batch; the loss."""
        settings, module = self.settings, self.learner.module
        module.train()
        torch.manual_seed(
            int(np.random.SeedSequence((settings.seed, self.step)).generate_state(1, np.uint64)[0])
        )
        for group, peak in zip(self._optimizer.param_groups, self._peaks, strict=True):
            group["lr"] = peak * settings.rate(self.step)
        self._optimizer.zero_grad(set_to_none=True)
        loss = self.learner.loss(np.random.default_rng((settings.seed, self.step)))
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TrainingError(
                f"{self.folder}: the loss became {value} at step {self.step}. Lower the learning rate."
            )
        loss.backward()
        if settings.clip:
            nn.utils.clip_grad_norm_(module.parameters(), settings.clip)
        self._optimizer.step()
        self.step += 1
        self._losses.append(value)
        return value

    def _validate(self) -> None:
        """Add a row to the history; keep the weights if they are the best so far."""
        self.learner.module.eval()
        with torch.no_grad():
            found = self.learner.validate()
        row = {"step": self.step, "loss": math.fsum(self._losses) / len(self._losses)}
        row |= {"rate": self.settings.rate(self.step - 1), **found}
        self._losses = []
        self.history.append(row)
        if not self._best or _main(row) > _main(self._best):
            self._best = row
            self._best_weights = copy.deepcopy(self.learner.module.state_dict())
        said = ", ".join(f"{name} {value:.4f}" for name, value in row.items() if name not in ("step", "rate"))
        self.console.print(f"step {self.step}: {said}", highlight=False)
        write_file(self.folder / "metrics.csv", to_csv(self.history))

    def _finished(self) -> bool:
        settings = self.settings
        if self.step >= settings.steps:
            return True
        late = self.history and self.history[-1]["step"] == self.step
        waited = len(self.history) - 1 - self.history.index(self._best) if self.history else 0
        return bool(late and settings.patience and waited >= settings.patience)

    def _start(self, resume: bool) -> None:
        """Take up the folder's run, or make sure that there is none."""
        self.folder.mkdir(parents=True, exist_ok=True)
        present = any((self.folder / name).exists() for name in (CURRENT, PREVIOUS))
        if not resume and present:
            raise TrainingError(
                f"{self.folder}: an unfinished run is here. Add --resume to go on with it, or remove the "
                "folder to start anew."
            )
        state = load_checkpoint(self.folder)
        if state is None:
            return
        _require_same(self.folder, state["identity"], self.identity)
        self.step, self.history, self._losses = state["step"], state["history"], state["losses"]
        if self.history:
            self._best = next(row for row in self.history if row["step"] == state["best_step"])
        self._best_weights = state["best_weights"]
        self.learner.module.load_state_dict(state["weights"])
        self._optimizer.load_state_dict(state["optimizer"])
        at = f"step {self.step} of {self.settings.steps}"
        self.console.print(f"Trained already, to {at}." if self._finished() else f"Going on at {at}.")

    def _save(self) -> None:
        save_checkpoint(
            self.folder,
            {
                "identity": self.identity,
                "step": self.step,
                "history": self.history,
                "losses": self._losses,
                "best_step": self._best.get("step", 0),
                "best_weights": self._best_weights,
                "weights": self.learner.module.state_dict(),
                "optimizer": self._optimizer.state_dict(),
            },
        )

    def _draw(self) -> None:
        """The plot, where matplotlib is installed and there is something to see."""
        with suppress(ModuleNotFoundError):
            if self.history:
                write_file(self.folder / "metrics.png", plot_png(self.history, self.folder.name))

    def _progress(self) -> Progress:
        columns = [
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
        ]
        return Progress(*columns, console=self.console)

    def _note(self, loss: float) -> str:
        best = f"  best {_main(self._best):.4f}" if self._best else ""
        return f"loss {loss:.4f}{best}"


def _main(row: Row) -> float:
    """The metric that decides: the first after step, loss and rate."""
    return list(row.values())[MAIN]


def _require_same(folder: Path, theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    """Refuse a checkpoint of another run, naming the first difference."""
    here, now = _flat(theirs), _flat(ours)
    for key in sorted(here.keys() | now.keys()):
        if here.get(key) != now.get(key):
            raise TrainingError(
                f"{folder}: this run was started with {key} = {here.get(key)!r}, now it is {now.get(key)!r}. "
                "Resume it with the same options, or train into another folder."
            )


def _flat(tree: Any, path: str = "") -> dict[str, Any]:
    """Nested dicts as `a.b.c` -> value."""
    if not isinstance(tree, dict):
        return {path: tree}
    return {
        k: v for name, value in tree.items() for k, v in _flat(value, f"{path}.{name}".strip(".")).items()
    }
