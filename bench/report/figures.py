"""The plots of a report, each as the text of an SVG or the bytes of a PNG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from bench.report.findings import Example, Findings
from bench.scaling import Curve
from bench.targets.base import PART_NAMES, Cost
from tasks.evaluate import SetResult
from zoo.errors import MissingExtraError

INK, QUIET, BLUE, RED, GREEN, SAND = "#22303c", "#8a97a6", "#1f5fa8", "#d1495b", "#3b8574", "#e0a458"
PART_COLOURS = {"features": BLUE, "encode": SAND, "gates": GREEN, "head": RED}

EXAMPLE_SECONDS = 6.0
EXAMPLE_LEFT, EXAMPLE_RIGHT = 0.07, 0.985  # of the picture's width: the page moves a line between them
COLUMNS = 1_800

STYLE: dict[Any, Any] = {
    "font.size": 10.5,
    "font.family": "sans-serif",
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "difflogic-zoo",
    "svg.fonttype": "none",
}


def accuracy_figure(accuracy: Sequence[SetResult]) -> str:
    """The metrics that have a 95 % interval (the main one where none has), on each set."""
    task = accuracy[0].task
    shown = [c for c in task.columns if c.key in (task.intervals or (task.main_metric,))]
    figure, axes = _figure(5.6, 0.95 + (0.37 * len(shown)) * len(accuracy))
    height = 0.76 / len(shown)
    for row, one in enumerate(accuracy):
        for place, (column, colour) in enumerate(zip(shown, (BLUE, SAND, GREEN, RED), strict=False)):
            at, value = row + (place - (len(shown) - 1) / 2) * height, one.metrics[column.key]
            if value is None:
                continue
            axes.barh(at, value, height * 0.9, color=colour, label=None if row else column.title)
            if column.key in one.intervals:
                axes.plot(one.intervals[column.key], [at, at], color=INK, linewidth=1.4)
            text = column.text(value)
            axes.annotate(
                text, (0, at), xytext=(4, 0), textcoords="offset points", va="center", color="white",
                fontweight="bold", fontsize=9.5,
            )  # fmt: skip
    axes.set_yticks(range(len(accuracy)), [one.what for one in accuracy])
    axes.invert_yaxis()
    if all(0 <= (one.metrics[c.key] or 0) <= 1 for one in accuracy for c in shown):
        axes.set_xlim(0, 1)
    axes.set_xlabel("line: 95 % interval" if task.intervals else shown[0].title)
    figure.legend(loc="outside upper center", ncols=len(shown), frameon=False, fontsize=9.5)
    return _svg(figure)


def delay_figure(accuracy: Sequence[SetResult]) -> str:
    """How late answers come, on each set."""
    figure, axes = _figure(5.6, 3.2)
    edges = np.arange(-20, 52, 2.0)
    for one, colour in zip(accuracy, (BLUE, SAND, RED, GREEN, QUIET), strict=False):
        late = np.concatenate([clip.delays for clip in one.clips]) * 1000
        if not late.size:
            continue
        share = np.histogram(np.clip(late, edges[0], edges[-1]), edges)[0] / len(late) * 100
        label = f"{one.what}: median {np.median(late):.1f} ms"
        axes.stairs(share, edges, color=colour, linewidth=1.8, label=label)
        axes.stairs(share, edges, color=colour, fill=True, alpha=0.10)
    axes.axvline(0, color=QUIET, linewidth=1, linestyle=":")
    axes.set_xlim(edges[0], edges[-1])
    axes.set_xlabel("answer minus labelled onset (ms); left of 0 the label itself is late")
    axes.set_ylabel("% of matches")
    axes.legend(frameon=False, fontsize=9.5)
    return _svg(figure)


def cycles_figure(cost: Cost) -> str:
    """Emulated cycles of a hop, part by part, and as a share of the processor."""
    figure, axes = _figure(7.2, 1.9)
    left = 0.0
    for line in cost.lines:
        if line.cycles is None or line.part == "total":
            continue
        width = line.cycles.median
        label = f"{PART_NAMES[line.part]}: {width:,.0f}"
        axes.barh(0, width, left=left, height=0.6, color=PART_COLOURS[line.part], label=label)
        left += width
    cycles_a_percent = cost.line("total").cycles.median / cost.percent[1]  # type: ignore[union-attr]
    low, likely, high = (share * cycles_a_percent for share in cost.percent)
    axes.errorbar(likely, 0, xerr=[[likely - low], [high - likely]], color=INK, capsize=5, linewidth=1.4)
    axes.set_yticks([])
    axes.set_ylim(-0.55, 0.55)
    axes.set_xlim(0, max(1.15 * high, 0.2 * cycles_a_percent))
    axes.set_xlabel(f"cycles a hop ({cost.method}; the whisker is the model's error bar)")
    above = axes.secondary_xaxis(
        "top", functions=(lambda cycles: cycles / cycles_a_percent, lambda share: share * cycles_a_percent)
    )
    above.set_xlabel(f"% of {cost.device}")
    figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9.5)
    return _svg(figure)


def curves_figure(curves: Sequence[Curve]) -> str:
    """Cycles of the gates against their number, a line a target."""
    figure, axes = _figure(7.2, 3.6)
    for curve, colour in zip(curves, (BLUE, GREEN, RED, SAND, QUIET), strict=False):
        axes.plot(*zip(*curve.points, strict=True), "o-", color=colour, markersize=4, linewidth=1.5)
        axes.plot(*curve.own, "o", color=colour, markeredgecolor=INK, markersize=9, label=curve.target)
        axes.annotate(
            f"{curve.own[1]:,.0f}",
            curve.own,
            xytext=(0, 9),
            textcoords="offset points",
            ha="center",
            fontsize=9,
        )
    axes.set_xlim(0)
    axes.set_ylim(0)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.grid(axis="y", color=QUIET, alpha=0.25)
    axes.set_xlabel("gates")
    axes.set_ylabel("cycles of the gates, a hop")
    figure.legend(loc="outside upper center", ncols=len(curves), frameon=False, fontsize=9.5)
    return _svg(figure)


def time_figure(cost: Cost) -> str:
    """Measured time of a hop, part by part."""
    figure, axes = _figure(7.2, 2.0)
    lines = [line for line in cost.lines if line.ns is not None and line.part != "total"]
    for row, line in enumerate(lines):
        assert line.ns is not None
        axes.barh(row, line.ns.median, height=0.6, color=PART_COLOURS[line.part])
        axes.annotate(
            f"{line.ns.median:,.0f} ns",
            (line.ns.median, row),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
        )
    axes.set_yticks(range(len(lines)), [PART_NAMES[line.part] for line in lines])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.2 * max(line.ns.median for line in lines if line.ns is not None))
    axes.set_xlabel("ns a hop (measured here, median)")
    return _svg(figure)


def example_figure(findings: Findings, example: Example, seconds: float) -> bytes:
    """Waveform with labels and answers above, score below: a PNG, because a waveform has too many lines."""
    from matplotlib.figure import Figure

    model, head = findings.model, findings.model.head
    samples = example.clip.samples[: round(seconds * model.rate)]
    figure = Figure(figsize=(11, 4.2), dpi=130)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1, 1))
    figure.subplots_adjust(EXAMPLE_LEFT, 0.115, EXAMPLE_RIGHT, 0.985, hspace=0.08)
    step = max(1, len(samples) // COLUMNS)
    columns = samples[: len(samples) // step * step].reshape(-1, step) / 32_768
    times = np.arange(len(columns)) * step / model.rate
    above.fill_between(times, columns.min(axis=1), columns.max(axis=1), color=QUIET, linewidth=0.3)
    peak = 1.1 * max(0.01, float(np.abs(columns).max(initial=0)))
    above.set_ylim(-peak, 1.3 * peak)
    above.vlines(example.times, -peak, peak, color=RED, linewidth=1.1)
    above.plot(
        example.clip.onsets, np.full(len(example.clip.onsets), 1.17 * peak), "v", color=GREEN, markersize=6
    )
    above.set_yticks([])
    above.set_ylabel("waveform")
    scores = example.trace.values[:, 0]
    ends = (np.arange(len(scores)) + 1) * model.hop / model.rate
    below.step(ends, scores, where="post", color=BLUE, linewidth=0.9)
    threshold = head.params()["threshold"]
    below.axhline(threshold, color=RED, linestyle="--", linewidth=1, label=f"threshold {threshold}")
    below.plot(example.times, scores[example.trace.hits], "o", color=RED, markersize=4, label="answer")
    below.legend(loc="lower right", ncols=2, frameon=False, fontsize=9)  # scores seldom go that low
    below.set_ylabel("score")
    below.set_xlabel("seconds")
    below.set_xlim(0, seconds)
    figure.align_ylabels()
    png = io.BytesIO()
    figure.savefig(png, format="png")
    return png.getvalue()


def style() -> AbstractContextManager[None]:
    """Everything drawn inside looks alike.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib import rc_context
    except ModuleNotFoundError:
        raise MissingExtraError("plots need matplotlib: pip install 'difflogic-zoo[bench]'") from None
    return rc_context(STYLE)


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def _svg(figure: Any) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    return text.getvalue()[text.getvalue().index("<svg") :]
