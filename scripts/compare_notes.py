"""Compare note onsets found by gates with their teacher and every baseline; write the record, the page, the plot.

python -m scripts.compare_notes runs/nano1 runs/standard1 ...    measure, then render docs/notes-results.md
python -m scripts.compare_notes --render                         render from the record as it is

The folders come from `zoo train notes --size SIZE --seed N -o FOLDER`. The float networks train on first use, on the
same clips, through the same trainer, and everything chooses its threshold on the same validation clips.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from bench.measure.class_costs import gates_cost
from scripts.compare_onset import difference_of, float_cost
from scripts.comparing import files_of, table
from tasks.comparison import Record, mean, read_and_render, trained_models

if TYPE_CHECKING:
    from tasks.base import Task

Offered = tuple[str, int | None, str | None, Callable[[], Any]]

RECORD, PAGE, PLOT = files_of("notes")
CHOICES = RECORD.with_name("notes-choices.json")  # by scripts/study_notes.py
SEEDS = (1, 2, 3)
SEEDED = ("causal-gru", "causal-cnn")
DRUMS = "bela/onset-gates"
A8_HZ = 1e9
LEAST = 9  # three seeds of the gates that learned the truth, the teacher, and both
LABELS = {
    "gates": "**gates, standard**, from the truth",
    "gates taught": "gates, standard, from the teacher",
    "gates mixed": "gates, standard, from both",
    "gates nano": "**gates, nano**, from the truth",
    "gates large": "gates, large, from the truth",
    "causal-gru": "GRU",
    "causal-cnn": "CNN",
    "spectral-flux": "spectral flux",
    DRUMS: "`bela/onset-gates`, which learned drums",
    "random-gates": "random gates",
    "onset-teacher": "the teacher, which looks ahead",
}
RENDERED = ("plucked", "struck", "bowed", "blown")


def measure(folders: list[Path]) -> Record:
    """Every detector and seed on every test set that the record lacks, and what one of each kind costs."""
    from tasks.evaluate import evaluate
    from tasks.registry import get_task
    from zoo.atomic import write_file

    task: Any = get_task("notes")
    record: Record = {"schema": "comparison/1", "task": task.id, "teacher": task.teacher.line, "runs": [], "costs": {}}
    if RECORD.exists():
        record |= json.loads(RECORD.read_text(encoding="utf-8"))
    order = list(LABELS)
    for name, seed, command, make in detectors(task, folders):
        if (name, seed) in held(record) and name in record["costs"]:
            continue
        print(name, seed, flush=True)
        detector = make()
        if (name, seed) not in held(record):
            results = evaluate(detector, task)
            about = {"detector": name, "seed": seed, "command": command}
            sets = {result.name: result.to_json() for result in results}
            clips = {result.name: [round(score.f(), 6) for score in result.clips] for result in results}
            record["runs"].append(about | {"sets": sets, "clips": clips})
        if name not in record["costs"]:
            record["costs"][name] = cost(name, task, detector)
        record["runs"].sort(key=lambda run: (order.index(run["detector"]), run["seed"] or 0))
        write_file(RECORD, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    return record


def detectors(task: Task, folders: Sequence[Path]) -> Iterator[Offered]:
    """Name, seed, training command and maker of everything to compare."""
    import zoo
    from tasks.baselines import build_baseline

    for seed, command, model in trained_models(folders):
        size = command.split("--size ")[1].split()[0]
        yield "gates" if size == "standard" else f"gates {size}", seed, command, partial(_same, model)
    yield DRUMS, None, None, partial(zoo.load, DRUMS)
    for name in LABELS:
        if name in task.baselines:
            for seed in SEEDS if name in SEEDED else (None,):
                yield name, seed, None, partial(build_baseline, name, task, seed or SEEDS[0])


def _same(model: Any) -> Any:
    return model


def cost(name: str, task: Any, detector: Any) -> dict[str, Any]:
    """Cycles a second of an emulated Cortex-A8, and seconds of this machine's processor."""
    samples = task.load(RENDERED[0])[0].samples
    started = time.process_time()
    detector.predict(samples)
    about = {"cpu_seconds_a_minute": round(60 * task.input.rate * (time.process_time() - started) / len(samples), 3)}
    if name in SEEDED:
        return about | float_cost(name, task)
    if name == DRUMS or name.startswith("gates"):
        return about | gates_cost(detector, task)
    return about | {"parameters": detector.parameters}


