"""Compare sound event classifiers made of gates with every baseline: accuracy and emulated cycles.

python scripts/compare_sound_events.py runs/nano1 ... runs/standard3    measure, then render
python scripts/compare_sound_events.py --render                        render from the record as it is

The folders come from `zoo train sound-events --size SIZE --seed N -o runs/SIZEN`. The baselines train on first
use, on the same clips, through the same trainer.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from tasks.comparison import Record, mean, read_and_render, trained_models

if TYPE_CHECKING:
    from tasks.detectors import Detector

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "docs" / "records" / "sound-events.json"
PAGE = ROOT / "docs" / "sound-events-results.md"
PLOT = ROOT / "docs" / "sound-events-results.png"
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
SHOWN = ("f1", "f1_groups", "accuracy")


def measure(folders: list[Path]) -> Record:
    """Every detector and seed on the test set, and what one of each kind costs."""
    from bench.measure.class_costs import float_cost, gates_cost
    from tasks.evaluate import evaluate
    from tasks.registry import get_task

    task: Any = get_task("sound-events")
    runs, costs = [], {}
    for name, seed, command, detector in detectors(folders):
        print(name, seed, flush=True)
        (result,) = evaluate(detector, task)
        whole = sum(score.confusion[0] for score in result.clips)
        about = {"detector": name, "seed": seed, "command": command, "sets": {"test": result.to_json()}}
        runs.append(about | {"confusion": whole.tolist()})
        if name not in costs and name in FLOATS:
            costs[name] = float_cost(name, task, SEEDS[0])
        elif name not in costs and name.startswith("gates"):
            costs[name] = gates_cost(detector, task)  # type: ignore[arg-type]
    return {"schema": "comparison/1", "task": task.id, "runs": runs, "costs": costs}


def detectors(folders: list[Path]) -> Iterator[tuple[str, int | None, str | None, Detector]]:
    """Name, seed, training command and detector of everything to compare."""
    from tasks.baselines import build_baseline
    from tasks.registry import get_task

    for seed, command, model in trained_models(folders):
        size = command.split("--size ")[1].split()[0]
        yield "gates" if size == "standard" else f"gates {size}", seed, command, model
    task = get_task("sound-events")
    for name in task.baselines:
        for seed in SEEDS if name in FLOATS else SEEDS[:1]:
            yield name, seed if name in FLOATS else None, None, build_baseline(name, task, seed)


def render(record: Record) -> str:
    """The page, as Markdown."""
    present = [name for name in LABELS if any(run["detector"] == name for run in record["runs"])]
    about = record["runs"][0]["sets"]["test"]
    size = f"{about['clips']} clips, {about['seconds'] / 60:.1f} minutes, {about['answers']:,} frames asked."
    head = ["| detector | macro-F1 | each seed | mean over voices | accuracy |", "|---|---:|---|---:|---:|"]
    table = "\n".join([*head, *(row(record, name) for name in present)])
    commands = [
        f"    {run['command']} -o runs/{run['detector'].replace(' ', '-')}-{run['seed']}"
        for run in record["runs"]
        if run["command"]
    ]
    parts = [
        INTRODUCTION, "## Voices, kits and tones never heard", size, table, verdict(record, present),
        "## What it costs", COSTS, cost_table(record, present), "## What for what", CONFUSION,
        confusion_table(record), REPEAT,
        "\n".join([*commands, "    python scripts/compare_sound_events.py runs/*"]),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def row(record: Record, name: str) -> str:
    """One line of the table of accuracies."""
    each = [run["sets"]["test"]["f1"] for run in record["runs"] if run["detector"] == name]
    f1, *others = (f"{mean(record, name, 'test', metric):.3f}" for metric in SHOWN)
    return f"| {LABELS[name]} | {f1} | {' '.join(f'{f:.3f}' for f in each)} | {' | '.join(others)} |"


def verdict(record: Record, present: list[str]) -> str:
    """Each size against the best float network, in words made of the record's numbers."""
    best = max((name for name in present if name in FLOATS), key=lambda n: mean(record, n, "test", "f1"))
    score, cycles = mean(record, best, "test", "f1"), record["costs"][best]["cycles_second"]
    said = [f"* The best float network is the {LABELS[best]} with {score:.3f}."]
    for name in present:
        if name.startswith("gates"):
            own, cost = mean(record, name, "test", "f1"), record["costs"][name]["cycles_second"]
            where = "above" if own >= score else "below"
            said.append(
                f"* {LABELS[name].strip('*').capitalize()}: {own:.3f}, {abs(own - score):.3f} {where} it, at "
                f"1/{cycles / cost:.0f} of its cycles a second."
            )
    return "\n".join(said)


