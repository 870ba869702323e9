"""A model's answer as text, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from zoo.results import Classes, Controls, Onsets, Result

if TYPE_CHECKING:
    from zoo.model import Model


def render(model: Model, result: Result, form: str, recording: str, notes: tuple[str, ...]) -> str:
    """The answer in one of the three forms, ending with a new line unless it is empty.

    Text: the times of the onsets in seconds, one a line; for other heads, time and answer of each frame.
    CSV: one row an onset or frame, with a header. JSON: one object, which names model, recording and notes.
    """
    columns, rows = _rows(result)
    if form == "json":
        about = {
            "model": model.id,
            "circuit_sha256": model.circuit.digest(),
            "recording": recording,
            "rate": model.rate,
            "hop": model.hop,
            "notes": list(notes),
            type(result).__name__.lower(): [dict(zip(columns, row, strict=True)) for row in rows],
        }
        return json.dumps(about, indent=2) + "\n"
    if form == "csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([[_cell(value) for value in row] for row in rows])
        return text.getvalue()
    if isinstance(result, Onsets):
        rows = [row[:1] for row in rows]
    return "".join("\t".join(_cell(value) for value in row) + "\n" for row in rows)


def _rows(result: Result) -> tuple[list[str], list[list[Any]]]:
    """Column names and one row an onset or a frame."""
    if isinstance(result, Onsets):
        scores = result.scores[result.frames]
        found = zip(result.times.tolist(), result.frames.tolist(), scores.tolist(), strict=True)
        return ["time", "frame", "score"], [list(row) for row in found]
    if isinstance(result, Classes):
        names = [f"count_{number}" for number in range(result.counts.shape[1])]
        answers = result.labels if result.names else result.classes.tolist()
        pairs = zip(answers, result.counts.tolist(), strict=True)
        rows = [[answer, *counts] for answer, counts in pairs]
        return ["time", "class", *names], _timed(rows, result.hop / result.rate)
    if isinstance(result, Controls):
        names = [f"value_{number}" for number in range(result.values.shape[1])]
        return ["time", *names], _timed(result.values.tolist(), result.hop / result.rate)
    return ["time", "sample"], _timed(result.samples[:, None].tolist(), 1 / result.rate)


def _timed(values: list[list[Any]], seconds: float) -> list[list[Any]]:
    """Each frame's values after the time at which they exist: the end of the frame."""
    return [[(frame + 1) * seconds, *row] for frame, row in enumerate(values)]


def _cell(value: object) -> str:
    return f"{value:.6f}" if isinstance(value, float) else str(value)
