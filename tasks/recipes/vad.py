"""Sizes of the voice activity network."""

from __future__ import annotations

from tasks.data.voices import OTHER, SPEECH, TRAIN
from tasks.training.recipe import GateRecipe, LayerRecipe
from zoo.config import Source

_FRONTEND = {
    "rate": 16_000,
    "hop": 256,
    "shifts": (1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5, 6),  # stages of one shift cut an octave into parts
    "floor": 4,
    "lags": (2, 4, 8, 16, 32),
    "peaks": (8, 32, 128),
    "flux": ((0, 13), (0, 5), (5, 13)),
    "spans": (1, 2, 4),
}

# Speech is known by how it goes on: behind the first layers the same bits of some frames ago stand beside
# those of now, up to half a second back.
SIZES = {
    "nano": GateRecipe(
        frontend=_FRONTEND,
        bits=512,
        layers=(LayerRecipe(512), LayerRecipe(512, delays=(0, 3, 8)), LayerRecipe(256)),
        steps=3000,
        frames=3,
    ),
    "standard": GateRecipe(
        frontend=_FRONTEND,
        bits=1536,
        layers=(
            LayerRecipe(1536),
            LayerRecipe(1024),
            LayerRecipe(2560, delays=(0, 3, 7, 12, 20)),
            LayerRecipe(1024),
        ),
        steps=2500,
        frames=3,
    ),
    "large": GateRecipe(
        frontend=_FRONTEND,
        bits=2048,
        layers=(
            LayerRecipe(2048),
            LayerRecipe(1024),
            LayerRecipe(6144, delays=(0, 2, 4, 7, 11, 16, 23, 32)),
            LayerRecipe(2048),
        ),
        steps=2500,
        frames=3,
    ),
}

SUMMARY = "Tells whether somebody speaks; taught by Silero VAD"
LICENCE = "MIT"


def sources() -> tuple[Source, ...]:
    """The recordings that training hears."""
    return tuple(
        Source(
            title=one.name,
            authors=one.authors,
            licence=one.licence,
            origin=f"Debian package {one.package}",
        )
        for one in (*SPEECH, *OTHER)
        if one.split == TRAIN
    )
