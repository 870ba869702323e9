"""How well onsets were found: mir_eval's matching, and delays of what matched.

Main numbers are means over clips, as mir_eval's users report them: `f_50ms`, `f_25ms`, `precision_50ms`,
`recall_50ms`. The `_pooled` ones count every onset of a set once, so clips with many onsets weigh more.
Delays are signed, detection minus label, over the detections that match within 50 ms; each detection goes,
in order of time, to the first label it can match.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]

WINDOW, NARROW = 0.050, 0.025
RESAMPLES, BOOTSTRAP_SEED = 2_000, 1


@dataclass(frozen=True, eq=False)
class ClipScore:
    """One clip.

    Args:
        seconds: Length of the clip.
        labels: Onsets that are there.
        found: Detections.
        matched: Detections that match within 50 ms, and within 25 ms.
        delays: float64 seconds, signed, of the matches within 50 ms.
    """

    seconds: float
    labels: int
    found: int
    matched: tuple[int, int]
    delays: Float64

    def f(self, narrow: bool = False) -> float:
        """F at +-50 ms, or +-25 ms; 0 when either side is empty, as in mir_eval."""
        return f_measure(self.matched[narrow], self.labels, self.found)


def f_measure(matched: int, labels: int, found: int) -> float:
    """2 PR / (P + R), or 0 without a match."""
    return 2 * matched / (labels + found) if matched else 0.0


def score_clip(labels: Float64, found: Float64, seconds: float) -> ClipScore:
    """Compare detections with labels, both in seconds.

    Raises:
        ModuleNotFoundError: mir_eval is not installed.
    """
    from mir_eval.util import match_events

    matched = [len(match_events(labels, found, window)) for window in (WINDOW, NARROW)]
    return ClipScore(
        seconds, len(labels), len(found), (matched[0], matched[1]), delays(labels, found, WINDOW)
    )


def delays(labels: Float64, found: Float64, window: float) -> Float64:
    """Detection minus label, seconds, of matches in order of time."""
    out: list[float] = []
    i = j = 0
    while i < len(labels) and j < len(found):
        late = found[j] - labels[i]
        if abs(late) <= window:
            out.append(late)
            i, j = i + 1, j + 1
        elif late < 0:
            j += 1
        else:
            i += 1
    return np.array(out, np.float64)


def summarise(clips: Sequence[ClipScore]) -> dict[str, float | None]:
    """Every metric of a set; a delay is None when nothing matched."""
    if not clips:
        raise ValueError("metrics: no clips")
    labels, found = sum(c.labels for c in clips), sum(c.found for c in clips)
    wide, narrow = sum(c.matched[0] for c in clips), sum(c.matched[1] for c in clips)
    late = np.concatenate([c.delays for c in clips]) * 1000
    return {
        "f_50ms": _mean(clips, lambda c: c.f()),
        "f_25ms": _mean(clips, lambda c: c.f(narrow=True)),
        "precision_50ms": _mean(clips, lambda c: c.matched[0] / c.found if c.found else 0.0),
        "recall_50ms": _mean(clips, lambda c: c.matched[0] / c.labels if c.labels else 0.0),
        "f_50ms_pooled": f_measure(wide, labels, found),
        "f_25ms_pooled": f_measure(narrow, labels, found),
        "precision_50ms_pooled": wide / found if found else 0.0,
        "recall_50ms_pooled": wide / labels if labels else 0.0,
        "false_positives_per_minute": 60 * (found - wide) / sum(c.seconds for c in clips),
        "delay_median_ms": float(np.median(late)) if len(late) else None,
        "delay_p95_ms": float(np.percentile(late, 95)) if len(late) else None,
        "delay_max_ms": float(late.max()) if len(late) else None,
    }


def confidence(clips: Sequence[ClipScore], narrow: bool = False) -> tuple[float, float]:
    """95 % interval of the mean F: percentiles of 2,000 bootstrap means over clips, seed 1."""
    f = np.array([clip.f(narrow) for clip in clips])
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    means = f[rng.integers(0, len(f), (RESAMPLES, len(f)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def _mean(clips: Sequence[ClipScore], value: Callable[[ClipScore], float]) -> float:
    return float(np.mean([value(clip) for clip in clips]))
