"""What comparisons of classifiers share: running them, and tables and plots of what was found.

A comparison measures the model folders that it is given and the baselines that its record lacks; gates that are given
replace those of their size. Delete the record to measure everything anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.comparison import Record, mean, trained_models

if TYPE_CHECKING:
    from tasks.classes import ClassTask
    from tasks.detectors import Detector
    from tasks.evaluate import SetResult

DOCS = Path(__file__).parents[1] / "docs"
SEEDS = (1, 2, 3)
FLOATS = ("class-gru", "class-cnn", "class-mlp")
LABELS = {
    "gates": "**gates, standard**",
    "gates nano": "**gates, nano**",
    "class-gru": "GRU",
    "class-cnn": "CNN",
    "class-mlp": "MLP",
    "nearest": "nearest frames",
    "random-classes": "random gates",
    "majority": "always the same",
}
COSTS = """\
Emulated on a Cortex-A8 (exact instructions, cycles by a [core model](cortex-a8-model.md)). The network alone is gates and
head, or layers of float C with NEON ([how](float-peers.md)). The float networks' log-mel, a float FFT, is not counted; the
gates' front end and encoder are in the last column."""

Describe = Callable[["ClassTask", "SetResult"], dict[str, Any]]


class Files(NamedTuple):
    """Where a comparison lies."""

    record: Path
    page: Path
    plot: Path


def files_of(task: str) -> Files:
    """The record, the page and the plot of a task's comparison."""
    return Files(DOCS / "records" / f"{task}.json", DOCS / f"{task}-results.md", DOCS / f"{task}-results.png")


def measure(name: str, folders: Sequence[Path], describe: Describe) -> Record:
    """The record of a task with what it lacked, and with the gates in these folders.

    Args:
        name: The task's.
        folders: What `zoo train` made.
        describe: What a run says beside its metrics.
    """
    from tasks.registry import get_task

    task: Any = get_task(name)
    old = _known(task)
    given = [(_label(command), seed, command, model) for seed, command, model in trained_models(folders)]
    renewed = {label for label, *_ in given}
    runs = [run for run in old["runs"] if run["detector"] not in renewed]
    costs = {label: cost for label, cost in old["costs"].items() if label not in renewed}
    have = {(run["detector"], run["seed"]) for run in runs}
    for label, seed, command, detector in (*given, *_baselines(task, have)):
        print(label, seed, flush=True)
        runs.append(_run(task, label, seed, command, detector, describe))
        if label not in costs and (label in FLOATS or label.startswith("gates")):
            costs[label] = _cost(task, label, detector)
    order = list(LABELS)
    runs.sort(key=lambda run: (order.index(run["detector"]), run["seed"] or 0))
    costs = {label: costs[label] for label in order if label in costs}
    return {"schema": "comparison/1", "task": task.id, "runs": runs, "costs": costs}


def _known(task: ClassTask) -> Record:
    """What the record holds of the task as it is now."""
    try:
        old: Record = json.loads(files_of(task.name).record.read_text(encoding="utf-8"))
    except FileNotFoundError:
        old = {"task": None}
    if old["task"] != task.id:
        return {"runs": [], "costs": {}}
    digest = task.manifest_digest("test")
    costs = {label: cost for label, cost in old["costs"].items() if cost is not None}
    runs = [run for run in old["runs"] if run["sets"]["test"]["manifest_sha256"] == digest]
    return {"runs": runs, "costs": costs}


def _label(command: str) -> str:
    size = command.split("--size ")[1].split()[0]
    return "gates" if size == "standard" else f"gates {size}"


def _baselines(task: ClassTask, have: set[Any]) -> Iterator[tuple[str, int | None, None, Detector]]:
    from tasks.baselines import build_baseline

    for name in task.baselines:
        for seed in SEEDS if name in FLOATS else (None,):
            if (name, seed) not in have:
                yield name, seed, None, build_baseline(name, task, SEEDS[0] if seed is None else seed)


def _run(
    task: ClassTask, label: str, seed: int | None, command: str | None, detector: Detector, describe: Describe
) -> dict[str, Any]:
    from tasks.evaluate import evaluate

    (result,) = evaluate(detector, task)
    about = {"detector": label, "seed": seed, "command": command, "sets": {"test": result.to_json()}}
    return about | describe(task, result)


def _cost(task: ClassTask, label: str, detector: Any) -> dict[str, Any]:
    """Emulated cycles of a frame on the Cortex-A8."""
    from bench.measure.class_costs import float_cost, gates_cost

    return float_cost(label, task, SEEDS[0]) if label in FLOATS else gates_cost(detector, task)


def present(record: Record) -> list[str]:
    """The detectors of a record, in the order of `LABELS`."""
    return [name for name in LABELS if any(run["detector"] == name for run in record["runs"])]


def best_float(record: Record, metric: str) -> str:
    """The float network of the highest mean over seeds."""
    return max((n for n in present(record) if n in FLOATS), key=lambda n: mean(record, n, "test", metric))


