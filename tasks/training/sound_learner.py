"""Gates that learn a sound: bits of time in, bits of a sample out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from tasks.data.clip import Clip
from tasks.data.recordings import RECORDINGS
from tasks.matching import BITS, BLOCK, held_out, sample_bits
from tasks.recipes.sound import TrainedSound
from tasks.spectra import signal_to_noise
from tasks.synthesis.netlist import tidy
from tasks.training.layers import GateLayer
from tasks.training.stack import stack
from zoo.circuit import Circuit
from zoo.frontends import CounterBits, FrontEnd
from zoo.heads import Head, PositionalSample

VALIDATED_BLOCKS = 4  # of the half that is learned, one block in so many is for validation


class SoundGates(nn.Module):
    """Layers of gates; the last one's are the outputs.

    Args:
        n_inputs: Bits of time.
        sizes: Gates of each layer.
        rng: Draws wiring and initial logits.
        recipe: Initial values.
        dense: Every layer reads the inputs and all layers before, by learned wiring; otherwise it reads the
            layer before, by random wiring.
    """

    def __init__(
        self, n_inputs: int, sizes: list[int], rng: np.random.Generator, recipe: TrainedSound, dense: bool
    ) -> None:
        super().__init__()
        self.n_inputs, self.dense = n_inputs, dense
        self.layers = nn.ModuleList()
        wiring, options = ("learned", {"candidates": recipe.candidates}) if dense else ("random", {})
        width = n_inputs
        for size in sizes:
            layer = GateLayer(width, size, rng, wiring, hard=False, residual=recipe.residual, **options)
            self.layers.append(layer)
            width = width + size if dense else size

    def forward(self, x: Tensor) -> Tensor:
        """(inputs, batch) -> (outputs, batch)."""
        rows = out = x
        for layer in self.layers:
            out = layer(rows)
            rows = torch.cat([rows, out]) if self.dense else out
        return out

    def circuit(self) -> Circuit:
        """The hard gates."""
        layers = [layer.harden() for layer in self.layers]  # type: ignore[operator]
        if not self.dense:
            return stack(layers, self.n_inputs)
        # A row of `forward` is then a node of the circuit.
        op, a, b = (np.concatenate([getattr(layer, name) for layer in layers]) for name in ("op", "a", "b"))
        total = self.n_inputs + len(op)
        outputs = np.arange(total - len(layers[-1].op), total, dtype=np.int32)
        return Circuit(self.n_inputs, op, a.astype(np.int32), b.astype(np.int32), outputs)


def gray(bits: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Bits (n, 8) of numbers, most significant first -> of their Gray codes: neighbours differ in one bit."""
    return np.concatenate([bits[:, :1], bits[:, 1:] ^ bits[:, :-1]], axis=1)


def plain(circuit: Circuit) -> Circuit:
    """The circuit behind which Gray codes become numbers: a chain of exclusive ors."""
    first = circuit.n_nodes
    outputs = circuit.outputs
    more = np.arange(first, first + BITS - 1, dtype=np.int32)
    return Circuit(
        circuit.n_inputs,
        np.concatenate([circuit.op, np.full(BITS - 1, 6, np.uint8)]),
        np.concatenate([circuit.a, np.append(outputs[:1], more[:-1])]).astype(np.int32),
        np.concatenate([circuit.b, outputs[1:]]).astype(np.int32),
        np.append(outputs[:1], more).astype(np.int32),
    )


class SoundLearner:
    """Trains `SoundGates` on all moments of one target, or on half of its blocks.

    Recordings are learned in Gray code, the upper bits weighing more: a wrong bit is then a small step. They
    take plain layers of random wiring, tunes dense ones of learned wiring: each did better there.

    Args:
        recipe: Network and training.
        clip: Its target is learned.
        seed: Of wiring and initial gates.
        device: Where the network lives.
    """

    def __init__(self, recipe: TrainedSound, clip: Clip, seed: int, device: str) -> None:
        assert clip.target is not None
        self.recipe, self.device, self.target = recipe, device, clip.target
        n = len(clip.target)
        self.frontend = CounterBits(clip.rate, max(1, (n - 1).bit_length()), recipe.gray)
        self._rows = self.frontend.bits(np.zeros(n, np.int16))
        self._wanted = sample_bits(clip.target)
        self.recording = clip.name in {recording.name for recording in RECORDINGS}
        self.learned, self.validated = self._moments(n)
        self._x, self._y = (
            torch.from_numpy(part.T.astype(np.float32)).to(device)
            for part in (self._rows, gray(self._wanted) if self.recording else self._wanted)
        )
        weight = (recipe.weighting if self.recording else 1.0) ** -np.arange(BITS)
        self._weight = torch.from_numpy(weight / weight.mean()).float().to(device)[:, None]
        hidden = (recipe.gates - 2 * BITS) // recipe.depth
        sizes = [hidden] * recipe.depth + [BITS]
        rng = np.random.default_rng(seed)
        self.module = SoundGates(self.frontend.n_bits, sizes, rng, recipe, not self.recording).to(device)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Everything at one rate."""
        rate = self.recipe.recording_rate if self.recording else self.recipe.tune_rate
        return [{"params": list(self.module.parameters()), "lr": rate}]

    def loss(self, rng: np.random.Generator) -> Tensor:
        """Cross entropy of the bits."""
        moments = torch.from_numpy(rng.choice(self.learned, self.recipe.batch)).to(self.device)
        found, wanted = self.module(self._x[:, moments]), self._y[:, moments]
        weight = self._weight.expand_as(found)
        loss: Tensor = nn.functional.binary_cross_entropy(found.clamp(1e-5, 1 - 1e-5), wanted, weight)
        return loss

    def validate(self) -> dict[str, float]:
        """How well the hard circuit matches: bits of a tune, decibels of a recording."""
        answers = self.circuit().evaluate(self._rows[self.validated])
        wanted = self._wanted[self.validated]
        share = float((answers == wanted).mean())
        places = 2.0 ** -np.arange(BITS)
        snr = signal_to_noise(wanted @ places, answers @ places)
        if self.recording:
            return {"snr_db": snr, "exact_bits": share}
        return {"exact_bits": share, "snr_db": snr}

    def parts(self) -> tuple[FrontEnd, Circuit, Head]:
        """The counter, the hard gates without dead and double ones, and eight bits a sample."""
        return self.frontend, self.circuit(), PositionalSample(BITS)

    def circuit(self) -> Circuit:
        """The hard gates, and those that turn Gray code into a plain number."""
        hard = self.module.circuit()
        return tidy(plain(hard) if self.recording else hard)

    def _moments(self, n: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Which moments teach and which validate; the same ones where everything is learned."""
        if not self.recipe.half:
            return np.arange(n), np.arange(n)
        known = np.flatnonzero(~held_out(n))
        number = known // BLOCK
        validates = np.isin(number, np.unique(number)[::VALIDATED_BLOCKS])
        return known[~validates], known[validates]
