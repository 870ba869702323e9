"""Compare architectures of gates on one task, at one number of gates: accuracy and emulated cycles.

python -m scripts.compare_architectures [NAME ...]    train and measure what the record lacks of these, then render
python -m scripts.compare_architectures --render      render from the record as it is

Names are those of `ARCHITECTURES` and "codes" (autoencoders); without any, all of them. The clips come from
`zoo data build sound-events` and `zoo data build drums`. Nothing is chosen by test clips.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from scripts.comparing import DOCS, SEEDS, table
from tasks.training.recipe import GateRecipe, LayerRecipe, RecurrentRecipe

RECORD, PAGE, PLOT = (
    DOCS / name for name in ("records/architectures.json", "architectures.md", "architectures.png")
)
TASK, SET, BASE = "sound-events", "test", "lanes"
HOPS = 12  # emulated

FRONTEND = {
    "rate": 16_000,
    "hop": 256,
    "shifts": (1, 1, 2, 2, 3, 3, 4, 4, 5, 6),
    "floor": 4,
    "lags": (1, 2, 4, 8, 16, 32),
    "peaks": (4, 16, 64),
    "flux": ((0, 10), (0, 4), (4, 10)),
    "spans": (1, 3),
}
PAST = (0, 4, 12)  # frames of 16 ms
PLAIN = (LayerRecipe(768), LayerRecipe(768), LayerRecipe(512))
CONVOLVED = (LayerRecipe(96, bands=(3, 1)), *PLAIN[1:])  # 8 places
TREE = (
    LayerRecipe(64, bands=(3, 1)),
    LayerRecipe(96, bands=(2, 2)),
    LayerRecipe(192, bands=(2, 2)),
    LayerRecipe(256),
    LayerRecipe(512),
)
CELL = (LayerRecipe(512), LayerRecipe(512), LayerRecipe(768))


def recipe(layers: tuple[LayerRecipe, ...], bits: int = 512) -> GateRecipe:
    """What all share but the recurrent cell."""
    return GateRecipe(frontend=FRONTEND, bits=bits, layers=layers, steps=2_000)


def wired(wiring: str, **options: int) -> GateRecipe:
    """The plain layers in another wiring."""
    return recipe(tuple(replace(layer, wiring=wiring, options=options) for layer in PLAIN))


@dataclass(frozen=True)
class Architecture:
    """One row.

    Args:
        title: What a reader calls it.
        recipe: Its numbers; 2,048 gates, a cell's fixed ones among them.
    """

    title: str
    recipe: GateRecipe


ARCHITECTURES = {
    "lanes": Architecture("layers, lane wiring", recipe(PLAIN)),
    "random": Architecture("layers, random wiring", wired("random")),
    "learned": Architecture("layers, learned wiring", wired("learned", candidates=8)),
    "delays": Architecture(
        "delays of the bits", recipe((replace(PLAIN[0], delays=PAST), *PLAIN[1:]))
    ),
    "deep delays": Architecture(
        "delays in two layers",
        recipe((replace(PLAIN[0], delays=PAST), replace(PLAIN[1], delays=PAST), PLAIN[2])),
    ),
    "convolution": Architecture("convolution over bands, then layers", recipe(CONVOLVED, 640)),
    "bands": Architecture("convolution and tree over bands", recipe(TREE, 640)),
    "bands delays": Architecture(
        "the tree, with delays", recipe((replace(TREE[0], delays=PAST), *TREE[1:]), 640)
    ),
    "recurrent": Architecture(
        "recurrent cell",
        RecurrentRecipe(
            frontend=FRONTEND, bits=512, layers=CELL, steps=1_000, state=128, window=48, span=16
        ),
    ),
}  # fmt: skip


def measured(name: str, seed: int) -> dict[str, Any]:
    """Train one architecture; its best step on validation clips on the test clips, and its cycles."""
    from bench.targets.cortex_a8 import CortexA8
    from exporters.passes import THUMB, optimise
    from tasks.evaluate import evaluate
    from tasks.registry import get_task
    from tasks.run_training import run_settings
    from tasks.training.hard import predict
    from tasks.training.trainer import Trainer
    from zoo.model import Model
    from zoo.results import predictions_digest

    task: Any = get_task(TASK)
    chosen = ARCHITECTURES[name].recipe
    learner = task.learner(chosen, seed, "cpu")
    with tempfile.TemporaryDirectory() as folder:
        outcome = Trainer(learner, Path(folder) / "run", run_settings(chosen, seed)).run()
    frontend, circuit, head = learner.parts()
    model = Model.from_parts(
        frontend, circuit, head, id="bench/architecture", summary=ARCHITECTURES[name].title, licence="MIT"
    )
    (result,) = evaluate(model, task)
    samples = task.load(SET)[0].samples[: HOPS * model.hop]
    target = CortexA8()
    traces = [target.run(model, [samples]), predict(model, [samples]), [model.predict(samples)]]
    if len({predictions_digest(one) for one in traces}) > 1:
        raise SystemExit(f"{name}, seed {seed}: PyTorch, numpy and the Cortex-A8 differ")
    cost = target.cost(model, [samples])
    cycles = {part: cost.line(part).cycles for part in ("gates", "total")}
    return {
        "architecture": name,
        "seed": seed,
        "gates": circuit.n_gates,
        "gates_left": optimise(circuit, THUMB).n_gates,
        "registers": circuit.n_registers,
        "val": outcome.main[1],
        "best_step": outcome.best_step,
        "sets": {SET: result.to_json()},
        "cycles": {part: spread.median for part, spread in cycles.items() if spread is not None},
        "code": cost.line("gates").code,
        "recipe": chosen.to_json(),
    }


def render(record: dict[str, Any]) -> str:
    """The page, as Markdown."""
    rows = []
    for name, architecture in ARCHITECTURES.items():
        runs = [run for run in record["runs"] if run["architecture"] == name]
        if not runs:
            continue
        scores = [run["sets"][SET]["f1"] for run in runs]
        rows.append(
            [
                architecture.title,
                f"{fmean(run['val'] for run in runs):.3f}",
                f"{fmean(scores):.3f}",
                " ".join(f"{score:.3f}" for score in scores),
                *(
                    f"{fmean(values):,.0f}"
                    for values in (
                        [run["gates"] for run in runs],
                        [run["gates_left"] for run in runs],
                        [run["registers"] for run in runs],
                        [run["cycles"]["gates"] for run in runs],
                        [run["cycles"]["total"] for run in runs],
                    )
                ),
            ]
        )
    head = [
        "architecture", "validation F1", "test F1", "each seed", "gates", "gates left", "registers",
        "A8 cycles, gates", "whole model",
    ]  # fmt: skip
    about = record["runs"][0]["sets"][SET]
    low, high = about["f1_ci95"]
    interval = (
        f"Means over seeds, each of which stands beside them. Test: {about['clips']} clips, "
        f"{about['answers']:,} frames asked. The 95 % interval of a run, over clips, is about "
        f"±{(high - low) / 2:.3f}: read smaller differences as level."
    )
    parts = [TOP, table(head, rows, left=(0, 3)), interval, verdict(record), *missed(record), BOTTOM]
    parts.append(code_table(record))
    return "\n\n".join([*parts, code_verdict(record), END]) + "\n"


def missed(record: dict[str, Any]) -> list[str]:
    """What has been measured with fewer seeds than the others, or not at all."""
    said = []
    for name, architecture in ARCHITECTURES.items():
        seeds = [run["seed"] for run in record["runs"] if run["architecture"] == name]
        if len(seeds) < len(SEEDS):
            said.append(f"{architecture.title} ({f'{len(seeds)} seeds' if seeds else 'not at all'})")
    return [f"Not measured with all seeds: {', '.join(said)}."] if said else []


def verdict(record: dict[str, Any]) -> str:
    """Every architecture against plain layers in lanes, in words made of the numbers."""

    def of(name: str) -> tuple[list[float], float]:
        runs = [run for run in record["runs"] if run["architecture"] == name]
        return [run["sets"][SET]["f1"] for run in runs], fmean(run["cycles"]["gates"] for run in runs)

    (plain, cycles), said = of(BASE), []
    for name, architecture in ARCHITECTURES.items():
        if name == BASE or not any(run["architecture"] == name for run in record["runs"]):
            continue
        scores, own = of(name)
        apart = "every seed above" if min(scores) > max(plain) else "every seed below"
        if min(scores) <= max(plain) and max(scores) >= min(plain):
            apart = "seeds overlap"
        change = f"{fmean(scores) - fmean(plain):+.3f} ({apart}) at {own / cycles:.1f} times the cycles of the gates"
        said.append(f"* {architecture.title}: {change}.")
    return "\n".join([f"Test F1 against {ARCHITECTURES[BASE].title}:", "", *said])


def code_verdict(record: dict[str, Any]) -> str:
    """The autoencoders against the better of the others."""
    own = fmean(code["test"] for code in record["codes"] if "gates" in code)
    other = max((code for code in record["codes"] if "gates" not in code), key=lambda code: code["test"])
    if own > other["test"]:
        return f"On held-out kits the gates give back more than either: {own:.3f}."
    return (
        f"On held-out kits the gates give back {own:.3f}, less than {other['code']} with {other['test']:.3f}: this is "
        "missed. Bands rise and fall together, so a few floats say nearly everything, and a linear decoder adds up "
        "what bits mean; gates have to learn sums of many bits from tables of two. Their use is where "
        "neither float nor multiplication is at hand."
    )


def code_table(record: dict[str, Any]) -> str:
    """Codes of 32 bits a frame."""
    rows = []
    for name in dict.fromkeys(code["code"] for code in record["codes"]):
        codes = [code for code in record["codes"] if code["code"] == name]
        gates = f"{codes[0]['gates']:,}" if "gates" in codes[0] else "-"
        values = [[code[split] for code in codes] for split in ("val", "test")]
        seeds = " ".join(f"{value:.3f}" for value in values[1]) if len(codes) > 1 else ""
        rows.append([name, gates, *(f"{fmean(each):.3f}" for each in values), seeds])
    return table(["code", "gates", "validation", "held-out kits", "each seed"], rows, left=(0, 4))


TOP = """\
# Architectures

