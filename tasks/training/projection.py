"""A linear layer in small integers that learns before an encoder: the float half of a hybrid, kept exact."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from tasks.training.encoders import Code, Encoder

LARGEST = 7  # every integer up to 7 is the sum or difference of two powers of two, or one
TERMS = np.array([0, 1, 1, 2, 1, 2, 2, 2])  # how many
START = 2.5  # standard deviation of the first weights, on a feature of middling spread
SPREAD = 64.0  # of an output at first: fine enough for thresholds to move in integers


class Projection(NamedTuple):
    """`(weight @ x >> shift) + bias`.

    Args:
        weight: int32 (outputs, inputs), -7 to 7.
        shift: int32 (outputs,).
        bias: int32 (outputs,).
    """

    weight: npt.NDArray[np.int32]
    shift: npt.NDArray[np.int32]
    bias: npt.NDArray[np.int32]

    def apply(self, x: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
        """Int (frames, inputs) -> int32 (frames, outputs)."""
        return (x.astype(np.int32) @ self.weight.T >> self.shift) + self.bias

    @property
    def terms(self) -> int:
        """Additions and subtractions of shifted numbers that replace the multiplications."""
        return int(TERMS[np.abs(self.weight)].sum())


class IntegerLinear(nn.Module):
    """Weights are rounded to -7 ... 7 forward and real numbers backward; sums stay exact in float32.

    Args:
        examples: int (frames, inputs): their spread decides the first weights and the shifts.
        n_outputs: Outputs.
        rng: Draws the weights.
        learn: Whether weights and biases move.

    Raises:
        ValueError: Sums of such inputs could leave 24 bits.
    """

    shift: Tensor

    def __init__(
        self, examples: npt.NDArray[Any], n_outputs: int, rng: np.random.Generator, learn: bool = True
    ) -> None:
        super().__init__()
        if LARGEST * np.abs(examples.astype(np.int64)).sum(1).max() >= 1 << 22:  # two bits to spare
            raise ValueError("projection: inputs are too large for exact sums in float32")
        spread = np.maximum(1e-3, examples.std(axis=0))
        start = START * rng.standard_normal((n_outputs, examples.shape[1])) * np.median(spread) / spread
        weight = np.clip(start, -LARGEST, LARGEST).astype(np.float32)
        sums = examples.astype(np.int32) @ np.round(weight).astype(np.int32).T
        shift = np.maximum(0, np.round(np.log2(np.maximum(1, sums.std(axis=0)) / SPREAD)))
        self.weight = nn.Parameter(torch.from_numpy(weight), requires_grad=learn)
        self.bias = nn.Parameter(torch.zeros(n_outputs), requires_grad=learn)
        self.register_buffer("shift", torch.from_numpy(shift.astype(np.float32)))

    def forward(self, x: Tensor) -> Tensor:
        """Integers as floats (inputs, batch) -> integers as floats (outputs, batch)."""
        limited = self.weight.clamp(-LARGEST, LARGEST)
        sums = _through(torch.round(limited), limited) @ x
        scaled = sums * torch.exp2(-self.shift)[:, None]
        return _through(torch.floor(scaled), scaled) + _through(torch.round(self.bias), self.bias)[:, None]

    @torch.no_grad()
    def harden(self) -> Projection:
        """The integers."""
        weight = torch.round(self.weight.clamp(-LARGEST, LARGEST))
        return Projection(*(t.numpy().astype(np.int32) for t in (weight, self.shift, torch.round(self.bias))))


def _through(hard: Tensor, soft: Tensor) -> Tensor:
    """`hard` forward, exactly; the gradient of `soft` backward."""
    return hard.detach() + (soft - soft.detach())


class Projected(Encoder):
    """A linear layer, then an encoder."""

    def __init__(self, linear: IntegerLinear, encoder: Encoder) -> None:
        super().__init__()
        self.linear, self.encoder, self.n_bits = linear, encoder, encoder.n_bits

    def forward(self, x: Tensor) -> Tensor:
        """Integers as floats (inputs, batch) -> bits (bits, batch)."""
        self.encoder.progress = self.progress
        return self.encoder(self.linear(x))

    def code(self) -> Code:
        """Both in integers."""
        return ProjectedCode(self.linear.harden(), self.encoder.code())


class ProjectedCode(NamedTuple):
    """A projection, then a code."""

    projection: Projection
    inner: Code

    def encode(self, x: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
        """Int (frames, inputs) -> bits (frames, bits)."""
        return self.inner.encode(self.projection.apply(x))
