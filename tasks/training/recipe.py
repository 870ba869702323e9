"""The numbers of a training run: what a task's sizes are made of."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from zoo.frontends import ShiftFilterbank, SignAutocorrelation, ThermometerFrontEnd


class Recipe(Protocol):
    """What `zoo train` needs to know of a size of any task; a frozen dataclass."""

    steps: int
    validate_every: int
    patience: int

    def to_json(self) -> dict[str, Any]:
        """Every number, for records and checkpoints."""
        ...


@dataclass(frozen=True)
class Labels:
    """Which frames count as an onset's, for the loss.

    Args:
        window: Weights of the frame that holds the onset, the next one, and so on: these should answer yes.
        ignore: Frames from the onset on that are no negative examples.
    """

    window: tuple[float, ...]
    ignore: int


@dataclass(frozen=True)
class LayerRecipe:
    """One layer.

    Args:
        gates: How many; a multiple of the width for lane wiring.
        wiring: `random`, `lane`, `local` or `learned`.
        options: `window` of local wiring, `candidates` of learned wiring, `width` (32 or 128) of lane wiring.
        delays: How many frames ago the layer before is read, ascending; (0, 2, 4) reads it three times. What
            is older than this frame costs registers (see `tasks.training.delays`).
        bands: (width, step) for gates that slide over the bands of the filterbank; `gates` then counts those
            of one place (see `tasks.training.bands`). Empty: all is read at once.
    """

    gates: int
    wiring: str = "lane"
    options: dict[str, int] = field(default_factory=dict)
    delays: tuple[int, ...] = (0,)
    bands: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class GateRecipe:
    """A gate network behind a shift filterbank, and how it is trained.

    Args:
        frontend: Parameters of `ShiftFilterbank`, without feature and threshold.
        bits: Thermometer bits, shared out among the features.
        layers: First to last; the last one's outputs are counted.
        steps: Batches.
        batch: Frames a batch.
        gate_rate: Peak learning rate of the gates' logits and of learned wiring.
        threshold_rate: Peak learning rate of the thresholds, in steps of the integer features; 0 fixes them.
        bias_rate: Peak learning rate of the score's bias.
        hard: Forward through hard gates (see `GateLayer`).
        residual: See `GateLayer`.
        spread: See `GateLayer`.
        noise: See `GateLayer`.
        temperature: Of the thermometer, in standard deviations of the feature.
        tau: Outputs of a group that make one unit of logit; None takes 0.6 sqrt(outputs of a group).
        validate_every: Steps between validations.
        patience: Validations without a better one before an early stop; 0 never stops early.
        frames: Frames whose counts the head sums; each frame alone is trained and validated.
    """

    frontend: dict[str, Any]
    bits: int
    layers: tuple[LayerRecipe, ...]
    steps: int
    batch: int = 512
    gate_rate: float = 0.03
    threshold_rate: float = 1.0
    bias_rate: float = 0.02
    hard: bool = True
    residual: float = 2.0
    spread: float = 0.5
    noise: float = 0.0
    temperature: float = 0.15
    tau: float | None = None
    validate_every: int = 500
    patience: int = 0
    frames: int = 1

    @property
    def reach(self) -> int:
        """How many frames before a frame its answer depends on, besides what the front end remembers."""
        return sum(max(layer.delays) for layer in self.layers)

    @property
    def bands(self) -> tuple[int, int] | None:
        """How many bands there are, and how many kinds of features each has; None where no gates slide."""
        if not any(layer.bands for layer in self.layers):
            return None
        frontend = ShiftFilterbank(**self.frontend)
        return frontend.n_bands, 1 + len(frontend.lags) + len(frontend.peaks)

    def make_frontend(self) -> ThermometerFrontEnd:
        """The front end before its bits are known."""
        return ShiftFilterbank(**self.frontend)

    def to_json(self) -> dict[str, Any]:
        """Every number, for records and checkpoints."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class PitchRecipe(GateRecipe):
    """A gate network behind a sign autocorrelation, whose parameters `frontend` holds."""

    def make_frontend(self) -> SignAutocorrelation:
        """The front end before its bits are known."""
        return SignAutocorrelation(**self.frontend)


@dataclass(frozen=True, kw_only=True)
class RecurrentRecipe(GateRecipe):
    """A cell with a state (see `tasks.training.recurrent`); its layers neither look back nor slide.

    Args:
        state: Bits of state. The last layer's first gates set them, as many reset them, the rest is counted.
        window: Frames that training runs, from a state of zeros.
        span: The newest of them: they answer, and the gradient goes back through them.
    """

    state: int
    window: int = 64
    span: int = 16

    @property
    def reach(self) -> int:
        """What training hears before a frame; on a target the state may remember longer."""
        return self.window - 1


@dataclass(frozen=True, kw_only=True)
class OnsetRecipe(GateRecipe):
    """A gate network whose outputs are counted to a score of onsets.

    Args:
        labels: What the loss asks for, of each frame alone.
        positives: Share of onset frames in a batch.
        beats: Whether clips like produced loops are heard beside the plain ones.
        taught: Share of the loss that asks for a teacher's probabilities instead of the labels.
    """

    labels: Labels
    positives: float = 0.25
    beats: bool = False
    taught: float = 0.0
