"""Tasks in which a model changes a sound: a sample in, a sample out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tasks.base import Column, Task
from tasks.spectra import multi_resolution_distance

if TYPE_CHECKING:
    from tasks.data.clip import Clip
    from tasks.detectors import Detector
    from tasks.training.trainer import ModelLearner
    from zoo.results import Trace

EMPHASIS = 0.95


@dataclass(frozen=True)
class EffectScore:
    """One clip.

    Args:
        error: Energy of the difference, with pre-emphasis.
        signal: Energy of the target, with pre-emphasis.
        plain: Energies of difference and target without it.
        mr_stft: See `tasks.spectra`.
        samples: Compared.
    """

    error: float
    signal: float
    plain: tuple[float, float]
    mr_stft: float
    samples: int


class EffectTask(Task):
    """Scored by the error's share of the signal's energy."""

    explanation = (
        "ESR is the energy of the difference over that of the target, both through `y(t) - 0.95 y(t-1)` "
        "first, summed over all clips (A. Wright, V. Valimaki, 2020); the plain one leaves that out. The "
        "multi-resolution STFT distance is the mean over clips."
    )
    main_metric = "esr"
    higher_is_better = False
    columns = (
        Column("esr", "error to signal", 4, short="ESR"),
        Column("esr_plain", "error to signal, no emphasis", 4, short="plain ESR"),
        Column("mr_stft", "multi-resolution STFT distance", 3, short="MR- STFT"),
    )
    intervals = ("esr",)

    def learner(self, recipe: Any, seed: int, device: str, data: Path | None = None) -> ModelLearner:
        """A recipe makes its own."""
        made: ModelLearner = recipe.learner(self, seed, device, data)
        return made

    def score(self, detector: Detector, clip: Clip, trace: Trace) -> EffectScore:
        """Compare sample by sample, and spectrum by spectrum."""
        assert clip.target is not None
        target, found = clip.target / 32_768, trace.values[:, 0] / 32_768
        energies = energy(emphasised(found - target)), energy(emphasised(target))
        plain = energy(found - target), energy(target)
        return EffectScore(*energies, plain, multi_resolution_distance(target, found), len(found))

    def summarise(self, scores: Sequence[EffectScore]) -> dict[str, float | None]:
        """Ratios of sums, and the mean distance."""

        def ratio(pairs: list[tuple[float, float]]) -> float | None:
            error, signal = (sum(part) for part in zip(*pairs, strict=True)) if pairs else (0.0, 0.0)
            return error / signal if signal else None

        return {
            "esr": ratio([(one.error, one.signal) for one in scores]),
            "esr_plain": ratio([one.plain for one in scores]),
            "mr_stft": float(np.mean([one.mr_stft for one in scores])) if scores else None,
        }

    def items(self, scores: Sequence[EffectScore]) -> dict[str, int]:
        """Samples that are compared."""
        return {"samples": sum(one.samples for one in scores)}


def emphasised(sound: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """(..., n) -> (..., n): highs stand out, as they do to the ear; silence before the first sample."""
    out = np.array(sound)
    out[..., 1:] -= EMPHASIS * sound[..., :-1]
    return out


def energy(sound: npt.NDArray[Any]) -> float:
    """Sum of squares."""
    return float(np.sum(np.square(sound, dtype=np.float64)))
