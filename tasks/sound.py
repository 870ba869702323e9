"""Sound matching: gates that are an audio function of time, as short as can be."""

from __future__ import annotations

from tasks.base import Audio
from tasks.data.sound import SOUND, TARGETS
from tasks.matching import MatchingTask


class SoundMatching(MatchingTask):
    """Samples of a tune or a recording from the bits of the sample's number."""

    name = "sound"
    version = 1
    summary = "Make a given sound from the bits of time"
    input = Audio(rate=8_000, hop=1)
    answer = None
    sets = {"test": "the target, every sample"}  # noqa: RUF012
    data = SOUND
    targets = TARGETS
    baselines = ("constant", "random-bytebeat", "adpcm", "rom")
    recipes = "tasks.recipes.sound"
