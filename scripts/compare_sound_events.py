"""Compare sound event classifiers made of gates with every baseline: accuracy and emulated cycles.

python -m scripts.compare_sound_events [runs/nano1 ... runs/standard3]    measure what is new, then render
python -m scripts.compare_sound_events --render                           render from the record as it is

The folders come from `zoo train sound-events --size SIZE --seed N -o runs/SIZEN`. The baselines train on first
use, on the same clips, through the same trainer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scripts.comparing import (
    COSTS,
    commands,
    confusion_table,
    cost_table,
    draw,
    files_of,
    measure,
    score_table,
    verdict,
)
from tasks.comparison import Record, read_and_render

if TYPE_CHECKING:
    from tasks.classes import ClassTask
    from tasks.evaluate import SetResult

RECORD, PAGE, PLOT = files_of("sound-events")
RATE = 16_000
SHOWN = {"f1": "macro-F1", "f1_groups": "mean over voices", "accuracy": "accuracy"}


def describe(task: ClassTask, result: SetResult) -> dict[str, Any]:
    """Confusions."""
    return {"confusion": sum(score.confusion[0] for score in result.clips).tolist()}


def render(record: Record) -> str:
    """The page, as Markdown."""
    about = record["runs"][0]["sets"]["test"]
    size = f"{about['clips']} clips, {about['seconds'] / 60:.1f} minutes, {about['answers']:,} frames asked."
    parts = [
        INTRODUCTION, "## Voices, kits and tones never heard", size, score_table(record, SHOWN),
        verdict(record, {"f1": "By macro-F1"}), "## What it costs", COSTS, cost_table(record, RATE),
        "## What for what", CONFUSION, answers(record), REPEAT,
        "\n".join([*commands(record), "    python -m scripts.compare_sound_events runs/*"]),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def answers(record: Record) -> str:
    """Answers of the standard size, summed over seeds."""
    from tasks.data.sound_events import NAMES

    found = [run["confusion"] for run in record["runs"] if run["detector"] == "gates"]
    return confusion_table("sounding", NAMES, found)


INTRODUCTION = """\
# Sound events: gate networks against float networks

Written by `scripts/compare_sound_events.py` from `docs/records/sound-events.json`; nobody typed a figure.

A voice, a drum kit and tones of instruments take turns, with pauses and a little noise, sometimes as on a telephone. Every
frame is asked: speech, drums, tones or quiet? Frames that are neither loud nor silent are not asked. F1 is the mean over
the four classes. Test clips hold languages, kits and a sound font of which training and validation have heard
nothing. Everything here heard the same training clips and chose its best step on the same validation clips. Sizes,
features, delays and the number of frames that the head sums were chosen on validation clips; earlier recipes,
without delays and with longer ones, were scored on the test clips before, and nothing was chosen by that. The float networks read log-mel frames of 10 ms.
The gates' first layer reads bits of earlier frames too, so their memory is as long as its delays and the front end's lags; the
GRU's has no end. The nano size runs on a Bela's PRU, the standard size does not fit one. Means are over the seeds beside them.

![Macro-F1 against emulated cycles of the Cortex-A8](sound-events-results.png)"""
CONFUSION = "Answers of the standard size, frames summed over seeds."
REPEAT = "## Repeat it\n\nAfter `zoo data build sound-events`:"


def show(record: Record) -> None:
    """Write the page and its plot."""
    PAGE.write_text(render(record), encoding="utf-8")
    draw(record, PLOT, {"f1": "macro-F1 on the test set"})


if __name__ == "__main__":
    about = "Compare sound event classifiers with the baselines."
    read_and_render(about, 0, RECORD, lambda folders: measure("sound-events", folders, describe), show)
