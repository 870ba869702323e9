"""Gates that drive a guitar beside float effects: error and emulated cycles, written down and drawn.

python scripts/compare_drive.py FOLDER...    measure trained models (three seeds a size) and baselines, then render
python scripts/compare_drive.py --recount    count the bundled models' cycles by sample with the compiler as it is, then render
python scripts/compare_drive.py --render     only render

Writes docs/records/drive.json, docs/drive-results.md, docs/drive-results.png and docs/drive-waveform.png.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasks.detectors import Detector
    from zoo.model import Model

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "docs" / "records" / "drive.json"
PAGE = ROOT / "docs" / "drive-results.md"
PLOT = ROOT / "docs" / "drive-results.png"
WAVEFORM = ROOT / "docs" / "drive-waveform.png"
SEEDS = (1, 2, 3)
SEEDED = ("effect-gru",)
LABELS = {
    "standard": "**gates, standard**",
    "nano": "**gates, nano**",
    "effect-gru": "GRU of 8 units, float",
    "filter-curve-filter": "the same structure in float",
    "static-curve": "best rising curve (fitted without emphasis)",
    "identity": "best gain",
}
FROM = 2_000  # sample of the first test clip from which costs are counted
MODEL = "bela/drive-gates"
BUNDLED = MODEL, "bela/drive-gates-nano"

Run = dict[str, Any]


def measure(folders: list[Path]) -> dict[str, Any]:
    """Every effect and seed on the test set, with its costs."""
    from tasks.evaluate import evaluate
    from tasks.registry import get_task

    task = get_task("drive")
    runs = []
    for name, seed, detector, more in effects(folders):
        print(name, seed, flush=True)
        (result,) = evaluate(detector, task)
        runs.append({"effect": name, "seed": seed, **more, "test": result.to_json()})
    return {"schema": "comparison/1", "task": task.id, "runs": runs}


def effects(folders: list[Path]) -> Iterator[tuple[str, int | None, Detector, Run]]:
    """Name, seed, effect, and what is known of it beside its error."""
    import zoo
    from bench.measure.stream_cycles import gru_cost
    from tasks.baselines import build_baseline
    from tasks.baselines.effects import trained
    from tasks.registry import get_task

    task = get_task("drive")
    samples = task.load("test")[0].samples[FROM:]
    for folder in folders:
        model = zoo.load(folder)
        training = model.config.training
        if training is None:
            raise SystemExit(f"{folder}: its config.json names no training run")
        size = training.command.split("--size ")[1].split()[0]
        about = {"command": training.command, "gates": model.circuit.n_gates, "cost": costs(model, samples)}
        yield size, training.seed, model, about | {"registers": model.circuit.n_registers}
    for name in LABELS:
        if name in task.baselines:
            for seed in SEEDS if name in SEEDED else SEEDS[:1]:
                effect: Any = build_baseline(name, task, seed)
                more: Run = {"parameters": effect.parameters}
                if name == "effect-gru":
                    more["cost"] = {"by sample": gru_cost(trained(task, seed).module.net, samples)}
                yield name, seed if name in SEEDED else None, effect, more


def costs(model: Model, samples: Any) -> Run:
    """Cycles by sample and in blocks, from int16 samples."""
    from bench.measure.stream_cycles import WAYS, frame_cost, stream_cost

    return {"by sample": frame_cost(model, samples)} | {way: stream_cost(model, samples, way) for way in WAYS}


def recounted(record: dict[str, Any]) -> list[Run]:
    """Cycles by sample of the bundled models with the compiler as it is; their answers must be those of the record."""
    import zoo
    from bench.measure.stream_cycles import frame_cost
    from tasks.registry import get_task
    from zoo.results import predictions_digest

    clips = get_task("drive").load("test")
    runs = {run["test"]["predictions_sha256"]: run for run in record["runs"]}
    found = []
    for name in BUNDLED:
        model = zoo.load(name)
        digest = predictions_digest([model.predict(clip.samples) for clip in clips])
        if digest not in runs:
            raise SystemExit(f"{name}: the record has no run with its answers; measure everything anew")
        before = {key: runs[digest][key] for key in ("effect", "seed", "gates")}
        cost = frame_cost(model, clips[0].samples[FROM:])
        found.append(before | {"model": name, "before": runs[digest]["cost"]["by sample"], "cost": cost})
        print(found[-1], flush=True)
    return found


def recount(record: dict[str, Any]) -> str:
    """What the compiler gained since the table, a sentence a model."""
    lines = [
        f"`{run['model']}` takes {run['cost']['cycles']:,.0f} cycles by sample in {run['cost']['code_bytes'] / 1024:.0f} kB, "
        f"where the same model took {run['before']['cycles']:,.0f}"
        for run in record.get("recounted", [])
    ]
    return RECOUNT + "\n\n" + "\n".join(f"* {line}." for line in lines) if lines else ""


def runs_of(record: dict[str, Any], name: str) -> list[Run]:
    """The runs of an effect."""
    return [run for run in record["runs"] if run["effect"] == name]


def cycles(record: dict[str, Any], name: str, way: str) -> float | None:
    """Mean cycles a sample over seeds; None where nothing was counted."""
    found = [run["cost"][way]["cycles"] for run in runs_of(record, name) if way in run.get("cost", {})]
    return fmean(found) if found else None


def row(record: dict[str, Any], name: str) -> str:
    """One line of the table."""
    runs = runs_of(record, name)
    cells = [f"{100 * fmean(run['test'][key] for run in runs):.2f} %" for key in ("esr", "esr_plain")]
    each = " ".join(f"{100 * run['test']['esr']:.2f}" for run in runs) if len(runs) > 1 else ""
    distance = f"{fmean(run['test']['mr_stft'] for run in runs):.3f}"
    counted = [cycles(record, name, way) for way in ("cortex-a8-neon", "cortex-a8", "by sample")]
    cost = ["-" if one is None else f"{one:,.0f}" for one in counted]
    return f"| {LABELS[name]} | {cells[0]} | {each} | {cells[1]} | {distance} | {' | '.join(cost)} |"


def render(record: dict[str, Any]) -> str:
    """The page, as Markdown."""
    about = record["runs"][0]["test"]
    head = (
        "| effect | ESR | each seed | plain ESR | MR-STFT | cycles, blocks of 128 | blocks of 32 | by sample |\n"
        "|---|---:|---|---:|---:|---:|---:|---:|"
    )
    size = (
        f"{about['clips']} clips, {about['seconds']:.0f} seconds, chords on roots that training never heard."
    )
    table = "\n".join([head, *(row(record, name) for name in LABELS)])
    gates = [
        f"* {LABELS[name]}: {fmean(run['gates'] for run in runs_of(record, name)):,.0f} gates and "
        f"{fmean(run['registers'] for run in runs_of(record, name)):,.0f} registers, "
        f"{fmean(run['cost']['cortex-a8-neon']['code_bytes'] for run in runs_of(record, name)) / 1024:.0f} kB of "
        f"code in blocks of 128."
        for name in ("standard", "nano")
    ]
    commands = [
        f"    {run['command']} -o runs/{run['effect']}-{run['seed']}"
        for run in record["runs"]
        if "command" in run
    ]
    repeat = ["After `zoo data build drive`:", "\n".join([*commands, f"    {SCRIPT} runs/*"])]
    parts = [INTRODUCTION, "## Results", size, table, "\n".join(gates), recount(record), READING]
    return "\n\n".join([*filter(None, parts), "## Repeat it", *repeat]) + "\n"


SCRIPT = "python scripts/compare_drive.py"
INTRODUCTION = """\
# Drive: an overdrive pedal in gates

