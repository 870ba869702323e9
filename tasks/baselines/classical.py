"""What was there before networks: energy above a noise floor for voice activity, and YIN for pitch class."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tasks.base import Task
from tasks.baselines.class_detectors import ClassDetector
from tasks.classes import ClassTask, macro_f1
from tasks.training.class_task import ask

Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]
Float = npt.NDArray[np.float64]

STEPS = 100  # values count hundredths of a decibel, or of the aperiodicity
NOISE_SECONDS = 1.5  # the floor is the softest frame of so long
WINDOW, LONGEST, SHORTEST = 1024, 400, 14  # samples at 16 kHz: YIN's window, and periods of 40 to 1,140 Hz
SMALL = 0.15  # YIN takes the first dip of the normalised difference below this
CHUNK = 256


def build_energy(task: Task, seed: int, data: Path | None) -> ClassDetector:
    """Decibels of a frame above the softest one of the last 1.5 s; the threshold is chosen on validation."""
    assert isinstance(task, ClassTask)
    rate, hop = task.input.rate, task.input.hop
    past = round(NOISE_SECONDS * rate / hop)

    def above(samples: Int16) -> Float:
        frames = len(samples) // hop
        power = (samples[: frames * hop].astype(np.float64).reshape(frames, hop) ** 2).mean(axis=1)
        decibels = 10 * np.log10(power + 1)
        padded = np.concatenate([np.full(past, np.inf), decibels])
        floor = np.lib.stride_tricks.sliding_window_view(padded, past + 1).min(axis=1)
        return np.asarray(decibels - floor, np.float64)

    def answers(threshold: float) -> Callable[[Int16], Int32]:
        def values(samples: Int16) -> Int32:
            rise = np.rint(STEPS * (above(samples) - threshold)).astype(np.int32)
            return np.stack([np.zeros_like(rise), rise], axis=1)

        return values

    return _best(task, "energy", data, ((t, answers(t)) for t in np.arange(1.0, 40.0, 3.0).tolist()))


def build_yin(task: Task, seed: int, data: Path | None) -> ClassDetector:
    """Pitch class by YIN over the last 64 ms; how periodic a tone must be is chosen on validation."""
    assert isinstance(task, ClassTask)
    rate, hop = task.input.rate, task.input.hop
    heard: dict[bytes, tuple[Float, Float]] = {}

    def answers(most: float) -> Callable[[Int16], Int32]:
        def values(samples: Int16) -> Int32:
            key = samples.tobytes()
            if key not in heard:  # the same clips again for each threshold
                heard.clear() if len(heard) > 64 else None
                heard[key] = yin(samples, rate, hop)
            hz, aperiodic = heard[key]
            found = np.zeros((len(hz), len(task.classes)), np.int32)
            pitch = np.rint(12 * np.log2(hz / 440) + 9).astype(np.int64) % 12
            found[np.arange(len(hz)), pitch] = np.rint(STEPS * (2 - aperiodic))
            found[:, -1] = np.rint(STEPS * (2 - most))
            return found

        return values

    return _best(task, "yin", data, ((t, answers(t)) for t in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)))


def yin(samples: Int16, rate: int, hop: int) -> tuple[Float, Float]:
    """Pitch in Hz and aperiodicity (0 periodic, about 1 noise) of every frame.

    The cumulative mean normalised difference of de Cheveigne and Kawahara (2002), over a window that ends
    with the frame, without a look ahead.
    """
    frames = len(samples) // hop
    padded = np.concatenate([np.zeros(WINDOW + LONGEST - hop), samples[: frames * hop] / 32_768])
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW + LONGEST)[::hop]
    parts = [_dips(windows[start : start + CHUNK]) for start in range(0, frames, CHUNK)]
    if not parts:
        return np.zeros(0), np.zeros(0)
    period, aperiodic = (np.concatenate(part) for part in zip(*parts, strict=True))
    return rate / period, aperiodic


def _dips(windows: Float) -> tuple[Float, Float]:
    """Period in samples and depth of the chosen dip of each window of WINDOW + LONGEST samples."""
    now = windows[:, LONGEST:]
    size = WINDOW + LONGEST
    spectrum = np.fft.rfft(windows, 2 * size)
    shared = np.fft.irfft(spectrum * np.fft.rfft(now, 2 * size).conj())[:, LONGEST::-1]
    energy = np.concatenate([np.zeros((len(windows), 1)), np.cumsum(windows**2, axis=1)], axis=1)
    lags = np.arange(LONGEST + 1)
    then = energy[:, LONGEST + WINDOW - lags] - energy[:, LONGEST - lags]
    difference = np.maximum(then[:, :1] + then - 2 * shared, 0) + 1e-9
    mean = np.cumsum(difference[:, 1:], axis=1) / lags[1:]
    normal = difference[:, 1:] / mean
    normal = normal[:, SHORTEST - 1 :]
    below = normal < SMALL
    first = np.where(below.any(axis=1), below.argmax(axis=1), normal.argmin(axis=1))
    rows = np.arange(len(normal))
    for _ in range(LONGEST):  # down to the bottom of the dip
        following = np.minimum(first + 1, normal.shape[1] - 1)
        deeper = normal[rows, following] < normal[rows, first]
        if not deeper.any():
            break
        first = np.where(deeper, following, first)
    centre = np.clip(first, 1, normal.shape[1] - 2)
    left, here, right = (normal[rows, centre + k] for k in (-1, 0, 1))
    bend = left - 2 * here + right
    shift = np.where(np.abs(bend) > 1e-12, 0.5 * (left - right) / np.where(bend == 0, 1, bend), 0)
    return centre + SHORTEST + np.clip(shift, -1, 1), normal[rows, first]


def _best(
    task: ClassTask, name: str, data: Path | None, choices: Iterable[tuple[float, Callable[[Int16], Int32]]]
) -> ClassDetector:
    """The choice with the best macro-F1 on validation."""
    rate, hop = task.input.rate, task.input.hop
    clips = task.load("val", data)
    asked = ask(task, clips, rate, hop)
    best, kept = -1.0, None
    for _, values in choices:
        found = np.concatenate([values(clip.samples) for clip in clips])
        f1 = macro_f1(task.confusion(asked, np.argmax(found[asked.frame], axis=1))[0]) or 0.0
        if f1 > best:
            best, kept = f1, values
    assert kept is not None
    return ClassDetector(name, rate, hop, kept)
