"""Any encoder before layers of gates: what studies of encoders train, and its integers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from tasks.training.encoders import Code, Encoder
from tasks.training.groupsum import GroupSum
from tasks.training.layers import GateLayer
from tasks.training.network import columns
from tasks.training.stack import stack
from zoo.circuit import Circuit

CHUNK = 8192  # frames counted at a time


class HardHybrid(NamedTuple):
    """A network in integers.

    Args:
        code: Features to bits.
        circuit: Bits to outputs.
        classes: Groups of the outputs.
    """

    code: Code
    circuit: Circuit
    classes: int

    def counts(self, features: npt.NDArray[np.int16]) -> npt.NDArray[np.int32]:
        """Int16 (frames, features) -> int32 (frames, classes): ones in each group of outputs."""
        parts = []
        for start in range(0, len(features), CHUNK):
            outputs = self.circuit.evaluate(self.code.encode(features[start : start + CHUNK]))
            parts.append(outputs.reshape(len(outputs), self.classes, -1).sum(axis=2, dtype=np.int32))
        return np.concatenate(parts)


class HybridNetwork(nn.Module):
    """Features to logits through an encoder, lane-wired layers of hard gates, and GroupSum.

    Args:
        encoder: Features to bits.
        gates: Gates of each layer.
        classes: Groups of the last layer; 1 for a score.
        rng: Draws wiring and first gates.
    """

    def __init__(
        self, encoder: Encoder, gates: Sequence[int], classes: int, rng: np.random.Generator
    ) -> None:
        super().__init__()
        widths = [encoder.n_bits, *gates]
        self.encoder = encoder
        self.layers = nn.ModuleList(
            GateLayer(before, after, rng, "lane") for before, after in pairwise(widths)
        )
        group = gates[-1] // classes
        bias = group / 2 if classes == 1 else None
        self.head = GroupSum(gates[-1], classes, 0.6 * math.sqrt(group), bias)

    def counts(self, features: Tensor) -> Tensor:
        """Features as floats (features, batch) -> (classes, batch): what the head counts."""
        x = self.encoder(features)
        for layer in self.layers:
            x = layer(x)
        return self.head.counts(x)

    def forward(self, features: Tensor) -> Tensor:
        """Features as floats (features, batch) -> logits (classes, batch)."""
        logits = self.counts(features) / self.head.tau
        return logits if self.head.bias is None else logits - self.head.bias

    @torch.no_grad()
    def all_counts(self, features: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
        """Int16 (frames, features) -> float32 (frames, classes), in the mode that the network is in."""
        parts = [features[start : start + CHUNK] for start in range(0, len(features), CHUNK)]
        return np.concatenate([self.counts(columns(part)).numpy().T for part in parts])

    def harden(self) -> HardHybrid:
        """The same counts as out of training, in integers."""
        layers = cast(list[GateLayer], list(self.layers))
        circuit = stack([layer.harden() for layer in layers], self.encoder.n_bits)
        return HardHybrid(self.encoder.code(), circuit, self.head.classes)
