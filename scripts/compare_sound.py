"""Every way to make a sound with gates, on every target: measured, written down, and drawn.

python scripts/compare_sound.py            measure what is not in the record yet, then render
python scripts/compare_sound.py --render   only render

Writes docs/records/sound.json, docs/sound-results.md, docs/sound-results.png and docs/sound-spectra.png.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean, median
from typing import Any

from tasks.baselines.sound import BUILDERS, GATES, gate_bits
from tasks.data.bytebeat import FORMULAS
from tasks.data.recordings import RECORDINGS
from tasks.recipes.sound import BUDGETS, SIZES

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "docs" / "records" / "sound.json"
PAGE = ROOT / "docs" / "sound-results.md"
PLOT = ROOT / "docs" / "sound-results.png"
SPECTRA = ROOT / "docs" / "sound-spectra.png"

TUNES = [formula.name for formula in FORMULAS]
SOUNDS = [recording.name for recording in RECORDINGS]
SEEDS = (0, 1, 2)
LEARNED = (
    ("sierpinski", "256"), ("kick", "256"), ("42", "256"), ("sierpinski", "half-256"), ("kick", "1k"), ("42", "1k"),
    ("42", "half-256"), ("snare", "256"), ("crowd", "256"), ("sierpinski", "64"), ("kick", "64"),
)  # fmt: skip
LARGE = (("kick", "4k"), ("42", "4k"), ("kick", "16k"))  # one seed
SHOWN = ("kick", "snare")  # in the spectrograms

Run = dict[str, Any]


def plan() -> Iterator[tuple[str, str, int | None]]:
    """Target, size (or baseline) and seed of everything to measure; the quick ones first."""
    for target in TUNES:
        for size in ("formula", "exact", "half-exact", "constant", "rom-1k"):
            yield target, size, None
        yield target, "random-bytebeat", 0
    for target in SOUNDS:
        for size in ("exact", "constant"):
            yield target, size, None
        for budget in BUDGETS:
            for way in ("table", "rom", "adpcm"):
                yield target, f"{way}-{budget}", None
        yield target, "random-bytebeat", 0
    for target, size in LEARNED:
        if size in BUDGETS:
            yield target, f"table-{size}", None
        for seed in SEEDS:
            yield target, size, seed
    for target, size in LARGE:
        yield target, f"table-{size}", None
        yield target, size, 0


def measure(target: str, size: str, seed: int | None) -> Run:
    """One run: how good, how large."""
    from tasks.evaluate import evaluate
    from tasks.registry import get_task

    task = get_task("sound").for_target(target)
    (clip,) = task.load("test")
    name, _, budget = size.rpartition("-")
    about: Run = {"target": target, "size": size, "seed": seed, "audio_bits": 8 * len(clip.samples)}
    if size in BUILDERS or name in BUILDERS:
        gates = BUDGETS.get(budget, GATES)
        assert clip.target is not None
        made = BUILDERS[size if size in BUILDERS else name](clip.target, gate_bits(gates), seed or 0)
        detector: Any = made
        about |= {"bits": made.bits, "how": made.about}
    else:
        detector = model(task, size, seed or 0)
        circuit = detector.circuit
        about |= {
            "gates": circuit.n_gates,
            "depth": circuit.depth(),
            "bits": gate_bits(circuit.n_gates, circuit.n_inputs),
        }
    (result,) = evaluate(detector, task)
    return about | {key: round(value, 5) for key, value in result.metrics.items() if value is not None}


def model(task: Any, size: str, seed: int) -> Any:
    """The model that `zoo train sound --size SIZE --seed SEED` makes."""
    import io

    import torch
    from rich.console import Console

    from tasks.run_training import run_settings
    from tasks.training.trainer import ModelLearner, Trainer
    from zoo.model import Model

    torch.set_num_threads(1)
    recipe: Any = SIZES[size]
    learner = task.learner(recipe, seed, "cpu")
    if isinstance(learner, ModelLearner):
        with tempfile.TemporaryDirectory() as folder:
            settings = run_settings(recipe, seed)
            trainer = Trainer(learner, Path(folder) / "run", settings, {}, Console(file=io.StringIO()))
            if trainer.run().interrupted:
                raise SystemExit("interrupted: the record keeps what was measured before")
    return Model.from_parts(*learner.parts(), id="local/sound", summary="a sound", licence="MIT")


def complete(record: dict[str, Any]) -> None:
    """Measure what is missing, and write the record after every run."""
    from zoo.atomic import write_file

    done = {(run["target"], run["size"], run["seed"]) for run in record["runs"]}
    RECORD.parent.mkdir(exist_ok=True)
    for what in plan():
        if what not in done:
            print(*what, flush=True)
            record["runs"].append(measure(*what))
            write_file(RECORD, json.dumps(record, indent=1, ensure_ascii=False) + "\n")


def found(record: dict[str, Any], target: str, size: str) -> list[Run]:
    """The runs of a target and size, a seed each."""
    return [run for run in record["runs"] if (run["target"], run["size"]) == (target, size)]


def mean(runs: list[Run], key: str, digits: int) -> str:
    """The mean over seeds as a cell."""
    values = [run[key] for run in runs if key in run]
    return f"{fmean(values):.{digits}f}" if values else "-"


def grid(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, numbers to the right."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def tunes(record: dict[str, Any]) -> str:
    """Gates of exact circuits, and what luck and stored samples reach."""
    rows = []
    for formula in FORMULAS:
        compiled, exact, half, luck = (
            found(record, formula.name, size)
            for size in ("formula", "exact", "half-exact", "random-bytebeat")
        )
        row = [formula.name, f"`{formula.text}`"]
        for runs in (compiled, exact):
            sure = bool(runs) and all(run["exact_bits"] == 1 for run in runs)
            row.append(mean(runs, "gates", 0) if sure else "-")
        row += [mean(half, "gates", 0), mean(half, "held_out_bits", 4), mean(luck, "exact_bits", 3)]
        row.append(mean(found(record, formula.name, "rom-1k"), "exact_bits", 3))
        rows.append(row)
    head = ["tune", "formula", "gates, compiled", "gates, from samples", "gates, from half of them"]
    return grid([*head, "held-out bits then", "luck", "ROM"], rows)


def learned(record: dict[str, Any]) -> str:
    """What gradient descent reaches."""
    rows = []
    for target in dict.fromkeys(target for target, _ in LEARNED):
        for budget in BUDGETS:
            runs = found(record, target, budget)
            if not runs:
                continue
            table = found(record, target, f"table-{budget}")
            cells = [target, budget, mean(runs, "gates", 0), mean(runs, "exact_bits", 3)]
            cells.append(" ".join(f"{run['exact_bits']:.3f}" for run in runs))
            rows.append(
                [*cells, mean(runs, "snr_db", 1), mean(table, "exact_bits", 3), mean(table, "snr_db", 1)]
            )
    head = ["target", "budget", "gates left", "equal bits", "each seed", "SNR, dB"]
    return grid([*head, "table: bits", "table: SNR, dB"], rows)


def halves(record: dict[str, Any]) -> str:
    """Unseen moments: gradient descent against polynomials."""
    rows = []
    for target in [target for target, size in LEARNED if size == "half-256"]:
        runs, table = found(record, target, "half-256"), found(record, target, "half-exact")
        rows.append([target, mean(runs, "held_out_bits", 3), mean(table, "held_out_bits", 4)])
    return grid(["tune", "learned, 256 gates", "constructed"], rows)


def sounds(record: dict[str, Any]) -> str:
    """Recordings: decibels and bits at each budget."""
    rows = []
    for target in SOUNDS:
        runs = found(record, target, "exact")
        if not runs:
            continue
        exact = runs[0]
        rows.append([target, f"{exact['audio_bits']:,}", str(exact["gates"]), f"{exact['bits']:,}"])
        for budget in list(BUDGETS)[:4]:
            for key in ("table", "rom", "adpcm"):
                rows[-1].append(mean(found(record, target, f"{key}-{budget}"), "snr_db", 0))
    head = ["recording", "bits of audio", "gates, exact", "bits of those"]
    head += [f"{budget} {key}" for budget in list(BUDGETS)[:4] for key in ("gates", "ROM", "ADPCM")]
    return grid(head, rows)


def spectral(record: dict[str, Any]) -> str:
    """Recordings: spectral distances at 1,024 gates."""
    rows = []
    for target in SOUNDS:
        rows.append([target])
        for size in ("table-1k", "rom-1k", "adpcm-1k", "random-bytebeat", "constant"):
            runs = found(record, target, size)
            rows[-1].append(f"{mean(runs, 'lsd_db', 1)} / {mean(runs, 'mr_stft', 2)}")
    return grid(["recording", "gates", "ROM", "ADPCM", "luck", "constant"], rows)


def render(record: dict[str, Any]) -> str:
    """The page, as Markdown."""
    exact = [run for run in record["runs"] if run["size"] == "exact" and run["exact_bits"] == 1]
    within = [run for run in exact if run["target"] in TUNES]
    small = sum(run["gates"] <= 256 for run in within)
    half = [run for run in record["runs"] if run["size"] == "half-exact"]
    whole = sum(run["held_out_bits"] == 1 for run in half)
    counts = {
        "tunes": len(TUNES),
        "exact": len(within),
        "median_bits": round(median(run["bits"] for run in within)),
        "small": small,
        "kilo": sum(run["gates"] <= 1_024 for run in within),
        "half": whole,
        "compiled": sum(run["size"] == "formula" and run["exact_bits"] == 1 for run in record["runs"]),
        "sounds": len(SOUNDS),
        "sounds_exact": len(exact) - len(within),
    }
    return PAGE_TEXT.format(
        **counts, tune_table=tunes(record), learned_table=learned(record), half_table=halves(record),
        sound_table=sounds(record), spectral_table=spectral(record),
    )  # fmt: skip


PAGE_TEXT = """\
# Sound matching: gates that are an audio function of time

