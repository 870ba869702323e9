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
    "lags": (2, 4, 8, 16),
    "peaks": (4, 16, 90),  # 90 hops reach back to the attack from 250 ms after it
    "flux": ((0, 9), (0, 3), (3, 6), (6, 9)),
    "spans": (1, 2, 3, 4, 6),
}
# Every shift twice parts the octaves where drums differ most.
_FINER = _FRONTEND | {
    "shifts": (1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 9),
    "flux": (),
    "spans": (1, 2, 4, 6, 8),
}
_FRAMES = 2  # summed by the head: steadier at every moment asked

SIZES = {
    "nano": GateRecipe(
        frontend=_FRONTEND,
        bits=512,
        layers=(LayerRecipe(1024), LayerRecipe(1024), LayerRecipe(800)),
        frames=_FRAMES,
        steps=2000,
        batch=256,
    ),
    "standard": GateRecipe(
        frontend=_FINER,
        bits=1024,
        layers=(LayerRecipe(4096), LayerRecipe(3072), LayerRecipe(2560)),
        frames=_FRAMES,
        steps=2000,
        batch=256,
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
