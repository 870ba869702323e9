"""Spectral flux with causal picking: librosa's SuperFlux onset strength, and no look at what follows.

Frame t uses the samples up to `(t + 1) * hop` and no more: the window ends there, decibels are not clipped
against the recording's maximum, and the mean that is taken off the flux is over the frames before.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from tasks.base import Task
from tasks.detectors import ScoreDetector, fit_threshold
from zoo.heads import OnsetScore

Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]

WINDOW = 1024
BANDS, LOWEST_HZ, HIGHEST_HZ = 64, 30.0, 16_000.0
LAG, WIDTH = 4, 3  # frames back, and bands over which the earlier frame's maximum is taken (SuperFlux)
FLOOR = 1e-4  # mel power under which everything is silence
MEAN_SECONDS = 0.1
SCALE = 256  # steps a decibel of flux


def flux_score(samples: Int16, rate: int, hop: int) -> Int32:
    """int16 (n,) -> int32 (n // hop,): flux over its recent mean, 1/256 dB a band, 0 to 65535.

    Raises:
        ModuleNotFoundError: librosa is not installed.
    """
    import librosa
    from scipy.signal import lfilter

    frames = len(samples) // hop
    if frames == 0:
        return np.zeros(0, np.int32)
    padded = np.concatenate([np.zeros(WINDOW - hop), samples[: frames * hop] / 32_768])
    power = librosa.feature.melspectrogram(
        y=padded,
        sr=rate,
        n_fft=WINDOW,
        hop_length=hop,
        n_mels=BANDS,
        fmin=LOWEST_HZ,
        fmax=HIGHEST_HZ,
        center=False,
        dtype=np.float64,
    )
    decibels = 10 * np.log10(power + FLOOR)
    silence = np.full((BANDS, LAG), 10 * np.log10(FLOOR))
    flux = librosa.onset.onset_strength(
        S=np.hstack([silence, decibels]), sr=rate, hop_length=hop, lag=LAG, max_size=WIDTH, center=False
    )[LAG:]
    width = max(1, round(MEAN_SECONDS * rate / hop))
    earlier = np.concatenate([[0.0], flux[:-1]])
    mean = lfilter(np.full(width, 1 / width), 1, earlier)
    return np.clip(np.floor((flux - mean) * SCALE), 0, 65_535).astype(np.int32)


def build(task: Task, seed: int, data: Path | None) -> ScoreDetector:
    """The detector, its head chosen on the task's validation clips; there is nothing random in it."""
    head = OnsetScore(SCALE, SCALE, task.answer.refractory(task.input.rate, task.input.hop))
    rate, hop = task.input.rate, task.input.hop
    detector = ScoreDetector("spectral-flux", rate, hop, lambda samples: flux_score(samples, rate, hop), head)
    clips = [(clip.samples, clip.onsets) for clip in task.load("val", data)]
    return fit_threshold(detector, clips)[0]
