"""Measure a detector on its task's test sets, and write down what was measured.

Gate models and baselines go through the same code. A record holds one flat object a set, so that a card can
show it as a table; what was not measured is null.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.base import Task
from tasks.detectors import Detector
from zoo.errors import ZooError
from zoo.results import predictions_digest

if TYPE_CHECKING:
    from rich.table import Table

    from zoo.model import Model

SCHEMA = "result/1"


@dataclass(frozen=True, eq=False)
class SetResult:
    """One detector on one test set.

    Args:
        task: Whose set it is.
        name: The set.
        manifest_sha256: Digest that stands for every sample and label.
        predictions_sha256: Digest of every answer, clip after clip.
        seconds: Length of all clips.
        clips: What the task's `score` said of each clip.
    """

    task: Task
    name: str
    manifest_sha256: str
    predictions_sha256: str
    seconds: float
    clips: tuple[Any, ...]

    @property
    def what(self) -> str:
        """What the set holds."""
        return self.task.sets[self.name]

    @cached_property
    def metrics(self) -> dict[str, float | None]:
        """Every metric of the task."""
        return self.task.summarise(self.clips)

    @cached_property
    def intervals(self) -> dict[str, tuple[float, float]]:
        """95 % intervals, of the metrics for which the task tells them."""
        return {key: self.task.interval(self.clips, key) for key in self.task.intervals}

    @property
    def items(self) -> dict[str, int]:
        """How many of what it holds, besides clips."""
        return self.task.items(self.clips)

    def to_json(self) -> dict[str, Any]:
        """The set's object in a record."""
        return {
            "what": self.what,
            "clips": len(self.clips),
            "seconds": round(self.seconds, 2),
            **self.items,
            **self.metrics,
            **{f"{key}_ci95": list(interval) for key, interval in self.intervals.items()},
            "predictions_sha256": self.predictions_sha256,
            "manifest_sha256": self.manifest_sha256,
        }


def evaluate(
    detector: Detector,
    task: Task,
    sets: Sequence[str] | None = None,
    data: Path | None = None,
    say: Callable[[str], None] = lambda what: None,
) -> list[SetResult]:
    """Run a detector over test sets.

    Args:
        detector: A gate model or a baseline, at the task's rate.
        task: What to measure.
        sets: Names of test sets; None means all of them.
        data: Folder that `zoo data build` made, for what does not ship.
        say: Told which set runs.

    Raises:
        ZooError: No such set, another sample rate, or clips that are not there.
        ModuleNotFoundError: mir_eval is not installed.
    """
    if detector.rate != task.input.rate:
        raise ZooError(f"{task.id} is at {task.input.rate} Hz, this detector at {detector.rate} Hz")
    results = []
    for name in _checked(task, sets):
        say(f"{name}: {task.sets[name]}")
        clips = task.load(name, data)
        traces = [detector.predict(clip.samples) for clip in clips]
        scores = tuple(task.score(detector, *pair) for pair in zip(clips, traces, strict=True))
        digest, seconds = task.manifest_digest(name, data), sum(clip.seconds for clip in clips)
        results.append(SetResult(task, name, digest, predictions_digest(traces), seconds, scores))
    return results


def eval_command(
    model: str,
    sets: Sequence[str] | None = None,
    out: Path | None = None,
    data: Path | None = None,
    baselines: bool = False,
) -> int:
    """`zoo eval`: measure, print a table, and write the model's record where one is asked for.

    Raises:
        ZooError: An unknown model, task or set, or clips that are not there.
        ModuleNotFoundError: A package is not installed that evaluation, or a baseline other than the float
            networks, needs.
    """
    from rich.console import Console

    import zoo
    from tasks.registry import task_of

    loaded = zoo.load(model)
    task = task_of(loaded)
    _checked(task, sets)
    if out is not None and not out.absolute().parent.is_dir():
        raise ZooError(f"{out}: there is no folder {out.absolute().parent}. Make it first")
    console = Console()
    seed = 0 if loaded.config.training is None else loaded.config.training.seed
    detectors = {loaded.id: loaded, **(_baselines(task, seed, data, console.print) if baselines else {})}
    results = {}
    with console.status("loading") as status:
        for name, detector in detectors.items():
            results[name] = evaluate(detector, task, sets, data, _after(name, status.update))
    console.print(table(results))
    if out is not None:
        _write(out, loaded, record(loaded, task, results[loaded.id]))
        console.print(f"Record: {out}", soft_wrap=True, markup=False)
    return 0


