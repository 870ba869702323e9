"""What a model answers: one type a head, and the trace of integers that digests are made of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


class Trace(NamedTuple):
    """Every integer a model says about one clip; equal on every target.

    Args:
        values: int32 (frames, n_values): the score, the counts, the sample or the control values.
        hits: int64 (hits,): frames of events; empty for heads without events.
    """

    values: Int32
    hits: Int64


def predictions_digest(traces: Iterable[Trace]) -> str:
    """SHA-256 (hex) over, clip after clip, the values as int32 LE, then the hits as int64 LE."""
    sha = hashlib.sha256()
    for trace in traces:
        sha.update(np.ascontiguousarray(trace.values, "<i4").tobytes())
        sha.update(np.ascontiguousarray(trace.hits, "<i8").tobytes())
    return sha.hexdigest()


@dataclass(frozen=True, eq=False)
class Onsets:
    """Detected onsets.

    Args:
        times: float64 (onsets,) seconds: the end of the hop that hit, the instant the answer exists.
        frames: int64 (onsets,): that hop, counted from the start of the stream.
        scores: int32 (frames,): the score of every hop.
        rate: Sample rate in Hz that the model ran at.
        hop: Samples a frame.
        notes: What was done to the audio before the model saw it.
    """

    times: npt.NDArray[np.float64]
    frames: Int64
    scores: Int32
    rate: int
    hop: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Classes:
    """A class for every frame.

    Args:
        classes: int64 (frames,): the largest count's class, the first of equals.
        counts: int32 (frames, classes): ones in each group.
        rate: Sample rate in Hz that the model ran at.
        hop: Samples a frame.
        notes: What was done to the audio before the model saw it.
        names: Of the classes, in order; empty where they have none.
    """

    classes: Int64
    counts: Int32
    rate: int
    hop: int
    notes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def labels(self) -> list[str]:
        """The name of every frame's class, or its number."""
        return [self.names[number] if self.names else str(number) for number in self.classes.tolist()]


@dataclass(frozen=True, eq=False)
class Samples:
    """Audio made by the model.

    Args:
        samples: int16 (frames,).
        rate: Sample rate in Hz.
        notes: What was done to the audio before the model saw it.
    """

    samples: Int16
    rate: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Controls:
    """Control values for every frame.

    Args:
        values: int32 (frames, values), each 0 to `maximum`.
        maximum: Largest possible value.
        rate: Sample rate in Hz that the model ran at.
        hop: Samples a frame.
        notes: What was done to the audio before the model saw it.
    """

    values: Int32
    maximum: int
    rate: int
    hop: int
    notes: tuple[str, ...] = ()


Result = Onsets | Classes | Samples | Controls