Written by `scripts/compare_sound.py` from `docs/records/sound.json`; nobody typed a figure.

A model hears nothing: the bits of t go in, eight bits of a sample come out, at 8 kHz. Four ways lead to such a
circuit, and this page never mixes them:

* **compiled**: the formula of a tune becomes adders, multipliers and shifters (`--size formula`);
* **from samples**: the target's samples, and nothing else, become a decision diagram, and that becomes gates
  (`--size exact`; `table-64` to `table-16k` within a budget: fewer bits, samples held for longer);
* **from half of them**: as before, but half of the blocks of 1,024 samples are hidden, and filled in by the
  polynomial of lowest degree through the rest (`--size half-exact`);
* **learned**: gates by gradient descent on their expectations (`--size 64` to `16k`).

The first three are constructions, not training. `zoo train sound --size SIZE --target TARGET -o DIR` makes any
of them again.

## Tunes

{exact} of {tunes} tunes are bit-exact over all 2^16 values of t from their samples alone, {small} of them with at
most 256 gates and {kilo} with at most 1,024; {compiled} compiled circuits are exact. {half} tunes come out exact
everywhere from half of the samples. "Luck" is the best of 1,000 random formulas, "ROM"
stored samples in as many bits as describe 1,024 gates; both as shares of equal bits. The bits that describe the
circuit from samples are {median_bits:,} in the median; the samples themselves are 524,288.

