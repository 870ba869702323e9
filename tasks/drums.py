"""Drum classification: what was struck?"""

from __future__ import annotations

from tasks.base import Audio, Column
from tasks.classes import EventClasses, EventClassTask
from tasks.data.drum_kits import CLASSES
from tasks.data.drums import DRUMS


class DrumClasses(EventClassTask):
    """The kind of drum that was struck, asked four times after each onset while tails of other hits sound."""

    name = "drums"
    version = 1
    summary = "Name the drum that was struck: kick, snare, hi-hat, tom or cymbal"
    main_metric = "f1_mean"
    moments = ("10ms", "20ms", "40ms", "250ms")
    columns = (
        Column("f1_mean", "macro-F1, mean of the four", short="F1"),
        Column("f1_10ms", "after 10 ms", short="10 ms"),
        Column("f1_20ms", "after 20 ms", short="20 ms"),
        Column("f1_40ms", "after 40 ms", short="40 ms"),
        Column("f1_250ms", "after 250 ms", short="250 ms"),
        Column("f1_groups_mean", "mean over kits", short="by kit"),
        Column("accuracy_mean", "accuracy", short="accu- racy"),
    )
    intervals = ("f1_mean", "f1_40ms")
    input = Audio(rate=44_100, hop=128)
    answer = EventClasses(CLASSES, after_ms=(10, 20, 40, 250))
    sets = {"test": "held-out kits"}  # noqa: RUF012
    data = DRUMS
    baselines = ("majority", "random-classes", "nearest", "class-mlp", "class-cnn", "class-gru")
    recipes = "tasks.recipes.drums"
