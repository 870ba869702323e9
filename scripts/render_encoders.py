"""Write docs/encoders.md and its plots from docs/records/encoders.json: nobody types a figure.

python -m scripts.render_encoders
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from scripts.encoder_plan import (
    CHANNELS,
    DIRECT,
    FROZEN,
    LINEAR,
    OTHER,
    SAME,
    SEEDS,
    SETUPS,
    TASKS,
    TEMPERATURES,
    TESTS,
    TUNING_SEEDS,
    WIDE,
    Record,
    Setup,
    chosen,
    study,
    trial_of,
)
from scripts.encoder_prose import INTRODUCTION, KNOWN, LIMITS, REPEAT
from scripts.encoder_statistics import Interval, Results
from scripts.render_readme import table

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "docs" / "records" / "encoders.json"
PAGE = ROOT / "docs" / "encoders.md"
SWEPT = set(OTHER) <= set(SETUPS["drums"])
PLOTS = {name: ROOT / "docs" / f"encoders-{name}.png" for name in ("scores", "gaps", *(["bits"] if SWEPT else []))}
TITLES = {"drums": "Drum classes", "onset": "Onsets"}
METRICS = {"drums": "macro-F1, mean of four moments", "onset": "F at ±50 ms, held-out kits"}
NAMES = {
    "fixed": "thermometer, fixed thresholds",
    "learned": "thermometer, learned thresholds",
    "ordered": "thermometer, learned and ordered",
    "soft": "soft thermometer, hardened at the end",
    "annealed": "thermometer annealed to hard",
    "noisy": "thermometer with logistic noise",
    "positional": "positional, linear slope",
    "positional-sine": "positional, sine slope",
    "gray": "Gray, folding slope",
}
BEFORE = {"nothing": "on the features", "linear": "behind the linear layer", "frozen": "behind a frozen layer"}
TODAY: Setup = ("nothing", "learned", 0, WIDE)
HYBRID: Setup = ("linear", "learned", CHANNELS, WIDE)


def load() -> Record:
    """The record."""
    record: Record = json.loads(RECORD.read_text(encoding="utf-8"))
    return record


def render(record: Record) -> str:
    """The page."""
    results = Results(record)
    parts = [
        INTRODUCTION,
        *_unfinished(record),
        _answer(results),
        KNOWN,
        _method(record),
        _what(results),
        *(_task(results, record, task) for task in TASKS),
        *([_bits(results)] if SWEPT else []),
        _separable(results),
        _recommendation(results, bool(_unfinished(record))),
        LIMITS,
        _tuning(record),
        REPEAT,
    ]
    return "\n\n".join(parts) + "\n"


def _unfinished(record: Record) -> list[str]:
    """What is missing, if something is."""
    plan, done = list(study(record)), {trial_of(row) for row in record["runs"]}
    missing = sum(trial not in done for trial in plan)
    if not missing:
        return []
    said = "Where fewer than three seeds are there, no interval is given and nothing is claimed."
    return [f"**Unfinished: {len(plan) - missing} of {len(plan)} trials were run.** {said}"]


def _answer(results: Results) -> str:
    """The contrasts that matter, in one table."""
    rows = []
    for title, one, other in CONTRASTS:
        cells = []
        for task in TASKS:
            found = results.difference(task, one, other)
            cells.append("-" if found is None else f"{found} ({found.verdict}, {_count(found)})")
        rows.append([title, *cells])
    return f"""\
## The answer

Differences of the test metric between integer networks, paired by seed, with 95 % intervals over seeds where three or more have them:

{table(["", *(TITLES[task] for task in TASKS)], rows)}

{_conclusion(results)}

