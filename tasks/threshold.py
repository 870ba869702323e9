"""Threshold, rearm level and refractory time of the onset head, chosen on validation and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.metrics import NARROW
from zoo.heads import OnsetScore, running_sum

Int32 = npt.NDArray[np.int32]
Float64 = npt.NDArray[np.float64]

CANDIDATES = 48
REFRACTORY_SHARES = (1, 4 / 3, 5 / 3)  # of the shortest time that the task allows
REARM_SHARES = (1.0, 0.95, 0.9, 0.8, 0.65, 0.5, 0.3)  # from the scores' median up to the threshold


@dataclass(frozen=True)
class Choice:
    """What was chosen, and the mean F over the clips that it reaches.

    Args:
        head: The head with these values.
        f: Mean F over the clips at the window of the search.
    """

    head: OnsetScore
    f: float


def choose_threshold(
    scores: Sequence[Int32],
    labels: Sequence[Float64],
    *,
    hop: int,
    rate: int,
    refractory: int,
    frames: int = 1,
    window: float = NARROW,
    weights: Sequence[float] | None = None,
) -> Choice:
    """Search threshold, rearm and refractory for the best mean F.

    First over 48 thresholds from the scores' median to their maximum, each with 7 rearm levels and 3
    refractory times, then over every finer step around the best. Of equals the highest threshold, then the
    highest rearm, then the longest refractory time is taken.

    Args:
        scores: int32 (frames,) of each clip, 0 to 65535, each frame alone.
        labels: float64 (k,) seconds of each clip.
        hop: Samples a frame.
        rate: Sample rate in Hz.
        refractory: The shortest time allowed from a hit to the next, in frames.
        frames: Frames that the head sums over.
        window: Matching window in seconds.
        weights: What each clip counts for in the mean; all count alike when None.

    Raises:
        ValueError: No clips, or another number of labels than scores.
    """
    if not scores or len(scores) != len(labels):
        raise ValueError(f"threshold: {len(scores)} score sequences, {len(labels)} lists of labels")
    before = np.zeros(frames - 1, np.int32)
    joined = np.concatenate([running_sum(np.concatenate([before, s]), frames) for s in scores])
    ends = np.cumsum([len(s) for s in scores]).astype(np.int64)
    onsets = np.ascontiguousarray(np.concatenate([*labels, np.empty(0)]), np.float64)
    onset_ends = np.cumsum([len(t) for t in labels]).astype(np.int64)
    counts = np.ones(len(scores)) if weights is None else np.array(weights, np.float64)
    low, high = int(np.median(joined)), max(1, int(joined.max()))
    kernel = _kernel()

    def search(thresholds: Sequence[int]) -> Choice:
        waits = {round(refractory * share) for share in REFRACTORY_SHARES}
        rows = sorted(
            {(t, r, wait) for t in thresholds for r in _rearms(low, t) for wait in waits}, reverse=True
        )
        f = kernel(
            joined, ends, onsets, onset_ends, counts, np.array(rows, np.int32), hop / rate, window
        )
        best = int(np.argmax(f))
        return Choice(OnsetScore(*rows[best], frames), float(f[best]))

    first = max(1, min(low + 1, high))
    coarse = search(_steps(first, high))
    step = (high - first) // CANDIDATES + 1
    near = coarse.head.threshold
    fine = search(_steps(max(1, near - step), min(high, near + step)))
    return max(coarse, fine, key=lambda choice: (choice.f, choice.head.threshold, choice.head.rearm))


def _steps(low: int, high: int) -> list[int]:
    return sorted({round(t) for t in np.linspace(low, high, CANDIDATES).tolist()})


def _rearms(low: int, threshold: int) -> list[int]:
    return [max(1, min(threshold, round(low + share * (threshold - low)))) for share in REARM_SHARES]


@cache
def _kernel() -> Any:
    from zoo.compiled import compiled

    @compiled()
    def mean_f(
        scores: Any,
        ends: Any,
        labels: Any,
        label_ends: Any,
        weights: Any,
        table: Any,
        period: float,
        window: float,
    ) -> Any:
        """Mean F over clips of each row (threshold, rearm, refractory); matched in order of time."""
        out = np.zeros(len(table))
        for c in range(len(table)):
            threshold, rearm, refractory = table[c]
            start = first = 0
            for k in range(len(ends)):
                armed, wait, found, matched, i = True, 0, 0, 0, first
                for frame in range(start, ends[k]):
                    score = scores[frame]
                    if wait:
                        wait -= 1
                    if score < rearm:
                        armed = True
                    if armed and wait == 0 and score >= threshold:
                        armed, wait = False, refractory
                        found += 1
                        time = (frame - start + 1) * period
                        while i < label_ends[k] and labels[i] < time - window:
                            i += 1
                        if i < label_ends[k] and labels[i] <= time + window:
                            matched += 1
                            i += 1
                total = found + label_ends[k] - first
                if matched:
                    out[c] += weights[k] * (2 * matched / total)
                start, first = ends[k], label_ends[k]
            out[c] /= weights.sum()
        return out

    return mean_f
