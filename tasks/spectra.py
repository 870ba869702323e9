"""Distances between a sound and its imitation; both float (n,) within -1 to 1."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]

FLOOR = 1e-4  # magnitudes below this are silence: -80 dB of a full-scale sine's
MOST_DB = 99.0
SIZES = (128, 512, 2_048)  # samples of an STFT's frame


def signal_to_noise(target: npt.NDArray[Any], found: npt.NDArray[Any]) -> float:
    """Power of the target over that of the difference, in decibels, at most 99; means are taken off first."""
    noise = float(np.sum(np.square(_centred(target) - _centred(found))))
    signal = float(np.sum(np.square(_centred(target))))
    if noise <= 0:
        return MOST_DB
    return min(MOST_DB, 10 * float(np.log10(max(signal, 1e-12) / noise)))


def log_spectral_distance(target: npt.NDArray[Any], found: npt.NDArray[Any], size: int = 512) -> float:
    """Root mean square over frequencies of the difference of levels in dB, then the mean over frames."""
    levels = [20 * np.log10(np.maximum(FLOOR, magnitudes(sound, size))) for sound in (target, found)]
    return float(np.sqrt(np.mean(np.square(levels[0] - levels[1]), axis=1)).mean())


def multi_resolution_distance(target: npt.NDArray[Any], found: npt.NDArray[Any]) -> float:
    """Mean over three STFT sizes of spectral convergence plus the mean difference of log magnitudes.

    R. Yamamoto, E. Song, J. Kim, "Parallel WaveGAN", 2020.
    """
    parts = []
    for size in SIZES:
        one, other = magnitudes(target, size), magnitudes(found, size)
        convergence = np.linalg.norm(one - other) / max(1e-9, float(np.linalg.norm(one)))
        logs = np.log(np.maximum(FLOOR, one)) - np.log(np.maximum(FLOOR, other))
        parts.append(float(convergence + np.abs(logs).mean()))
    return float(np.mean(parts))


def magnitudes(sound: npt.NDArray[Any], size: int) -> Float64:
    """float64 (frames, size // 2 + 1): Hann windows a quarter apart; a full-scale sine's peak is 1."""
    window = np.hanning(size + 1)[:-1]
    padded = np.pad(_centred(sound), size // 2)
    padded = np.pad(padded, (0, -(len(padded) - size) % (size // 4)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[:: size // 4]
    return np.abs(np.fft.rfft(frames * window)) * 2 / window.sum()


def _centred(sound: npt.NDArray[Any]) -> Float64:
    return np.asarray(sound - np.mean(sound), np.float64)
