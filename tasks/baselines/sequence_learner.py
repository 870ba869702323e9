"""A float network that learns a score of onsets from stretches of clips, by the same trainer as gates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from tasks.baselines.logmel import HOP, RATE
from tasks.threshold import Choice, choose_threshold
from tasks.training.frames import FrameSet
from tasks.training.recipe import Labels

LABELS = Labels(window=(0.5, 1.0), ignore=3)  # frames of 10 ms, as long together as the gates' are
STRETCH, BATCH = 300, 32
ONSET_WEIGHT = 4.0  # onset frames are rare in a stretch
PEAK_RATE = 5e-3
SCORE_STEPS, SCORE_ZERO = 2048, 16  # a score counts 1/2048 of a logit from -16 up


class SequenceLearner:
    """Trains one of `tasks.baselines.networks.NETWORKS`.

    Args:
        module: The network.
        train: Log-mel frames to learn from.
        val: Log-mel frames to validate on.
        onsets: float64 (k,) seconds of each validation clip.
        refractory: The shortest time allowed from a hit to the next, in frames.
        weights: What each validation clip counts for; all count alike when None.
    """

    def __init__(
        self,
        module: nn.Module,
        train: FrameSet,
        val: FrameSet,
        onsets: Sequence[npt.NDArray[np.float64]],
        refractory: int,
        weights: Sequence[float] | None = None,
    ) -> None:
        self.module, self.train, self.val = module, train, val
        self.onsets, self.refractory, self.weights = onsets, refractory, weights
        self._starts = np.concatenate([[0], train.ends[:-1]])
        self._lengths = train.ends - self._starts
        if self._lengths.min() < STRETCH:
            raise ValueError(f"a training clip is shorter than {STRETCH} frames")

    def parameter_groups(self) -> list[dict[str, Any]]:
        """One group."""
        return [{"params": list(self.module.parameters()), "lr": PEAK_RATE}]

    def loss(self, rng: np.random.Generator) -> Tensor:
        """Weighted cross entropy over a batch of stretches."""
        clip = rng.integers(0, len(self._starts), BATCH)
        first = self._starts[clip] + rng.integers(0, self._lengths[clip] - STRETCH + 1)
        frames = first[:, None] + np.arange(STRETCH)
        target = torch.from_numpy(self.train.target[frames])
        weight = torch.from_numpy(self.train.weight[frames]) * (1 + (ONSET_WEIGHT - 1) * target)
        logits = self.module(torch.from_numpy(self.train.features[frames]))
        return nn.functional.binary_cross_entropy_with_logits(logits, target, weight)

    def validate(self) -> dict[str, float]:
        """F at +-25 ms over the validation clips, with the best threshold."""
        return {"f_25ms": self.choose().f}

    def choose(self) -> Choice:
        """The head that does best on the validation clips."""
        scores = [score(self.module, clip) for clip in self.val.split(self.val.features)]
        return choose_threshold(
            scores, self.onsets, hop=HOP, rate=RATE, refractory=self.refractory, weights=self.weights
        )


@torch.no_grad()
def score(module: nn.Module, features: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
    """float32 (frames, bands) -> int32 (frames,) within 0 to 65535."""
    if not len(features):
        return np.zeros(0, np.int32)
    module.eval()
    logits = module(torch.from_numpy(features)[None])[0].numpy().astype(np.float64)
    return np.clip(np.rint((logits + SCORE_ZERO) * SCORE_STEPS), 0, 65_535).astype(np.int32)
