"""Voice activity: does somebody speak?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.base import Audio, Column
from tasks.classes import FrameClasses, Questions, macro_f1
from tasks.data.teachers import SILERO
from tasks.data.vad import STEP, VAD
from tasks.taught import TaughtTask, auc


class VoiceActivity(TaughtTask):
    """Speech in five languages to learn from, in other languages and over other sounds to be tested on."""

    name = "vad"
    version = 1
    summary = "Tell whether somebody speaks, over drums, guitars, instruments and noise; taught by Silero VAD"
    explanation = (
        "Every 32 ms the last frame answers. AUC, F1 and accuracy are against the speech that was mixed in; "
        "agreement and KL (nats, at the scale of values that suits each detector best) against the teacher."
    )
    main_metric = "auc"
    columns = (
        Column("auc", "AUC"),
        Column("f1", "macro-F1", short="macro- F1"),
        Column("f1_groups", "macro-F1, mean over voices", short="by voice"),
        Column("accuracy", "accuracy", short="accu- racy"),
        Column("agreement", "agreement with the teacher", short="agree- ment"),
        Column("kl", "KL from the teacher", short="KL"),
    )
    intervals = ("auc", "agreement")
    input = Audio(rate=VAD.rate, hop=256)
    answer = FrameClasses(("no speech", "speech"), STEP)
    sets = {"test": "held-out languages and sounds"}  # noqa: RUF012
    data = VAD
    baselines = ("majority", "energy", "class-gru16", "frontend-mlp16", "frontend-gru16", "teacher")
    recipes = "tasks.recipes.vad"
    teacher = SILERO
    # Whoever hears speech as often as the rest says yes too often where speech is rarer.
    balance = 0.0

    def measure(self, asked: Questions, values: npt.NDArray[np.int32]) -> dict[str, float]:
        """The area under the ROC curve, which no bias towards one class moves, then macro-F1."""
        area = auc((values[:, -1] - values[:, 0]).astype(np.float64), asked.truth) or 0.0
        return {"auc": area, "f1": macro_f1(self.confusion(asked, np.argmax(values, axis=1))[0]) or 0.0}

    def summarise(self, scores: Sequence[Any]) -> dict[str, float | None]:
        """As taught tasks do, and the area under the ROC curve."""
        found = super().summarise(scores)
        margins, truths = ([getattr(s, name) for s in scores] for name in ("margin", "truth"))
        found["auc"] = auc(np.concatenate(margins), np.concatenate(truths)) if scores else None
        return found