{tune_table}

![Gates of exact tunes, and decibels of recordings against gates](sound-results.png)

## Learned

Means over three seeds (4k and 16k: one seed); "table" is the circuit constructed from samples within the same
budget. "Gates left" are those that still matter when dead, double and passing gates are gone.
The runs are short (800 steps at 64 and 256 gates, 150 at 16k) and leave few gates alive: this shows what a plain
recipe does, not what gradients could do. One tune, a single layer of ands, is learned exactly, not by every
seed.

{learned_table}

Unseen moments, share of equal bits on the hidden half:

{half_table}

## Recordings

Signal to noise in dB (99 is exact) of three ways to spend the same bits: a circuit from samples with so many
gates, stored samples (ROM), IMA ADPCM at a lower rate. A gate counts with 4 bits for its operation and two node
numbers. {sounds_exact} of {sounds} recordings are exact with the gates given. As a store of samples, gates lose:
an exact circuit takes more bits to write down than the audio itself.

{sound_table}

With 1,024 gates or their bits, log-spectral distance in dB / multi-resolution STFT distance (less is better):

{spectral_table}

![Spectrograms of two recordings and their circuits of 1,024 gates](sound-spectra.png)
"""


def draw(record: dict[str, Any]) -> None:
    """Gates of exact tunes, and decibels of recordings against gates."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.4), layout="constrained")
    exact = [run for run in record["runs"] if run.get("gates") and run["exact_bits"] == 1]
    size = {run["target"]: run["gates"] for run in exact if run["size"] == "formula"}
    names = sorted(size, key=lambda name: size[name])
    ways = (
        ("formula", "^", "compiled"),
        ("exact", "o", "from samples"),
        ("half-exact", "x", "from half of them"),
    )
    for way, mark, label in ways:
        points = [
            (names.index(r["target"]), r["gates"]) for r in exact if r["size"] == way and r["target"] in size
        ]
        left.plot(*zip(*points, strict=True), mark, label=label, alpha=0.8)
    left.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
    left.set_yscale("log", base=2)
    left.set_ylabel("gates")
    left.set_title("tunes: gates of bit-exact circuits")
    left.legend(fontsize=8)
    for target in SOUNDS:
        runs = [run for run in record["runs"] if run["target"] == target and run["size"].startswith("table")]
        runs = sorted(runs, key=lambda run: run["gates"])
        right.plot([r["gates"] for r in runs], [r["snr_db"] for r in runs], "-", color="tab:blue", alpha=0.4)
    learned = [run for run in record["runs"] if run["target"] in SOUNDS and run["size"] in BUDGETS]
    right.plot(
        [r["gates"] for r in learned], [r["snr_db"] for r in learned], "o", color="tab:orange", alpha=0.7
    )
    right.set_xscale("log", base=2)
    right.set_xlabel("gates")
    right.set_ylabel("signal to noise, dB (99: exact)")
    right.set_title("recordings: from samples (lines), learned (dots)")
    for axis in (left, right):
        axis.grid(alpha=0.3)
    figure.savefig(PLOT, dpi=90)
    pyplot.close(figure)