Written by `scripts/compare_drive.py` from `docs/records/drive.json`; nobody typed a figure.

Dry guitar strums (CC-BY-3.0, Gabriel Verdugo Soto) go through a diode-clipping circuit that
`tasks/data/drive_circuit.py` solves in float64 at eight times the rate; effects learn from input and output. Chords on A, C,
D and E (with their sharps) teach, those on F validate, those on B and G test. ESR is the error's share of the signal's energy,
both with pre-emphasis (0.95). The rate is 22,050 Hz: the tone control leaves little above 5 kHz, and a second costs half as much.

The gates are a *filter, a curve and a filter*. Its factors, its curve and what passes by the curve are learned by gradient; the
factors are sums of at most two (nano) or three powers of two, so that filters become adders, and the curve is a table that
becomes decision diagrams. The circuit computes exactly the whole numbers that validation chose. Its structure was given to
it: this is knowledge of pedals that the GRU was not given. The float form of the same structure stands beside them.

![ESR against cycles a sample](drive-results.png)

![A strum before and after](drive-waveform.png)"""
RECOUNT = """\
The table's cycles are from before the compiler moved delay lines by whole words (`exporters/passes/lines.py`) and tried an order of the
gates that keeps fewer values alive (`fewest_live`); blocks are as they were. With both,"""
READING = """\
Cycles are those of an emulated Cortex-A8 (see [the core model](cortex-a8-model.md)): everything from int16 samples to int16
samples for the gates; for the GRU, in float C with NEON, from a float sample to a float sample. **Which mode it is
decides who wins.** In blocks (128 samples in a NEON register, 5.8 ms; or 32 in a core register, 1.5 ms) every gate works on all
samples of the block at once, since registers that only delay become shifts across the lanes. Sample by sample the same gates
cost more than the GRU. The GRU cannot gain by blocks: each of its samples waits for the one before. A float
program of the same filters and curve was not timed; with about a hundred operations a sample it should be well below the GRU
too, so the structure, not the gates alone, is what saves cycles sample by sample.