def held(record: Record) -> set[tuple[str, int | None]]:
    """Detectors and seeds in the record."""
    return {(run["detector"], run["seed"]) for run in record["runs"]}


def present(record: Record) -> list[str]:
    """The detectors of a record, in the order of `LABELS`."""
    return [name for name in LABELS if any(run["detector"] == name for run in record["runs"])]


def rendered(record: Record, name: str, metric: str) -> float:
    """Mean over seeds and the rendered sets."""
    return fmean(mean(record, name, family, metric) for family in RENDERED)


def seeds_of(record: Record, name: str, metric: str) -> list[float]:
    """Mean over the rendered sets of each seed."""
    runs = [run["sets"] for run in record["runs"] if run["detector"] == name]
    return [fmean(sets[family][metric] for family in RENDERED) for sets in runs]


def overall(record: Record) -> str:
    """F at ±50 ms on every set, a line a detector."""
    sets = record["runs"][0]["sets"]
    rows = []
    for name in present(record):
        each = seeds_of(record, name, "f_50ms")
        cells = [f"{mean(record, name, one, 'f_50ms'):.3f}" for one in sets]
        seeds = " ".join(f"{value:.3f}" for value in each) if len(each) > 1 else ""
        rows.append([LABELS[name], f"{fmean(each):.3f}", seeds, *cells])
    return table(["detector", "mean of the rendered", "each seed", *sets], rows, left=(0, 2))


def fidelity(record: Record) -> str:
    """Truth and teacher, side by side, over the rendered sets."""
    shown = {"f_50ms": "F, truth", "agreement": "F, teacher's onsets", "kl": "KL, nats", "difference": "difference"}
    rows = [
        [LABELS[name], *(f"{rendered(record, name, metric):.3f}" for metric in shown)] for name in present(record)
    ]
    return table(["detector", *shown.values()], rows)


def family(record: Record, one: str) -> str:
    """The table of a set."""
    digits = {
        "f_50ms": 3, "f_25ms": 3, "precision_50ms": 3, "recall_50ms": 3, "false_positives_per_minute": 1,
        "delay_median_ms": 1, "delay_p95_ms": 1,
    }  # fmt: skip
    head = ["detector", "F ±50 ms", "F ±25 ms", "precision", "recall", "false a minute", "delay, ms", "p95, ms"]
    rows = [
        [LABELS[name], *(f"{mean(record, name, one, metric):.{n}f}" for metric, n in digits.items())]
        for name in present(record)
    ]
    return table(head, rows)


def choices() -> str:
    """F on validation of what was tried."""
    record = json.loads(CHOICES.read_text(encoding="utf-8"))
    rows = [
        [run["what"], f"{run['steps']:,}", f"{run['f_50ms']:.3f}", f"{run['f_25ms']:.3f}"]
        for run in record["tried"].values()
    ]
    return table(["tried", "steps", "F ±50 ms", "F ±25 ms"], rows)


def costs(record: Record) -> str:
    """Size and cycles."""
    rows = []
    for name in present(record):
        about = record["costs"][name]
        size = f"{about['gates']:,} gates" if "gates" in about else f"{about['parameters'] or 0:,} numbers"
        found = (about.get("cycles_second"), about.get("total_second"))
        shares = ["-" if one is None else f"{100 * one / A8_HZ:.3f} %" for one in found]
        rows.append([LABELS[name], size, *shares, f"{about['cpu_seconds_a_minute']:.2f}"])
    head = ["detector", "size", "A8, network", "A8, whole model", "processor seconds here, a minute of sound"]
    return table(head, rows, left=(0, 1))


