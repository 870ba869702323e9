"""Sizes of the digit network."""

from __future__ import annotations

from tasks.data.digits import AUTHORS, FSDD, TITLE
from tasks.data.digits import LICENCE as CORPUS_LICENCE
from tasks.training.recipe import GateRecipe, LayerRecipe
from zoo.config import Source

_FRONTEND = {
    "rate": 8_000,
    "hop": 128,
    "shifts": (1, 1, 1, 1, 2, 2, 3, 3, 4),
    "floor": 8,
    "lags": (1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40),
    "peaks": (8, 16, 32),
    "flux": (),
    "spans": (1, 2, 4),
}

SIZES = {
    "nano": GateRecipe(
        frontend=_FRONTEND,
        bits=1024,
        layers=(LayerRecipe(1024), LayerRecipe(1024), LayerRecipe(704)),
        frames=4,
        steps=2000,
        batch=256,
    ),
    "standard": GateRecipe(
        frontend=_FRONTEND,
        bits=2048,
        layers=(LayerRecipe(4096), LayerRecipe(3072), LayerRecipe(2112)),
        frames=4,
        steps=2000,
        batch=256,
    ),
}

SUMMARY = "Names the digit that was said, zero to nine, or none"
LICENCE = "MIT"


def sources() -> tuple[Source, ...]:
    """The recordings that training hears."""
    return (Source(title=TITLE, authors=AUTHORS, licence=CORPUS_LICENCE, origin=f"{FSDD.url} {FSDD.commit}"),)
