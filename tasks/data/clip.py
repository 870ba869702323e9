"""A clip: samples with the instants of its onsets; and the folder of clips that a split is kept in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RATE = 44_100
MERGE_SECONDS = 0.030


@dataclass(frozen=True, eq=False)
class Clip:
    """One labelled recording.

    Args:
        name: Unique within its split.
        samples: int16 (n,) mono.
        onsets: float64 (k,) seconds, ascending, at least 30 ms apart; empty where a task has no events.
        group: Kit, sound font, speaker or pack it comes from.
        licence: SPDX expression of the audio.
        labels: int16: what the task says of it, such as a class for each onset or frame; None without.
        target: int16 (n,): samples that should come out; None without.
        rate: Samples a second.
        teacher: int16 (steps, classes): a published network's probabilities in 1/255; None without.
    """

    name: str
    samples: npt.NDArray[np.int16]
    onsets: npt.NDArray[np.float64]
    group: str
    licence: str
    labels: npt.NDArray[np.int16] | None = None
    target: npt.NDArray[np.int16] | None = None
    rate: int = RATE
    teacher: npt.NDArray[np.int16] | None = None

    @property
    def seconds(self) -> float:
        """Length."""
        return len(self.samples) / self.rate

    def digest(self) -> str:
        """SHA-256 (hex): samples as int16 LE, onsets as microseconds int64 LE, labels, target, teacher."""
        sha = hashlib.sha256(np.ascontiguousarray(self.samples, "<i2").tobytes())
        sha.update(np.rint(self.onsets * 1e6).astype("<i8").tobytes())
        for more in (self.labels, self.target, self.teacher):
            if more is not None:
                sha.update(np.ascontiguousarray(more, "<i2").tobytes())
        return sha.hexdigest()


def merge(times: npt.NDArray[np.float64], apart: float = MERGE_SECONDS) -> npt.NDArray[np.float64]:
    """Sorted times in whole microseconds, without those less than `apart` seconds after the last one kept."""
    kept: list[float] = []
    for time in np.round(np.sort(times), 6).tolist():
        if not kept or time - kept[-1] >= apart:
            kept.append(time)
    return np.array(kept, np.float64)
