"""Gates that play an instrument beside what floats can do: spectra, loudness, pitch, emulated cycles, and sound.

python -m scripts.compare_timbre FOLDER...   measure trained models (seeds and targets mixed), then render
python -m scripts.compare_timbre --render    render from the record as it is

The folders come from `zoo train timbre --target TARGET --size SIZE --seed N -o runs/...`. The float networks train on
first use, through the same synthesiser and trainer. Writes docs/records/timbre.json, docs/timbre-results.md, two
pictures, and docs/audio/timbre-*.wav.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from tasks.comparison import built_baselines, mean, measured, read_and_render, trained_models

if TYPE_CHECKING:
    import numpy.typing as npt

    from tasks.base import Task
    from tasks.comparison import Named

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "docs" / "records" / "timbre.json"
PAGE = ROOT / "docs" / "timbre-results.md"
PLOT = ROOT / "docs" / "timbre-results.png"
SPECTROGRAMS = ROOT / "docs" / "timbre-spectrograms.png"
AUDIO = ROOT / "docs" / "audio"
SEEDS = (1, 2, 3)
SEEDED = ("timbre-gru",)
LABELS = {
    "standard": "**gates, standard**",
    "nano": "**gates, nano**",
    "timbre-gru": "GRU of 32 units, float",
    "static-spectrum": "one spectrum, float",
    "random-controls": "gates before training",
    "source": "the flute itself",
}
LINES = ("features", "encode", "gates", "head", "total")
MODELS = {"violin": "bela/violin-gates", "trumpet": "bela/trumpet-gates"}
NANO = "bela/violin-gates-nano"
EXAMPLE = 0  # number of the test melody that is heard and drawn
COMPARED_FRAMES = 400  # of the GRU's cost
CLOCK = 1_000_000_000


def measure(folders: list[Path]) -> dict[str, Any]:
    """Every player of every target that there are models of, with what one of each kind costs."""
    from tasks.registry import get_task

    models = [(training_target(model), seed, command, model) for seed, command, model in trained_models(folders)]
    record: dict[str, Any] = {"schema": "comparison/1", "task": get_task("timbre").id, "targets": {}}
    for target in sorted({one[0] for one in models}, reverse=True):
        task = get_task("timbre").for_target(target)
        gates = [(size_of(command), seed, command, model) for own, seed, command, model in models if own == target]
        found: dict[str, Any] = {"runs": [], "costs": {}}
        for run, detector in measured(task, players(task, gates)):
            name = run["detector"]
            run["parameters" if hasattr(detector, "parameters") else "gates"] = size(detector)
            found["runs"].append(run)
            if name not in found["costs"] and (cost := cost_of(name, run["seed"], task, detector)):
                found["costs"][name] = cost
        record["targets"][target] = found
    return record


def players(task: Task, gates: Sequence[Named]) -> Iterator[Named]:
    """The trained models, then the baselines; float networks where there are models of every seed."""
    yield from sorted(gates, key=lambda one: (list(LABELS).index(one[0]), one[1] or 0))
    whole = {one[1] for one in gates} >= set(SEEDS)
    names = [name for name in LABELS if name in task.baselines and (whole or name not in SEEDED)]
    yield from built_baselines(task, names, SEEDED, SEEDS)


def training_target(model: Any) -> str:
    """What the model plays."""
    target: str = model.config.training.target
    return target


def size_of(command: str) -> str:
    """`standard` of `zoo train timbre --size standard ...`."""
    return command.split("--size ")[1].split()[0]


def size(detector: Any) -> int:
    """Parameters of a float player, gates of a model."""
    return int(detector.parameters if hasattr(detector, "parameters") else detector.circuit.n_gates)


def cost_of(name: str, seed: int | None, task: Task, detector: Any) -> dict[str, Any] | None:
    """Emulated cycles a hop: of a model everything, of the GRU its network alone."""
    from bench.measure.class_costs import gates_cost

    if name in ("standard", "nano"):
        return gates_cost(detector, task)
    if name != "timbre-gru":
        return None
    import torch

    from bench.peers.emulated import EmulatedPeer
    from bench.peers.float_c import float_source
    from bench.peers.nets import net_of

    module = detector.learner.module.eval().net
    net = net_of("causal-gru", module)
    peer = EmulatedPeer(float_source(net), net.outputs)
    frames = detector.learner.val.features[0][:COMPARED_FRAMES]
    with torch.no_grad():
        expected = module(torch.from_numpy(frames)[None])[0].numpy()
    difference = float(abs(peer.run(frames, "float32") - expected).max())
    if difference > 1e-3:
        raise ValueError(f"{name}: C differs from PyTorch by {difference}")
    return {"hop": task.input.hop, "cycles_hop": peer.cost(frames).cycles.median}


def row(target: dict[str, Any], name: str, test: str) -> str:
    """One line of a table of results."""
    runs = [run for run in target["runs"] if run["detector"] == name]
    each = " ".join(f"{run['sets'][test]['mr_stft']:.3f}" for run in runs) if len(runs) > 1 else ""
    kind = "parameters" if "parameters" in runs[0] else "gates"
    what = "" if name == "random-controls" else f"{fmean(run[kind] for run in runs):,.0f} {kind}"
    cells = [
        f"{mean(target, name, test, key):.{digits}f}"
        for key, digits in (("mr_stft", 3), ("lsd_db", 2), ("loudness_db", 2), ("pitch_cents", 1))
    ]
    return f"| {LABELS[name]} | {what} | {cells[0]} | {each} | {' | '.join(cells[1:])} |"


def results(target: dict[str, Any], test: str) -> str:
    """A table of one test set."""
    head = (
        "| player | size | MR-STFT | each seed | LSD, dB | loudness, dB | pitch, cents |\n"
        "|---|---:|---:|---|---:|---:|---:|"
    )
    there = {run["detector"] for run in target["runs"]}
    return "\n".join([head, *(row(target, name, test) for name in LABELS if name in there)])


def costs(target: dict[str, Any]) -> str:
    """Cycles of a hop of gates, part by part, and of the GRU's network."""
    rows = ["| player | front end | encoder | gates | oscillators | whole hop | a sample | of an A8 at 1 GHz |"]
    rows.append("|---|---:|---:|---:|---:|---:|---:|---:|")
    for name, cost in target["costs"].items():
        hop = cost["hop"]
        if "lines" in cost:
            lines = [cost["lines"][part] for part in LINES]
            share = f"{100 * cost['total_second'] / CLOCK:.2f} %"
        else:
            lines, share = [None, None, cost["cycles_hop"], None, None], "-"
        cells = ["-" if line is None else f"{line:,.0f}" for line in lines]
        each = "-" if lines[-1] is None else f"{lines[-1] / hop:,.0f}"
        rows.append(f"| {LABELS[name]} | {' | '.join(cells)} | {each} | {share} |")
    return "\n".join(rows)


