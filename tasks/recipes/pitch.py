"""Sizes of the pitch class network."""

from __future__ import annotations

from tasks.data.pitch import FLUID
from tasks.training.recipe import LayerRecipe, PitchRecipe
from zoo.config import Source


def _lags(steps: int) -> tuple[int, ...]:
    """Periods of 62.5 to 1,000 Hz in samples at 16 kHz, so many an octave."""
    return tuple(dict.fromkeys(round(16 * 2 ** (k / steps)) for k in range(4 * steps + 1)))


SIZES = {
    "nano": PitchRecipe(
        frontend={"low": (2, 2), "high": 6, "lags": _lags(24), "hops": 4, "floor": 64},
        bits=512,
        layers=(LayerRecipe(1024), LayerRecipe(832)),
        steps=4000,
    ),
    "standard": PitchRecipe(
        frontend={"low": (2, 2), "high": 6, "lags": _lags(24), "hops": 4, "floor": 64},
        bits=1024,
        layers=(LayerRecipe(2080), LayerRecipe(2080), LayerRecipe(1664)),
        steps=6000,
    ),
}

SUMMARY = "Names the pitch class of a melody, or silence; taught by SwiftF0"
LICENCE = "MIT"


def sources() -> tuple[Source, ...]:
    """The sound font that training hears."""
    font = FLUID
    return (
        Source(
            title=font.name,
            authors=font.authors,
            licence=font.licence,
            origin=f"Debian package {font.package}",
        ),
    )
