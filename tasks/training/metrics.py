"""The course of a training run: as CSV, and as a picture."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

Row = dict[str, float]


def to_csv(history: Sequence[Row]) -> str:
    """One line a validation, with a header; every digit is kept."""
    text = io.StringIO()
    if history:
        writer = csv.DictWriter(text, list(history[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(history)
    return text.getvalue()


def plot_png(history: Sequence[Row], title: str) -> bytes:
    """Loss above, the other metrics below, as PNG.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
    """
    from matplotlib.figure import Figure

    steps = [row["step"] for row in history]
    figure = Figure(figsize=(8, 6), dpi=100, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    above.plot(steps, [row["loss"] for row in history], color="#1f5fa8")
    above.set(ylabel="training loss", yscale="log", title=title)
    for name in list(history[0])[3:] if history else []:  # after step, loss and rate
        below.plot(steps, [row[name] for row in history], label=name)
    below.set(xlabel="step", ylabel="validation")
    below.legend(frameon=False)
    png = io.BytesIO()
    figure.savefig(png, format="png", metadata={"Software": None})
    return png.getvalue()