def findings(record: Record) -> str:
    """The comparison in words, made of the record's numbers."""
    own = {name: rendered(record, name, "f_50ms") for name in present(record)}
    best = max((name for name in own if name in SEEDED), key=lambda name: own[name])
    said = [
        f"Gates of the standard size reach {own['gates']:.3f} on the rendered sets (seeds "
        f"{spread(seeds_of(record, 'gates', 'f_50ms'))}), the {LABELS[best]}, the better float network, "
        f"{own[best]:.3f} ({spread(seeds_of(record, best, 'f_50ms'))}), spectral flux "
        f"{own['spectral-flux']:.3f}, and the teacher {own['onset-teacher']:.3f}.",
    ]
    taught = [name for name in ("gates", "gates taught", "gates mixed") if name in own]
    parts = ", ".join(
        f"{LABELS[name].split(', ')[-1]} {own[name]:.3f} (agreement {rendered(record, name, 'agreement'):.3f}, "
        f"KL {rendered(record, name, 'kl'):.3f})"
        for name in taught
    )
    said.append(f"The same gates by what they learned from: {parts}.")
    said.append(
        f"The detector that learned drums reaches {own[DRUMS]:.3f}: "
        + ", ".join(f"{one} {mean(record, DRUMS, one, 'f_50ms'):.3f}" for one in record["runs"][0]["sets"])
        + "."
    )
    against = []
    for one in record["runs"][0]["sets"]:
        low, middle, high = difference_of(record, "gates", best, one)
        against.append(f"{one} {middle:+.3f} ({low:+.3f} to {high:+.3f})")
    said.append(
        f"Gates minus {LABELS[best]}, F at ±50 ms, means over seeds with 95 % intervals over clips: {', '.join(against)}."
    )
    said.append(
        f"Real strums: gates {mean(record, 'gates', 'strums', 'f_50ms'):.3f}, {LABELS[best]} "
        f"{mean(record, best, 'strums', 'f_50ms'):.3f}, the teacher "
        f"{mean(record, 'onset-teacher', 'strums', 'f_50ms'):.3f}."
    )
    return "\n".join(f"* {one}" for one in said)


def spread(values: Sequence[float]) -> str:
    """Lowest to highest."""
    return f"{min(values):.3f} to {max(values):.3f}"


def render(record: Record) -> str:
    """The page, as Markdown."""
    from tasks.registry import get_task

    task = get_task("notes")
    sets = record["runs"][0]["sets"]
    parts = [INTRODUCTION, findings(record), overall(record), PICTURE]
    parts += ["## Truth and teacher", f"{TAUGHT} {record['teacher']}.", fidelity(record)]
    for name, about in sets.items():
        size = f"{about['clips']} clips, {about['seconds'] / 60:.1f} minutes, {about['onsets']} onsets."
        parts += [f"## {task.sets[name].capitalize()}", size, family(record, name)]
    commands = [
        f"    {run['command']} -o runs/notes-{run['detector'].replace(' ', '-')}-{run['seed']}"
        for run in record["runs"]
        if run["command"]
    ]
    again = ["    python -m scripts.study_notes", "    python -m scripts.compare_notes runs/notes-*"]
    parts += ["## Cost", COST, costs(record), "## What decided what", CHOSEN, choices(), MISSED]
    return "\n\n".join([*parts, REPEAT, "\n".join([*commands, *again])]) + "\n"


