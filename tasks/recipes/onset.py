"""Sizes of the onset network."""

from __future__ import annotations

from tasks.data.kits import kits_of
from tasks.training.recipe import Labels, LayerRecipe, OnsetRecipe
from zoo.config import Source

_FRONTEND = {
    "rate": 44_100,
    "hop": 128,
    "shifts": (1, 2, 3, 4, 5, 6, 7, 8, 9),
    "floor": 64,
    "lags": (1, 2, 4, 8, 16),
    "peaks": (4, 12, 24),
    "flux": ((0, 9), (0, 3), (3, 6), (6, 9)),
}
_FINE = {  # bands of half an octave and more, a band's neighbours, and how loud it was within a second
    **_FRONTEND,
    "shifts": (1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 8, 9),
    "peaks": (4, 12, 24, 96, 344),
    "flux": ((0, 15), (0, 5), (5, 10), (10, 15)),
    "spans": (1, 2),
}
_LABELS = Labels(window=(0.3, 0.8, 1.0, 1.0, 0.7), ignore=11)  # hops of 2.9 ms
_FRAMES = 3  # summed by the head: steadier on kits never heard, at the price of some delay


def _layers(*gates: int) -> tuple[LayerRecipe, ...]:
    return tuple(LayerRecipe(n) for n in gates)


SIZES = {
    "nano": OnsetRecipe(
        frontend=_FRONTEND,
        bits=512,
        layers=_layers(1024, 1024, 1024),
        labels=_LABELS,
        frames=_FRAMES,
        steps=3000,
    ),
    "standard": OnsetRecipe(
        frontend=_FRONTEND,
        bits=768,
        layers=_layers(2048, 1536, 1536),
        labels=_LABELS,
        frames=_FRAMES,
        steps=3000,
        gate_rate=0.06,
    ),
    "large": OnsetRecipe(
        frontend=_FINE,
        bits=1536,
        layers=(
            *_layers(3072, 640),
            LayerRecipe(3840, delays=(0, 3, 8, 16, 28, 44)),  # up to an eighth of a second back
            *_layers(3072, 2048),
        ),
        labels=_LABELS,
        frames=5,  # 3 and 5 reach the same at +-25 ms on validation, 5 more at +-50 ms
        steps=2500,
        gate_rate=0.06,
        validate_every=1250,
        beats=True,
    ),
}

SUMMARY = "Finds percussive onsets in mono audio as they happen"
LICENCE = "MIT"


def sources() -> tuple[Source, ...]:
    """The kits that training hears."""
    return tuple(
        Source(
            title=f"drum kit {kit.folder}",
            authors=kit.authors,
            licence=kit.licence,
            origin=f"Debian package {kit.package}",
        )
        for kit in kits_of("train")
    )
