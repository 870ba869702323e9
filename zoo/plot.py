"""Pictures that a person can read: the waveform above, what the model says below."""

from __future__ import annotations

import io
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoo.errors import MissingExtraError
from zoo.results import Classes, Controls, Onsets, Result, Samples

if TYPE_CHECKING:
    from zoo.model import Model

_COLUMNS = 2_000  # of the waveform's envelope; more than a picture shows
_WAVE, _LINE, _HIT = "#8a97a6", "#1f5fa8", "#d1495b"


def plot_result(
    model: Model, samples: npt.NDArray[np.int16], result: Result, path: str | PathLike[str], title: str = ""
) -> None:
    """Draw a model's answer under the waveform and write a PNG.

    Args:
        model: The model that answered.
        samples: int16 (n,) at the model's rate.
        result: Its answer.
        path: The PNG file.
        title: Usually the name of the recording.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise MissingExtraError("plots need matplotlib: pip install 'difflogic-zoo[plot]'") from None
    from zoo.atomic import write_file

    figure = Figure(figsize=(12, 5), dpi=110, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    _waveform(above, samples, model.rate)
    if isinstance(result, Onsets):
        said = _onsets(above, below, model, result)
    elif isinstance(result, Classes):
        said = _classes(below, result)
    elif isinstance(result, Controls):
        said = _controls(below, result)
    else:
        said = _samples(below, result)
    above.set_title(f"{title}   {model.id}: {said}".strip(), loc="left", fontsize=11)
    below.set_xlabel("time (s)")
    below.set_xlim(0, max(len(samples) / model.rate, 1e-3))
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
    png = io.BytesIO()
    figure.savefig(png, format="png")
    write_file(Path(path), png.getvalue())


def _waveform(axes: Any, samples: npt.NDArray[np.int16], rate: int) -> None:
    """Lowest and highest sample of each column, so that no peak is lost."""
    step = max(1, len(samples) // _COLUMNS)
    columns = samples[: len(samples) // step * step].reshape(-1, step) / 32_768
    times = np.arange(len(columns)) * step / rate
    if step == 1:
        axes.plot(times, columns[:, 0], color=_WAVE, linewidth=0.8)
    else:
        axes.fill_between(times, columns.min(axis=1), columns.max(axis=1), color=_WAVE, linewidth=0.3)
    axes.set_ylabel("waveform")
    peak = max(0.01, float(np.abs(columns).max(initial=0)))
    axes.set_ylim(-1.1 * peak, 1.1 * peak)


def _onsets(above: Any, below: Any, model: Model, result: Onsets) -> str:
    head: Any = model.head
    times = (np.arange(len(result.scores)) + 1) * result.hop / result.rate
    below.step(times, result.scores, where="post", color=_LINE, linewidth=0.9, label="score (ones)")
    below.axhline(
        head.threshold, color=_HIT, linestyle="--", linewidth=1, label=f"threshold {head.threshold}"
    )
    below.axhline(head.rearm, color=_WAVE, linestyle=":", linewidth=1, label=f"re-arms below {head.rearm}")
    above.vlines(result.times, *above.get_ylim(), color=_HIT, linewidth=1)
    below.plot(result.times, result.scores[result.frames], "o", color=_HIT, markersize=4, label="onset")
    below.set_ylim(0, max(head.threshold, int(result.scores.max(initial=0))) * 1.3)  # room for the legend
    below.set_ylabel("score")
    below.legend(loc="upper right", fontsize=8, ncols=4, framealpha=0.9)
    return f"{len(result.times)} onset{'' if len(result.times) == 1 else 's'}"


def _classes(below: Any, result: Classes) -> str:
    times = (np.arange(len(result.classes)) + 1) * result.hop / result.rate
    below.step(times, result.classes, where="post", color=_LINE, linewidth=0.9)
    below.set_yticks(range(result.counts.shape[1]), result.names or None)
    below.set_ylabel("class")
    return f"{result.counts.shape[1]} classes"


def _controls(below: Any, result: Controls) -> str:
    times = (np.arange(len(result.values)) + 1) * result.hop / result.rate
    for number, values in enumerate(result.values.T):
        below.step(times, values, where="post", linewidth=0.9, label=f"value {number}")
    below.set_ylim(0, result.maximum * 1.05)
    below.set_ylabel("control value")
    if result.values.shape[1] <= 8:
        below.legend(loc="upper right", fontsize=8, ncols=4)
    return f"{result.values.shape[1]} control values"


def _samples(below: Any, result: Samples) -> str:
    _waveform(below, result.samples, result.rate)
    below.set_ylabel("output")
    return f"{len(result.samples)} samples"