def _write(out: Path, model: Model, written: dict[str, Any]) -> None:
    """Write a record; the one in the model's own folder with a card and a manifest that know it."""
    from zoo.atomic import write_file
    from zoo.folder import amend_folder

    text = json.dumps(written, indent=1, ensure_ascii=False) + "\n"
    own = None if model.folder is None else model.folder / "record.json"
    if own is not None and out.resolve() == own.resolve():
        amend_folder(own.parent, {own.name: text.encode()})
    else:
        write_file(out, text)


def _baselines(task: Task, seed: int, data: Path | None, say: Callable[[str], None]) -> dict[str, Detector]:
    """Every baseline of the task by its name; without torch, all but the float networks."""
    from tasks.baselines import build_baseline

    say("Making the baselines ready. Float networks train at first use, for minutes; the cache keeps them.")
    made = {}
    for name in task.baselines:
        say(name)
        try:
            made[name] = build_baseline(name, task, seed, data)
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise
            say("  left out: torch is not installed (pip install 'difflogic-zoo[train]')")
    return made


def _after(name: str, say: Callable[[str], None]) -> Callable[[str], None]:
    return lambda what: say(f"{name}, {what}")


def record(model: Model, task: Task, results: Sequence[SetResult]) -> dict[str, Any]:
    """The JSON object of a measured model, keyed by model, revision (its circuit's digest) and task.

    Its level is 0, claimed: nobody else has run the model yet.
    """
    circuit = model.circuit
    return {
        "schema": SCHEMA,
        "level": 0,
        "model": {
            "id": model.id,
            "revision": circuit.digest(),
            "inputs": circuit.n_inputs,
            "registers": circuit.n_registers,
            "gates": circuit.n_gates,
            "outputs": circuit.n_outputs,
            "depth": circuit.depth(),
            "licence": model.config.licence,
            "seed": None if model.config.training is None else model.config.training.seed,
        },
        "task": {
            "id": task.id,
            "main_metric": task.main_metric,
            "higher_is_better": task.higher_is_better,
            "causal": True,
        },
        "harness": {
            "difflogic_zoo": _version("difflogic-zoo"),
            "python": platform.python_version(),
            "numpy": _version("numpy"),
            "mir_eval": _version("mir_eval"),
            "platform": platform.platform(),
            "evaluator": "numpy",
        },
        "sets": {result.name: result.to_json() for result in results},
    }


def table(detectors: Mapping[str, Sequence[SetResult]]) -> Table:
    """One row a detector and set, narrow enough for a terminal of 80 columns."""
    from rich.table import Table

    shown = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    shown.add_column("set" if len(detectors) == 1 else "detector, set", overflow="fold")
    results = next(iter(detectors.values()))
    task, items = results[0].task, list(results[0].items)
    for title in items:
        shown.add_column(title, justify="right")
    for column in task.columns:
        shown.add_column((column.short or column.title + column.unit).replace(" ", "\n"), justify="right")
        if column.key in task.intervals[:1]:
            shown.add_column("95 % of\nthe mean", justify="right")
    for name, results in detectors.items():
        if len(detectors) > 1:
            shown.add_row(name)
        for result in results:
            shown.add_row(result.what, *(str(result.items[item]) for item in items), *_cells(result))
    return shown


def _cells(result: SetResult) -> list[str]:
    """The metrics; the first one's interval stands behind it, units stand in the headings."""
    cells = []
    for column in result.task.columns:
        cells.append(replace(column, unit="").text(result.metrics[column.key]))
        if column.key in result.task.intervals[:1]:
            low, high = result.intervals[column.key]
            cells.append(f"{low:.{column.digits}f}-{high:.{column.digits}f}")
    return cells


def _checked(task: Task, sets: Sequence[str] | None) -> list[str]:
    """Names of sets, each once, in the task's order."""
    for name in sets or ():
        if name not in task.sets:
            raise ZooError(f"{task.id}: no test set {name!r}. There are {', '.join(task.sets)}")
    return [name for name in task.sets if not sets or name in sets]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
