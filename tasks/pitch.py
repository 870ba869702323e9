"""Pitch class: which of the twelve is played, if any?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tasks.base import Audio, Column
from tasks.classes import FrameClasses
from tasks.data.pitch import NAMES, PITCH, SILENCE, STEP
from tasks.data.teachers import SWIFT_F0
from tasks.taught import TaughtTask


class PitchClass(TaughtTask):
    """Melodies of one instrument; other instruments and another sound font to be tested on."""

    name = "pitch"
    version = 1
    summary = "Name the pitch class of a melody, C to B, or silence; taught by SwiftF0"
    explanation = (
        "Every 16 ms a frame answers. Raw chroma accuracy counts the frames in which a tone is held; F1 and "
        "accuracy silence too. Agreement and KL (nats, at the scale of values that suits each detector best) "
        "compare with the teacher, which looks 0.16 s ahead."
    )
    main_metric = "chroma"
    columns = (
        Column("chroma", "raw chroma accuracy", short="chroma"),
        Column("f1", "macro-F1", short="macro- F1"),
        Column("f1_groups", "macro-F1, mean over instruments", short="by instru- ment"),
        Column("accuracy", "accuracy", short="accu- racy"),
        Column("agreement", "agreement with the teacher", short="agree- ment"),
        Column("kl", "KL from the teacher", short="KL"),
    )
    intervals = ("chroma", "agreement")
    input = Audio(rate=PITCH.rate, hop=256)
    answer = FrameClasses(NAMES, STEP)
    sets = {"test": "held-out sound font"}  # noqa: RUF012
    data = PITCH
    baselines = ("majority", "yin", "frontend-mlp16", "frontend-gru16", "teacher")
    recipes = "tasks.recipes.pitch"
    teacher = SWIFT_F0

    def summarise(self, scores: Sequence[Any]) -> dict[str, float | None]:
        """As taught tasks do, and raw chroma accuracy."""
        found = super().summarise(scores)
        tones = sum((score.confusion[0, :SILENCE] for score in scores), np.zeros((SILENCE, SILENCE + 1), int))
        found["chroma"] = float(np.trace(tones) / tones.sum()) if tones.sum() else None
        return found
