"""Percussive onset detection: when is something struck?"""

from __future__ import annotations

from copy import copy
from typing import Any, Self

from tasks.base import Audio, Events
from tasks.data.onset import ONSET
from tasks.events import EventTask

# What is heard beside a split where a recipe asks for beats.
BESIDE = {"train": ("beats",), "val": ("beats-val", "loops-val")}


class PercussiveOnset(EventTask):
    """Instants of percussive onsets in mono audio, answered causally, hop by hop.

    Attributes:
        beats: Whether training hears clips like produced loops beside the plain ones, and validation real
            loops too.
    """

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
    baselines = ("random-gates", "spectral-flux", "causal-mlp", "causal-cnn", "causal-gru")
    recipes = "tasks.recipes.onset"
    beats: bool = False

    def with_beats(self, beats: bool = True) -> Self:
        """The task with or without beats in training and validation; its tests are the same."""
        other = copy(self)
        other.beats = beats
        return other

    def for_recipe(self, recipe: Any) -> Self:
        """With beats where the recipe has them."""
        return self.with_beats(recipe.beats)

    def parts(self, split: str) -> tuple[str, ...]:
        """Plain clips, then beats, then real loops."""
        return (split, *BESIDE.get(split, ())) if self.beats else (split,)
