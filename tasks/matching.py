"""Tasks in which a model makes a given sound: it hears nothing, counts, and answers a sample a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tasks.base import Column, Task
from tasks.spectra import log_spectral_distance, multi_resolution_distance, signal_to_noise

if TYPE_CHECKING:
    from tasks.data.clip import Clip
    from tasks.detectors import Detector
    from tasks.training.trainer import ModelLearner, Solver
    from zoo.results import Trace

Int16 = npt.NDArray[np.int16]

BITS = 8  # of a sample
BLOCK = 1_024  # samples that are held out together
HELD_SEED = 16


def held_out(n: int) -> npt.NDArray[np.bool_]:
    """Which of n moments a model that learns one half never sees: bool (n,), half of the blocks."""
    blocks = -(-n // BLOCK)
    held = np.zeros(blocks, bool)
    held[np.random.default_rng(HELD_SEED).permutation(blocks)[: blocks // 2]] = True
    return np.repeat(held, BLOCK)[:n]


def sample_bits(samples: Int16) -> npt.NDArray[np.uint8]:
    """int16 (n,) -> uint8 (n, 8): offset binary, most significant first, as `PositionalSample(8)` takes."""
    levels = (samples.astype(np.int32) >> 8) + 128
    return ((levels[:, None] >> np.arange(BITS - 1, -1, -1)) & 1).astype(np.uint8)


def coarse(samples: Int16, bits: int, hold: int) -> Int16:
    """int16 (n,): means over 2^hold samples in 2^bits levels, each in the middle of what it stands for."""
    n = len(samples)
    starts = np.arange(0, n, 1 << hold)
    means = np.add.reduceat(samples.astype(np.int64), starts) / np.diff(np.append(starts, n))
    step = 1 << (16 - bits)
    level = np.clip(np.floor((means + 32_768) / step), 0, (1 << bits) - 1)
    middle = level * step + (step // 2 if bits < BITS else 0) - 32_768
    return np.repeat(middle.astype(np.int16), 1 << hold)[:n]


@dataclass(frozen=True, eq=False)
class MatchScore:
    """One target.

    Args:
        right: bool (n, 8): which bits are the target's.
        held: bool (n,): see `held_out`.
        snr: Decibels.
        lsd: Decibels.
        mr_stft: See `tasks.spectra`.
    """

    right: npt.NDArray[np.bool_]
    held: npt.NDArray[np.bool_]
    snr: float
    lsd: float
    mr_stft: float


class MatchingTask(Task):
    """Scored by bits that are right, and by how far apart the sounds are."""

    explanation = (
        "Every sample is compared with the target's: bits that are equal, samples that are wholly equal, the "
        "power of the target over that of the difference (at most 99 dB), the log-spectral distance, and the "
        "multi-resolution STFT distance. `Held-out bits` are those of a fixed half of the blocks of 1,024 "
        "samples; only the sizes that begin with `half` have not learned from them."
    )
    main_metric = "exact_bits"
    columns = (
        Column("exact_bits", "bits that are equal", 4, short="equal bits"),
        Column("exact_samples", "samples that are equal", 4, short="equal samples"),
        Column("held_out_bits", "held-out bits that are equal", 4, short="held-out bits"),
        Column("snr_db", "signal to noise", 1, " dB", short="SNR dB"),
        Column("lsd_db", "log-spectral distance", 2, " dB", short="LSD dB"),
        Column("mr_stft", "multi-resolution STFT distance", 3, short="MR- STFT"),
    )

    def load(self, split: str, data: Path | None = None) -> list[Clip]:
        """The target; every target where none is chosen."""
        return [clip for clip in self.data.load(split, data) if self.target in (None, clip.name)]

    def manifest_digest(self, split: str, data: Path | None = None) -> str:
        """SHA-256 (hex) that stands for every sample of `load`."""
        from tasks.data.dataset import split_digest
        from tasks.data.store import entry

        return split_digest([entry(clip) for clip in self.load(split, data)])

    def learner(self, recipe: Any, seed: int, device: str, data: Path | None = None) -> ModelLearner | Solver:
        """A recipe makes its own: gates that learn, or a construction."""
        (clip,) = self.load("train", data)
        made: ModelLearner | Solver = recipe.learner(clip, seed, device)
        return made

    def score(self, detector: Detector, clip: Clip, trace: Trace) -> MatchScore:
        """Compare sample by sample, and spectrum by spectrum."""
        assert clip.target is not None
        found = trace.values[:, 0].astype(np.int16)
        right = sample_bits(found) == sample_bits(clip.target)
        pair = clip.target / 32_768, found / 32_768
        return MatchScore(
            right,
            held_out(len(found)),
            signal_to_noise(*pair),
            log_spectral_distance(*pair),
            multi_resolution_distance(*pair),
        )

    def summarise(self, scores: Sequence[MatchScore]) -> dict[str, float | None]:
        """Means over the targets."""

        def mean(values: list[float]) -> float | None:
            return float(np.mean(values)) if values else None

        return {
            "exact_bits": mean([float(one.right.mean()) for one in scores]),
            "exact_samples": mean([float(one.right.all(axis=1).mean()) for one in scores]),
            "held_out_bits": mean([float(one.right[one.held].mean()) for one in scores if one.held.any()]),
            "snr_db": mean([one.snr for one in scores]),
            "lsd_db": mean([one.lsd for one in scores]),
            "mr_stft": mean([one.mr_stft for one in scores]),
        }

    def items(self, scores: Sequence[MatchScore]) -> dict[str, int]:
        """Samples that are compared."""
        return {"samples": sum(len(one.right) for one in scores)}