def cost_table(record: Record, present: list[str]) -> str:
    """Cycles of the networks alone, and of whole models."""
    lines = [
        "| detector | size | hop | network: cycles a frame | a second | whole model: cycles a second |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for name in present:
        if name in record["costs"]:
            cost = record["costs"][name]
            size = f"{cost['gates']:,} gates" if "gates" in cost else f"{cost['parameters']:,} parameters"
            whole = f"{cost['total_second']:,.0f}" if "total_second" in cost else "-"
            lines.append(
                f"| {LABELS[name]} | {size} | {cost['hop'] / 16:.0f} ms | {cost['cycles_hop']:,.0f} "
                f"| {cost['cycles_second']:,.0f} | {whole} |"
            )
    return "\n".join(lines)


def confusion_table(record: Record) -> str:
    """Answers of the standard size, summed over seeds."""
    from tasks.data.sound_events import NAMES

    runs = [run["confusion"] for run in record["runs"] if run["detector"] == "gates"]
    head = [
        "| sounding | " + " | ".join(f"“{name}”" for name in NAMES) + " |",
        "|---|" + "---:|" * len(NAMES),
    ]
    sums = [[sum(run[k][j] for run in runs) for j in range(len(NAMES))] for k in range(len(NAMES))]
    rows = [
        f"| {name} | " + " | ".join(str(n) for n in counts) + " |"
        for name, counts in zip(NAMES, sums, strict=True)
    ]
    return "\n".join([*head, *rows])


INTRODUCTION = """\
# Sound events: gate networks against float networks

Written by `scripts/compare_sound_events.py` from `docs/records/sound-events.json`; nobody typed a figure.

A voice, a drum kit and tones of instruments take turns, with pauses and a little noise, sometimes as on a telephone. Every
frame is asked: speech, drums, tones or quiet? Frames that are neither loud nor silent are not asked. F1 is the mean over
the four classes. Test clips hold languages, kits and a sound font of which training and validation have heard
nothing. Everything here heard the same training clips and chose its best step on the same validation clips. Sizes,
features and the number of frames that the head sums were chosen on validation clips; one seed of an earlier nano recipe was
scored on the test clips before, and nothing was chosen by that. The float networks read log-mel frames of 10 ms.
Means are over the seeds beside them.

![Macro-F1 against emulated cycles of the Cortex-A8](sound-events-results.png)"""
COSTS = """\
Emulated on a Cortex-A8 (exact instructions, cycles by a [core model](cortex-a8-model.md)). The network alone is gates and
head, or layers of float C with NEON ([how](float-peers.md)). The float networks' log-mel, a float FFT, is not counted; the
gates' front end and encoder are in the last column."""
CONFUSION = "Answers of the standard size, frames summed over seeds."
REPEAT = "## Repeat it\n\nAfter `zoo data build sound-events`:"


def draw(record: Record) -> None:
    """Macro-F1 against cycles a second of the network alone: a dot a seed, a line the mean."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(7, 4.2), layout="constrained")
    for name, cost in record["costs"].items():
        values = [run["sets"]["test"]["f1"] for run in record["runs"] if run["detector"] == name]
        at, colour = cost["cycles_second"], "tab:orange" if name.startswith("gates") else "tab:blue"
        axis.plot([at] * len(values), values, "o", color=colour, alpha=0.5)
        axis.plot(at, fmean(values), "_", color=colour, markersize=22, markeredgewidth=2)
        label = LABELS[name].strip("*")
        axis.annotate(label, (at, max(values)), (0, 6), textcoords="offset points", ha="center")
    axis.set_xscale("log")
    axis.grid(alpha=0.3)
    axis.margins(0.18)
    axis.set_ylabel("macro-F1 on the test set")
    axis.set_xlabel("network alone: emulated Cortex-A8 cycles a second")
    figure.savefig(PLOT, dpi=110, metadata={"Software": None})


def show(record: Record) -> None:
    """Write the page and its plot."""
    PAGE.write_text(render(record), encoding="utf-8")
    draw(record)


if __name__ == "__main__":
    about = "Compare sound event classifiers with the baselines."
    read_and_render(about, 2 * len(SEEDS), RECORD, measure, show)
