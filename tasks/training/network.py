"""A whole gate network to train: features, thermometer, layers of gates, GroupSum."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from tasks.training.bands import Slide, band_thermometer, make_slides
from tasks.training.delays import NOW, History, delayed, windows
from tasks.training.encoder import Thermometer, quantile_thermometer
from tasks.training.groupsum import GroupSum
from tasks.training.layers import GateLayer
from tasks.training.recipe import GateRecipe, LayerRecipe, RecurrentRecipe
from tasks.training.stack import stack
from zoo.circuit import Circuit

CHUNK = 4096  # frames counted at a time
BESIDE = ("lane", "random")  # wirings that can tell the layer before from what stands beside it


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


class Network(nn.Module):
    """Integer features to logits by layers of gates, whatever way these are connected.

    Args:
        encoder: Features to bits.
        layers: First to last.
        n_outputs: Bits that are counted.
        classes: Groups of the outputs; 1 for a score.
        tau: See `GroupSum`; None takes 0.6 sqrt(outputs of a group).
    """

    span = 1  # frames at the end of what training draws whose answers count

    def __init__(
        self,
        encoder: Thermometer,
        layers: Sequence[GateLayer],
        n_outputs: int,
        classes: int = 1,
        tau: float | None = None,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.layers = nn.ModuleList(layers)
        group = n_outputs // classes
        bias = group / 2 if classes == 1 else None
        self.head = GroupSum(n_outputs, classes, tau or 0.6 * math.sqrt(group), bias)

    @property
    def gate_layers(self) -> list[GateLayer]:
        """The layers, first to last."""
        return cast(list[GateLayer], list(self.layers))

    @property
    def offsets(self) -> npt.NDArray[np.int64]:
        """int64 (k,): which frames before the newest one training needs, itself (0) among them."""
        raise NotImplementedError

    def bits(self, features: Tensor, age: Tensor | None = None, span: int = 1) -> Tensor:
        """Output bits.

        Args:
            features: Floats (features, batch). Where the network remembers, (features, k * batch): the frames
                at each of the k `offsets` before the newest, offset by offset.
            age: (batch,): frames of its clip before each newest frame; None where no clip begins in reach.
            span: Answers for the newest frame and span - 1 before it.

        Returns:
            (outputs, span * batch), the newest first.
        """
        raise NotImplementedError

    def clip_counts(self, clips: Sequence[npt.NDArray[Any]], device: str) -> Tensor:
        """Integers (frames, features) of each clip -> (classes, frames of all): what the head counts."""
        raise NotImplementedError

    def harden(self) -> Hardened:
        """Thresholds and circuit, the same bits as `bits` in evaluation with hard layers."""
        raise NotImplementedError

    def counts(self, features: Tensor, age: Tensor | None = None, span: int = 1) -> Tensor:
        """As `bits` -> (classes, span * batch): what the head on the target counts."""
        return self.head.counts(self.bits(features, age, span))

    def forward(self, features: Tensor, age: Tensor | None = None) -> Tensor:
        """As `bits` -> logits (classes, span * batch)."""
        return self.head(self.bits(features, age, self.span))

    def set_hard(self, hard: bool) -> None:
        """Every layer forward through its hard table, or through the expectation."""
        for layer in self.gate_layers:
            layer.hard = hard


class GateNetwork(Network):
    """Layers that each read the one before.

    Args:
        encoder: Features to bits.
        layers: Each reads the one before, the first reads the encoder's bits; at least one.
        classes: Groups of the outputs; 1 for a score.
        tau: See `GroupSum`; None takes 0.6 sqrt(outputs of a group).
        delays: Of each layer, see `tasks.training.delays`; its inputs are the rows of the layer before at
            each delay. None: no layer looks back.
        slides: Of each layer, how its gates slide over bands, see `tasks.training.bands`. None: none does.

    Raises:
        ValueError: Layers do not fit each other.
    """

    def __init__(
        self,
        encoder: Thermometer,
        layers: Sequence[GateLayer],
        classes: int = 1,
        tau: float | None = None,
        delays: Sequence[tuple[int, ...]] | None = None,
        slides: Sequence[Slide] | None = None,
    ) -> None:
        history = History(tuple(delays or [NOW] * len(layers)))
        if slides is None:
            slides = make_slides(encoder.n_bits, 1, [layer.n_gates for layer in layers], [()] * len(layers))
        width = encoder.n_bits
        for number, (layer, of_layer, slide) in enumerate(zip(layers, history.delays, slides, strict=True)):
            read = slide.width * slide.channels * len(of_layer)
            if layer.n_inputs != read or slide.places * slide.channels != width:
                raise ValueError(f"layer {number}: expected {read} inputs, found {layer.n_inputs}")
            width = layer.n_gates * slide.after
        super().__init__(encoder, layers, width, classes, tau)
        self.history, self.slides = history, slides

    @property
    def offsets(self) -> npt.NDArray[np.int64]:
        """int64 (k,): what the newest frame depends on."""
        return self.history.offsets()[0]

    def bits(self, features: Tensor, age: Tensor | None = None, span: int = 1) -> Tensor:
        """As of a `Network`; the offsets are those of the span, `history.offsets(span)[0]`."""
        x, offsets = self.encoder(features), self.history.offsets(span)
        for layer, slide, delays, before, after in zip(
            self.layers, self.slides, self.history.delays, offsets[:-1], offsets[1:], strict=True
        ):
            x = slide.give(layer(slide.read(delayed(x, delays, before, after, age))))
        return x

    def clip_counts(self, clips: Sequence[npt.NDArray[Any]], device: str) -> Tensor:
        """As of a `Network`, many frames at a time."""
        parts = []
        # Without a look back, where a clip ends makes no difference.
        for clip in clips if self.history.reach else [np.concatenate(clips)]:
            for start in range(0, len(clip), CHUNK):
                span = min(CHUNK, len(clip) - start)
                newest = np.array([start + span - 1])
                x = columns(windows(clip, newest, self.history.offsets(span)[0]), device)
                parts.append(self.counts(x, torch.from_numpy(newest).to(device), span).flip(1))
        return torch.cat(parts, dim=1)

    def harden(self) -> Hardened:
        """Thresholds and circuit, the same bits as `bits` in evaluation with hard layers."""
        layers = zip(self.slides, self.gate_layers, strict=True)
        hard = [slide.repeat(layer.harden()) for slide, layer in layers]
        circuit = stack(hard, self.encoder.n_bits, self.history.delays)
        return Hardened(*self.encoder.harden(), circuit)


def make_network(
    recipe: GateRecipe, examples: npt.NDArray[Any], classes: int, rng: np.random.Generator
) -> Network:
    """The network of a recipe before training.

    Args:
        recipe: Its sizes and start values.
        examples: int (frames, features), drawn as in training; their quantiles are the thresholds at first.
        classes: Groups of the outputs; 1 for a score.
        rng: Draws thresholds' order, wiring and gates.
    """
    given: dict[str, Any] = {"temperature": recipe.temperature, "learn": recipe.threshold_rate > 0}
    bands = recipe.bands
    if bands is None:
        encoder = quantile_thermometer(examples, recipe.bits, rng, **given)
    else:
        encoder = band_thermometer(examples, recipe.bits, bands, rng, **given)
    if isinstance(recipe, RecurrentRecipe):
        from tasks.training.recurrent import RecurrentNetwork

        cell, width, state = [], recipe.bits, recipe.state
        for layer in recipe.layers:
            options = {"first": width} if layer.wiring in BESIDE else {}
            cell.append(gate_layer(recipe, layer, width + state, rng, **options))
            width = layer.gates
        return RecurrentNetwork(encoder, cell, state, recipe.window, recipe.span, classes, recipe.tau)
    sizes, sliding = ([getattr(layer, name) for layer in recipe.layers] for name in ("gates", "bands"))
    slides = make_slides(recipe.bits, bands[0] if bands else 1, sizes, sliding)
    layers, delays = [], [layer.delays for layer in recipe.layers]
    for layer, slide in zip(recipe.layers, slides, strict=True):
        width = slide.width * slide.channels
        # A fresh gate passes its first operand on: were that old rows too, the answer would start out late.
        now = len(layer.delays) > 1 and layer.delays[0] == 0 and layer.wiring in BESIDE
        options = {"first": width} if now else {}
        layers.append(gate_layer(recipe, layer, width * len(layer.delays), rng, **options))
    return GateNetwork(encoder, layers, classes, recipe.tau, delays, slides)


def gate_layer(
    recipe: GateRecipe, layer: LayerRecipe, n_inputs: int, rng: np.random.Generator, **options: int
) -> GateLayer:
    """One layer with the recipe's start values; the layer's own options go before others."""
    shared = {name: getattr(recipe, name) for name in ("hard", "residual", "spread", "noise")}
    return GateLayer(n_inputs, layer.gates, rng, layer.wiring, **{**shared, **options, **layer.options})


def parameter_groups(net: Network, recipe: GateRecipe) -> list[dict[str, Any]]:
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
def hard_counts(
    net: Network,
    features: npt.NDArray[Any],
    device: str = "cpu",
    ends: npt.NDArray[np.int64] | None = None,
) -> npt.NDArray[np.int32]:
    """What the hardened circuit's head will count.

    Args:
        net: Its layers are run hard, and left as they were.
        features: Integers (frames, features).
        device: Where the network lives.
        ends: int64 (clips,): where each clip's frames end, where the network remembers; None: one clip.

    Returns:
        int32 (frames, classes).
    """
    before = [layer.hard for layer in net.gate_layers]
    net.eval()
    net.set_hard(True)
    out = net.clip_counts([features] if ends is None else np.split(features, ends[:-1]), device)
    for layer, hard in zip(net.gate_layers, before, strict=True):
        layer.hard = hard
    return out.T.to(torch.int32).cpu().numpy()