def draw_spectra() -> None:
    """Two recordings beside their circuits of 1,024 gates."""
    import matplotlib

    matplotlib.use("Agg")
    import numpy as np
    from matplotlib import pyplot

    from tasks.registry import get_task
    from tasks.spectra import magnitudes

    figure, axes = pyplot.subplots(len(SHOWN), 2, figsize=(9, 5), layout="constrained", sharey=True)
    for row, target in zip(axes, SHOWN, strict=True):
        task = get_task("sound").for_target(target)
        (clip,) = task.load("test")
        assert clip.target is not None
        made = model(task, "table-1k", 0)
        pair = (
            (clip.target, f"{target}: recording"),
            (
                made.predict(clip.samples).values[:, 0],
                f"{target}: {made.circuit.n_gates} gates",
            ),
        )
        for axis, (sound, title) in zip(row, pair, strict=True):
            levels = 20 * np.log10(np.maximum(1e-4, magnitudes(sound / 32_768, 256))).T
            extent = (0, len(sound) / clip.rate, 0, clip.rate / 2_000)
            axis.imshow(levels, origin="lower", aspect="auto", extent=extent, vmin=-80, vmax=-10)
            axis.set_title(title)
            axis.set_xlabel("seconds")
        row[0].set_ylabel("kHz")
    figure.savefig(SPECTRA, dpi=90)
    pyplot.close(figure)


def main() -> None:
    """Measure unless told not to, then render."""
    parser = argparse.ArgumentParser(description="Compare the ways to make a sound with gates.")
    parser.add_argument("--render", action="store_true", help="only render, from the record as it is")
    given = parser.parse_args()
    empty = {"schema": "sound-comparison/1", "task": "sound@1", "runs": []}
    record = json.loads(RECORD.read_text()) if RECORD.exists() else empty
    if not given.render:
        complete(record)
    PAGE.write_text(render(record))
    draw(record)
    draw_spectra()


if __name__ == "__main__":
    main()
