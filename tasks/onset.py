"""Percussive onset detection: when is something struck?"""

from __future__ import annotations

from tasks.base import Audio, Events
from tasks.data.onset import ONSET
from tasks.events import EventTask


class PercussiveOnset(EventTask):
    """Instants of percussive onsets in mono audio, answered causally, hop by hop."""

    name = "onset"
    version = 1
    summary = "Find percussive onsets as they happen"
    input = Audio(rate=44_100, hop=128)
    answer = Events(tolerance_ms=(50, 25), refractory_ms=30)
    sets = {  # noqa: RUF012
        "test1": "held-out kits",
        "test2": "rendered drums",
        "test3": "real loops",
    }
    data = ONSET
    baselines = ("random-gates", "spectral-flux", "causal-cnn", "causal-gru")
    recipes = "tasks.recipes.onset"
