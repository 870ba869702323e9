"""Compare drum classifiers made of gates with every baseline: accuracy, emulated cycles, held-out groups.

python scripts/compare_drums.py runs/nano1 runs/nano2 ... runs/standard3    measure, then render
python scripts/compare_drums.py --render                                   render from the record as it is

The folders come from `zoo train drums --size SIZE --seed N -o runs/SIZEN`. The baselines train on first use, on
the same clips, through the same trainer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from tasks.comparison import mean, read_and_render, trained_models

if TYPE_CHECKING:
    from tasks.detectors import Detector

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "docs" / "records" / "drums.json"
FOLDS_RECORD = RECORD.with_name("drum-folds.json")  # by scripts/drum_folds.py
PAGE = ROOT / "docs" / "drums-results.md"
PLOT = ROOT / "docs" / "drums-results.png"
SEEDS = (1, 2, 3)
FLOATS = {"class-gru": SEEDS[:1], "class-cnn": SEEDS, "class-mlp": SEEDS[:1]}  # seeds of each
LABELS = {
    "gates large": "**gates, large**",
    "gates": "**gates, standard**",
    "gates nano": "**gates, nano**",
    "class-gru": "GRU",
    "class-cnn": "CNN",
    "class-mlp": "MLP",
    "nearest": "nearest frames",
    "random-classes": "random gates",
    "majority": "always the same",
}
SHOWN = ("f1_mean", "f1_10ms", "f1_20ms", "f1_40ms", "f1_250ms", "f1_groups_mean", "accuracy_mean")


def measure(folders: list[Path]) -> dict[str, Any]:
    """Every detector and seed on the test set, and what one of each kind costs."""
    from tasks.registry import get_task

    runs, costs = [], {}
    for name, seed, command, detector in detectors(folders):
        print(name, seed, flush=True)
        runs.append(run_of(name, seed, command, detector))
        if name not in costs:
            costs[name] = cost(name, detector)
    return {"schema": "comparison/1", "task": get_task("drums").id, "runs": runs, "costs": costs}


def run_of(name: str, seed: int | None, command: str | None, detector: Detector) -> dict[str, Any]:
    """One detector on the test set: its metrics, F1 of each kit, and confusions of each moment."""
    from tasks.evaluate import evaluate
    from tasks.registry import get_task

    task: Any = get_task("drums")
    (result,) = evaluate(detector, task)
    kits = {
        group: dict(zip(task.moments, map(macro_f1, confusion), strict=True))
        for group, confusion in task.by_group(result.clips).items()
    }
    whole = sum(score.confusion for score in result.clips)
    about = {"detector": name, "seed": seed, "command": command, "sets": {"test": result.to_json()}}
    return about | {"kits": kits, "confusion": whole.tolist()}


def macro_f1(confusion: Any) -> float | None:
    """See `tasks.classes`."""
    from tasks.classes import macro_f1

    return macro_f1(confusion)


def detectors(folders: list[Path]) -> Iterator[tuple[str, int | None, str | None, Detector]]:
    """Name, seed, training command and detector of everything to compare."""
    from tasks.baselines import build_baseline
    from tasks.registry import get_task

    for seed, command, model in trained_models(folders):
        size = command.split("--size ")[1].split()[0]
        yield "gates" if size == "standard" else f"gates {size}", seed, command, model
    task = get_task("drums")
    for name in task.baselines:
        for seed in FLOATS.get(name, SEEDS[:1]):
            yield name, seed if name in FLOATS else None, None, build_baseline(name, task, seed)


def cost(name: str, detector: Any) -> dict[str, Any] | None:
    """Emulated cycles of a frame on the Cortex-A8; None for what was not written in C."""
    from bench.measure.class_costs import float_cost, gates_cost
    from tasks.registry import get_task

    task: Any = get_task("drums")
    if name in FLOATS:
        return float_cost(name, task, SEEDS[0])
    return gates_cost(detector, task) if name.startswith("gates") else None


def render(record: dict[str, Any]) -> str:
    """The page, as Markdown."""
    present = [name for name in LABELS if any(run["detector"] == name for run in record["runs"])]
    about = record["runs"][0]["sets"]["test"]
    size = f"{about['clips']} clips, {about['seconds'] / 60:.1f} minutes, {about['answers']} hits of kits never heard."
    head = "| detector | F1 | each seed | 10 ms | 20 ms | 40 ms | 250 ms | mean over kits | accuracy |"
    table = [head, "|---|---:|---|---:|---:|---:|---:|---:|---:|", *(row(record, name) for name in present)]
    commands = [
        f"    {run['command']} -o runs/{run['detector'].replace(' ', '-')}-{run['seed']}"
        for run in record["runs"]
        if run["command"]
    ]
    parts = [
        INTRODUCTION, "## Held-out kits", size, "\n".join(table), verdict(record, present),
        "## What it costs", COSTS, cost_table(record, present), "## Each kit", KITS,
        kit_table(record, present), "## Which drum for which", CONFUSION, confusion_table(record),
        "## Groups held out in turn", FOLDS, fold_table(), REPEAT,
        "\n".join([*commands, "    python scripts/drum_folds.py", "    python scripts/compare_drums.py runs/*"]),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def row(record: dict[str, Any], name: str) -> str:
    """One line of the table of accuracies."""
    each = [run["sets"]["test"]["f1_mean"] for run in record["runs"] if run["detector"] == name]
    f1, *others = (f"{mean(record, name, 'test', metric):.3f}" for metric in SHOWN)
    return f"| {LABELS[name]} | {f1} | {' '.join(f'{f:.3f}' for f in each)} | {' | '.join(others)} |"


def verdict(record: dict[str, Any], present: list[str]) -> str:
    """Each size against the best float network, in words made of the record's numbers."""
    said = []
    for metric, when in (("f1_mean", "Over the four moments"), ("f1_40ms", "After 40 ms")):
        best = max(
            (name for name in present if name in FLOATS), key=lambda n: mean(record, n, "test", metric)
        )
        score, its = mean(record, best, "test", metric), record["costs"][best]
        said.append(f"{when} the best float network is the {LABELS[best]} with {score:.3f}.")
        for name in present:
            if name.startswith("gates"):
                own, cost = mean(record, name, "test", metric), record["costs"][name]
                hop, second = (its[k] / cost[k] for k in ("cycles_hop", "cycles_second"))
                said.append(
                    f"Of the {LABELS[name].strip('*')}: {own:.3f}, which is {abs(own - score):.3f} "
                    f"{'above' if own >= score else 'below'} it, at 1/{hop:.1f} of its cycles a frame and "
                    f"1/{second:.1f} of its cycles a second."
                )
    low, high = record["runs"][0]["sets"]["test"]["f1_mean_ci95"]
    said.append(
        f"The 95 % interval of a run, over clips, is about ±{(high - low) / 2:.3f}: read smaller differences as level."
    )
    return "\n".join(f"* {one}" for one in said)


