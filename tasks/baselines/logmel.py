"""Causal log-mel: frame t sees the window that ends at `(t + 1) * hop`, and nothing later."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

RATE, HOP, WINDOW = 44_100, 441, 1024
BANDS, LOWEST_HZ, HIGHEST_HZ = 32, 30.0, 16_000.0
FLOOR = 1e-3  # added to the mel magnitude of samples within -1 to 1
Float = npt.NDArray[np.float32]


@dataclass(frozen=True)
class LogMel:
    """Log magnitudes in bands equally wide in mel.

    Args:
        rate: Sample rate in Hz.
        hop: Samples a frame.
        window: Samples that a frame sees.
        highest_hz: Upper end of the last band.
    """

    rate: int = RATE
    hop: int = HOP
    window: int = WINDOW
    highest_hz: float = HIGHEST_HZ

    @property
    def parameters(self) -> tuple[object, ...]:
        """All that decides the features."""
        return "log-mel 1", self.rate, self.hop, self.window, BANDS, LOWEST_HZ, self.highest_hz, FLOOR

    def __call__(self, samples: npt.NDArray[np.int16]) -> Float:
        """int16 (n,) -> float32 (n // hop, bands); before the first sample there is silence."""
        frames, window = len(samples) // self.hop, self.window
        padded = np.zeros(window - self.hop + frames * self.hop, np.float32)
        padded[window - self.hop :] = samples[: frames * self.hop].astype(np.float32) / 32_768
        if not frames:
            return np.zeros((0, BANDS), np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(padded, window)[:: self.hop]
        magnitude = np.abs(np.fft.rfft(windows * np.hanning(window).astype(np.float32), axis=1))
        # Not a matrix product: those may round a row otherwise when there are more rows; streams have fewer.
        bands = np.einsum("fk,bk->fb", magnitude.astype(np.float32), mel_matrix(self))
        return np.log(bands + np.float32(FLOOR))


def at_rate(rate: int) -> LogMel:
    """Frames of 10 ms that see at least 20 ms, at any rate."""
    window = 1 << (rate // 50 - 1).bit_length()
    return LogMel(rate, rate // 100, window, min(HIGHEST_HZ, 0.45 * rate))


STANDARD = LogMel()
PARAMETERS = STANDARD.parameters


@cache
def mel_matrix(of: LogMel = STANDARD) -> Float:
    """float32 (bands, window // 2 + 1): triangles of area 1, half overlapping, equally wide in mel."""
    edges = np.linspace(_mel(LOWEST_HZ), _mel(of.highest_hz), BANDS + 2)
    hz = 700 * (10 ** (edges / 2595) - 1)
    bins = np.arange(of.window // 2 + 1) * of.rate / of.window
    low, centre, high = hz[:-2, None], hz[1:-1, None], hz[2:, None]
    rising, falling = (bins - low) / (centre - low), (high - bins) / (high - centre)
    triangles = np.maximum(0, np.minimum(rising, falling))
    return (2 * triangles / (high - low)).astype(np.float32)


def log_mel(samples: npt.NDArray[np.int16]) -> Float:
    """int16 (n,) at 44,100 Hz -> float32 (n // hop, bands), by `STANDARD`."""
    return STANDARD(samples)


def _mel(hz: float) -> float:
    return float(2595 * np.log10(1 + hz / 700))
