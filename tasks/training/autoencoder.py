"""Autoencoders of gates: a frame's bits, a narrow code of bits, and the frame again.

Every feature has as many thresholds; how many of them it reaches is its level. Gates make a code of
the thermometer's bits, other gates give each feature's level back, as ones in its group of outputs. Hardened,
both halves are circuits of their own: `Autoencoder.harden`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from tasks.training.encoder import Thermometer
from tasks.training.layers import GateLayer
from tasks.training.network import columns
from tasks.training.stack import stack
from zoo.circuit import Circuit
from zoo.frontends import FrontEnd, ShiftFilterbank
from zoo.heads import ControlValues, Head

EXAMPLES = 40_000  # frames from which thresholds come
CHUNK = 4_096  # frames run at a time


@dataclass(frozen=True, kw_only=True)
class AutoencoderRecipe:
    """An autoencoder behind a shift filterbank, and how it is trained.

    Args:
        frontend: Parameters of `ShiftFilterbank`, without feature and threshold.
        levels: Thresholds of each feature.
        encoder: Gates of each layer that makes the code; the last is the code.
        decoder: Gates of each layer behind it but the last, which has `levels` gates a feature.
        wiring: Of all layers: `random` or `lane`.
        steps: Batches.
        batch: Frames a batch.
        gate_rate: Peak learning rate.
        residual: See `GateLayer`.
        spread: See `GateLayer`.
        validate_every: Steps between validations.
        patience: Validations without a better one before an early stop; 0 never stops early.
    """

    frontend: dict[str, Any]
    levels: int
    encoder: tuple[int, ...]
    decoder: tuple[int, ...]
    steps: int
    wiring: str = "lane"
    batch: int = 512
    gate_rate: float = 0.03
    residual: float = 2.0
    spread: float = 0.5
    validate_every: int = 500
    patience: int = 0

    def make_frontend(self) -> ShiftFilterbank:
        """The front end before its bits are known."""
        return ShiftFilterbank(**self.frontend)

    def to_json(self) -> dict[str, Any]:
        """Every number, for records and checkpoints."""
        return asdict(self)


class HardHalves(NamedTuple):
    """What a trained autoencoder becomes.

    Args:
        feature: uint16 (bits,): the front end's `feature`.
        threshold: int32 (bits,): the front end's `threshold`.
        encoder: Bits to code.
        decoder: Code to levels, as ones in each feature's group.
        whole: One after the other.
    """

    feature: npt.NDArray[np.uint16]
    threshold: npt.NDArray[np.int32]
    encoder: Circuit
    decoder: Circuit
    whole: Circuit


class Autoencoder(nn.Module):
    """Integer features to their levels, through a code.

    Args:
        thermometer: Features to bits, as many for each feature.
        encoder: Layers from the bits to the code.
        decoder: Layers from the code to a group of outputs for each feature.
        n_features: Features; the decoder's outputs are as many groups.
    """

    def __init__(
        self,
        thermometer: Thermometer,
        encoder: Sequence[GateLayer],
        decoder: Sequence[GateLayer],
        n_features: int,
    ) -> None:
        super().__init__()
        self.thermometer, self.n_features = thermometer, n_features
        self.encoder, self.decoder = nn.ModuleList(encoder), nn.ModuleList(decoder)

    def code(self, features: Tensor) -> Tensor:
        """Features as floats (features, batch) -> bits of the code (code, batch)."""
        x: Tensor = self.thermometer(features)
        for layer in self.encoder:
            x = layer(x)
        return x

    def forward(self, features: Tensor) -> Tensor:
        """Features as floats (features, batch) -> levels given back (features, batch)."""
        x = self.code(features)
        for layer in self.decoder:
            x = layer(x)
        return x.view(self.n_features, -1, x.shape[1]).sum(1)

    def levels(self, features: Tensor) -> Tensor:
        """Features as floats (features, batch) -> their levels (features, batch): what is wanted."""
        bits = self.thermometer(features)
        wanted = bits.new_zeros(self.n_features, bits.shape[1])
        return wanted.index_add_(0, self.thermometer.feature, bits)

    def harden(self) -> HardHalves:
        """Thresholds and circuits, the same bits as training's hard gates."""
        halves = [
            [cast(GateLayer, layer).harden() for layer in half] for half in (self.encoder, self.decoder)
        ]
        n_bits, n_code = self.thermometer.n_bits, cast(GateLayer, self.encoder[-1]).n_gates
        encoder, decoder = (stack(half, n) for half, n in zip(halves, (n_bits, n_code), strict=True))
        return HardHalves(*self.thermometer.harden(), encoder, decoder, stack(halves[0] + halves[1], n_bits))


