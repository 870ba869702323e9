"""Sizes of the drive circuit's imitation."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.data.drive import AUTHOR, PACKAGE
from tasks.data.drive import LICENCE as STRUMS_LICENCE
from zoo.config import Source

if TYPE_CHECKING:
    from tasks.base import Task
    from tasks.training.effect_learner import EffectLearner


@dataclass(frozen=True, kw_only=True)
class FilterCurveRecipe:
    """Filter, curve, filter; see `tasks.synthesis.filter_curve`.

    Args:
        width: Bits of an input sample; its step is that of the numbers up to the curve.
        out: Bits of an output sample; its step is that of the numbers behind the curve.
        before: Delays of the stages ahead of the curve, after a first one of 1.
        after: Delays behind it, after a first one of 1.
        terms: Powers of two in a factor, at most.
        reach: Magnitude at which the curve ends.
        detail: The curve has two to the power of this steps in an octave.
        rounded: Whether factors are powers of two; the baseline in float learns any.
        batch: Stretches a batch.
        length: Samples of a stretch.
        memory: Samples ahead of it.
        peak_rate: Learning rate.
        steps: Batches.
        validate_every: Steps between validations.
        patience: See `Settings`.
    """

    width: int = 14
    out: int = 13
    before: tuple[int, ...] = (1, 2, 4, 8, 16)
    after: tuple[int, ...] = (1, 2, 4, 8, 16)
    terms: int = 3
    reach: float = 0.25
    detail: int = 5
    rounded: bool = True
    batch: int = 16
    length: int = 2_048
    memory: int = 64
    peak_rate: float = 3e-3
    steps: int = 1_500
    validate_every: int = 250
    patience: int = 0

    def to_json(self) -> dict[str, Any]:
        """Every number, for records and checkpoints."""
        return asdict(self)

    def learner(self, task: Task, seed: int, device: str, data: Path | None = None) -> EffectLearner:
        """The net before training; always on the CPU, where it takes a minute."""
        from tasks.training.effect_learner import task_pairs
        from tasks.training.filter_curve import FilterCurveLearner

        return FilterCurveLearner(self, *task_pairs(task, data), seed, task.input.rate)


SIZES = {
    "nano": FilterCurveRecipe(
        width=12, out=11, before=(1, 2, 4, 8), after=(1, 2, 4, 8), terms=2, reach=0.125, detail=3
    ),
    "standard": FilterCurveRecipe(),
}

SUMMARY = "Drives a guitar as a diode-clipping circuit does, a sample for a sample"
LICENCE = "MIT"


def sources() -> tuple[Source, ...]:
    """The strums that training hears."""
    title, origin = "belofilms_GuitarStrums", f"Debian package {PACKAGE}"
    return (Source(title=title, authors=AUTHOR, licence=STRUMS_LICENCE, origin=origin),)
