"""Trained float networks as plain arrays, in the form that plain C runs hop by hop.

Every network is a chain of dense layers over the last frames of what is below, or a GRU with a dense layer
behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Dense:
    """`activation(weight @ inputs + bias)` over `taps` frames, the oldest first, `dilation` apart.

    Args:
        weight: float32 (outputs, taps * inputs).
        bias: float32 (outputs,).
        taps: Frames it looks at.
        dilation: Frames from one to the next.
        rectified: Whether what is below zero becomes zero.
    """

    weight: Float
    bias: Float
    taps: int = 1
    dilation: int = 1
    rectified: bool = True

    @property
    def inputs(self) -> int:
        """Values a frame of its input."""
        return self.weight.shape[1] // self.taps

    @property
    def outputs(self) -> int:
        """Values a frame of its output."""
        return len(self.weight)

    @property
    def history(self) -> int:
        """Frames it keeps, the newest among them."""
        return (self.taps - 1) * self.dilation + 1


@dataclass(frozen=True, eq=False)
class Gru:
    """One recurrent layer; rows in PyTorch's order: reset, update, new.

    Args:
        input_weight: float32 (3 * hidden, inputs).
        input_bias: float32 (3 * hidden,).
        state_weight: float32 (3 * hidden, hidden).
        state_bias: float32 (3 * hidden,).
    """

    input_weight: Float
    input_bias: Float
    state_weight: Float
    state_bias: Float

    @property
    def inputs(self) -> int:
        """Values a frame of its input."""
        return self.input_weight.shape[1]

    @property
    def hidden(self) -> int:
        """Size of the state."""
        return self.state_weight.shape[1]


@dataclass(frozen=True, eq=False)
class Net:
    """A network that gives one or more logits a frame.

    Args:
        name: What it is called.
        mean: float32 (inputs,), taken from the features first.
        deviation: float32 (inputs,), by which they are divided then.
        gru: Its recurrent layer, if it has one.
        layers: Dense layers behind it, or all there is.
    """

    name: str
    mean: Float
    deviation: Float
    gru: Gru | None
    layers: tuple[Dense, ...]

    @property
    def inputs(self) -> int:
        """Values a frame of its input."""
        return len(self.mean)

    @property
    def outputs(self) -> int:
        """Logits a frame."""
        return self.layers[-1].outputs

    @property
    def products(self) -> int:
        """Multiplications by a weight, a frame."""
        dense = sum(layer.weight.size for layer in self.layers)
        return dense if self.gru is None else dense + self.gru.input_weight.size + self.gru.state_weight.size

    def folded(self) -> Net:
        """The same network for features as they come: mean and deviation are part of the first layer."""
        first, gru = self.layers[0], self.gru
        if gru is not None:
            weight, bias = self._fold(gru.input_weight, gru.input_bias)
            gru = replace(gru, input_weight=weight, input_bias=bias)
        else:
            weight, bias = self._fold(first.weight, first.bias)
            first = replace(first, weight=weight, bias=bias)
        mean, one = np.zeros_like(self.mean), np.ones_like(self.deviation)
        return Net(self.name, mean, one, gru, (first, *self.layers[1:]))

    def _fold(self, weight: Float, bias: Float) -> tuple[Float, Float]:
        taps = weight.shape[1] // self.inputs
        folded = weight.astype(np.float64) / np.tile(self.deviation, taps)
        return folded.astype(np.float32), (bias - folded @ np.tile(self.mean, taps)).astype(np.float32)

    def activations(self, features: Float) -> list[npt.NDArray[np.float64]]:
        """What every layer gives, in float64: the state of the GRU first, the logits last.

        Args:
            features: float32 (frames, inputs).
        """
        x = (features.astype(np.float64) - self.mean) / self.deviation
        found = []
        if self.gru is not None:
            x = _states(self.gru, x)
            found.append(x)
        for layer in self.layers:
            x = stacked(x, layer) @ layer.weight.T.astype(np.float64) + layer.bias
            x = np.maximum(x, 0) if layer.rectified else x
            found.append(x)
        return found


def stacked(x: npt.NDArray[Any], layer: Any) -> npt.NDArray[Any]:
    """(frames, inputs) -> (frames, taps * inputs): what a layer looks at; before the first frame its copy."""
    padded = np.concatenate([np.repeat(x[:1], layer.history - 1, axis=0), x])
    return np.concatenate(
        [padded[k * layer.dilation : k * layer.dilation + len(x)] for k in range(layer.taps)], axis=1
    )


def net_of(name: str, module: Any) -> Net:
    """The arrays of a module of `tasks.baselines.networks`."""
    mean, deviation = module.normalised.mean.numpy(), module.normalised.deviation.numpy()
    if name == "causal-gru":
        names = ("weight_ih_l0", "bias_ih_l0", "weight_hh_l0", "bias_hh_l0")
        gru = Gru(*(getattr(module.recurrent, part).detach().numpy() for part in names))
        out = Dense(module.out.weight.detach().numpy(), module.out.bias.detach().numpy(), rectified=False)
        return Net(name, mean, deviation, gru, (out,))
    convolutions = [*module.layers, module.out] if name == "causal-cnn" else list(module.layers)
    layers = []
    for k, layer in enumerate(convolutions):
        weight = layer.weight.detach().numpy().transpose(0, 2, 1)  # outputs, taps, inputs
        flat = np.ascontiguousarray(weight.reshape(len(weight), -1))
        bias, last = layer.bias.detach().numpy(), k == len(convolutions) - 1
        layers.append(Dense(flat, bias, weight.shape[1], layer.dilation[0], not last))
    return Net(name, mean, deviation, None, tuple(layers))


def _states(gru: Gru, x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    n, state = gru.hidden, np.zeros(gru.hidden)
    given = x @ gru.input_weight.T.astype(np.float64) + gru.input_bias
    found = np.empty((len(x), n))
    for t, i in enumerate(given):
        s = gru.state_weight.astype(np.float64) @ state + gru.state_bias
        reset, update = 1 / (1 + np.exp(-(i[: 2 * n] + s[: 2 * n]).reshape(2, n)))
        fresh = np.tanh(i[2 * n :] + reset * s[2 * n :])
        state = found[t] = fresh + update * (state - fresh)
    return found