def verdict(target: dict[str, Any], name: str) -> str:
    """How a target's gates stand beside the baselines, from the record alone."""
    best = {key: mean(target, key, "test", "mr_stft") for key in {run["detector"] for run in target["runs"]}}
    gates, high = best["standard"], mean(target, "standard", "high", "mr_stft")
    others = [f"{LABELS[key].strip('*')} ({best[key]:.3f})" for key in LABELS if key in best and best[key] < gates]
    ahead = f"Nearer are: {', '.join(others)}." if others else "No other player that was tried is nearer."
    seeds = sum(run["detector"] == "standard" for run in target["runs"])
    ahead += "" if "timbre-gru" in best else f" The GRU was not tried, and gates with {seeds} seed only."
    return (
        f"* {name.capitalize()}: standard gates reach {gates:.3f} on new melodies and {high:.3f} above the keys of "
        f"training; one spectrum reaches {best['static-spectrum']:.3f}, the flute itself {best['source']:.3f}. {ahead}"
    )


def render(record: dict[str, Any]) -> str:
    """The page, as Markdown."""
    parts = [INTRODUCTION, "## Listen", listening(record), "![Spectrograms](timbre-spectrograms.png)", "## Results"]
    parts.append("\n".join(verdict(found, name) for name, found in record["targets"].items()))
    parts.append("![Distance against cycles](timbre-results.png)")
    for name, found in record["targets"].items():
        about = found["runs"][0]["sets"]
        for test, what in about.items():
            size = f"{what['clips']} clips, {what['seconds']:.0f} seconds"
            parts += [f"### {name.capitalize()}, {what['what']}", f"{size}.", results(found, test)]
    parts += ["## Cost", costs(next(iter(record["targets"].values()))), reading(), "## Repeat it", repeat(record)]
    return "\n\n".join(parts) + "\n"


