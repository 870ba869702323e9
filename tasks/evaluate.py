"""Measure a detector on its task's test sets, and write down what was measured.

Gate models and baselines go through the same code. A record holds one flat object a set, so that a card can
show it as a table; what was not measured is null.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.base import Task
from tasks.detectors import Detector
from tasks.metrics import ClipScore, confidence, summarise
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
        name: The set.
        what: What it holds.
        manifest_sha256: Digest that stands for every sample and label.
        predictions_sha256: Digest of every score and hit, clip after clip.
        clips: The clips' scores.
    """

    name: str
    what: str
    manifest_sha256: str
    predictions_sha256: str
    clips: tuple[ClipScore, ...]

    def metrics(self) -> dict[str, float | None]:
        """Every metric; see `tasks.metrics`."""
        return summarise(self.clips)

    def to_json(self) -> dict[str, Any]:
        """The set's object in a record."""
        return {
            "what": self.what,
            "clips": len(self.clips),
            "seconds": round(sum(clip.seconds for clip in self.clips), 2),
            "onsets": sum(clip.labels for clip in self.clips),
            **self.metrics(),
            "f_50ms_ci95": list(confidence(self.clips)),
            "f_25ms_ci95": list(confidence(self.clips, narrow=True)),
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
        digest = task.manifest_digest(name, data)
        results.append(SetResult(name, task.sets[name], digest, predictions_digest(traces), scores))
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
    from tasks.registry import get_task

    loaded = zoo.load(model)
    if loaded.config.task is None:
        raise ZooError(f"{loaded.id}: it belongs to no task, so there is nothing to measure it on")
    task = get_task(loaded.config.task)
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
        from zoo.atomic import write_file

        written = record(loaded, task, results[loaded.id])
        write_file(out, json.dumps(written, indent=1, ensure_ascii=False) + "\n")
        console.print(f"Record: {out}", soft_wrap=True)
    return 0


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
    for title in (
        *("onsets", "F\n±50 ms", "95 % of\nthe mean", "F\n±25 ms", "preci-\nsion", "recall"),
        *("false\n/min", "delay\nms", "p95\nms"),
    ):
        shown.add_column(title, justify="right")
    for name, results in detectors.items():
        if len(detectors) > 1:
            shown.add_row(name)
        for result in results:
            m, (low, high) = result.metrics(), confidence(result.clips)
            shown.add_row(
                result.what,
                str(sum(clip.labels for clip in result.clips)),
                _fixed(m["f_50ms"], 3),
                f"{low:.3f}-{high:.3f}",
                *(_fixed(m[key], 3) for key in ("f_25ms", "precision_50ms", "recall_50ms")),
                *(
                    _fixed(m[key], 1)
                    for key in ("false_positives_per_minute", "delay_median_ms", "delay_p95_ms")
                ),
            )
    return shown


def _fixed(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


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
