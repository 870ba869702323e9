"""The targets of sound matching: one-line tunes, computed, and recordings, shipped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from tasks.data.bytebeat import FORMULAS, RATE
from tasks.data.clip import Clip
from tasks.data.dataset import DataSet
from tasks.data.recordings import PACKAGE, RECORDINGS

ONLY = "test"  # to match it is the task, so the same clip is for training and for the test
TARGETS = tuple(source.name for source in (*FORMULAS, *RECORDINGS))


class SoundData(DataSet):
    """A clip's samples are silence as long as its target: the frame number is all that a model is told."""

    def load(self, split: str, data: Path | None = None) -> list[Clip]:
        """Every target, whatever the split."""
        stored = {clip.name: silenced(clip) for clip in super().load(ONLY, data)}
        made = {clip.name: clip for clip in tunes()}
        return [(made | stored)[name] for name in TARGETS]


def tunes() -> list[Clip]:
    """The tunes, each over all 65,536 values of t."""
    none = np.zeros(0)
    return [
        silenced(Clip(one.name, one.samples(), none, one.author, "LicenseRef-formula", rate=RATE))
        for one in FORMULAS
    ]


def silenced(clip: Clip) -> Clip:
    """Samples become the target, silence takes their place."""
    return replace(clip, samples=np.zeros_like(clip.samples), target=clip.samples)


SOUND = SoundData(
    name="sound",
    version=1,
    splits=(ONLY,),
    packages=(PACKAGE,),
    maker="tasks.data.recordings:RecordingMaker",
    rate=RATE,
)