Sample by sample an addition is still done bit by bit: most of these gates are full adders, and many of their sums and carries
go to the stack and back. Whole-number additions in
their place would save most of that, and were tried: chains of adders are easily found by the truth tables of cuts of three nodes, and a
program of words found that way was proved equal to the circuit. But where two additions of the same delayed number meet, the netlist
has cancelled XORs across them, so that the lowest and highest bits of many sums exist nowhere, and words had to be put together from bits so often
that little was left to gain. Words would have to be kept from the synthesis on, not found again; nothing of that is in the compiler.

What was missed: the nano gates are cheaper than the GRU but not nearer to the circuit. The error of the float form shows that most of what is left is not rounding but the structure, which runs at the
audio rate and therefore aliases where the circuit, solved at eight times the rate, does not. A second curve halfway between
samples did not help on validation. Sizes and the number of terms were chosen on validation clips; the test clips
chose nothing, though the models of seed 1 were scored on them before the comparison. The GRU took 2,000 steps of 192 stretches;
longer training would lower its error somewhat. A third power of two in a factor helped and is in; a fifteenth bit gained
little, so there is no larger size."""


def draw(record: dict[str, Any]) -> None:
    """A dot a seed: ESR against cycles; levels of what has no cycles."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(8, 4.2), layout="constrained")
    marks = {
        "cortex-a8-neon": ("o", "blocks of 128"),
        "cortex-a8": ("s", "blocks of 32"),
        "by sample": ("^", "by sample"),
    }
    colours = {"standard": "tab:orange", "nano": "tab:red", "effect-gru": "tab:blue"}
    for name, colour in colours.items():
        for way, (mark, said) in marks.items():
            runs = [run for run in runs_of(record, name) if way in run["cost"]]
            if runs:
                x = [run["cost"][way]["cycles"] for run in runs]
                label = f"{LABELS[name].strip('*')}, {said}"
                axis.plot(
                    x, [100 * run["test"]["esr"] for run in runs], mark, color=colour, alpha=0.7, label=label
                )
    for name in ("filter-curve-filter", "static-curve"):
        level = 100 * runs_of(record, name)[0]["test"]["esr"]
        axis.axhline(level, color="grey", linestyle=":", linewidth=1)
        axis.annotate(LABELS[name], (45, level), fontsize=8, va="top")
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlabel("emulated Cortex-A8 cycles a sample")
    axis.set_ylabel("ESR, %")
    axis.grid(alpha=0.3, which="both")
    axis.legend(fontsize=8)
    figure.savefig(PLOT, dpi=110)


def draw_waveform(model: Any) -> None:
    """Forty milliseconds of the first test clip: dry, the circuit, the gates."""
    from matplotlib import pyplot

    from tasks.registry import get_task

    clip = get_task("drive").load("test")[0]
    assert clip.target is not None
    part = slice(4_000, 4_000 + clip.rate // 25)
    times = [1_000 * k / clip.rate for k in range(part.stop - part.start)]
    figure, axes = pyplot.subplots(2, 1, figsize=(9, 4.4), sharex=True, layout="constrained")
    axes[0].plot(times, clip.samples[part] / 32_768, color="tab:grey", label="dry")
    axes[1].plot(times, clip.target[part] / 32_768, color="tab:blue", label="circuit")
    axes[1].plot(times, model(clip.samples).samples[part] / 32_768, "--", color="tab:orange", label="gates")
    for axis in axes:
        axis.legend(loc="upper right", fontsize=8)
        axis.grid(alpha=0.3)
    axes[1].set_xlabel(f"milliseconds of {clip.name}")
    figure.savefig(WAVEFORM, dpi=110)


def main() -> None:
    """Measure unless told not to, then render."""
    import zoo

    parser = argparse.ArgumentParser(description="Compare gates that drive a guitar with float effects.")
    parser.add_argument("folders", nargs="*", type=Path, help="trained models, three seeds a size")
    parser.add_argument("--render", action="store_true", help="only render, from the record as it is")
    parser.add_argument("--recount", action="store_true", help="count the bundled models' cycles by sample anew")
    given = parser.parse_args()
    if given.recount:
        from zoo.atomic import write_file

        record = json.loads(RECORD.read_text())
        record["recounted"] = recounted(record)
        write_file(RECORD, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    elif not given.render:
        if len(given.folders) < len(SEEDS):
            parser.error("the model folders of three seeds are needed")
        from zoo.atomic import write_file

        write_file(RECORD, json.dumps(measure(given.folders), indent=1, ensure_ascii=False) + "\n")
    record = json.loads(RECORD.read_text())
    PAGE.write_text(render(record))
    draw(record)
    draw_waveform(zoo.load(MODEL))


if __name__ == "__main__":
    main()