![Test metric of every encoder on both tasks](encoders-scores.png)"""


def _count(found: Interval) -> str:
    return f"{found.seeds} seed{'s' if found.seeds > 1 else ''}"


CONTRASTS: tuple[tuple[str, Setup, Setup], ...] = (
    ("learned linear layer before a learned thermometer, against the same layer frozen", HYBRID, FROZEN[0]),
    ("learned linear layer before a learned thermometer, against none", HYBRID, TODAY),
    ("learned thresholds against fixed, on the features", TODAY, DIRECT[0]),
    ("learned thresholds against fixed, behind the linear layer", HYBRID, LINEAR[0]),
    ("learned linear layer before Gray's code, against the same layer frozen", LINEAR[-1], FROZEN[1]),
    ("Gray against a thermometer of as many bits", LINEAR[-1], SAME),
    ("Gray against positional bits with a sine's slope", LINEAR[-1], LINEAR[-2]),
)

VERDICTS = {
    "better": "helps on {}",
    "worse": "hurts on {}",
    "not separable": "makes no difference that these seeds can tell on {}",
    "too few seeds": "has too few seeds for a verdict on {}",
}


def _verdicts(results: Results, one: Setup, other: Setup) -> str:
    """What using one instead of the other does, task by task."""
    by: dict[str, list[str]] = {}
    for task in TASKS:
        found = results.difference(task, one, other)
        by.setdefault(found.verdict if found else "too few seeds", []).append(TITLES[task].lower())
    return ", and ".join(VERDICTS[verdict].format(" and ".join(tasks)) for verdict, tasks in by.items())


def _conclusion(results: Results) -> str:
    """The first contrasts in words."""
    frozen, none, fixed = CONTRASTS[0], CONTRASTS[1], CONTRASTS[2]
    return f"""\
Learning a linear layer through the encoder, instead of leaving it as it was drawn, {_verdicts(results, *frozen[1:])}. Putting that layer
before the thermometer at all {_verdicts(results, *none[1:])}. Moving the thresholds themselves, on the features, {_verdicts(results, *fixed[1:])}."""


def _method(record: Record) -> str:
    """Data, network, training."""
    hyper, data = record["hyper"], record["data"]
    lines = []
    for task in TASKS:
        about = data[task]
        clips = ", ".join(f"{n} of {name}" for name, n in about["clips"].items() if name != "train")
        gates = " + ".join(f"{n:,}" for n in about["gates"])
        lines.append(
            f"* `{about['task']}`: {about['features']} integer features a frame, {gates} gates, clips: {clips}; the gap is "
            f"measured on {about['clips']['train']} of the training clips. Metric: {METRICS[task]}."
        )
    return f"""\
## Method

{chr(10).join(lines)}

Every network has the front end and the lane-wired layers of the task's nano size, gates that are hard forward and soft backward, and
GroupSum. It trains for {hyper["steps"]:,} steps of {hyper["batch"]} frames with the same batches, first gates and wiring for every
encoder of one seed (wiring differs where the number of bits does); the last weights count. Many setups put a *linear layer* between the
features and the encoder: {CHANNELS} outputs whose weights are integers from -7 to 7 (rounded forward, real backward), a shift and an
integer bias. "Frozen" leaves its first random weights. So a whole network is integers, and every trial checked on
validation that its integers give what the network gave.