Written by `scripts/compare_architectures.py` from `docs/records/architectures.json`; nobody typed a figure.

All are layers of gates that train with hard tables forward, and harden to one circuit of gates and registers that streams.
Tests hold each of them to that, bit for bit: training in hard mode, `Model.stream()` in uneven blocks, and C.

| architecture | in a recipe | what it is | when |
|---|---|---|---|
| layers, lane wiring | `LayerRecipe(768)` | each word of 32 gates reads two words of the layer before | the default: cheapest by far |
| random, local wiring | `LayerRecipe(768, "random")` | each gate reads any two bits | block mode, FPGAs: not for a frame at a time |
| learned wiring | `LayerRecipe(768, "learned", {"candidates": 8})` | each operand is chosen among candidates | few gates, block mode |
| delays | `LayerRecipe(768, delays=(0, 4, 12))` | reads the layer before now, 4 and 12 frames ago: a convolution over time, its gates shared by every hop | the answer needs context, and cycles for moving registers are there |
| bands | `LayerRecipe(64, bands=(3, 1))`, then `bands=(2, 2)` | the same gates at every place of the filterbank: convolution, tree | patterns that move in pitch; few learned tables |
| recurrent cell | `RecurrentRecipe(state=128, window=48, span=16, ...)` | gates set and reset latches, every frame, from bits and latches | memory without a known span |
| autoencoder | `AutoencoderRecipe(levels=16, encoder=(256, 128, 32), ...)` | bits to a narrow code and back, both halves circuits | codes to send, store or compare |