INTRODUCTION = """\
# Note onsets: gates, float networks, and the network that taught

Written by `scripts/compare_notes.py` from `docs/records/notes.json`; nobody typed a figure.

Everything here but the teacher heard the same training clips (instruments of one sound font), chose its threshold on the same
validation clips (other instruments of that font), and answers without looking ahead. The tests play another font, a family
of instruments each, and real guitar strums that nothing else hears. Phrases have one to four tones at once, repeated tones,
legato, vibrato, rests and noise. A note begins where, played alone, it reaches a tenth of its early peak: the MIDI time
plus a latency that is measured for every key of every instrument. A chord, and a strum, is one onset. F is mir_eval's, the
mean over clips, at ±50 ms, because soft attacks have no sharper instant; ±25 ms stands beside it. Delays are detection
minus label over the matches."""
PICTURE = "![F at ±50 ms against emulated cycles of the Cortex-A8](notes-results.png)"
TAUGHT = """\
Gates from the teacher learned its probability of an onset at every frame and never a label; "both" is half of each. The
truth chose steps and thresholds for all. Agreement is F at ±50 ms against the onsets that the teacher hears; KL and mean
absolute difference compare its probability at every frame (23 ms before) with the detector's score, through the logistic curve
that suits each detector best. All are means over the rendered sets. The teacher is a detector here too: its score with a
threshold chosen as everybody's; a window of two seconds lies around each of its answers, so its delays are no delays. Teacher:"""
COST = """\
"A8" is the share of a Cortex-A8 at 1 GHz, emulated ([core model](cortex-a8-model.md)): the network alone, which is gates and
head, or a float network in C with NEON, whose log-mel is not counted; and the whole model with front end and encoder. The
last column is numpy, PyTorch or onnxruntime on one processor of the machine that wrote the record: read it as an order of
magnitude."""
CHOSEN = """\
F on the validation clips, seed 1, of what was tried; the head was chosen there too, by F at ±25 ms. Read differences below
0.01 as noise of the seed. What decides is the front end: 18 bands do better than the 9 that drums need, and than 24; how far it looks
back matters less than a seed may. More bits, layers or steps gain nothing, longer or shorter labels lose, and the teacher's
answers cost F against the truth. Five layers help the small network. By `scripts/study_notes.py`."""
MISSED = """\
## What was missed

On every rendered family a float network is ahead of the gates, and so is spectral flux, whose 32 bands of log-mel part tones
better than bands of first-order filters do; gates are level on strums, and cheaper by far behind their front end. The
front end itself is the dear part: finer bands cost four times what drums need. What the teacher adds is mixed: gates that
learned from it alone are better on blown instruments and worse on plucked ones; the teacher is not sure of either, and hears
strums late. Training hears 300 clips, for want of time and not because validation said so. Layers that look back
(delays), a resonator a tone, and a float network as a second teacher were not tried. All notes come from two sound fonts; the
strums are one guitar."""
REPEAT = """\
## Repeat it

After `pip install 'difflogic-zoo[train,data,bench,teachers]'`, `pip install --no-deps basic-pitch==0.4.0` and
`zoo data build notes`:"""


def draw(record: Record) -> None:
    """F over the rendered sets against cycles: a dot a seed, a line the mean; those without a count as lines."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(8, 4.6), layout="constrained")
    lines = iter(("--", ":", "-.", (0, (1, 4))))
    for name in present(record):
        values, cycles = seeds_of(record, name, "f_50ms"), record["costs"][name].get("cycles_second")
        label = LABELS[name].replace("*", "").replace("`", "")
        if cycles is None:
            axis.axhline(fmean(values), color="grey", linestyle=next(lines), label=label)
            continue
        at = record["costs"][name].get("total_second", cycles) / 1e6
        (dots,) = axis.plot([at] * len(values), values, "s" if name in SEEDED else "o", alpha=0.5, label=label)
        axis.plot(at, fmean(values), "_", color=dots.get_color(), markersize=20, markeredgewidth=2)
    axis.set_xscale("log")
    axis.set_xlabel("million cycles a second, Cortex-A8, emulated (gates: all; float networks: without log-mel)")
    axis.set_ylabel("F at ±50 ms, mean of the rendered sets")
    axis.grid(alpha=0.3)
    axis.margins(0.15)
    axis.legend(fontsize=8)  # not beside the dots: all networks of one shape cost the same
    figure.savefig(PLOT, dpi=110, metadata={"Software": None})


def show(record: Record) -> None:
    """Write the page and its plot."""
    PAGE.write_text(render(record), encoding="utf-8")
    draw(record)


if __name__ == "__main__":
    read_and_render("Compare detectors of note onsets.", LEAST, RECORD, measure, show)
