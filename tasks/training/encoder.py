"""The thermometer whose thresholds learn: in training it answers what the front end answers on the Bela."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable


class Thermometer(nn.Module):
    """Bit i is `x[feature[i]] >= ceil(threshold[i])`, forward and hardened alike: there is no gap.

    Backward, the step counts as the logistic function of (x - threshold) / temperature.

    Args:
        feature: int (bits,): row of x that the bit looks at.
        threshold: float (bits,): initial thresholds.
        temperature: float (bits,) or one number, in units of the feature: width of the surrogate step, > 0.
        learn: Whether thresholds move.
    """

    feature: Tensor
    temperature: Tensor

    def __init__(
        self,
        feature: npt.NDArray[Any],
        threshold: npt.NDArray[Any],
        temperature: npt.NDArray[Any] | float = 4.0,
        learn: bool = True,
    ) -> None:
        super().__init__()
        wide = np.broadcast_to(np.asarray(temperature, np.float32), np.shape(threshold)).copy()
        self.register_buffer("feature", torch.from_numpy(np.asarray(feature, np.int64)))
        self.register_buffer("temperature", torch.from_numpy(wide))
        start = torch.from_numpy(np.asarray(threshold, np.float32))
        self.threshold = nn.Parameter(start, requires_grad=learn)

    @property
    def n_bits(self) -> int:
        """Bits a frame."""
        return int(self.feature.numel())

    def forward(self, x: Tensor) -> Tensor:
        """Integers as floats (features, batch), below 2^24 in size -> 0.0 and 1.0 (bits, batch)."""
        return step(x.index_select(0, self.feature), self.threshold, self.temperature)

    @torch.no_grad()
    def harden(self) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.int32]]:
        """Feature and integer threshold of each bit."""
        threshold = torch.ceil(self.threshold).cpu().numpy().astype(np.int32)
        return self.feature.cpu().numpy().astype(np.uint16), threshold


def step(x: Tensor, threshold: Tensor, temperature: Tensor) -> Tensor:
    """`x >= ceil(threshold)` of every row, with the gradient of a logistic step.

    Args:
        x: float (bits, batch).
        threshold: float (bits,).
        temperature: float (bits,): width of the logistic step, > 0.

    Returns:
        0.0 and 1.0 (bits, batch).
    """
    return _Step.apply(x, threshold, temperature)


class _Step(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, threshold: Tensor, temperature: Tensor) -> Tensor:
        ctx.save_for_backward(x, threshold, temperature)
        return (x >= torch.ceil(threshold)[:, None]).to(x.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        x, threshold, temperature = ctx.saved_tensors
        # The step lies half way between the last integer below the threshold and the first that reaches it.
        step = torch.sigmoid((x - (torch.ceil(threshold) - 0.5)[:, None]) / temperature[:, None])
        slope = grad * step * (1 - step) / temperature[:, None]
        wanted_x, wanted_threshold, _ = ctx.needs_input_grad
        return slope if wanted_x else None, -slope.sum(1) if wanted_threshold else None, None


def quantile_thermometer(
    features: npt.NDArray[np.int32],
    n_bits: int,
    rng: np.random.Generator,
    *,
    temperature: float = 0.15,
    learn: bool = True,
) -> Thermometer:
    """A thermometer whose thresholds are quantiles of its features, in random order of bits.

    Args:
        features: int32 (frames, features): examples, drawn as training will draw them.
        n_bits: Bits, shared out evenly among the features.
        rng: Draws which features get one bit more, and the order.
        temperature: In standard deviations of the feature; never below 1.5 steps of the integer feature.
        learn: Whether thresholds move.
    """
    n_features = features.shape[1]
    share = np.full(n_features, n_bits // n_features)
    share[rng.permutation(n_features)[: n_bits - share.sum()]] += 1
    feature = np.repeat(np.arange(n_features), share)
    levels = [(np.arange(count) + 0.5) / count for count in share]
    threshold = np.concatenate([np.quantile(*pair) for pair in zip(features.T, levels, strict=True)])
    width = np.maximum(1.5, temperature * features.std(axis=0))[feature]
    order = rng.permutation(n_bits)
    return Thermometer(feature[order], threshold[order], width[order], learn)
