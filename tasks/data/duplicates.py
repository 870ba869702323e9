"""The same recording under two names: found by correlation, refused where it lies in two splits.

Kits share recordings more often than their names tell. Two one-shots are taken for one when the first 100
ms of their slopes correlate by 0.9 or more at some shift of up to 5 ms, whatever their gain or polarity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tasks.data.shots import Shot
from zoo.errors import ZooError

Float64 = npt.NDArray[np.float64]
Complex = npt.NDArray[np.complex128]

RATE = 44_100
LENGTH = RATE // 10
SHIFT = RATE // 200
SAME = 0.9
_FFT = 8_192
_LIKE = 0.8  # cosine of magnitude spectra under which two sounds cannot be the same


class Pair(NamedTuple):
    """Two one-shots, each `kit/file`, that are one recording, and their correlation."""

    first: str
    second: str
    correlation: float


class LeakError(ZooError, ValueError):
    """A recording lies in two splits."""


def refuse_leaks(splits: Mapping[str, Mapping[str, Sequence[Shot]]]) -> None:
    """Compare every kit of a split with every kit of the others.

    Args:
        splits: split -> kit -> its one-shots.

    Raises:
        LeakError: Names the pairs.
    """
    names = list(splits)
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            pairs = same_recordings(_flat(splits[one]), _flat(splits[other]))
            if pairs:
                shown = "; ".join(f"{p.first} = {p.second} ({p.correlation:.3f})" for p in pairs[:5])
                raise LeakError(
                    f"{len(pairs)} recordings lie in both {one} and {other}: {shown}. Move one kit of each "
                    f"pair to the other's split or group, where tasks/data lists them"
                )


def same_recordings(ones: Mapping[str, Float64], others: Mapping[str, Float64]) -> list[Pair]:
    """Pairs of name -> samples that are the same recording."""
    if not ones or not others:
        return []
    left, right = _spectra(ones.values()), _spectra(others.values())
    like = _magnitudes(left) @ _magnitudes(right).T
    names, other_names = list(ones), list(others)
    pairs = []
    for i, j in np.argwhere(like >= _LIKE).tolist():
        shifts = np.fft.irfft(left[i] * right[j].conj(), _FFT)
        best = float(np.abs(np.concatenate([shifts[: SHIFT + 1], shifts[-SHIFT:]])).max())
        if best >= SAME:
            pairs.append(Pair(names[i], other_names[j], best))
    return sorted(pairs, key=lambda pair: -pair.correlation)


def _flat(kits: Mapping[str, Sequence[Shot]]) -> dict[str, Float64]:
    return {f"{kit}/{shot.name}": shot.samples for kit, shots in kits.items() for shot in shots}


def _spectra(sounds: object) -> Complex:
    """Rfft of each sound's first 100 ms of slope, energy 1."""
    rows = []
    for samples in sounds:  # type: ignore[attr-defined]
        slope = np.diff(samples[: LENGTH + 1])
        energy = float(np.sqrt((slope**2).sum()))
        rows.append(np.fft.rfft(slope / max(energy, 1e-12), _FFT))
    return np.array(rows)


def _magnitudes(spectra: Complex) -> Float64:
    magnitude = np.abs(spectra)
    return magnitude / np.linalg.norm(magnitude, axis=1, keepdims=True)
