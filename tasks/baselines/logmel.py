"""Causal log-mel: frame t sees the 1024 samples that end at `(t + 1) * hop`, and nothing later."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

RATE, HOP, WINDOW = 44_100, 441, 1024
BANDS, LOWEST_HZ, HIGHEST_HZ = 32, 30.0, 16_000.0
FLOOR = 1e-3  # added to the mel magnitude of samples within -1 to 1
PARAMETERS = (
    "log-mel 1",
    RATE,
    HOP,
    WINDOW,
    BANDS,
    LOWEST_HZ,
    HIGHEST_HZ,
    FLOOR,
)  # all that decides the features

Float = npt.NDArray[np.float32]


@cache
def mel_matrix() -> Float:
    """float32 (bands, WINDOW // 2 + 1): triangles of area 1, half overlapping, equally wide in mel."""
    edges = np.linspace(_mel(LOWEST_HZ), _mel(HIGHEST_HZ), BANDS + 2)
    hz = 700 * (10 ** (edges / 2595) - 1)
    bins = np.arange(WINDOW // 2 + 1) * RATE / WINDOW
    low, centre, high = hz[:-2, None], hz[1:-1, None], hz[2:, None]
    rising, falling = (bins - low) / (centre - low), (high - bins) / (high - centre)
    triangles = np.maximum(0, np.minimum(rising, falling))
    return (2 * triangles / (high - low)).astype(np.float32)


def log_mel(samples: npt.NDArray[np.int16]) -> Float:
    """int16 (n,) at 44,100 Hz -> float32 (n // hop, bands); before the first sample there is silence."""
    frames = len(samples) // HOP
    padded = np.zeros(WINDOW - HOP + frames * HOP, np.float32)
    padded[WINDOW - HOP :] = samples[: frames * HOP].astype(np.float32) / 32_768
    if not frames:
        return np.zeros((0, BANDS), np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    magnitude = np.abs(np.fft.rfft(windows * np.hanning(WINDOW).astype(np.float32), axis=1))
    return np.log(magnitude.astype(np.float32) @ mel_matrix().T + np.float32(FLOOR))


def _mel(hz: float) -> float:
    return float(2595 * np.log10(1 + hz / 700))
