"""Compare pupils of a teacher with it, with float networks and with what was there before; write records and page.

python scripts/compare_distillation.py vad runs/vad1 runs/vad2 runs/vad3 runs/vad-nano      measure a task
python scripts/compare_distillation.py vad --only teacher                                   some of it again
python scripts/compare_distillation.py --render                                             render both

The folders come from `zoo train TASK --size SIZE --seed N -o FOLDER`. Float networks train on first use, on the
same clips and the same probabilities of the teacher, through the same trainer.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasks.base import Task
    from tasks.detectors import Detector

ROOT = Path(__file__).parents[1]
RECORDS = {name: ROOT / "docs" / "records" / f"distillation-{name}.json" for name in ("vad", "pitch")}
PAGE = ROOT / "docs" / "distillation-results.md"
PLOT = ROOT / "docs" / "distillation-results.png"
SEEDS = (1, 2, 3)
SEEDED = {  # what is drawn and trained; the other baselines are not
    "class-gru16": "causal-gru",
    "frontend-mlp16": "causal-mlp",
    "frontend-gru16": "causal-gru",
}
A8_HZ = 1e9
LABELS = {
    "gates-large": "**gates, large**",
    "gates-standard": "**gates, standard**",
    "gates-nano": "**gates, nano**",
    "class-gru16": "GRU-16 on log-mel",
    "frontend-mlp16": "MLP-16 behind the gates' front end",
    "frontend-gru16": "GRU-16 behind the gates' front end",
    "energy": "energy above the noise floor",
    "yin": "YIN",
    "majority": "the commonest class",
    "teacher": "the teacher",
}

# Task, metric, least value; where a detector is named, the metric may be that far below it.
GOALS = (
    ("vad", "auc", "frontend-gru16", 0.02),
    ("vad", "agreement", None, 0.90),
    ("pitch", "chroma", None, 0.90),
)


def measure(
    task_name: str, folders: list[Path], seeds: Sequence[int], only: Sequence[str] | None
) -> dict[str, Any]:
    """Detectors and seeds on the test set, with what they cost; what the record says of others stays."""
    from tasks.evaluate import evaluate
    from tasks.registry import get_task

    task, path = get_task(task_name), RECORDS[task_name]
    manifest = task.manifest_digest("test")
    known = json.loads(path.read_text())["runs"] if path.exists() else []
    runs = {(run["detector"], run["seed"]): run for run in known if run["set"]["manifest_sha256"] == manifest}
    costs: dict[str, dict[str, Any]] = {}
    for name, seed, command, detector in detectors(task, folders, seeds, only):
        print(name, seed, flush=True)
        started = time.process_time()
        (result,) = evaluate(detector, task)
        spent = time.process_time() - started
        run: dict[str, Any] = {"detector": name, "seed": seed, "command": command}
        run["set"] = result.to_json()
        run["cpu_seconds_a_minute"] = round(60 * spent / result.seconds, 4)
        if name not in costs:  # seeds of one size differ by few cycles
            costs[name] = cost(name, task, detector, seed)
        runs[name, seed] = run | costs[name]
    places = list(LABELS)
    teacher: Any = task
    return {
        "schema": "distillation/1",
        "task": task.id,
        "teacher": teacher.teacher.line,
        "runs": [runs[key] for key in sorted(runs, key=lambda key: (places.index(key[0]), key[1] or 0))],
    }


def detectors(
    task: Task, folders: list[Path], seeds: Sequence[int], only: Sequence[str] | None
) -> Iterator[tuple[str, int | None, str | None, Detector]]:
    """Name, seed, training command and detector of everything to compare."""
    import zoo
    from tasks.baselines import build_baseline

    for folder in folders:
        model = zoo.load(folder)
        training = model.config.training
        if training is None:
            raise SystemExit(f"{folder}: its config.json names no training run")
        size = training.command.split("--size ")[1].split()[0]
        yield f"gates-{size}", training.seed, training.command, model
    for name in task.baselines:
        if only is not None and name not in only:
            continue
        for seed in seeds if name in SEEDED else seeds[:1]:
            yield name, seed if name in SEEDED else None, None, build_baseline(name, task, seed)


def cost(name: str, task: Task, detector: Any, seed: int | None) -> dict[str, Any]:
    """Size, and cycles a second of an emulated Cortex-A8: the gates' parts, a float network alone."""
    from zoo.model import Model

    if isinstance(detector, Model):
        from bench.targets import TARGETS

        clips = [clip.samples for clip in task.load("test")[:2]]
        found = TARGETS["cortex-a8"]().cost(detector, clips)
        parts = {
            line.part: line.cycles.median * detector.rate / detector.hop
            for line in found.lines
            if line.cycles
        }
        return {"gates": detector.circuit.n_gates, "cycles_a_second": {k: round(v) for k, v in parts.items()}}
    if name in SEEDED:
        return {
            "parameters": detector.parameters,
            "cycles_a_second": {"network": network_cycles(name, task, seed)},
        }
    return {"parameters": detector.parameters}


