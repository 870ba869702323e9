"""A cell of gates with memory: registers that gates of the input's bits and of the registers themselves feed.

Every frame the first layer reads the thermometer's bits, each other the one before, and all of them the
state. The last layer's gates are those that set a bit of the state, those that reset one, and those that are
counted: two fixed gates a bit make `set | (state & ~reset)` of them, a latch. The state starts at zeros.

Training runs windows of frames through the cell, hard gates forward and soft ones backward (straight-
through). The newest frames answer, and the gradient goes back through them only: truncated backpropagation
through time. The older ones bring the state to where it stands in the long run; without them it learns to
count from zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tasks.training.encoder import Thermometer
from tasks.training.layers import GateLayer
from tasks.training.network import Hardened, Network, columns
from tasks.training.stack import stack
from zoo.circuit import Circuit
from zoo.lanes import Lanes

AND_NOT, OR = 2, 7


class RecurrentNetwork(Network):
    """Integer features to logits, with a state.

    Args:
        encoder: Features to bits.
        layers: The first reads the bits and then the state, each other the one before and then the state.
        state: Bits of state. Whole words with lanes.
        window: Frames that training runs, from zeros.
        span: The newest of them: they answer, and the gradient goes back through them.
        classes: Groups of the outputs, the last layer without twice the state.
        tau: See `GroupSum`.

    Raises:
        ValueError: Layers do not fit each other, or the window is shorter than the span.
    """

    def __init__(
        self,
        encoder: Thermometer,
        layers: Sequence[GateLayer],
        state: int,
        window: int,
        span: int,
        classes: int = 1,
        tau: float | None = None,
    ) -> None:
        if not 1 <= span <= window:
            raise ValueError(f"recurrent cell: span: expected 1 to {window}, found {span}")
        width = encoder.n_bits
        for number, layer in enumerate(layers):
            if layer.n_inputs != width + state:
                raise ValueError(f"layer {number}: expected {width + state} inputs, found {layer.n_inputs}")
            width = layer.n_gates
        super().__init__(encoder, layers, width - 2 * state, classes, tau)
        self.state, self.window, self.span = state, window, span

    @property
    def offsets(self) -> npt.NDArray[np.int64]:
        """int64 (window,): all of it."""
        return np.arange(self.window)

    def bits(self, features: Tensor, age: Tensor | None = None, span: int = 1) -> Tensor:
        """As of a `Network`, for the frames of one window; the state is zeros before it."""
        x = self.encoder(features).view(self.encoder.n_bits, self.window, -1)
        state, outputs = x.new_zeros(self.state, x.shape[2]), []
        for offset in range(self.window - 1, -1, -1):
            if age is not None:  # a clip begins with zeros
                state = state * (age > offset)
            with torch.set_grad_enabled(torch.is_grad_enabled() and offset < self.span):
                out, state = self.step(x[:, offset], state)
            outputs.append(out)
        return torch.cat(outputs[: -span - 1 : -1], dim=1)

    def step(self, bits: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """One frame: (bits, batch) and (state, batch) -> (outputs, batch) and the next (state, batch)."""
        x = bits
        for layer in self.layers:
            x = layer(torch.cat([x, state]))
        on, off, out = x.split([self.state, self.state, len(x) - 2 * self.state])
        kept = state * (1 - off)
        return out, on + kept - on * kept

    def clip_counts(self, clips: Sequence[npt.NDArray[Any]], device: str) -> Tensor:
        """As of a `Network`: all clips side by side, frame after frame."""
        ends = np.array([len(clip) for clip in clips])
        starts = np.cumsum(ends) - ends
        whole = np.concatenate(clips)
        state, counts = torch.zeros(self.state, len(clips), device=device), []
        for frame in range(ends.max(initial=0)):
            heard = whole[starts + np.minimum(frame, np.maximum(ends - 1, 0))]
            out, state = self.step(self.encoder(columns(heard, device)), state)
            counts.append(self.head.counts(out))
        every = torch.stack(counts, dim=2)  # classes, clips, frames
        return torch.cat([every[:, i, :n] for i, n in enumerate(ends.tolist())], dim=1)

    def harden(self) -> Hardened:
        """Thresholds, and a circuit whose registers are the state."""
        n_bits = self.encoder.n_bits
        hard = [layer.harden() for layer in self.gate_layers]
        flat = stack(hard, n_bits + self.state, beside=self.state)
        on, off, outputs = np.split(flat.outputs, [self.state, 2 * self.state])
        state, kept, follows = (first + np.arange(self.state) for first in (n_bits, flat.n_nodes, 0))
        follows += flat.n_nodes + self.state
        a, b = ((state, on), (off, kept))
        lanes = flat.lanes
        if lanes is not None:
            words = [np.concatenate(pair)[:: lanes.width] // lanes.width for pair in (a, b)]
            word_a, word_b = (
                np.append(old, new) for old, new in zip((lanes.word_a, lanes.word_b), words, strict=True)
            )
            turned = np.append(lanes.rotation, np.zeros(len(words[0]), np.uint8))
            lanes = Lanes(word_a, word_b, turned, lanes.width)
        circuit = Circuit(
            n_bits,
            np.concatenate([flat.op, np.repeat([AND_NOT, OR], self.state)]),
            np.concatenate([flat.a, *a]),
            np.concatenate([flat.b, *b]),
            outputs,
            follows.astype(np.int32),
            np.zeros(self.state, np.uint8),
            lanes,
        )
        return Hardened(*self.encoder.harden(), circuit)