A layer with delays takes its first operands from the frame now (`options={"first": 0}` draws them from all): otherwise a
fresh network answers late. It needs `ends` where frames of clips are given by hand (`ClassFrames`); class tasks do that
themselves. Registers start at 0, and rows that no gate reads are not kept. Bands and delays combine; `bits` must be whole
words for every band. Wiring, delays and bands are options of each layer, so one network may have all of them.

## On one task

Sound events (speech, drums, tones, quiet; frames of 16 ms), the same front end, 2,048 gates each, the same number of steps
but for the cell (half of them: each runs 48 frames). There is one recipe of each. The delays, and what first operands read, were
chosen on validation clips with one seed, the others not at all; the convolution without a tree was added when the tree had been
scored. The front end itself remembers 64 frames by its lags and peaks, so what memory adds is on top of that.

![Macro-F1 against emulated cycles of the Cortex-A8](architectures.png)"""
BOTTOM = """\
*Gates left* is what the compiler keeps of the flat netlist; lane code runs whole words, whose masks it simplifies instead.
Cycles are emulated (exact instructions, a [core model](cortex-a8-model.md)), of one frame; those of gates include moving the
registers. Networks over bands hear only what each band has of its own: this front end's sums and differences across bands are lost
to them. Random and learned wiring have no words, so a frame costs an instruction or more for each gate left.