def network_cycles(name: str, task: Any, seed: int | None) -> int:
    """Cycles a second of the network, in C with NEON, without what makes its features."""
    import numpy as np

    from bench.peers.emulated import EmulatedPeer
    from bench.peers.float_c import float_source
    from bench.peers.nets import net_of
    from tasks.baselines.float_classes import heard_by, trained

    net = net_of(SEEDED[name], trained(name, task, seed or 0).module.eval())
    heard = heard_by(name, task)
    features = np.ascontiguousarray(heard(task.load("test")[0].samples), np.float32)
    peer = EmulatedPeer(float_source(net.folded()), net.outputs)
    return round(peer.cost(features).cycles.median * heard.rate / heard.hop)


def of(record: dict[str, Any], detector: str) -> list[dict[str, Any]]:
    """The runs of a detector."""
    return [run for run in record["runs"] if run["detector"] == detector]


def mean(runs: list[dict[str, Any]], metric: str) -> float:
    """Mean over seeds."""
    return fmean(run["set"][metric] for run in runs)


def cycles(record: dict[str, Any], run: dict[str, Any]) -> tuple[float | None, float] | None:
    """Cycles a second of the front end (None: not counted) and of all behind it; None without a count."""
    parts = run.get("cycles_a_second")
    if parts is None:
        return None
    if "total" in parts:
        return float(parts["features"]), float(parts["total"] - parts["features"])
    gates = next(r for r in record["runs"] if r["detector"].startswith("gates-"))
    own = run["detector"].startswith("frontend-")
    return float(gates["cycles_a_second"]["features"]) if own else None, float(parts["network"])


def render(records: dict[str, dict[str, Any]]) -> str:
    """The page, as Markdown."""
    return (
        "\n\n".join(
            [
                INTRODUCTION,
                goals(records),
                *(section(name, record) for name, record in records.items()),
                REPEAT,
            ]
        )
        + "\n"
    )


def goals(records: dict[str, dict[str, Any]]) -> str:
    """What was aimed at, and what each size reached: means over seeds."""
    sizes = [d for d in LABELS if d.startswith("gates-") and any(of(r, d) for r in records.values())]
    lines = [f"| goal | {' | '.join(LABELS[size] for size in sizes)} |", f"|---|{'---:|' * len(sizes)}"]
    for task, metric, rival, number in GOALS:
        record = records[task]
        least = number if rival is None else mean(of(record, rival), metric) - number
        what = (
            f"at least {number:.2f}"
            if rival is None
            else f"at most {number:.2f} below the {LABELS[rival]}, so at least {least:.3f}"
        )
        cells = []
        for size in sizes:
            runs = of(record, size)
            found = mean(runs, metric) if runs else None
            cells.append(
                "-" if found is None else f"{found:.3f}, {'reached' if found >= least else 'missed'}"
            )
        lines.append(f"| {task}: {metric.replace('auc', 'AUC')} {what} | {' | '.join(cells)} |")
    return "\n\n".join(["## Goals", "\n".join(lines), WHY])


def section(name: str, record: dict[str, Any]) -> str:
    """One task: its table and the training commands."""
    from tasks.registry import get_task

    task = get_task(name)
    keys = (task.main_metric, *(key for key in ("f1", "accuracy") if key != task.main_metric))
    about = record["runs"][0]["set"]
    titles = [next(column.title for column in task.columns if column.key == key) for key in keys]
    head = [
        f"| detector | {titles[0]} | each seed | {' | '.join(titles[1:])} | agreement | KL | size | A8, front end | A8, behind it | here, CPU s a minute |",
        "|---|---:|---|" + "---:|" * (len(titles) + 5),
    ]
    rows = [row(record, detector, keys) for detector in LABELS if of(record, detector)]
    commands = [
        f"    {run['command']} -o runs/{name}-{run['detector'][6:]}-{run['seed']}"
        for run in record["runs"]
        if run["command"]
    ]
    parts = [
        f"## {task.summary}",
        f"{about['what'].capitalize()}: {about['clips']} clips, {about['seconds'] / 60:.1f} minutes, "
        f"{about['answers']:,} answers. {task.explanation} Teacher: {record['teacher']}.",
        "\n".join([*head, *rows]),
        "\n".join(commands),
    ]
    return "\n\n".join(parts)


def row(record: dict[str, Any], detector: str, keys: tuple[str, ...]) -> str:
    """One line of a table."""
    runs = of(record, detector)
    each = " ".join(f"{run['set'][keys[0]]:.3f}" for run in runs) if len(runs) > 1 else ""
    values = [f"{mean(runs, key):.3f}" for key in keys]
    size = f"{runs[0]['gates']:,} gates" if "gates" in runs[0] else f"{runs[0]['parameters'] or 0:,} numbers"
    spent = cycles(record, runs[0])
    shares = ["-" if one is None else f"{100 * one / A8_HZ:.3f} %" for one in spent or (None, None)]
    cells = [
        values[0],
        each,
        *values[1:],
        f"{mean(runs, 'agreement'):.3f}",
        f"{mean(runs, 'kl'):.3f}",
        size,
        *shares,
        f"{fmean(run['cpu_seconds_a_minute'] for run in runs):.2f}",
    ]
    return f"| {LABELS[detector]} | {' | '.join(cells)} |"


