"""Sizes of the drum network."""

from __future__ import annotations

from tasks.data.drum_kits import FONTS, DrumKit, FontKits, kits_of
from tasks.training.recipe import GateRecipe, LayerRecipe
from zoo.config import Source

_FRONTEND = {
    "rate": 44_100,
    "hop": 128,
    "shifts": (1, 2, 3, 4, 5, 6, 7, 8, 9),
    "floor": 64,
    "lags": (2, 4, 8, 16, 32),
    "peaks": (4, 16, 64),
    "flux": ((0, 9), (0, 3), (3, 6), (6, 9)),
}

SIZES = {
    "nano": GateRecipe(
        frontend=_FRONTEND,
        bits=512,
        layers=(LayerRecipe(1024), LayerRecipe(1024), LayerRecipe(800)),
        steps=3000,
    ),
}

SUMMARY = "Names the drum that was struck: kick, snare, hi-hat, tom or cymbal"
LICENCE = "MIT"


def sources() -> tuple[Source, ...]:
    """The kits that training hears."""
    heard: tuple[DrumKit | FontKits, ...] = (*kits_of("train"), *FONTS)
    return tuple(
        Source(
            title=one.title,
            authors=one.authors,
            licence=one.licence,
            origin=f"Debian package {one.package}",
        )
        for one in heard
    )