Hyperparameters were settled on validation with the seeds {_seeds(TUNING_SEEDS)}: temperatures for each encoder ([below](#temperatures)), the
linear layer's learning rate by hand with thermometers, which may favour them. The onset head is chosen on validation, as always. The test is run once a trial, with seeds
{_seeds(SEEDS)}; none of its scores decided a setting. Which setups come first, and that onsets try fewer, was changed for
time while the study ran.

Two gaps are told. *Hardening*: the metric with the encoder in training mode (soft or noisy bits, hard gates) minus that of the integers; where the two are the
same bits, which each trial compared on validation, there is none. *Generalisation*: the metric on training clips minus the metric on test clips, both as integers."""


def _seeds(plan: Mapping[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{' '.join(map(str, seeds))} on {task}" for task, seeds in plan.items())


def _what(results: Results) -> str:
    """The encoders, and what a target computes."""
    compare, code = "a compare a bit", "an add, a shift, two limits a channel"
    rows = [
        ["thermometer, fixed thresholds", "hard", "logistic step", "what stands before", compare],
        ["thermometer, learned thresholds", "hard", "logistic step", "and thresholds", compare],
        ["thermometer, learned and ordered", "hard", "logistic step", "and lowest threshold, positive steps", compare],
        ["soft thermometer, hardened at the end", "logistic", "its derivative", "and thresholds", compare],
        ["thermometer annealed to hard", "logistic, sharper and sharper, then hard", "its derivative", "and thresholds", compare],
        ["thermometer with logistic noise", "hard, of a noisy number", "logistic step", "and thresholds", compare],
        ["positional, linear slope", "hard", "a ramp, halved for each lower bit", "what stands before", code],
        ["positional, sine slope", "hard", "the fundamental, of one size", "what stands before", code],
        ["Gray, folding slope", "hard", "logistic step of the folded number", "what stands before", f"{code}, a shift, a XOR"],
    ]  # fmt: skip
    terms = results.terms("drums", HYBRID), results.terms("onset", HYBRID)
    return f"""\
## The encoders

{table(["encoder", "forward in training", "backward", "what gets a gradient", "the target computes"], rows)}

Code: `tasks/training/encoders.py`, `tasks/training/projection.py`. A weight up to 7 is at most two signed powers of two, so the linear layer needs
no multiplication: {terms[0]:,} additions of shifted numbers a frame on drums, {terms[1]:,} on onsets, mean over seeds. Lane-wired gates of this size take
far fewer instructions a frame ([drum results](drums-results.md)). No front end of the zoo computes such a layer, or positional bits of features, today:
thresholds are what a shipped model has."""


def _task(results: Results, record: Record, task: str) -> str:
    """All setups of one task."""
    more = TESTS[task][1:]
    blocks = []
    for before in BEFORE:
        setups, reference = shown(task, before), TODAY if before == "nothing" else HYBRID
        rows = [_row(results, task, setup, reference, more) for setup in setups if results.has(task, setup)]
        head = ["encoder", "bits", "test", "each seed", *(f"{_what_set(task, part)}" for part in more)]
        head += ["against learned thresholds", "hardening", "generalisation"]
        blocks.append(f"{BEFORE[before].capitalize()}:\n\n{table(head, rows)}")
    return f"## {TITLES[task]}\n\n{METRICS[task][0].upper()}{METRICS[task][1:]}; mean and 95 % interval over seeds.\n\n" + "\n\n".join(blocks)


def shown(task: str, before: str) -> list[Setup]:
    """The setups of a task's main tables with this before the encoder."""
    return [setup for setup in SETUPS[task] if setup[0] == before and setup not in OTHER]


def named(setup: Setup) -> str:
    """The encoder, with its bits where it has fewer than others of its name."""
    return NAMES[setup[1]] + (f", {setup[3]} bits" if setup == SAME else "")


def _what_set(task: str, part: str) -> str:
    from tasks.registry import get_task

    return get_task(task).sets[part]


def _row(results: Results, task: str, setup: Setup, reference: Setup, more: tuple[str, ...]) -> list[str]:
    hardening, against = results.hardening(task, setup), results.difference(task, setup, reference)
    return [
        named(setup),
        str(setup[3]),
        results.score(task, setup).plain,
        " ".join(f"{value:.3f}" for value in results.each(task, setup).values()),
        *(f"{results.score(task, setup, part).mean:.3f}" for part in more),
        "-" if against is None or setup == reference else str(against),
        "none" if hardening is None else str(hardening),
        str(results.generalisation(task, setup)),
    ]


def _bits(results: Results) -> str:
    """Bits against the metric, on drums."""
    rows = []
    for setup in by_bits():
        score, terms = results.score("drums", setup), results.terms("drums", setup)
        cells = [str(setup[2]), str(setup[3] // setup[2]), str(setup[3]), f"{terms:,}"]
        rows.append([NAMES[setup[1]], *cells, score.plain])
    head = ["encoder behind the linear layer", "channels", "bits each", "bits", "additions a frame", METRICS["drums"]]
    return f"""\
## Bits against the metric

On drums only.

{table(head, rows)}

![Test metric against bits](encoders-bits.png)"""


def by_bits() -> list[Setup]:
    """Learned thermometers and Gray codes behind the linear layer, by channels and bits."""
    setups = {*OTHER, SAME, HYBRID, LINEAR[-1]}
    return sorted(setups, key=lambda setup: (setup[1] == "gray", setup[2], setup[3]))


def _separable(results: Results) -> str:
    """Which differences have an interval without zero."""
    lines = []
    for task in TASKS:
        for reference in (TODAY, HYBRID):
            by: dict[str, list[str]] = {}
            for setup in shown(task, reference[0]):
                found = results.difference(task, setup, reference)
                if setup != reference and found is not None:
                    by.setdefault(found.verdict, []).append(named(setup))
            told = "; ".join(
                f"*{verdict}*: {', '.join(by[verdict])}" for verdict in VERDICTS if verdict in by
            )
            lines.append(f"* {TITLES[task]}, {BEFORE[reference[0]]}: {told}.")
    return f"""\
## What these seeds can separate

Against the thermometer with learned thresholds in the same place, by paired 95 % intervals:

{chr(10).join(lines)}

![Hardening and generalisation gaps](encoders-gaps.png)"""


def _recommendation(results: Results, unfinished: bool) -> str:
    """Plain words, as far as the record carries them."""
    found = {
        setup: [results.difference(task, setup, HYBRID) for task in TASKS]
        for setup in shown("drums", "linear")
        if setup != HYBRID
    }
    better = [named(s) for s, both in found.items() if all(one is not None and one.verdict == "better" for one in both)]
    said = f"separably better on both tasks: {', '.join(better)}" if better else "no encoder is separably better on both tasks"
    said = "no encoder has been shown to be better" if unfinished and not better else said
    soft: Setup = ("linear", "soft", CHANNELS, WIDE)
    gaps = " and ".join(f"{results.hardening(task, soft)} on {TITLES[task].lower()}" for task in TASKS)
    return f"""\
## Recommendation

{"Until the study is finished, take" if unfinished else "Take"} the thermometer with hard forward, a logistic slope backward and learned thresholds, as the recipes do. Against it, behind the linear layer,
{said}. What it answers in training is what the target answers; the soft thermometer in training mode differs from its integers by {gaps}, positive
where hardening loses. And its bits are what the front ends compute already.

Where a layer that learns must stand before gates, put the same thermometer between them. Take Gray or positional bits only where bits are dearer
than the metric. Behind features made by hand, as here, weigh what the layer gains against its additions first."""


def _tuning(record: Record) -> str:
    """Validation by temperature."""
    best = chosen(record)
    rows = []
    for name, values in TEMPERATURES.items():
        for value in values:
            cells = []
            for task in TASKS:
                found = [
                    row["hard"]["val"]
                    for row in record["tuning"]
                    if (row["encoder"], row["temperature"], row["task"]) == (name, value, task)
                ]
                cells.append(" ".join(f"{v:.3f}" for v in found))
            rows.append([NAMES[name], f"{value:g}", *cells, "chosen" if best[name] == value else ""])
    return f"""\
## Temperatures

Validation of the integer network behind the linear layer, seeds {_seeds(TUNING_SEEDS)}. Of thermometers the unit is a standard deviation of the channel
(the annealed one starts at four times it and ends at a fifth), of Gray half the range.

{table(["encoder", "temperature", *(TITLES[task] for task in TASKS), ""], rows)}"""


def draw(record: Record) -> None:
    """The three plots."""
    import matplotlib

    matplotlib.use("Agg")
    from scripts.encoder_plots import bits, gaps, scores

    results = Results(record)
    pictures = {"scores": scores, "gaps": gaps, "bits": bits}
    for name, path in PLOTS.items():
        pictures[name](results).savefig(path, dpi=110, metadata={"Software": None})


def main() -> None:
    """Write the page and the plots."""
    record = load()
    PAGE.write_text(render(record), encoding="utf-8")
    draw(record)


if __name__ == "__main__":
    main()
