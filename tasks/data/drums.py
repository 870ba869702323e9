"""The clips of the drum task: hits of one kit, tails of earlier hits still sounding.

`val` and `test` play all one-shots of their kits; `train` draws them, changed by a studio. `spare` is made
as `train` is, from the kits of val and test, and `plain` as `test`, from those of train: who wants to hold
out one group after another finds every group in both ways.
"""

from __future__ import annotations

from dataclasses import dataclass

from tasks.data.dataset import DataSet
from tasks.data.drum_kits import FONTS, KITS


@dataclass(frozen=True)
class Drawn:
    """How the clips of `train` and `spare` are made.

    Args:
        clips: Number of clips.
        seconds: Length of each.
        apart: Shortest time between hits, seconds, and the mean of what is added to it.
        softest: Gain of the softest hit, dB.
        level: Lowest and highest peak of a clip, dB of full scale.
    """

    clips: int
    seconds: float = 6.0
    apart: tuple[float, float] = (0.06, 0.22)
    softest: float = -18.0
    level: tuple[float, float] = (-24.0, -0.5)


@dataclass(frozen=True)
class Listed:
    """How the clips of `val`, `test` and `plain` are made: every one-shot of a kit, in random order.

    Args:
        takes: How often, each time in another order.
        hits: Most hits of a clip.
        apart: Shortest and longest time between hits, seconds.
        softest: Gain of the softest hit, dB.
        level: Lowest and highest peak of a clip, dB of full scale.
    """

    takes: int = 1
    hits: int = 12
    apart: tuple[float, float] = (0.26, 0.46)
    softest: float = -12.0
    level: tuple[float, float] = (-18.0, -1.0)


DRAWN = {"train": Drawn(420), "spare": Drawn(240)}
LISTED = {"val": Listed(takes=3), "test": Listed(takes=2), "plain": Listed()}

DRUMS = DataSet(
    name="drums",
    version=1,
    splits=("val", "test", "plain", "train", "spare"),
    packages=tuple(dict.fromkeys(item.package for item in (*KITS, *FONTS))),
    maker="tasks.data.drum_maker:DrumMaker",
    rate=44_100,
)
