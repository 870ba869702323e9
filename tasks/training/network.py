"""A whole gate network to train: features, thermometer, layers of gates, GroupSum."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from tasks.training.encoder import Thermometer
from tasks.training.groupsum import GroupSum
from tasks.training.layers import GateLayer, HardLayer
from zoo.circuit import Circuit
from zoo.lanes import Lanes


class Hardened(NamedTuple):
    """What a trained network becomes.

    Args:
        feature: uint16 (bits,): the front end's `feature`.
        threshold: int32 (bits,): the front end's `threshold`.
        circuit: Bits to output bits; with lanes when every layer is lane-wired, all to one width.
    """

    feature: npt.NDArray[np.uint16]
    threshold: npt.NDArray[np.int32]
    circuit: Circuit


class GateNetwork(nn.Module):
    """Integer features to logits.

    Args:
        encoder: Features to bits.
        layers: Each reads the one before, the first reads the encoder's bits; at least one.
        classes: Groups of the outputs; 1 for a score.
        tau: See `GroupSum`; None takes 0.6 sqrt(outputs of a group).

    Raises:
        ValueError: Layers do not fit each other.
    """

    def __init__(
        self, encoder: Thermometer, layers: Sequence[GateLayer], classes: int = 1, tau: float | None = None
    ) -> None:
        super().__init__()
        width = encoder.n_bits
        for number, layer in enumerate(layers):
            if layer.n_inputs != width:
                raise ValueError(f"layer {number}: expected {width} inputs, found {layer.n_inputs}")
            width = layer.n_gates
        self.encoder = encoder
        self.layers = nn.ModuleList(layers)
        group = width // classes
        bias = group / 2 if classes == 1 else None
        self.head = GroupSum(width, classes, tau or 0.6 * math.sqrt(group), bias)

    @property
    def gate_layers(self) -> list[GateLayer]:
        """The layers, first to last."""
        return cast(list[GateLayer], list(self.layers))

    def bits(self, features: Tensor) -> Tensor:
        """Features as floats (features, batch) -> output bits (outputs, batch)."""
        x = self.encoder(features)
        for layer in self.layers:
            x = layer(x)
        return x

    def counts(self, features: Tensor) -> Tensor:
        """Features as floats (features, batch) -> (classes, batch): what the head on the target counts."""
        return self.head.counts(self.bits(features))

    def forward(self, features: Tensor) -> Tensor:
        """Features as floats (features, batch) -> logits (classes, batch)."""
        return self.head(self.bits(features))

    def set_hard(self, hard: bool) -> None:
        """Every layer forward through its hard table, or through the expectation."""
        for layer in self.gate_layers:
            layer.hard = hard

    def harden(self) -> Hardened:
        """Thresholds and circuit, the same bits as `bits` in evaluation with hard layers."""
        circuit = stack([layer.harden() for layer in self.gate_layers], self.encoder.n_bits)
        return Hardened(*self.encoder.harden(), circuit)


def stack(layers: Sequence[HardLayer], n_inputs: int) -> Circuit:
    """The circuit of layers that each read the one before; its outputs are the last layer."""
    first, width = 0, n_inputs  # the layer before: its first node, its size
    a, b, words, widths = [], [], [], set()
    for layer in layers:
        a.append(first + layer.a)
        b.append(first + layer.b)
        if layer.lanes is not None:
            word = first // layer.lanes.width
            widths.add(layer.lanes.width)
            words.append((word + layer.lanes.a, word + layer.lanes.b, layer.lanes.rotation))
        first, width = first + width, layer.op.size
    lanes = None
    if len(words) == len(layers) and len(widths) == 1:
        word_a, word_b, rotation = (np.concatenate(part) for part in zip(*words, strict=True))
        lanes = Lanes(word_a, word_b, rotation, widths.pop())
    return Circuit(
        n_inputs,
        np.concatenate([layer.op for layer in layers]),
        np.concatenate(a).astype(np.int32),
        np.concatenate(b).astype(np.int32),
        np.arange(first, first + width, dtype=np.int32),
        lanes=lanes,
    )
