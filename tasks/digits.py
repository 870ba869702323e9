"""Spoken digits: which word was said, by somebody whom training has not heard?"""

from __future__ import annotations

from collections.abc import Sequence

from tasks.base import Audio, Column
from tasks.classes import ClassScore, EventClasses, EventClassTask, accuracy
from tasks.data.digits import DIGITS, NAMES, NONE


class Digits(EventClassTask):
    """Ten words in noise, asked when each has ended and a little later; and pauses."""

    name = "digits"
    version = 1
    summary = "Name the digit that was said, zero to nine, or none"
    explanation = (
        "At the end of each word, and 100 and 200 ms later, the values of the last frame completed by then "
        "answer; pauses are asked too, and the right answer is none. F1 is the mean over the eleven classes. "
        "Of a word, none is a wrong answer. Inside words nothing is asked."
    )
    main_metric = "f1_mean"
    moments = ("0ms", "100ms", "200ms")
    columns = (
        Column("f1_mean", "macro-F1, mean of the three", short="F1"),
        Column("f1_0ms", "at the word's end", short="0 ms"),
        Column("f1_100ms", "100 ms after it", short="100 ms"),
        Column("f1_200ms", "200 ms after it", short="200 ms"),
        Column("words_mean", "words right", short="words"),
        Column("none_mean", "pauses right", short="pauses"),
        Column("accuracy_mean", "accuracy", short="accu- racy"),
    )
    intervals = ("f1_mean", "words_mean")
    input = Audio(rate=DIGITS.rate, hop=128)
    answer = EventClasses(NAMES, after_ms=(0, 100, 200), lesson_ms=260.0, early_ms=200.0)
    sets = {"test": "a held-out speaker"}  # noqa: RUF012
    data = DIGITS
    baselines = ("majority", "random-classes", "nearest", "class-mlp", "class-cnn", "class-gru")
    recipes = "tasks.recipes.digits"

    def summarise(self, scores: Sequence[ClassScore]) -> dict[str, float | None]:
        """Also the share of right answers over all moments, of words and of pauses."""
        whole = sum(score.confusion.sum(axis=0) for score in scores)
        words, pauses = whole.copy(), whole.copy()
        words[NONE], pauses[:NONE] = 0, 0
        more = {"words_mean": accuracy(words), "none_mean": accuracy(pauses)}
        return super().summarise(scores) | more
