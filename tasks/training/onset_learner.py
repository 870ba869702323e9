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
from tasks.threshold import Choice, choose_threshold
from tasks.training.encoder import quantile_thermometer
from tasks.training.frames import FrameSet, cached, frontend_features, frontend_key, make_frames
from tasks.training.layers import GateLayer
from tasks.training.network import GateNetwork
from tasks.training.recipe import GateRecipe
from zoo.cache import cache_folder
from zoo.circuit import Circuit
from zoo.frontends import FrontEnd
from zoo.heads import Head

CHUNK = 4096  # frames scored at a time
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
    """

    def __init__(
        self,
        recipe: GateRecipe,
        train: FrameSet,
        val: FrameSet,
        onsets: Sequence[npt.NDArray[np.float64]],
        refractory: int,
        seed: int,
        device: str = "cpu",
    ) -> None:
        self.recipe, self.train, self.val, self.onsets = recipe, train, val, onsets
        self.refractory, self.device = refractory, device
        self._positive, self._negative = train.positive, train.negative
        self.module = self._network(np.random.default_rng(seed)).to(device)

    def _network(self, rng: np.random.Generator) -> GateNetwork:
        recipe = self.recipe
        both = [rng.choice(kind, EXAMPLES) for kind in (self._positive, self._negative)]
        examples = self.train.features[np.concatenate(both)]
        learn = recipe.threshold_rate > 0
        encoder = quantile_thermometer(
            examples, recipe.bits, rng, temperature=recipe.temperature, learn=learn
        )
        layers, width = [], recipe.bits
        shared: dict[str, Any] = {
            name: getattr(recipe, name) for name in ("hard", "residual", "spread", "noise")
        }
        for layer in recipe.layers:
            layers.append(GateLayer(width, layer.gates, rng, layer.wiring, **{**shared, **layer.options}))
            width = layer.gates
        return GateNetwork(encoder, layers, tau=recipe.tau)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Gates (with learned wiring), thresholds, bias."""
        net, recipe = self.module, self.recipe
        groups = [
            {"params": list(net.layers.parameters()), "lr": recipe.gate_rate},
            {"params": list(net.head.parameters()), "lr": recipe.bias_rate},
        ]
        if net.encoder.threshold.requires_grad:
            groups.append({"params": [net.encoder.threshold], "lr": recipe.threshold_rate})
        return groups

    def loss(self, rng: np.random.Generator) -> Tensor:
        """Weighted cross entropy of one batch, with the recipe's share of onset frames."""
        yes = round(self.recipe.batch * self.recipe.positives)
        frames = np.concatenate(
            [rng.choice(self._positive, yes), rng.choice(self._negative, self.recipe.batch - yes)]
        )
        logits = self.module(self._columns(self.train.features[frames]))[0]
        target, weight = (
            torch.from_numpy(part[frames]).to(self.device) for part in (self.train.target, self.train.weight)
        )
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, target, weight)

    def validate(self) -> dict[str, float]:
        """F at +-25 ms over the validation clips, with the best threshold."""
        return {"f_25ms": self.choose().f}

    def choose(self) -> Choice:
        """The head that does best on the validation clips."""
        scores = self.val.split(self.scores(self.val.features))
        frontend = self.recipe.make_frontend()
        return choose_threshold(
            scores,
            self.onsets,
            hop=frontend.hop,
            rate=frontend.rate,
            refractory=self.refractory,
            frames=self.recipe.frames,
        )

    def parts(self) -> tuple[FrontEnd, Circuit, Head]:
        """The thermometer as the front end, the layers as the circuit, the chosen head."""
        feature, threshold, circuit = self.module.harden()
        frontend = replace(self.recipe.make_frontend(), feature=feature, threshold=threshold)
        return frontend, circuit, self.choose().head

    @torch.no_grad()
    def scores(self, features: npt.NDArray[np.int16]) -> npt.NDArray[np.int32]:
        """int16 (frames, features) -> int32 (frames,): the integer score of the hard network."""
        net = self.module
        net.eval()
        net.set_hard(True)
        out = [net.counts(self._columns(part))[0] for part in _chunks(features)]
        net.set_hard(self.recipe.hard)
        return torch.cat(out).to(torch.int32).cpu().numpy()

    def _columns(self, features: npt.NDArray[np.int16]) -> Tensor:
        """(frames, features) -> float32 (features, frames) on the device."""
        return torch.from_numpy(features.T.astype(np.float32, order="C")).to(self.device)


def make_learner(
    task: Task, recipe: GateRecipe, seed: int, device: str, data: Path | None = None
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
        return made, [clip.onsets for clip in clips]

    (train, _), (val, onsets) = frames("train"), frames("val")
    return OnsetLearner(
        recipe, train, val, onsets, task.answer.refractory(task.input.rate, task.input.hop), seed, device
    )


def _chunks(features: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    return [features[start : start + CHUNK] for start in range(0, len(features), CHUNK)]
