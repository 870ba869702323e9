"""A gate network that learns a score of onsets, and is validated as the hard circuit it will be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tasks.base import Task
from tasks.taught_events import TaughtEvents
from tasks.threshold import Choice, choose_threshold
from tasks.training.delays import ages, windows
from tasks.training.frames import FrameSet, blend, cached, frontend_features, frontend_key, make_frames
from tasks.training.network import columns, hard_counts, make_network, parameter_groups
from tasks.training.recipe import OnsetRecipe
from zoo.cache import cache_folder
from zoo.circuit import Circuit
from zoo.frontends import FrontEnd
from zoo.heads import Head

EXAMPLES = 40_000  # frames of each kind from which thresholds start


class OnsetLearner:
    """Trains a `GateNetwork` on frames.

    Args:
        recipe: The network and its training.
        train: Frames to learn from.
        val: Frames to validate on.
        onsets: float64 (k,) seconds of each validation clip.
        refractory: The shortest time allowed from a hit to the next, in frames.
        seed: Of wiring, initial gates and initial thresholds.
        device: Where the network lives; frames stay in main memory.
        weights: What each validation clip counts for; all count alike when None.
    """

    def __init__(
        self,
        recipe: OnsetRecipe,
        train: FrameSet,
        val: FrameSet,
        onsets: Sequence[npt.NDArray[np.float64]],
        refractory: int,
        seed: int,
        device: str = "cpu",
        weights: Sequence[float] | None = None,
    ) -> None:
        self.recipe, self.train, self.val, self.onsets = recipe, train, val, onsets
        self.refractory, self.device, self.weights = refractory, device, weights
        self._positive, self._negative, self._age = train.positive, train.negative, ages(train.ends)
        rng = np.random.default_rng(seed)
        both = [rng.choice(kind, EXAMPLES) for kind in (self._positive, self._negative)]
        self.module = make_network(recipe, train.features[np.concatenate(both)], 1, rng).to(device)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Gates (with learned wiring), thresholds, bias."""
        return parameter_groups(self.module, self.recipe)

    def loss(self, rng: np.random.Generator) -> Tensor:
        """Weighted cross entropy of one batch, with the recipe's share of onset frames."""
        yes = round(self.recipe.batch * self.recipe.positives)
        frames = np.concatenate(
            [rng.choice(self._positive, yes), rng.choice(self._negative, self.recipe.batch - yes)]
        )
        heard = windows(self.train.features, frames, self.module.offsets)
        age = torch.from_numpy(self._age[frames]).to(self.device) if self.recipe.reach else None
        logits = self.module(columns(heard, self.device), age)[0]
        target, weight = (
            torch.from_numpy(part[frames]).to(self.device) for part in (self.train.target, self.train.weight)
        )
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, target, weight)

    def validate(self) -> dict[str, float]:
        """F at +-25 ms over the validation clips, with the best threshold."""
        return {"f_25ms": self.choose().f}

    def choose(self) -> Choice:
        """The head that does best on the validation clips."""
        scores = self.val.split(self.scores(self.val.features, self.val.ends))
        frontend = self.recipe.make_frontend()
        return choose_threshold(
            scores,
            self.onsets,
            hop=frontend.hop,
            rate=frontend.rate,
            refractory=self.refractory,
            frames=self.recipe.frames,
            weights=self.weights,
        )

    def parts(self) -> tuple[FrontEnd, Circuit, Head]:
        """The thermometer as the front end, the layers as the circuit, the chosen head."""
        feature, threshold, circuit = self.module.harden()
        frontend = replace(self.recipe.make_frontend(), feature=feature, threshold=threshold)
        return frontend, circuit, self.choose().head

    def scores(
        self, features: npt.NDArray[np.int16], ends: npt.NDArray[np.int64] | None = None
    ) -> npt.NDArray[np.int32]:
        """int16 (frames, features) -> int32 (frames,): the integer score of the hard network.

        Args:
            features: Of one clip, or of clips whose frames end at `ends`.
            ends: int64 (clips,).
        """
        return hard_counts(self.module, features, self.device, ends)[:, 0]


def make_learner(
    task: Task, recipe: OnsetRecipe, seed: int, device: str, data: Path | None = None
) -> OnsetLearner:
    """The learner on the task's training and validation clips."""
    frontend = recipe.make_frontend()
    cache = (data or cache_folder()) / "features"

    def frames(split: str) -> tuple[FrameSet, list[Any]]:
        clips = task.load(split, data)
        key = frontend_key(frontend, task.manifest_digest(split, data))
        made = make_frames(
            clips, recipe.labels, frontend.rate, frontend.hop,
            lambda: cached(cache, key, lambda: frontend_features(frontend, clips)),
        )  # fmt: skip
        if isinstance(task, TaughtEvents) and recipe.taught:
            wanted = np.concatenate([task.wanted(clip, frontend.hop) for clip in clips])
            made = blend(made, wanted, recipe.taught)
        return made, [clip.onsets for clip in clips]

    (train, _), (val, onsets) = frames("train"), frames("val")
    refractory, weights = task.answer.refractory(task.input.rate, task.input.hop), task.weights("val", data)
    return OnsetLearner(recipe, train, val, onsets, refractory, seed, device, weights)
