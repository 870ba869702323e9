"""A gate network that learns classes of frames, from labels or from a teacher's probabilities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tasks.training.delays import ages, windows
from tasks.training.network import columns, hard_counts, make_network, parameter_groups
from tasks.training.recipe import GateRecipe
from zoo.circuit import Circuit
from zoo.frontends import FrontEnd
from zoo.heads import GroupSum, Head

EXAMPLES = 40_000  # frames from which thresholds start

Float = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class ClassFrames:
    """Frames and what they should answer.

    Args:
        features: int16 (frames, features).
        target: float32 (frames, classes): probabilities, each row sums to 1.
        chance: float64 (frames,): how likely a batch draws the frame, relative to the others; 0 never does.
        ends: int64 (clips,): where each clip's frames end; None where frames stand alone. A recipe that looks
            back needs it, and every frame of every clip.
    """

    features: npt.NDArray[np.int16]
    target: Float
    chance: npt.NDArray[np.float64]
    ends: npt.NDArray[np.int64] | None = None


def balanced(classes: npt.NDArray[Any], n_classes: int, share: float = 1.0) -> npt.NDArray[np.float64]:
    """Chances that draw every class equally often.

    Args:
        classes: int (frames,): class of each frame; negative ones are never drawn.
        n_classes: How many classes there are.
        share: 1 draws classes equally, 0 as often as they occur.
    """
    counts = np.bincount(classes[classes >= 0], minlength=n_classes).astype(np.float64)
    chance = np.zeros(len(classes))
    known = classes >= 0
    chance[known] = counts[classes[known]] ** -share
    return chance


class ClassLearner:
    """Trains a `GateNetwork` whose GroupSum counts a group of outputs for each class.

    Args:
        recipe: The network and its training.
        train: Frames to learn from.
        measure: int32 counts (val frames, classes) -> metrics of validation; the first decides.
        val: int16 (frames, features) to validate on.
        seed: Of wiring, initial gates and initial thresholds.
        device: Where the network lives; frames stay in main memory.
        val_ends: int64 (clips,): where each validation clip's frames end, for a recipe that looks back.

    Raises:
        ValueError: The recipe looks back, and nobody says where clips end.
    """

    def __init__(
        self,
        recipe: GateRecipe,
        train: ClassFrames,
        measure: Callable[[Int32], dict[str, float]],
        val: npt.NDArray[np.int16],
        seed: int,
        device: str = "cpu",
        val_ends: npt.NDArray[np.int64] | None = None,
    ) -> None:
        self.recipe, self.train, self.measure, self.val, self.device = recipe, train, measure, val, device
        self.val_ends = val_ends
        if recipe.reach and (train.ends is None or val_ends is None):
            raise ValueError("layers with delays: expected where clips end (ends, val_ends), found None")
        self._age = None if train.ends is None or not recipe.reach else ages(train.ends)
        self._taught = np.flatnonzero(train.chance)
        self._cumulative = np.cumsum(train.chance)
        self._cumulative /= self._cumulative[-1]
        rng = np.random.default_rng(seed)
        examples = train.features[self._draw(rng, EXAMPLES)]
        self.module = make_network(recipe, examples, train.target.shape[1], rng).to(device)

    def _draw(self, rng: np.random.Generator, n: int) -> npt.NDArray[np.int64]:
        """Frames by their chances."""
        return np.searchsorted(self._cumulative, rng.random(n), side="right")

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Gates (with learned wiring) and thresholds."""
        return parameter_groups(self.module, self.recipe)

    def loss(self, rng: np.random.Generator) -> Tensor:
        """Cross entropy with the targets of one batch."""
        span = self.module.span
        if span == 1:
            newest = self._draw(rng, self.recipe.batch)
        else:  # frames that teach nothing may stand before them; chances weigh what was heard
            newest = rng.choice(self._taught, self.recipe.batch // span)
        heard = windows(self.train.features, newest, self.module.offsets)
        age = None if self._age is None else self._age[newest]
        known = None if age is None else torch.from_numpy(age).to(self.device)
        logits = self.module(columns(heard, self.device), known).T
        back = np.arange(span)[:, None]
        frames = np.maximum(newest - back, 0).ravel()
        target = torch.from_numpy(self.train.target[frames]).to(self.device)
        if span == 1 or age is None:
            return torch.nn.functional.cross_entropy(logits, target)
        weight = self.train.chance[frames] * (back <= age).ravel()
        shares = torch.from_numpy((weight / weight.sum()).astype(np.float32)).to(self.device)
        return torch.nn.functional.cross_entropy(logits, target, reduction="none") @ shares

    def validate(self) -> dict[str, float]:
        """`measure` of the hard network's counts."""
        return self.measure(hard_counts(self.module, self.val, self.device, self.val_ends))

    def parts(self) -> tuple[FrontEnd, Circuit, Head]:
        """The thermometer as the front end, the layers as the circuit, GroupSum."""
        feature, threshold, circuit = self.module.harden()
        frontend = replace(self.recipe.make_frontend(), feature=feature, threshold=threshold)
        return frontend, circuit, GroupSum(self.train.target.shape[1], self.recipe.frames)