def reading() -> str:
    """What to make of the figures."""
    from tasks.baselines.timbre import STEPS
    from tasks.recipes.timbre import SIZES

    return READING.replace("@gates", str(SIZES["standard"].steps)).replace("@floats", str(STEPS))


def repeat(record: dict[str, Any]) -> str:
    """The commands that made the record."""
    commands = [run["command"] for found in record["targets"].values() for run in found["runs"] if run["command"]]
    lines = [f"    {command} -o runs/{k}" for k, command in enumerate(commands, 1)]
    return "\n".join(["After `zoo data build timbre`:", "", *lines, "    python -m scripts.compare_timbre runs/*"])


def listening(record: dict[str, Any]) -> str:
    """Links to what `play` writes."""
    rows = ["| | " + " | ".join(record["targets"]) + " |", "|---|" + "---|" * len(record["targets"])]
    for key, what in HEARD.items():
        cells = [
            f"[listen](audio/{file_name(target, key)})" if (AUDIO / file_name(target, key)).exists() else ""
            for target in record["targets"]
        ]
        rows.append(f"| {what} | {' | '.join(cells)} |")
    return "\n".join(["One test melody, four seconds, 16 bits at 16 kHz:", "", *rows])


HEARD = {
    "source": "the flute",
    "target": "the instrument",
    "gates": "gates, standard",
    "nano": "gates, nano",
    "gru": "GRU, float",
    "static": "one spectrum, float",
}


def file_name(target: str, key: str) -> str:
    """Name of a listening example."""
    return "timbre-flute.wav" if key == "source" else f"timbre-{target}-{key}.wav"


def play(record: dict[str, Any]) -> dict[str, dict[str, npt.NDArray[Any]]]:
    """Write the listening examples with the bundled models; target -> what -> int16 samples."""
    import numpy as np

    import zoo
    from tasks.baselines import build_baseline
    from tasks.registry import get_task
    from zoo.audio import write_wav

    AUDIO.mkdir(exist_ok=True)
    played: dict[str, dict[str, npt.NDArray[Any]]] = {}
    for target, found in record["targets"].items():
        there = {run["detector"] for run in found["runs"]}
        task = get_task("timbre").for_target(target)
        clip = task.load("test")[EXAMPLE]
        assert clip.target is not None
        sounds = {"source": clip.samples, "target": clip.target}
        sounds["gates"] = zoo.load(MODELS[target])(clip.samples).samples
        if target in NANO:
            sounds["nano"] = zoo.load(NANO)(clip.samples).samples
        for key, name in (("gru", "timbre-gru"), ("static", "static-spectrum")):
            if name not in there:
                continue
            trace = build_baseline(name, task, SEEDS[0]).predict(clip.samples)
            sounds[key] = trace.values.ravel().astype(np.int16)
        for key, sound in sounds.items():
            write_wav(AUDIO / file_name(target, key), sound, clip.rate)
        played[target] = sounds
    return played


INTRODUCTION = """\
# Timbre: a flute played on a violin, by gates

Written by `scripts/compare_timbre.py` from `docs/records/timbre.json`; nobody typed a figure.

A gate network maps pitch and loudness of a played note to the amplitudes of harmonics and noise bands of another
instrument, which drive an integer oscillator bank: differentiable digital signal processing (J. Engel, L. Hantrakul, C. Gu,
A. Roberts, "DDSP", 2020), with gates where the network was and no float anywhere. From sample to sample:

* the front end `note_tracker` measures pitch (times between zero crossings, to a sixteenth of a sample) and loudness of the
  flute every 8 ms, and how both came about; a host may give pitch and loudness itself (`model.play`, `name_note` in C), as
  from MIDI;
* gates turn thermometer bits of these into groups of outputs, whose ones are counted: a gain, and a level for each harmonic
  and noise band; the pitch's bits pass them by;
* the head `oscillator_bank` plays them: levels of 1.5 dB add up, harmonics are summed once a hop into a wave, waves fade
  into each other, noise goes through bands of shifts. No multiplication in any of it.

The gates learn through a differentiable twin of the oscillator bank, from the distance of spectra (multi-resolution STFT) to
the instrument's own recording of the same melody. Flute, violin and trumpet are those of FluidR3_GM (MIT licence, Frank Wen),
played by fluidsynth without effects; melodies are drawn at random, and no melody of a test set is in training. The set
`high` lies above every key of training."""
READING = """\
Cycles are those of an emulated Cortex-A8 (see [the core model](cortex-a8-model.md)), a hop of 128 samples at 16 kHz: the
oscillators cost most, the gates little. The GRU's cycles are its network alone, in float C with NEON; tracker and
oscillators of such a player are not counted, and it was rendered in floats, whose cost was not measured. All players but
the flute itself hear through the same integer tracker, so what the tracker gets wrong they all do.

What was missed: pitch is the flute's, so its vibrato stays and the violin's is not there; the target's own vibrato bounds how
near any player can come. Nothing is remembered but what the front end remembers (64 ms of loudness, ages of the note), so what
rings on after the flute has ended is cut short. Above the keys of training all players lose. The harmonics share one phase,
and the noise is stationary. Everything was heard from one sound font, with the same recordings in training and test: another
flute was not tried. Rates and the first state of the gates were chosen on
validation clips of the violin. Gates were trained for @gates steps, float players for @floats; neither had stopped gaining. An MLP in
floats (`timbre-mlp`) is there to be compared and was not."""