def cost_table(record: dict[str, Any], present: list[str]) -> str:
    """Cycles of the networks alone, and of whole models."""
    lines = [
        "| detector | size | hop | network: cycles a frame | a second | whole model: cycles a second |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for name in present:
        cost = record["costs"][name]
        if cost is not None:
            size = f"{cost['gates']:,} gates" if "gates" in cost else f"{cost['parameters']:,} parameters"
            whole = f"{cost['total_second']:,.0f}" if "total_second" in cost else "-"
            lines.append(
                f"| {LABELS[name]} | {size} | {1000 * cost['hop'] / 44_100:.1f} ms | {cost['cycles_hop']:,.0f} "
                f"| {cost['cycles_second']:,.0f} | {whole} |"
            )
    return "\n".join(lines)


def kit_table(record: dict[str, Any], present: list[str]) -> str:
    """Macro-F1 of each kit after 40 ms, mean over seeds."""
    shown = [name for name in present if name in record["costs"] and record["costs"][name] is not None]
    kits = list(record["runs"][0]["kits"])
    lines = [
        "| kit | " + " | ".join(LABELS[name] for name in shown) + " |",
        "|---|" + "---:|" * len(shown),
    ]
    for kit in kits:
        cells = [
            fmean(run["kits"][kit]["40ms"] for run in record["runs"] if run["detector"] == name)
            for name in shown
        ]
        lines.append(f"| {kit} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |")
    return "\n".join(lines)


def confusion_table(record: dict[str, Any]) -> str:
    """Answers of the standard size after 40 ms, summed over seeds."""
    from tasks.data.drum_kits import CLASSES

    runs = [run["confusion"][2] for run in record["runs"] if run["detector"] == "gates"]
    lines = [
        "| struck | " + " | ".join(f"“{name}”" for name in CLASSES) + " |",
        "|---|" + "---:|" * len(CLASSES),
    ]
    for k, name in enumerate(CLASSES):
        row = [sum(run[k][j] for run in runs) for j in range(len(CLASSES))]
        lines.append(f"| {name} | " + " | ".join(str(n) for n in row) + " |")
    return "\n".join(lines)


def fold_table() -> str:
    """Macro-F1 of each held-out group, mean of the four moments and after 40 ms."""
    folds = json.loads(FOLDS_RECORD.read_text(encoding="utf-8"))
    lines = [
        "| held out | hits | gates, nano: F1 | 40 ms | CNN: F1 | 40 ms |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for fold in [*folds["each"], folds["all"]]:
        cells = [fold[name][metric] for name in ("gates", "class-cnn") for metric in ("f1_mean", "f1_40ms")]
        lines.append(
            f"| {fold['held_out']} | {fold['hits']} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |"
        )
    return "\n".join(lines)


INTRODUCTION = """\
# Drum classes: gate networks against float networks

Written by `scripts/compare_drums.py` from `docs/records/drums.json`; nobody typed a figure.

A hit is a kick, a snare, a hi-hat, a tom or a cymbal. Tails of other hits still sound, and the answer is asked 10, 20,
40 and 250 ms after the onset, each time of the last frame completed by then. F1 is macro-F1, the mean over the five
classes; the first column is its mean over the four moments. Training, validation and test hold different kits by
different authors. Everything here heard the same training clips and chose its best step on the same validation clips,
where front end, sizes and the number of frames summed by the head were settled too; the test clips were run once, at the end. The
float networks read log-mel frames of 10 ms in 32 bands, the gates frames of 2.9 ms in 9 bands (nano) or 12, so the float
networks' last completed frame is on average 3.6 ms older, and finer. The gates keep no state but the front end's last
90 hops; the GRU does, and that shows after 250 ms. Means are over the seeds beside them; of the GRU and the MLP there is one.

![Macro-F1 against emulated cycles of the Cortex-A8](drums-results.png)"""
COSTS = """\
Emulated on a Cortex-A8 (exact instructions, cycles by a [core model](cortex-a8-model.md)). The network alone is gates and head,
or layers of float C with NEON ([how](float-peers.md)). The float networks' log-mel, a float FFT, is not counted; the gates' front
end and encoder are in the last column."""
KITS = "Macro-F1 after 40 ms over the classes that a kit has, mean over seeds."
CONFUSION = "Answers of the standard size after 40 ms, summed over seeds."
FOLDS = """\
Each group of kits in turn is held out of training and asked alone; the others, those of validation and test too, are
heard. One seed, 600 steps of the nano size and 400 of the CNN, no choice of the best step. The last line pools all answers."""
REPEAT = "## Repeat it\n\nAfter `zoo data build drums`:"


def draw(record: dict[str, Any]) -> None:
    """Macro-F1 against cycles a frame and a second: a dot a seed, a line the mean."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 2, figsize=(10, 7), sharex="col", sharey="row", layout="constrained")
    for row_axes, (metric, title) in zip(
        axes, (("f1_mean", "mean of four moments"), ("f1_40ms", "40 ms after the onset")), strict=True
    ):
        for axis, unit in zip(row_axes, ("cycles_hop", "cycles_second"), strict=True):
            for name, cost in record["costs"].items():
                if cost is None:
                    continue
                values = [r["sets"]["test"][metric] for r in record["runs"] if r["detector"] == name]
                colour = "tab:orange" if name.startswith("gates") else "tab:blue"
                axis.plot([cost[unit]] * len(values), values, "o", color=colour, alpha=0.5)
                axis.plot(cost[unit], fmean(values), "_", color=colour, markersize=22, markeredgewidth=2)
                label = LABELS[name].strip("*")
                axis.annotate(
                    label, (cost[unit], max(values)), (0, 6), textcoords="offset points", ha="center"
                )
            axis.set_xscale("log")
            axis.grid(alpha=0.3)
            axis.margins(0.18)
        row_axes[0].set_ylabel(f"macro-F1, {title}")
    axes[1][0].set_xlabel("network alone: emulated Cortex-A8 cycles a frame")
    axes[1][1].set_xlabel("a second")
    figure.savefig(PLOT, dpi=110, metadata={"Software": None})


def show(record: dict[str, Any]) -> None:
    """Write the page and its plot."""
    PAGE.write_text(render(record), encoding="utf-8")
    draw(record)


if __name__ == "__main__":
    read_and_render("Compare drum classifiers with the baselines.", 2 * len(SEEDS), RECORD, measure, show)
