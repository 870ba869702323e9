"""Sizes of the note onset network."""

from __future__ import annotations

from dataclasses import replace

from tasks.data.notes import FONT
from tasks.training.recipe import Labels, LayerRecipe, OnsetRecipe
from zoo.config import Source

_FRONTEND = {
    "rate": 44_100,
    "hop": 256,
    "shifts": (1, 2, 3, 4, 5, 6, 7, 8, 9),
    "floor": 64,
    "lags": (1, 2, 4, 8),
    "peaks": (4, 12, 24),
    "flux": ((0, 9), (0, 3), (3, 6), (6, 9)),
}
_LABELS = Labels(window=(0.3, 0.8, 1.0, 1.0, 0.7), ignore=8)  # hops of 5.8 ms
_FRAMES = 3

_STANDARD = OnsetRecipe(
    frontend=_FRONTEND,
    bits=768,
    layers=(LayerRecipe(2048), LayerRecipe(1536), LayerRecipe(1536)),
    labels=_LABELS,
    frames=_FRAMES,
    steps=3000,
    gate_rate=0.06,
)

SIZES = {
    "nano": OnsetRecipe(
        frontend=_FRONTEND,
        bits=512,
        layers=(LayerRecipe(1024), LayerRecipe(1024), LayerRecipe(1024)),
        labels=_LABELS,
        frames=_FRAMES,
        steps=3000,
    ),
    "standard": _STANDARD,
    "taught": replace(_STANDARD, taught=1.0),
    "mixed": replace(_STANDARD, taught=0.5),
}

SUMMARY = "Finds where notes begin in mono audio, as they happen"
LICENCE = "MIT"


def sources() -> tuple[Source, ...]:
    """The sound font that training hears."""
    font = FONT["train"]
    title, origin = f"sound font {font.name}", f"Debian package {font.package}"
    return (Source(title=title, authors=font.authors, licence=font.licence, origin=origin),)
