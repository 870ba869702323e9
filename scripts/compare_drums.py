"""Compare drum classifiers made of gates with every baseline: accuracy, emulated cycles, held-out groups.

python -m scripts.compare_drums [runs/nano1 ... runs/standard3]    measure what is new, then render
python -m scripts.compare_drums --render                           render from the record as it is

The folders come from `zoo train drums --size SIZE --seed N -o runs/SIZEN`. The baselines train on first use, on
the same clips, through the same trainer.
"""

from __future__ import annotations

import json
from statistics import fmean
from typing import TYPE_CHECKING, Any

from scripts.comparing import (
    COSTS,
    LABELS,
    commands,
    confusion_table,
    cost_table,
    draw,
    files_of,
    measure,
    present,
    score_table,
    table,
    verdict,
)
from tasks.comparison import Record, read_and_render

if TYPE_CHECKING:
    from tasks.classes import ClassTask
    from tasks.evaluate import SetResult

RECORD, PAGE, PLOT = files_of("drums")
FOLDS_RECORD = RECORD.with_name("drum-folds.json")  # by scripts/drum_folds.py
RATE = 44_100
SHOWN = {
    "f1_mean": "F1",
    "f1_10ms": "10 ms",
    "f1_20ms": "20 ms",
    "f1_40ms": "40 ms",
    "f1_250ms": "250 ms",
    "f1_groups_mean": "mean over kits",
    "accuracy_mean": "accuracy",
}


def describe(task: ClassTask, result: SetResult) -> dict[str, Any]:
    """F1 of each kit, and confusions of each moment."""
    from tasks.classes import macro_f1

    kits = {
        group: dict(zip(task.moments, map(macro_f1, confusion), strict=True))
        for group, confusion in task.by_group(result.clips).items()
    }
    return {"kits": kits, "confusion": sum(score.confusion for score in result.clips).tolist()}


def render(record: Record) -> str:
    """The page, as Markdown."""
    about = record["runs"][0]["sets"]["test"]
    size = f"{about['clips']} clips, {about['seconds'] / 60:.1f} minutes, {about['answers']} hits of kits never heard."
    told = verdict(record, {"f1_mean": "Over the four moments", "f1_40ms": "After 40 ms"})
    parts = [
        INTRODUCTION, "## Held-out kits", size, score_table(record, SHOWN), told,
        "## What it costs", COSTS, cost_table(record, RATE), "## Each kit", KITS,
        kit_table(record), "## Which drum for which", CONFUSION, answers(record),
        "## Groups held out in turn", FOLDS, fold_table(), REPEAT,
        "\n".join([*commands(record), "    python -m scripts.drum_folds", "    python -m scripts.compare_drums runs/*"]),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def kit_table(record: Record) -> str:
    """Macro-F1 of each kit after 40 ms, mean over seeds."""
    shown = [name for name in present(record) if name in record["costs"]]
    rows = []
    for kit in record["runs"][0]["kits"]:
        cells = [
            fmean(run["kits"][kit]["40ms"] for run in record["runs"] if run["detector"] == name)
            for name in shown
        ]
        rows.append([kit, *(f"{cell:.3f}" for cell in cells)])
    return table(["kit", *(LABELS[name] for name in shown)], rows)


def answers(record: Record) -> str:
    """Answers of the standard size after 40 ms, summed over seeds."""
    from tasks.data.drum_kits import CLASSES

    found = [run["confusion"][2] for run in record["runs"] if run["detector"] == "gates"]
    return confusion_table("struck", CLASSES, found)


def fold_table() -> str:
    """Macro-F1 of each held-out group, mean of the four moments and after 40 ms."""
    folds = json.loads(FOLDS_RECORD.read_text(encoding="utf-8"))
    rows = []
    for fold in [*folds["each"], folds["all"]]:
        cells = [fold[name][metric] for name in ("gates", "class-cnn") for metric in ("f1_mean", "f1_40ms")]
        rows.append([fold["held_out"], str(fold["hits"]), *(f"{cell:.3f}" for cell in cells)])
    return table(["held out", "hits", "gates, nano: F1", "40 ms", "CNN: F1", "40 ms"], rows)


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
90 hops; the GRU does, and that shows after 250 ms. Means are over the seeds beside them.

![Macro-F1 against emulated cycles of the Cortex-A8](drums-results.png)"""
KITS = "Macro-F1 after 40 ms over the classes that a kit has, mean over seeds."
CONFUSION = "Answers of the standard size after 40 ms, summed over seeds."
FOLDS = """\
Each group of kits in turn is held out of training and asked alone; the others, those of validation and test too, are
heard. One seed, 600 steps of the nano size and 400 of the CNN, no choice of the best step. The last line pools all answers."""
REPEAT = "## Repeat it\n\nAfter `zoo data build drums`:"


def show(record: Record) -> None:
    """Write the page and its plot."""
    PAGE.write_text(render(record), encoding="utf-8")
    titles = {"f1_mean": "macro-F1, mean of four moments", "f1_40ms": "macro-F1, 40 ms after the onset"}
    draw(record, PLOT, titles, ("frame", "second"))


if __name__ == "__main__":
    about = "Compare drum classifiers with the baselines."
    read_and_render(about, 0, RECORD, lambda folders: measure("drums", folders, describe), show)