def table(head: Sequence[str], rows: Iterable[Sequence[str]], left: Sequence[int] = (0,)) -> str:
    """A Markdown table; columns other than those in `left` are numbers."""
    lines = ["| " + " | ".join(head) + " |"]
    lines.append("|" + "|".join("---" if k in left else "---:" for k in range(len(head))) + "|")
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def score_table(record: Record, shown: Mapping[str, str]) -> str:
    """Means over seeds of the metrics (key -> title), the first one of each seed too."""
    main, *others = shown
    rows = []
    for name in present(record):
        each = [run["sets"]["test"][main] for run in record["runs"] if run["detector"] == name]
        means = [f"{mean(record, name, 'test', metric):.3f}" for metric in others]
        seeds = " ".join(f"{value:.3f}" for value in each)
        rows.append([LABELS[name], f"{fmean(each):.3f}", seeds, *means])
    head = ["detector", shown[main], "each seed", *(shown[metric] for metric in others)]
    return table(head, rows, left=(0, 2))


def verdict(record: Record, metrics: Mapping[str, str]) -> str:
    """Each size against the best float network by each metric (key -> when), in words made of the numbers."""
    said = []
    for metric, when in metrics.items():
        best = best_float(record, metric)
        score, its = mean(record, best, "test", metric), record["costs"][best]
        said.append(f"{when} the best float network is the {LABELS[best]} with {score:.3f}.")
        for name in present(record):
            if name.startswith("gates"):
                own, cost = mean(record, name, "test", metric), record["costs"][name]
                hop, second = (its[unit] / cost[unit] for unit in ("cycles_hop", "cycles_second"))
                where = "above" if own >= score else "below"
                said.append(
                    f"{LABELS[name].strip('*').capitalize()}: {own:.3f}, {abs(own - score):.3f} {where} it, at "
                    f"1/{hop:.1f} of its cycles a frame and 1/{second:.1f} of its cycles a second."
                )
    main = next(iter(metrics))
    low, high = record["runs"][0]["sets"]["test"][f"{main}_ci95"]
    said.append(
        f"The 95 % interval of a run, over clips, is about ±{(high - low) / 2:.3f}: read smaller differences "
        "as level."
    )
    return "\n".join(f"* {one}" for one in said)


def cost_table(record: Record, rate: int) -> str:
    """Cycles of the networks alone, and of whole models; `rate` is the task's, in Hz."""
    rows = []
    for name in (name for name in present(record) if name in record["costs"]):
        cost = record["costs"][name]
        size = f"{cost['gates']:,} gates" if "gates" in cost else f"{cost['parameters']:,} parameters"
        whole = f"{cost['total_second']:,.0f}" if "total_second" in cost else "-"
        cycles = f"{cost['cycles_hop']:,.0f}", f"{cost['cycles_second']:,.0f}"
        rows.append([LABELS[name], size, f"{1000 * cost['hop'] / rate:.3g} ms", *cycles, whole])
    head = ["detector", "size", "hop", "network: cycles a frame", "a second", "whole model: cycles a second"]
    return table(head, rows, left=(0, 1))


def confusion_table(what: str, names: Sequence[str], confusions: Iterable[Sequence[Sequence[int]]]) -> str:
    """Answers (columns) to truths (rows), summed over (classes, classes) confusions."""
    sums = [[sum(cells) for cells in zip(*rows, strict=True)] for rows in zip(*confusions, strict=True)]
    rows = [[name, *map(str, counts)] for name, counts in zip(names, sums, strict=True)]
    return table([what, *(f"“{name}”" for name in names)], rows)


def commands(record: Record) -> list[str]:
    """How the gates of a record were trained, a line each."""
    return [
        f"    {run['command']} -o runs/{run['detector'].replace(' ', '-')}-{run['seed']}"
        for run in record["runs"]
        if run["command"]
    ]


def draw(record: Record, plot: Path, rows: Mapping[str, str], units: Sequence[str] = ("second",)) -> None:
    """Metrics (key -> title) against cycles a `frame` or a `second` of the network alone.

    A dot is a seed, a line the mean.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    size = (7, 4.2) if len(rows) == len(units) == 1 else (5 * len(units), 3.5 * len(rows))
    shared: dict[str, Any] = {"sharex": "col", "sharey": "row", "layout": "constrained"}
    figure, axes = pyplot.subplots(len(rows), len(units), squeeze=False, figsize=size, **shared)
    for of_row, (metric, title) in zip(axes, rows.items(), strict=True):
        for axis, unit in zip(of_row, units, strict=True):
            _panel(axis, record, metric, "cycles_second" if unit == "second" else "cycles_hop")
        of_row[0].set_ylabel(title)
    for axis, unit in zip(axes[-1], units, strict=True):
        axis.set_xlabel(f"network alone: emulated Cortex-A8 cycles a {unit}")
    figure.savefig(plot, dpi=110, metadata={"Software": None})


def _panel(axis: Any, record: Record, metric: str, unit: str) -> None:
    for name, cost in record["costs"].items():
        values = [run["sets"]["test"][metric] for run in record["runs"] if run["detector"] == name]
        colour = "tab:orange" if name.startswith("gates") else "tab:blue"
        axis.plot([cost[unit]] * len(values), values, "o", color=colour, alpha=0.5)
        axis.plot(cost[unit], fmean(values), "_", color=colour, markersize=22, markeredgewidth=2)
        text, at = LABELS[name].strip("*"), (cost[unit], max(values))
        axis.annotate(text, at, (0, 6), textcoords="offset points", ha="center")
    axis.set_xscale("log")
    axis.grid(alpha=0.3)
    axis.margins(0.18)
