"""Percussive onset detection: when is something struck?"""

from __future__ import annotations

from pathlib import Path

from tasks.base import Audio, Events
from tasks.data.clip import Clip
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
    baselines = ("random-gates", "spectral-flux", "causal-cnn", "causal-gru")
    recipes = "tasks.recipes.onset"

    def load(self, split: str, data: Path | None = None) -> list[Clip]:
        """`train`, `val`, or a test set; the test sets come with the package."""
        from tasks.data.onset import load_split

        return load_split(split, data)

    def manifest_digest(self, split: str, data: Path | None = None) -> str:
        """Digest of the clips' digests."""
        from tasks.data.onset import list_split, split_digest

        return split_digest(list_split(split, data))
