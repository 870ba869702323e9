"""Sizes of the sound event network."""

from __future__ import annotations

from tasks.data.sound_event_maker import split_of
from tasks.data.sound_events import DRUM_SOURCES, TONE_SOURCES, VOICES
from tasks.data.voices import TRAIN
from tasks.training.recipe import GateRecipe, LayerRecipe
from zoo.config import Source

_FRONTEND = {
    "rate": 16_000,
    "hop": 256,
    "shifts": (1, 1, 2, 2, 3, 3, 4, 4, 5, 6),
    "floor": 4,
    "lags": (1, 2, 4, 8, 16, 32),
    "peaks": (4, 16, 64),
    "flux": ((0, 10), (0, 4), (4, 10)),
    "spans": (1, 3),
}
_FRAMES = 2  # summed by the head

SIZES = {
    "nano": GateRecipe(
        frontend=_FRONTEND,
        bits=512,
        layers=(LayerRecipe(768, delays=(0, 4, 12)), LayerRecipe(768), LayerRecipe(512)),
        frames=_FRAMES,
        steps=2000,
    ),
    "standard": GateRecipe(
        frontend=_FRONTEND,
        bits=1024,
        layers=(
            LayerRecipe(3072, delays=(0, 4, 8, 12, 16, 24, 32)),
            LayerRecipe(2048),
            LayerRecipe(1024),
        ),
        frames=_FRAMES,
        steps=2000,
    ),
}

SUMMARY = "Tells what sounds: speech, drums, tones or nothing"
LICENCE = "MIT"


def sources() -> tuple[Source, ...]:
    """The recordings that training hears."""
    return tuple(
        Source(
            title=one.name, authors=one.authors, licence=one.licence, origin=f"Debian package {one.package}"
        )
        for one in (*VOICES, *DRUM_SOURCES, *TONE_SOURCES)
        if split_of(one) == TRAIN
    )