## Codes of 32 bits a frame

An autoencoder of gates hears 12 bands of drums, 16 levels each, and gives them back through 32 bits. The figure is the share of
the levels' variance that comes back. Beside it, with a float decoder each: principal components of the same levels, the best
split of 32 bits into components and steps on validation frames; and 32 of the thermometer's own bits, chosen one by one for
what they explain."""
END = """\
## Repeat it

    zoo data build sound-events
    zoo data build drums
    python -m scripts.compare_architectures"""


def draw(record: dict[str, Any]) -> None:
    """A dot is a seed, a line the mean."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(8, 4.6), layout="constrained")
    for k, (name, architecture) in enumerate(ARCHITECTURES.items()):
        runs = [run for run in record["runs"] if run["architecture"] == name]
        if not runs:
            continue
        cycles, scores = [run["cycles"]["gates"] for run in runs], [run["sets"][SET]["f1"] for run in runs]
        axis.plot(cycles, scores, "o", color=f"C{k}", alpha=0.5)
        axis.plot(
            fmean(cycles), fmean(scores), "_", color=f"C{k}", markersize=22, markeredgewidth=2,
            label=architecture.title,
        )  # fmt: skip
    axis.set_xscale("log")
    axis.set_xlabel("gates of a frame: emulated Cortex-A8 cycles")
    axis.set_ylabel("macro-F1 on the test set")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)
    figure.savefig(PLOT, dpi=110, metadata={"Software": None})


def main() -> None:
    """Measure what is missing, one run at a time; write the record after each."""
    parser = argparse.ArgumentParser(description="Compare architectures of gates.")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(ARCHITECTURES)}, codes; all when none")
    parser.add_argument("--render", action="store_true", help="only render, from the record as it is")
    given = parser.parse_args()
    from scripts.architecture_codes import codes
    from zoo.atomic import write_file

    record = json.loads(RECORD.read_text()) if RECORD.exists() else {"runs": [], "codes": []}
    names = [] if given.render else given.names or [*ARCHITECTURES, "codes"]
    for name in names:
        for seed in SEEDS if name != "codes" else (0,):
            if name == "codes":
                record["codes"] = codes(SEEDS)
            elif any((run["architecture"], run["seed"]) == (name, seed) for run in record["runs"]):
                continue
            else:
                print(name, seed, flush=True)
                record["runs"].append(measured(name, seed))
            write_file(RECORD, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    if record["runs"] and record["codes"]:
        PAGE.write_text(render(record), encoding="utf-8")
        draw(record)


if __name__ == "__main__":
    main()