INTRODUCTION = """\
# Distillation: gates that learn from published networks

Written by `scripts/compare_distillation.py` from `docs/records/distillation-vad.json` and
`docs/records/distillation-pitch.json`; nobody typed a figure.

Gates and float networks learn the teacher's probabilities alone, never the truth; the truth chooses among steps and thresholds on
validation clips. Three things are told apart: accuracy against the truth, agreement with the teacher's own answer, and
KL from the teacher's probabilities. Each detector's values become probabilities with the one scale, of 31, that suits it best.
Teachers are pinned by package version and by the SHA-256 of their weights, which are checked before every use.

"A8" is the share of a Cortex-A8 at 1 GHz, by the emulated core model: the front end, and behind it encoder, gates and head of a
gate network, or a float network in C with NEON. Log-mel is not counted. The last column is CPU time of the evaluation itself,
in Python on the x86-64 machine that made the record: gates by numpy, float networks by torch, teachers by onnxruntime.

Seeds and networks that are not listed were not trained.

![Main metric against the cycles behind the front end](distillation-results.png)"""
WHY = """\
Sizes, features and steps were chosen on validation clips. For voice activity, trials of one seed each said what matters
there. It helped to hear speech as often as it occurs (equal shares of both classes moved the answer's threshold), to let a
layer read the layer before some frames ago, and to have more bits and more gates. It helped little or not at all to add running
minima or moving averages to the front end, to train on sums of frames, to put noise on gates or features, and to shift
levels; half of the training clips did as well as all of them. Most disagreements with the teacher stand where it is not sure
itself, near where it changes its mind; much of the rest are effects and plucked strings taken for speech. Quiet frames
are no worse than loud ones.

Where the voice goals are missed, generalisation is what lacks: every trained detector does worse on the test set's languages and
sounds than on validation, the gates and the MLP, which look back over fixed spans, by more than the GRU. The large size has more
bits and gates than the standard one and looks back half a second; its second layer is as narrow as it is so that the registers behind
it stay within what Thumb-2 code reaches. The standard and the large voice network outgrew the PRU of a Bela; the small one runs
there."""
REPEAT = """\
## Repeat it

After `pip install 'difflogic-zoo[train,data,bench,teachers]'` and `zoo data build vad pitch`, run the training commands above, then
`python scripts/compare_distillation.py vad FOLDERS` and `python scripts/compare_distillation.py pitch FOLDERS`."""


MARKERS = {"gates-standard": "o", "gates-large": "s", "frontend-gru16": "o"}


def draw(records: dict[str, dict[str, Any]]) -> None:
    """A panel a task: the main metric against cycles behind the front end, a dot a seed; else a line."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    from tasks.registry import get_task

    figure, axes = pyplot.subplots(1, len(records), figsize=(10, 4), layout="constrained", squeeze=False)
    for axis, (name, record) in zip(axes[0], records.items(), strict=True):
        task = get_task(name)
        for detector, label in LABELS.items():
            runs = of(record, detector)
            if not runs:
                continue
            spent = cycles(record, runs[0])
            height = [run["set"][task.main_metric] for run in runs]
            plain = label.strip("*")
            if spent is None:
                if detector != "majority":
                    axis.axhline(
                        fmean(height),
                        color="grey",
                        linestyle=":" if detector != "teacher" else "--",
                        label=plain,
                    )
                continue
            colour = "tab:orange" if detector.startswith("gates") else "tab:blue"
            marker = MARKERS.get(detector, "^")
            axis.plot([spent[1] / 1e6] * len(height), height, marker, color=colour, alpha=0.7, label=plain)
        axis.set_xlabel("behind the front end, on an emulated Cortex-A8:\nmillion cycles a second")
        axis.set_ylabel(task.columns[0].title)
        axis.set_title(name)
        axis.grid(alpha=0.3)
        axis.set_xlim(left=0)
        axis.legend(fontsize=7)
    figure.savefig(PLOT, dpi=110)


def main() -> None:
    """Measure a task unless told not to, then render."""
    parser = argparse.ArgumentParser(description="Compare pupils of a teacher.")
    parser.add_argument("task", nargs="?", choices=list(RECORDS), help="the task to measure")
    parser.add_argument("folders", nargs="*", type=Path, help="trained gate networks")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="of the float networks")
    parser.add_argument(
        "--only", nargs="*", choices=list(LABELS), help="baselines to measure; all if left out"
    )
    parser.add_argument("--render", action="store_true", help="only render, from the records as they are")
    given = parser.parse_args()
    if not given.render:
        if given.task is None:
            parser.error("a task is needed")
        from zoo.atomic import write_file

        record = measure(given.task, given.folders, given.seeds, given.only)
        write_file(RECORDS[given.task], json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    records = {name: json.loads(path.read_text()) for name, path in RECORDS.items() if path.exists()}
    PAGE.write_text(render(records))
    draw(records)


if __name__ == "__main__":
    main()