def draw(record: dict[str, Any]) -> None:
    """Distance on the test melodies against cycles of the network, a dot a seed; levels without cycles."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = list(record["targets"])
    figure, axes = pyplot.subplots(1, len(names), figsize=(5 * len(names), 4), layout="constrained", squeeze=False)
    for axis, name in zip(axes[0], names, strict=True):
        found = record["targets"][name]
        for player in LABELS:
            runs = [run for run in found["runs"] if run["detector"] == player]
            y = [run["sets"]["test"]["mr_stft"] for run in runs]
            label = LABELS[player].strip("*")
            if player in found["costs"]:
                x = found["costs"][player]["cycles_hop" if player == "timbre-gru" else "lines"]
                x = x if player == "timbre-gru" else x["encode"] + x["gates"]
                axis.plot([x] * len(y), y, "o", alpha=0.7, label=label)
            elif runs and player != "random-controls":
                line = axis.axhline(fmean(y), color="grey", linestyle=":", linewidth=1)
                axis.annotate(label, (0.02, line.get_ydata()[0]), xycoords=("axes fraction", "data"), fontsize=8)
        axis.set_xscale("log")
        axis.set_title(name)
        axis.set_xlabel("emulated Cortex-A8 cycles a hop of the network")
        axis.grid(alpha=0.3, which="both")
        axis.legend(fontsize=8, loc="center right", bbox_to_anchor=(1, 0.6))
    axes[0][0].set_ylabel("multi-resolution STFT distance")
    figure.savefig(PLOT, dpi=110)


def draw_spectrograms(played: dict[str, dict[str, npt.NDArray[Any]]], rate: int = 16_000) -> None:
    """The listening examples, one below the other."""
    import numpy as np
    from matplotlib import pyplot

    from tasks.spectra import magnitudes

    figure, axes = pyplot.subplots(
        len(HEARD), len(played), figsize=(5 * len(played), 1.5 * len(HEARD)), layout="constrained", squeeze=False,
        sharex=True, sharey=True,
    )  # fmt: skip
    for column, (target, sounds) in enumerate(played.items()):
        for axis, (key, what) in zip(axes[:, column], HEARD.items(), strict=True):
            if key not in sounds:
                axis.set_axis_off()
                continue
            axis.set_title(f"{what}" + ("" if key == "source" else f" ({target})"), fontsize=8)
            level = 20 * np.log10(np.maximum(1e-4, magnitudes(sounds[key] / 32_768, 512)))
            extent = (0, len(sounds[key]) / rate, 0, rate / 2_000)
            axis.imshow(level.T, origin="lower", aspect="auto", extent=extent, vmin=-80, vmax=-10, cmap="magma")
            axis.set_ylabel("kHz", fontsize=8)
        axes[-1, column].set_xlabel("seconds")
    figure.savefig(SPECTROGRAMS, dpi=90)


def show(record: dict[str, Any]) -> None:
    """Sounds, pictures, page."""
    draw(record)
    draw_spectrograms(play(record))
    PAGE.write_text(render(record), encoding="utf-8")


if __name__ == "__main__":
    read_and_render(__doc__.splitlines()[0], 1, RECORD, measure, show)
