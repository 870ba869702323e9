"""Anything that finds onsets: gate models and baselines, behind one small interface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from tasks.threshold import Choice, choose_threshold
from zoo.heads import OnsetScore
from zoo.results import Trace

Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]
Float64 = npt.NDArray[np.float64]


class Detector(Protocol):
    """What evaluation needs; `zoo.model.Model` is one."""

    @property
    def rate(self) -> int:
        """Sample rate in Hz."""
        ...

    @property
    def hop(self) -> int:
        """Samples a frame."""
        ...

    def predict(self, samples: Int16) -> Trace:
        """int16 (n,) -> scores int32 (frames, 1) and hit frames; the time of a hit is the end of its hop."""
        ...


@dataclass(frozen=True)
class ScoreDetector:
    """A detector made of a score a frame and the same head as a gate model's.

    Args:
        name: What it is called in tables and records.
        rate: Sample rate in Hz.
        hop: Samples a frame.
        score: int16 (n,) -> int32 (n // hop,), 0 to 65535; frame t may depend on samples up to `(t + 1) *
            hop`.
        head: Threshold, rearm level, refractory time and frames summed.
        parameters: Numbers it learned, or None where that says nothing.
    """

    name: str
    rate: int
    hop: int
    score: Callable[[Int16], Int32]
    head: OnsetScore
    parameters: int | None = None

    def predict(self, samples: Int16) -> Trace:
        """int16 (n,) -> scores and hits."""
        return Trace(*self.head.stream().answer(self.score(samples)))


def hit_times(detector: Detector, trace: Trace) -> Float64:
    """Seconds of the hits: the ends of their hops."""
    return np.asarray((trace.hits + 1) * detector.hop / detector.rate, np.float64)


def fit_threshold(
    detector: ScoreDetector, clips: list[tuple[Int16, Float64]]
) -> tuple[ScoreDetector, Choice]:
    """The detector with its head chosen on these validation clips (samples, onset seconds).

    The refractory time of the head it comes with is the shortest that is tried.
    """
    choice = choose_threshold(
        [detector.score(samples) for samples, _ in clips],
        [onsets for _, onsets in clips],
        hop=detector.hop,
        rate=detector.rate,
        refractory=detector.head.refractory,
        frames=detector.head.frames,
    )
    return replace(detector, head=choice.head), choice
