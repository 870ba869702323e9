"""Sizes of the digit network."""

from __future__ import annotations

from tasks.data.digits import AUTHORS, FSDD, TITLE
from tasks.data.digits import LICENCE as CORPUS_LICENCE
from tasks.training.recipe import GateRecipe, LayerRecipe
from zoo.config import Source

# The lags reach back over a whole word, so a frame sees how its bands rose and fell.
_FRONTEND = {
    "rate": 8_000,
    "hop": 128,
    "shifts": (1, 1, 1, 1, 2, 2, 3, 3, 4),
    "floor": 8,
    "lags": tuple(range(2, 42, 2)),
    "peaks": (8, 16, 32),
    "flux": (),
    "spans": (1, 2, 4),
}
_FINER = _FRONTEND | {
    "shifts": (1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4),
    "lags": tuple(range(3, 42, 3)),
    "spans": (1, 2, 3, 4, 6, 8),
}
_FRAMES = 5  # summed by the head: where a word ends is blurred

SIZES = {
    "nano": GateRecipe(
        frontend=_FRONTEND,
        bits=1280,  # more would not fit a Bela's PRU
        layers=tuple(LayerRecipe(gates) for gates in (2048, 2048, 1408, 1408, 704)),
        frames=_FRAMES,
        steps=2000,
        batch=256,
    ),
    "standard": GateRecipe(
        frontend=_FINER,
        bits=4096,
        layers=tuple(LayerRecipe(gates) for gates in (8192, 6144, 6144, 4224, 4224)),
        frames=_FRAMES,
        steps=3000,
        batch=256,
    ),
}

SUMMARY = "Names the digit that was said, zero to nine, or none"
LICENCE = "MIT"


def sources() -> tuple[Source, ...]:
    """The recordings that training hears."""
    return (Source(title=TITLE, authors=AUTHORS, licence=CORPUS_LICENCE, origin=f"{FSDD.url} {FSDD.commit}"),)
