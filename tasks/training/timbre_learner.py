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
from tasks.training.network import Network, make_network, parameter_groups
from tasks.training.synthesiser import Synthesiser, counted_amplitudes, spectral_loss
from zoo.circuit import Circuit
from zoo.frontends import FrontEnd, NoteTracker
from zoo.frontends.note import PITCH_BITS
from zoo.heads import Head
from zoo.oscillators import Bank

if TYPE_CHECKING:
    from tasks.recipes.timbre import TimbreRecipe

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
        _soften(net, recipe.residual)
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


def _soften(net: Network, residual: float) -> None:
    """Let the last gates begin as "and": a quarter of ones, where a half would be far too loud."""
    with torch.no_grad():
        net.gate_layers[-1].logits[2] -= 2 * residual


def past(circuit: Circuit, n: int) -> Circuit:
    """The circuit with n more inputs behind its own, which are its first outputs, unchanged."""
    own = circuit.n_inputs

    def moved(nodes: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        return np.where(nodes < own, nodes, nodes + n).astype(np.int32)

    outputs = np.concatenate([np.arange(own, own + n), moved(circuit.outputs)]).astype(np.int32)
    return Circuit(own + n, circuit.op, moved(circuit.a), moved(circuit.b), outputs)
