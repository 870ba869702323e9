"""Sizes of the note onset network: bands of half and a third of an octave, and a look back of 232 ms."""

from __future__ import annotations

from dataclasses import replace

from tasks.data.notes import FONT
from tasks.training.recipe import Labels, LayerRecipe, OnsetRecipe
from zoo.config import Source

_SHIFTS = (1, 2, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6, 7, 7, 7, 8, 9)  # a shift again is a band beside
_FRONTEND = {
    "rate": 44_100,
    "hop": 256,
    "shifts": _SHIFTS,
    "floor": 64,
    "lags": (2, 4, 8),
    "peaks": (6, 16, 40),
    "flux": ((0, 18), (0, 6), (6, 12), (12, 18)),
    "spans": (1, 2, 3),
}


def _layers(*gates: int) -> tuple[LayerRecipe, ...]:
    return tuple(LayerRecipe(n) for n in gates)


_STANDARD = OnsetRecipe(
    frontend=_FRONTEND,
    bits=768,
    layers=_layers(2048, 1536, 1536),
    labels=Labels(window=(0.3, 0.8, 1.0, 1.0, 0.7), ignore=8),  # hops of 5.8 ms
    frames=3,
    steps=1500,
    gate_rate=0.06,
)

SIZES = {
    "nano": replace(_STANDARD, bits=384, layers=_layers(768, 512, 512)),
    "standard": _STANDARD,
    "taught": replace(_STANDARD, taught=1.0),  # by the teacher alone
    "mixed": replace(_STANDARD, taught=0.5),
}

SUMMARY = "Finds where notes begin in mono audio, as they happen"
LICENCE = "MIT"


def sources() -> tuple[Source, ...]:
    """The sound font that training hears."""
    font = FONT["train"]
    title, origin = f"sound font {font.name}", f"Debian package {font.package}"
    return (Source(title=title, authors=font.authors, licence=font.licence, origin=origin),)
