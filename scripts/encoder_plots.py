"""The pictures of the study of encoders."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.encoder_plan import DIRECT, FROZEN, LINEAR, SETUPS, TASKS, Setup
from scripts.encoder_statistics import Interval, Results
from scripts.render_encoders import BEFORE, METRICS, NAMES, TITLES, by_bits

COLOURS = {"nothing": "tab:blue", "linear": "tab:orange", "frozen": "tab:grey"}
SHOWN = [setup for setup in (*DIRECT, *LINEAR, *FROZEN) if any(setup in tried for tried in SETUPS.values())]


def scores(results: Results) -> Figure:
    """Test metric of every setup, with each seed."""
    figure, axes = _panels()
    for axis, task in zip(axes, TASKS, strict=True):
        for place, setup in _placed(results, task):
            _whisker(axis, place, results.score(task, setup), COLOURS[setup[0]], BEFORE[setup[0]])
            each = list(results.each(task, setup).values())
            axis.plot(each, [place] * len(each), ".", color="black", markersize=3)
        axis.set_xlabel(f"{METRICS[task]}: integers, test")
        axis.set_title(TITLES[task])
    _legend(figure, axes[0])
    return figure


def gaps(results: Results) -> Figure:
    """Hardening gap (triangles) and generalisation gap of every setup."""
    figure, axes = _panels()
    for axis, task in zip(axes, TASKS, strict=True):
        axis.axvline(0, color="black", linewidth=0.8)
        for place, setup in _placed(results, task):
            _whisker(axis, place, results.generalisation(task, setup), COLOURS[setup[0]], BEFORE[setup[0]])
            hardening = results.hardening(task, setup) or Interval(0.0, None, 0)
            axis.plot(hardening.mean, place, "v", color="tab:red", label="training mode minus integers")
        axis.set_xlabel("dot: training clips minus test clips")
        axis.set_title(TITLES[task])
    _legend(figure, axes[0])
    return figure


def bits(results: Results) -> Figure:
    """Test metric against the bits into the first layer, behind the linear layer, on drums."""
    figure = Figure(figsize=(7, 4.6), layout="constrained")
    axis = figure.subplots()
    for name, channels in dict.fromkeys((setup[1], setup[2]) for setup in by_bits()):
        setups = [setup for setup in by_bits() if (setup[1], setup[2]) == (name, channels)]
        found = [results.score("drums", setup) for setup in setups]
        axis.errorbar(
            [setup[3] for setup in setups],
            [one.mean for one in found],
            [one.half or 0 for one in found],
            marker="o",
            capsize=3,
            label=f"{NAMES[name]}, {channels} channels",
        )
    axis.set(xscale="log", xlabel="bits", ylabel=f"{METRICS['drums']}: test", title=TITLES["drums"])
    ticks = sorted({setup[3] for setup in by_bits()})
    axis.set_xticks(ticks, map(str, ticks))
    axis.minorticks_off()
    figure.legend(fontsize=8, loc="outside lower center", ncols=2)
    return figure


def _placed(results: Results, task: str) -> list[tuple[int, Setup]]:
    """The task's setups and their rows in a picture."""
    return [(place, setup) for place, setup in enumerate(SHOWN) if results.has(task, setup)]


def _panels() -> tuple[Figure, Any]:
    figure = Figure(figsize=(11, 6), layout="constrained")
    axes = figure.subplots(1, len(TASKS), sharey=True)
    axes[0].set_yticks(range(len(SHOWN)), [_name(setup) for setup in SHOWN], fontsize=8)
    axes[0].invert_yaxis()
    return figure, axes


def _name(setup: Setup) -> str:
    return f"{NAMES[setup[1]]} ({setup[3]} bits)"


def _whisker(axis: Axes, place: int, found: Interval, colour: str, label: str) -> None:
    axis.errorbar(found.mean, place, xerr=found.half or 0, fmt="o", color=colour, capsize=3, label=label)


def _legend(figure: Figure, axis: Axes) -> None:
    """Every label once, below the panels."""
    handles = dict(zip(*reversed(axis.get_legend_handles_labels()), strict=True))
    figure.legend(handles.values(), handles.keys(), fontsize=8, loc="outside lower center", ncols=4)
