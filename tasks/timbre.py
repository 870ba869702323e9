"""Timbre: gates that hear a flute and play a violin or a trumpet."""

from __future__ import annotations

from tasks.base import Audio
from tasks.data.timbre import RATE, STEP, TARGETS, TIMBRE
from tasks.transfer import TransferTask


class Timbre(TransferTask):
    """Melodies of a flute to the same melodies on another instrument."""

    name = "timbre"
    version = 1
    summary = "Play what a flute plays on another instrument"
    input = Audio(rate=RATE, hop=STEP)
    answer = None
    sets = {  # noqa: RUF012
        "test": "melodies that training never heard",
        "high": "melodies above all keys of training",
    }
    data = TIMBRE
    targets = TARGETS
    baselines = ("source", "static-spectrum", "random-controls", "timbre-mlp", "timbre-gru")
    recipes = "tasks.recipes.timbre"
