"""Sizes of the pitch class network."""

from __future__ import annotations

from tasks.data.pitch import FLUID
from tasks.training.recipe import LayerRecipe, PitchRecipe
from zoo.config import Source


def _lags(steps: int) -> tuple[int, ...]:
    """Periods of 62.5 to 1,000 Hz in samples at 16 kHz, so many an octave."""
    return tuple(dict.fromkeys(round(16 * 2 ** (k / steps)) for k in range(4 * steps + 1)))


# Two hops of 16 ms: longer windows hear the tone before for longer, and lost on validation.
_FRONTEND = {"low": (2, 2), "high": 6, "lags": _lags(24), "hops": 2, "floor": 64}

SIZES = {
    "nano": PitchRecipe(
        frontend=_FRONTEND,
        bits=512,
        layers=(LayerRecipe(1024), LayerRecipe(832)),
        steps=3000,
    ),
    "standard": PitchRecipe(
        frontend=_FRONTEND,
        bits=1024,
        layers=(LayerRecipe(2080), LayerRecipe(2080), LayerRecipe(1664)),
        steps=3000,
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
