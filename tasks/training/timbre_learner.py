"""Whatever maps bits of a played note to amplitudes, trained through the differentiable synthesiser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from tasks.data.clip import Clip
from tasks.spectra import multi_resolution_distance
from tasks.training.encoder import Thermometer
from tasks.training.network import Network, make_network, parameter_groups
from tasks.training.synthesiser import Synthesiser, counted_amplitudes, spectral_loss
from zoo.circuit import Circuit
from zoo.frontends import FrontEnd, NoteTracker
from zoo.frontends.note import PITCH_BITS
from zoo.heads import Head
from zoo.oscillators import Bank

if TYPE_CHECKING:
    from tasks.recipes.timbre import TimbreRecipe

LOUDNESS = 1  # the feature of the note tracker

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Melodies:
    """Clips of one length, as a front end hears them.

    Args:
        features: float32 (clips, frames, described): what gates learn from.
        increments: int32 (clips, frames).
        wanted: float32 (clips, frames * hop) within -1 to 1.
    """

    features: Float32
    increments: npt.NDArray[np.int32]
    wanted: Float32

    @classmethod
    def of(cls, clips: Sequence[Clip], frontend: NoteTracker) -> Melodies:
        """Run the front end over clips with targets."""
        heard = np.stack([frontend.features(clip.samples) for clip in clips])
        length = heard.shape[1] * frontend.hop
        wanted = np.stack([clip.target[:length] for clip in clips if clip.target is not None]) / 32_768
        described = heard[:, :, : frontend.n_described].astype(np.float32)
        return cls(described, heard[:, :, 0], wanted.astype(np.float32))


class TimbreLearner:
    """Trains a module from features (clips, frames, described) to amplitudes (clips, frames, rows).

    Args:
        module: What learns.
        train: To learn from.
        val: To validate on.
        synthesiser: What plays the amplitudes.
        batch: Stretches a batch.
        frames: Frames of a stretch.
        rate: Peak learning rate.
    """

    def __init__(
        self,
        module: nn.Module,
        train: Melodies,
        val: Melodies,
        synthesiser: Synthesiser,
        batch: int,
        frames: int,
        rate: float,
    ) -> None:
        self.module, self.train, self.val, self.synthesiser = module, train, val, synthesiser
        self.batch, self.frames, self.rate = batch, frames, rate

    def parameter_groups(self) -> list[dict[str, Any]]:
        """One group."""
        return [{"params": list(self.module.parameters()), "lr": self.rate}]

    def loss(self, rng: np.random.Generator) -> Tensor:
        """Spectral distance of a batch of stretches."""
        clips, frames = self.train.increments.shape
        hop = self.synthesiser.bank.hop
        clip = rng.integers(0, clips, self.batch)[:, None]
        place = rng.integers(0, frames - self.frames + 1, self.batch)[:, None] + np.arange(self.frames)
        samples = (place[:, :, None] * hop + np.arange(hop)).reshape(self.batch, -1)
        amplitudes = self.module(torch.from_numpy(self.train.features[clip, place]))
        offset = int(rng.integers(0, self.synthesiser.noise.shape[1] or 1))
        found = self.synthesiser(self.train.increments[clip, place], amplitudes, offset)
        return spectral_loss(torch.from_numpy(self.train.wanted[clip, samples]), found)

    def validate(self) -> dict[str, float]:
        """How near spectra are, larger is nearer; then their distance, a mean over clips."""
        pairs = zip(self.val.wanted, self.play(self.val.features, self.val.increments), strict=True)
        distance = float(np.mean([multi_resolution_distance(*pair) for pair in pairs]))
        return {"nearness": -distance, "mr_stft": distance}

    @torch.no_grad()
    def play(self, features: Float32, increments: npt.NDArray[np.int32]) -> npt.NDArray[Any]:
        """Features (clips, frames, described), increments (clips, frames) -> float (clips, samples)."""
        self.module.eval()
        amplitudes = self.module(torch.from_numpy(features))
        found: npt.NDArray[Any] = self.synthesiser(increments, amplitudes).numpy()
        self.module.train()
        return found


class GateControls(nn.Module):
    """A gate network whose counts are gain and amplitudes.

    Args:
        net: Groups of its outputs: gain, harmonics, noise bands.
        bank: The sizes.
    """

    def __init__(self, net: Network, bank: Bank) -> None:
        super().__init__()
        self.net, self.bank = net, bank

    def forward(self, features: Tensor) -> Tensor:
        """(clips, frames, described) -> (clips, frames, rows)."""
        clips, frames, described = features.shape
        counts = self.net.counts(features.reshape(-1, described).T.contiguous()).T
        counts = counts.reshape(clips, frames, -1)
        return counted_amplitudes(counts[..., :1], counts[..., 1:], self.bank, silent=not self.training)


class TimbreGates(TimbreLearner):
    """Gates behind a note tracker, ahead of an oscillator bank.

    Args:
        recipe: Sizes and training.
        train: To learn from.
        val: To validate on.
        seed: Of wiring and initial gates.
    """

    module: GateControls

    def __init__(self, recipe: TimbreRecipe, train: Melodies, val: Melodies, seed: int) -> None:
        self.recipe, self.frontend = recipe, recipe.make_frontend()
        self.head = recipe.head(self.frontend)
        rng = np.random.default_rng(seed)
        examples = train.features.reshape(-1, self.frontend.n_described)
        net = make_network(recipe, examples, self.head.n_groups, rng)
        net.encoder = note_thermometer(examples, recipe.bits, rng)
        begin(net, self.head.group, recipe.residual)
        synthesiser = Synthesiser(self.head.bank, self.frontend.rate)
        module = GateControls(net, self.head.bank)
        super().__init__(module, train, val, synthesiser, recipe.batch, recipe.stretch, recipe.gate_rate)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Gates and thresholds."""
        return parameter_groups(self.module.net, self.recipe)

    def parts(self) -> tuple[FrontEnd, Circuit, Head]:
        """The hard gates, past which the pitch's bits go to the oscillators."""
        from dataclasses import replace

        hard = self.module.net.harden()
        bits = np.arange(self.frontend.n_described, self.frontend.n_features)
        frontend = replace(
            self.frontend,
            feature=np.concatenate([hard.feature, bits]).astype(np.uint16),
            threshold=np.concatenate([hard.threshold, np.ones(PITCH_BITS)]).astype(np.int32),
        )
        return frontend, past(hard.circuit, PITCH_BITS), self.head


