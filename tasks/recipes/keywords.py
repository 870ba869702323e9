"""Sizes of the keyword network: the lags reach back over the whole second."""

from __future__ import annotations

from tasks.data.speech_commands import AUTHORS, FOLDER
from tasks.data.speech_commands import LICENCE as CORPUS_LICENCE
from tasks.training.recipe import GateRecipe, LayerRecipe
from zoo.config import Source

_FRONTEND = {
    "rate": 16_000,
    "hop": 256,
    "shifts": (1, 1, 2, 2, 3, 3, 4, 4, 5, 6),
    "floor": 4,
    "lags": tuple(range(3, 58, 3)),
    "peaks": (4, 16, 60),
    "flux": ((0, 10),),
}

SIZES = {
    "nano": GateRecipe(
        frontend=_FRONTEND,
        bits=1024,
        layers=(LayerRecipe(1536), LayerRecipe(1536), LayerRecipe(1536)),
        steps=6000,
    ),
    "standard": GateRecipe(
        frontend=_FRONTEND,
        bits=2048,
        layers=(LayerRecipe(6144), LayerRecipe(6144), LayerRecipe(3072)),
        steps=12_000,
    ),
}

SUMMARY = "Names one of ten spoken words, or tells another word or silence"
LICENCE = "MIT"


def sources() -> tuple[Source, ...]:
    """The corpus."""
    return (Source(title=FOLDER, authors=AUTHORS, licence=CORPUS_LICENCE, origin="arXiv:1804.03209"),)
