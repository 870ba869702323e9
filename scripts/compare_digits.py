"""Compare digit classifiers made of gates with every baseline: accuracy, emulated cycles, held-out speakers.

python -m scripts.compare_digits [runs/nano1 ... runs/standard3]    measure what is new, then render
python -m scripts.compare_digits --render                           render from the record as it is

The folders come from `zoo train digits --size SIZE --seed N -o runs/SIZEN`. The baselines train on first use, on
the same clips, through the same trainer.
"""

from __future__ import annotations

import json
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
    table,
    verdict,
)
from tasks.comparison import Record, read_and_render

if TYPE_CHECKING:
    from tasks.classes import ClassTask
    from tasks.evaluate import SetResult

RECORD, PAGE, PLOT = files_of("digits")
FOLDS_RECORD = RECORD.with_name("digit-folds.json")  # by scripts/digit_folds.py
RATE = 8_000
SHOWN = {
    "f1_mean": "F1",
    "f1_0ms": "0 ms",
    "f1_100ms": "100 ms",
    "f1_200ms": "200 ms",
    "words_mean": "words right",
    "none_mean": "pauses right",
    "accuracy_mean": "accuracy",
}


def describe(task: ClassTask, result: SetResult) -> dict[str, Any]:
    """Confusions of each moment."""
    return {"confusion": sum(score.confusion for score in result.clips).tolist()}


def render(record: Record) -> str:
    """The page, as Markdown."""
    about = record["runs"][0]["sets"]["test"]
    words = sum(map(sum, record["runs"][0]["confusion"][0][:-1]))
    size = (
        f"{about['clips']} clips, {about['seconds'] / 60:.1f} minutes: {words} words of a speaker never heard, "
        f"and {about['answers'] - words} pauses."
    )
    told = verdict(record, {"f1_mean": "Over the three moments", "f1_200ms": "200 ms after the word"})
    parts = [
        INTRODUCTION, "## A speaker never heard", size, score_table(record, SHOWN), told,
        "## What it costs", COSTS, cost_table(record, RATE), "## Which digit for which", CONFUSION,
        answers(record), "## Speakers held out in turn", folds_said(), fold_table(), LIMITS, REPEAT,
        "\n".join([*commands(record), "    python -m scripts.digit_folds",
                   "    python -m scripts.compare_digits runs/*"]),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def answers(record: Record) -> str:
    """Answers of the standard size 100 ms after the word, summed over seeds."""
    from tasks.data.digits import NAMES

    found = [run["confusion"][1] for run in record["runs"] if run["detector"] == "gates"]
    return confusion_table("said", NAMES, found)


def folds_said() -> str:
    """What was held out, trained and asked."""
    folds = json.loads(FOLDS_RECORD.read_text(encoding="utf-8"))
    return (
        "Each speaker in turn is held out of training and asked alone; the other five, those of validation and test\n"
        f"too, are heard. One seed, {folds['steps']} steps of the nano size and {folds['float_steps']} of the GRU, no "
        "choice of the best step. The last line\npools all answers."
    )


def fold_table() -> str:
    """Of each held-out speaker: macro-F1, mean of the three moments, and how many words are right."""
    folds = json.loads(FOLDS_RECORD.read_text(encoding="utf-8"))
    rows = []
    for fold in [*folds["each"], folds["all"]]:
        cells = [
            fold[name][metric] for name in ("gates", folds["float"]) for metric in ("f1_mean", "words_mean")
        ]
        rows.append([fold["held_out"], str(fold["hits"]), *(f"{cell:.3f}" for cell in cells)])
    head = ["held out", "asked", "gates, nano: F1", "words right", "GRU: F1", "words right"]
    return table(head, rows)


INTRODUCTION = """\
# Spoken digits: gate networks against float networks

Written by `scripts/compare_digits.py` from `docs/records/digits.json`; nobody typed a figure.

Somebody says digits in English, with pauses between, in noise from hardly heard to loud. The answer is asked when a word has
ended, 100 ms and 200 ms later, each time of the last frame completed by then. Pauses are asked too, far from
any word: the right answer is then “none”, which of a word is a wrong answer. F1 is macro-F1, the mean over the ten digits
and none; the first column is its mean over the three moments. “Words right” leaves pauses out.

The recordings are those of the [Free Spoken Digit Dataset](https://github.com/Jakobovski/free-spoken-digit-dataset)
(CC-BY-SA-4.0), at 8 kHz: six men, two from the USA, one with a Greek, one with a French and two with a German accent. Four train, one validates,
one tests, so a test speaker is a new voice after only four. Everything here heard the same training clips and chose its
best step on the same validation clips, where front end, sizes, delays and the number of frames summed by the head were
settled too. A nano size with more thresholds was scored on the test clips before; it has fewer now because a PRU has no room
for more. The float networks read log-mel frames of 10 ms in 32 bands, which part vowels better than the gates' front end of
filters of the first order. The gates keep no state but that front end's lags, the MLP and the CNN see less than a word; the GRU
keeps all of it. Means are over the seeds beside them.

![Macro-F1 against emulated cycles of the Cortex-A8](digits-results.png)"""
CONFUSION = "Answers of the standard size 100 ms after the word, summed over seeds."
LIMITS = """\
## What was missed

The standard size does better than the CNN and the MLP, at fewer cycles than either, and far worse than the GRU; the nano size
stays below the CNN. On validation, with one seed, layers that read bits of earlier frames did no better than lags in the front end; more
gates and more layers did, slowly. The sum of frames that helps later costs at the word's end, where frames before it count.

## What this does not show

One validation and one test speaker: the table of held-out speakers says how much that choice matters. No woman and no
child speaks in the corpus. Nothing is asked inside of words, so a program that listens all the time has to wait until a word is
over, for example until the answer is the same for some frames and the level has fallen. “None” stands for
noise alone: other words, music and coughs are in none of the clips. The wide task of Speech Commands
([training](training.md#spoken-digits-and-keywords)) is for that, and its corpus has to be brought along."""
REPEAT = "## Repeat it\n\nAfter `zoo data build digits`:"


def show(record: Record) -> None:
    """Write the page and its plot."""
    PAGE.write_text(render(record), encoding="utf-8")
    draw(record, PLOT, {"f1_mean": "macro-F1, mean of three moments"}, ("frame", "second"))


if __name__ == "__main__":
    about = "Compare digit classifiers with the baselines."
    read_and_render(about, 0, RECORD, lambda folders: measure("digits", folders, describe), show)
