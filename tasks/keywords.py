"""Spoken keywords: Speech Commands v2 in twelve classes, by the rules of MLPerf Tiny."""

from __future__ import annotations

import numpy as np

from tasks.base import Audio, Column
from tasks.classes import Float64, FrameClasses, FrameClassTask, Int64, Questions
from tasks.data.clip import Clip
from tasks.data.speech_commands import NAMES, SPEECH_COMMANDS

LAST = 0.12  # seconds at the end of a clip whose frames teach


class Keywords(FrameClassTask):
    """Ten words, other words, and silence; the last frame of a one-second clip answers."""

    name = "keywords"
    version = 1
    summary = "Name one of ten spoken words, or tell another word or silence"
    explanation = (
        "A clip is one second; its last frame answers. Accuracy over the official test set is what MLPerf "
        "Tiny asks for; F1 is the mean over the twelve classes."
    )
    main_metric = "accuracy"
    columns = (Column("accuracy", "accuracy"), Column("f1", "macro-F1", short="macro- F1"))
    intervals = ("accuracy",)
    input = Audio(rate=SPEECH_COMMANDS.rate, hop=256)
    answer = FrameClasses(NAMES, SPEECH_COMMANDS.rate)
    sets = {"test": "the official test set"}  # noqa: RUF012
    data = SPEECH_COMMANDS
    baselines = ("majority", "random-classes", "nearest", "class-mlp", "class-cnn", "class-gru")
    recipes = "tasks.recipes.keywords"

    def questions(self, clip: Clip, rate: int, hop: int) -> Questions:
        """The last whole frame."""
        assert clip.labels is not None
        last = np.array([len(clip.samples) // hop - 1])
        return Questions(last, clip.labels[:1].astype(np.int64), np.zeros(1, np.int64))

    def lessons(self, clip: Clip, rate: int, hop: int) -> tuple[Int64, Float64]:
        """The last frames, so that a word may end a little earlier or later."""
        assert clip.labels is not None
        frames = len(clip.samples) // hop
        truth = np.full(frames, -1)
        truth[-max(1, round(LAST * rate / hop)) :] = clip.labels[0]
        return truth, (truth >= 0).astype(np.float64)
