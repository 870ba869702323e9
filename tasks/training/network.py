"""A whole gate network to train: features, thermometer, layers of gates, GroupSum."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from tasks.training.encoder import Thermometer, quantile_thermometer
from tasks.training.groupsum import GroupSum
from tasks.training.layers import GateLayer, HardLayer
from tasks.training.recipe import GateRecipe
from zoo.circuit import Circuit
from zoo.lanes import Lanes

CHUNK = 4096  # frames counted at a time


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


def make_network(
    recipe: GateRecipe, examples: npt.NDArray[Any], classes: int, rng: np.random.Generator
) -> GateNetwork:
    """The network of a recipe before training.

    Args:
        recipe: Its sizes and start values.
        examples: int (frames, features), drawn as in training; their quantiles are the thresholds at first.
        classes: Groups of the outputs; 1 for a score.
        rng: Draws thresholds' order, wiring and gates.
    """
    learn = recipe.threshold_rate > 0
    encoder = quantile_thermometer(examples, recipe.bits, rng, temperature=recipe.temperature, learn=learn)
    layers, width = [], recipe.bits
    shared: dict[str, Any] = {name: getattr(recipe, name) for name in ("hard", "residual", "spread", "noise")}
    for layer in recipe.layers:
        layers.append(GateLayer(width, layer.gates, rng, layer.wiring, **{**shared, **layer.options}))
        width = layer.gates
    return GateNetwork(encoder, layers, classes, recipe.tau)


def parameter_groups(net: GateNetwork, recipe: GateRecipe) -> list[dict[str, Any]]:
    """Adam's groups: gates (with learned wiring), the head's bias, thresholds; without empty ones."""
    groups = [
        {"params": list(net.layers.parameters()), "lr": recipe.gate_rate},
        {"params": list(net.head.parameters()), "lr": recipe.bias_rate},
    ]
    if net.encoder.threshold.requires_grad:
        groups.append({"params": [net.encoder.threshold], "lr": recipe.threshold_rate})
    return [group for group in groups if group["params"]]


def columns(features: npt.NDArray[Any], device: str = "cpu") -> Tensor:
    """Integers (frames, features) -> float32 (features, frames) on the device."""
    return torch.from_numpy(features.T.astype(np.float32, order="C")).to(device)


@torch.no_grad()
def hard_counts(net: GateNetwork, features: npt.NDArray[Any], device: str = "cpu") -> npt.NDArray[np.int32]:
    """Integers (frames, features) -> int32 (frames, classes): what the hardened circuit's head will count."""
    before = [layer.hard for layer in net.gate_layers]
    net.eval()
    net.set_hard(True)
    parts = [features[start : start + CHUNK] for start in range(0, len(features), CHUNK)]
    out = torch.cat([net.counts(columns(part, device)) for part in parts], dim=1)
    for layer, hard in zip(net.gate_layers, before, strict=True):
        layer.hard = hard
    return out.T.to(torch.int32).cpu().numpy()