def note_thermometer(examples: Float32, n_bits: int, rng: np.random.Generator) -> Thermometer:
    """Most bits to loudness, evenly spread, then to pitch; they stand in random order.

    Args:
        examples: (frames, described).
        n_bits: How many.
        rng: Draws the order.
    """
    described = examples.shape[1]
    shares = np.ones(described)
    shares[:2], shares[-2] = (3, 8), 2
    count = np.floor(n_bits * shares / shares.sum()).astype(int)
    count[1] += n_bits - count.sum()
    ages = (described - 2, described - 1)
    even = [k not in (0, *ages) for k in range(described)]  # pitch and ages by quantiles
    thresholds = []
    for values, n, spread in zip(examples.T, count, even, strict=True):
        place = (np.arange(n) + 1) / (n + 1)
        low, high = np.quantile(values, (0.005, 0.995))
        thresholds.append(low + (high - low) * place if spread else np.quantile(values, place))
    order = rng.permutation(n_bits)
    feature, threshold = np.repeat(np.arange(described), count), np.concatenate(thresholds)
    return Thermometer(feature[order], threshold[order], learn=False)


@torch.no_grad()
def begin(net: Network, group: int, residual: float) -> None:
    """Start near what an instrument does: the gain follows loudness, and the rest is not too loud.

    The first gate of each layer, and as many as a group has, pass a bit of loudness on, so that the gain's
    outputs are a thermometer of it. The last gates of all other groups begin as "and": a quarter of ones.

    Args:
        net: The network, whose last layer begins with the gain's outputs.
        group: Outputs of the gain.
        residual: Size of logits at first.
    """
    layers = net.gate_layers
    loudness = torch.nonzero(net.encoder.feature == LOUDNESS)[:, 0]
    rising = loudness[torch.argsort(net.encoder.threshold[loudness])]
    chosen = torch.linspace(0, len(rising) - 1, group).round().long()
    layers[-1].logits[2] -= 2 * residual
    for number, layer in enumerate(layers):
        layer.a[:group] = torch.arange(group) if number else rising[chosen]
        layer.logits[:, :group] = residual * torch.tensor([[-1.0], [-1.0], [1.0], [1.0]])


def past(circuit: Circuit, n: int) -> Circuit:
    """The circuit with n more inputs behind its own, which are its first outputs, unchanged."""
    own = circuit.n_inputs

    def moved(nodes: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        return np.where(nodes < own, nodes, nodes + n).astype(np.int32)

    outputs = np.concatenate([np.arange(own, own + n), moved(circuit.outputs)]).astype(np.int32)
    return Circuit(own + n, circuit.op, moved(circuit.a), moved(circuit.b), outputs)