def level_thermometer(
    examples: npt.NDArray[Any], levels: int, rng: np.random.Generator
) -> Thermometer:
    """Fixed thresholds at the same quantiles of every feature, in random order of bits."""
    quantiles = (np.arange(levels) + 0.5) / levels
    threshold = np.quantile(examples, quantiles, axis=0).T.ravel()  # feature by feature
    feature = np.repeat(np.arange(examples.shape[1]), levels)
    order = rng.permutation(len(feature))
    return Thermometer(feature[order], threshold[order], learn=False)


def make_autoencoder(
    recipe: AutoencoderRecipe, examples: npt.NDArray[Any], rng: np.random.Generator
) -> Autoencoder:
    """The network of a recipe before training; `examples` are int (frames, features)."""
    n_features = examples.shape[1]
    thermometer, width = level_thermometer(examples, recipe.levels, rng), recipe.levels * n_features
    halves: list[list[GateLayer]] = []
    for sizes in (recipe.encoder, (*recipe.decoder, width)):
        half = []
        for gates in sizes:
            layer = GateLayer(
                width, gates, rng, recipe.wiring, residual=recipe.residual, spread=recipe.spread
            )
            half.append(layer)
            width = gates
        halves.append(half)
    encoder, decoder = halves
    return Autoencoder(thermometer, encoder, decoder, n_features)


class AutoencoderLearner:
    """Trains an autoencoder on frames.

    Args:
        recipe: The network and its training.
        train: int (frames, features) to learn from.
        val: int (frames, features) to validate on.
        seed: Of wiring and initial gates.
        device: Where the network lives.
    """

    def __init__(
        self,
        recipe: AutoencoderRecipe,
        train: npt.NDArray[Any],
        val: npt.NDArray[Any],
        seed: int,
        device: str = "cpu",
    ) -> None:
        self.recipe, self.train, self.val, self.device = recipe, train, val, device
        rng = np.random.default_rng(seed)
        self.module = make_autoencoder(recipe, train[rng.integers(0, len(train), EXAMPLES)], rng).to(device)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """The gates."""
        gates = [p for p in self.module.parameters() if p.requires_grad]
        return [{"params": gates, "lr": self.recipe.gate_rate}]

    def loss(self, rng: np.random.Generator) -> Tensor:
        """Mean squared error of the levels of one batch, in units of all levels."""
        frames = rng.integers(0, len(self.train), self.recipe.batch)
        x = columns(self.train[frames], self.device)
        error = self.module(x) - self.module.levels(x)
        return (error / self.recipe.levels).square().mean()

    def validate(self) -> dict[str, float]:
        """Share of the levels' variance that comes back."""
        return {"explained": explained(*run(self.module, self.val, self.device))}

    def parts(self) -> tuple[FrontEnd, Circuit, Head]:
        """The thermometer as the front end, both halves as the circuit, each feature's level as a value."""
        hard = self.module.harden()
        frontend = replace(self.recipe.make_frontend(), feature=hard.feature, threshold=hard.threshold)
        return frontend, hard.whole, ControlValues(self.module.n_features, self.recipe.levels)


@torch.no_grad()
def run(
    net: Autoencoder, features: npt.NDArray[Any], device: str = "cpu"
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Levels and what comes back of them, int32 (frames, features) each, by hard gates."""
    net.eval()
    parts = [columns(features[at : at + CHUNK], device) for at in range(0, len(features), CHUNK)]
    found = [torch.cat([f(x) for x in parts], dim=1).T for f in (net.levels, net)]
    levels, back = (x.to(torch.int32).cpu().numpy() for x in found)
    return levels, back


def explained(levels: npt.NDArray[Any], back: npt.NDArray[Any]) -> float:
    """Share of the variance of (frames, features) that the second explains, over all features; 1 is all."""
    wanted = levels.astype(np.float64)
    around = wanted - wanted.mean(axis=0)
    return float(1 - np.square(wanted - back).sum() / np.square(around).sum())
