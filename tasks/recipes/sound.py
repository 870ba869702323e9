"""Sizes of sound matching: gates that learn within a budget, and circuits that are constructed.

`64` to `16k` learn from every moment of the target with at most so many gates, `half-256` and `half-1k` from
half of its blocks. `exact` is synthesised from the target's samples alone and equals them. `table-...` stays
within a budget, with fewer bits or moments where all do not fit; `half-exact` sees half of the blocks.
`formula` is compiled from the formula of a tune.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tasks.data.bytebeat import FORMULAS
from tasks.data.recordings import LICENCE as CC0
from tasks.data.recordings import RECORDINGS
from zoo.config import Source
from zoo.errors import ZooError

if TYPE_CHECKING:
    from tasks.data.clip import Clip
    from tasks.training.trainer import ModelLearner, Solver


@dataclass(frozen=True, kw_only=True)
class _Sound:
    """What every size has; a construction takes no steps."""

    steps: int = 0
    validate_every: int = 1
    patience: int = 0

    def to_json(self) -> dict[str, Any]:
        """Every number, for records and checkpoints."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class TrainedSound(_Sound):
    """Gates with learned wiring, trained through their expectations.

    Args:
        gates: Budget; what is left when dead and double gates are gone is less.
        depth: Layers before the outputs.
        candidates: Nodes that each operand chooses among.
        gray: Whether Gray bits of time stand beside the plain ones.
        batch: Moments a batch.
        tune_rate: Peak learning rate for tunes.
        recording_rate: Peak learning rate for recordings.
        residual: See `GateLayer`.
        weighting: How much more each bit of a recording weighs than the next lower one.
        half: Whether half of the blocks are held out.
    """

    gates: int
    depth: int = 6
    candidates: int = 8
    gray: bool = True
    batch: int = 512
    tune_rate: float = 0.1
    recording_rate: float = 0.03
    residual: float = 2.0
    weighting: float = 1.5
    half: bool = False

    def learner(self, clip: Clip, seed: int, device: str) -> ModelLearner:
        """The network before training."""
        from tasks.training.sound_learner import SoundLearner

        return SoundLearner(self, clip, seed, device)


@dataclass(frozen=True, kw_only=True)
class TableSound(_Sound):
    """A circuit synthesised from the samples.

    Args:
        gates: Budget; None takes what equality needs.
        tries: Orders of inputs that are tried.
        half: Whether half of the blocks are unknown, and filled in by the simplest polynomials.
    """

    gates: int | None = None
    tries: int = 1
    half: bool = False

    def learner(self, clip: Clip, seed: int, device: str) -> Solver:
        """The construction."""
        from tasks.synthesis.solvers import TableSolver

        return TableSolver(self, clip, seed)


@dataclass(frozen=True, kw_only=True)
class FormulaSound(_Sound):
    """A circuit compiled from the formula of a tune, without looking at samples."""

    def learner(self, clip: Clip, seed: int, device: str) -> Solver:
        """The construction.

        Raises:
            ZooError: The target is a recording.
        """
        from tasks.synthesis.solvers import FormulaSolver

        for formula in FORMULAS:
            if formula.name == clip.name:
                return FormulaSolver(formula, clip)
        raise ZooError(f"zoo train sound --size formula: {clip.name} is a recording. Choose the size exact")


BUDGETS = {"64": 64, "256": 256, "1k": 1_024, "4k": 4_096, "16k": 16_384}
_STEPS = {"64": 800, "256": 800, "1k": 600, "4k": 300, "16k": 150}

SIZES: dict[str, TrainedSound | TableSound | FormulaSound] = {
    **{
        name: TrainedSound(gates=gates, steps=_STEPS[name], validate_every=100)
        for name, gates in BUDGETS.items()
    },
    **{
        f"half-{name}": TrainedSound(gates=BUDGETS[name], steps=_STEPS[name], validate_every=100, half=True)
        for name in ("256", "1k")
    },
    **{f"table-{name}": TableSound(gates=gates) for name, gates in BUDGETS.items()},
    "exact": TableSound(tries=12),
    "half-exact": TableSound(half=True),
    "formula": FormulaSound(),
}

SUMMARY = "Makes a sound from nothing but the number of the sample"
LICENCE = "MIT"


def sources(target: str | None) -> tuple[Source, ...]:
    """Whose formula or recording the target is."""
    for formula in FORMULAS:
        if formula.name == target:
            title = f"the formula {formula.text} (bytebeat, low byte, 8 kHz)"
            return (
                Source(title=title, authors=formula.author, licence="none needed", origin=formula.origin),
            )
    return tuple(
        Source(title=f"recording {one.name}", authors=one.author, licence=CC0, origin=one.origin)
        for one in RECORDINGS
        if one.name == target
    )
