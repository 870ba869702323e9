"""Tasks in which a model hears one instrument and plays another: sounds alike, no sample equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tasks.base import Column, Task
from tasks.spectra import log_spectral_distance, multi_resolution_distance

if TYPE_CHECKING:
    from tasks.data.clip import Clip
    from tasks.detectors import Detector
    from tasks.training.trainer import ModelLearner
    from zoo.results import Trace

Float64 = npt.NDArray[np.float64]

LOUDNESS_FRAME = 512  # samples
AUDIBLE, SILENT = -60.0, -80.0  # dB of full scale: frames that count, and as far down as is told apart
PITCH_FRAME, PADDED = 2_048, 8_192
NEAR_CENTS = 80.0  # of the key that is played: where its fundamental is looked for


@dataclass(frozen=True)
class TransferScore:
    """One clip.

    Args:
        mr_stft: See `tasks.spectra`.
        lsd: Decibels.
        loudness: Mean difference of the levels of audible frames, dB.
        cents: float64 (frames,): differences of pitch.
        samples: Compared.
    """

    mr_stft: float
    lsd: float
    loudness: float
    cents: Float64
    samples: int


class TransferTask(Task):
    """Scored by spectra, loudness and pitch beside the other instrument's recording."""

    explanation = (
        "The multi-resolution STFT distance and the log-spectral distance compare spectra with those of the "
        "instrument that plays the same melody. Loudness is the mean difference of levels of frames that are "
        "audible in it; pitch the median difference of fundamentals, in cents, in the held part of tones."
    )
    main_metric = "mr_stft"
    higher_is_better = False
    columns = (
        Column("mr_stft", "multi-resolution STFT distance", 3, short="MR- STFT"),
        Column("lsd_db", "log-spectral distance", 2, " dB", short="LSD dB"),
        Column("loudness_db", "difference of loudness", 2, " dB", short="loudness dB"),
        Column("pitch_cents", "difference of pitch", 1, " cents", short="pitch cents"),
    )
    intervals = ("mr_stft",)

    def load(self, split: str, data: Path | None = None) -> list[Clip]:
        """The clips of the target; of every target where none is chosen."""
        return [clip for clip in self.data.load(split, data) if self.target in (None, clip.group)]

    def manifest_digest(self, split: str, data: Path | None = None) -> str:
        """SHA-256 (hex) that stands for every sample of `load`."""
        from tasks.data.dataset import split_digest

        listed = self.data.entries(split, data)
        return split_digest([about for about in listed if self.target in (None, about["group"])])

    def learner(self, recipe: Any, seed: int, device: str, data: Path | None = None) -> ModelLearner:
        """A recipe makes its own."""
        made: ModelLearner = recipe.learner(self, seed, data)
        return made

    def score(self, detector: Detector, clip: Clip, trace: Trace) -> TransferScore:
        """Compare spectra, levels and fundamentals."""
        assert clip.target is not None
        assert clip.labels is not None
        found = trace.values.ravel() / 32_768
        target = clip.target[: len(found)] / 32_768
        return TransferScore(
            multi_resolution_distance(target, found),
            log_spectral_distance(target, found),
            loudness_difference(target, found),
            pitch_differences(target, found, clip.labels, clip.rate),
            len(found),
        )

    def summarise(self, scores: Sequence[TransferScore]) -> dict[str, float | None]:
        """Means over clips; of pitch the median over frames."""

        def mean(values: list[float]) -> float | None:
            return float(np.mean(values)) if values else None

        cents = np.concatenate([np.zeros(0), *(one.cents for one in scores)])
        return {
            "mr_stft": mean([one.mr_stft for one in scores]),
            "lsd_db": mean([one.lsd for one in scores]),
            "loudness_db": mean([one.loudness for one in scores]),
            "pitch_cents": float(np.median(np.abs(cents))) if cents.size else None,
        }

    def items(self, scores: Sequence[TransferScore]) -> dict[str, int]:
        """Samples that are compared."""
        return {"samples": sum(one.samples for one in scores)}


def levels(sound: npt.NDArray[Any]) -> Float64:
    """Float (n,) -> float64 (frames,): dB of full scale, at least -80."""
    frames = len(sound) // LOUDNESS_FRAME
    power = np.square(sound[: frames * LOUDNESS_FRAME].reshape(frames, -1)).mean(axis=1)
    return np.asarray(10 * np.log10(np.maximum(10 ** (SILENT / 10), power)))


def loudness_difference(target: npt.NDArray[Any], found: npt.NDArray[Any]) -> float:
    """Mean difference of levels, where the target is audible; 0 where it never is."""
    one, other = levels(target), levels(found)
    heard = one > AUDIBLE
    return float(np.abs(one - other)[heard].mean()) if heard.any() else 0.0


def pitch_differences(
    target: npt.NDArray[Any], found: npt.NDArray[Any], keys: npt.NDArray[np.int16], rate: int
) -> Float64:
    """Cents between the fundamentals in every frame in which one key is held throughout.

    Args:
        target: (n,).
        found: (n,).
        keys: (steps,) MIDI key or -1, over the same time.
        rate: Of the samples, in Hz.
    """
    step = len(target) // len(keys)
    across = PITCH_FRAME // step
    held = np.lib.stride_tricks.sliding_window_view(keys, across)
    chosen = np.flatnonzero((held[:, 0] >= 0) & (held == held[:, :1]).all(axis=1))
    hertz = 440.0 * 2.0 ** ((keys[chosen] - 69) / 12)
    one, other = (_fundamentals(sound, chosen * step, hertz, rate) for sound in (target, found))
    return np.asarray(1_200 * np.log2(other / one))


def _fundamentals(
    sound: npt.NDArray[Any], starts: npt.NDArray[Any], hertz: Float64, rate: int
) -> Float64:
    """Frequency of the highest bin near each of `hertz`, refined by a parabola through its neighbours."""
    window = np.hanning(PITCH_FRAME)
    found = np.empty(len(starts))
    for i, (start, middle) in enumerate(zip(starts.tolist(), hertz.tolist(), strict=True)):
        spectrum = np.abs(np.fft.rfft(sound[start : start + PITCH_FRAME] * window, PADDED))
        logs = np.log(np.maximum(1e-9, spectrum))
        near = 2 ** (NEAR_CENTS / 1_200)
        low, high = (round(edge * PADDED / rate) for edge in (middle / near, middle * near))
        peak = low + int(np.argmax(logs[low : high + 1]))
        left, top, right = logs[peak - 1 : peak + 2]
        bend = left - 2 * top + right
        shift = float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend else 0.0
        found[i] = (peak + shift) * rate / PADDED
    return found
