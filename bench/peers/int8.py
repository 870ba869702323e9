"""Post-training quantisation: int8 weights and activations, int32 sums, and no float from the inputs on.

Weights have a scale a row, activations a scale a layer, chosen from frames that the network was trained on. A
sum becomes the next activation by `(sum * multiplier + half) >> shift`. The GRU keeps its state with 16 bits
and looks sigmoid and tanh up in tables. `run` is the reference that C equals exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.peers.nets import Dense, Float, Gru, Net, stacked

Int8 = npt.NDArray[np.int8]
Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]

LIMIT = 127
GATE_BITS, STATE_BITS, SUM_BITS = (
    15,
    14,
    10,
)  # fractions of sigmoid, of state and tanh, of what goes into them
TABLE = 1024  # entries: sigmoid from -8 up by 1/64, tanh from -4 up by 1/128
SIGMOID_SHIFT, TANH_SHIFT = SUM_BITS - 6, SUM_BITS - 7
STATE_SHIFT = STATE_BITS - 7  # from the state to what its weights see


@dataclass(frozen=True, eq=False)
class Sums:
    """Weighted sums and what brings them to another scale.

    Args:
        weight: int8 (outputs, inputs).
        bias: int32 (outputs,), in the scale of the sums.
        multiplier: int32 (outputs,).
        shift: Bits to the right, after the multiplication.
    """

    weight: Int8
    bias: Int32
    multiplier: Int32
    shift: int

    def __call__(self, x: Int8) -> npt.NDArray[np.int64]:
        """int8 (frames, inputs) -> scaled sums (frames, outputs)."""
        sums = x.astype(np.int64) @ self.weight.T.astype(np.int64) + self.bias
        scaled = sums * self.multiplier + (1 << (self.shift - 1))
        assert np.abs(scaled).max(initial=0) < 1 << 31, "32 bits must be enough"
        return scaled >> self.shift


@dataclass(frozen=True, eq=False)
class Int8Dense:
    """A dense layer; its results are kept within `low` to `high`."""

    sums: Sums
    taps: int
    dilation: int
    low: int
    high: int

    @property
    def history(self) -> int:
        """Frames it keeps, the newest among them."""
        return (self.taps - 1) * self.dilation + 1

    @property
    def inputs(self) -> int:
        """Values a frame of its input."""
        return self.sums.weight.shape[1] // self.taps


@dataclass(frozen=True, eq=False)
class Int8Gru:
    """The recurrent layer: sums of inputs and of the state, each in steps of 1/1024."""

    of_input: Sums
    of_state: Sums

    @property
    def hidden(self) -> int:
        """Size of the state."""
        return self.of_state.weight.shape[1]


@dataclass(frozen=True, eq=False)
class Int8Net:
    """A quantised network, from int8 inputs to an int32 score.

    Args:
        name: What it is called.
        mean: float32 (inputs,) of the features.
        step: float32 (inputs,): what one unit of an input is worth in features.
        gru: Its recurrent layer, if it has one.
        layers: The dense layers.
    """

    name: str
    mean: Float
    step: Float
    gru: Int8Gru | None
    layers: tuple[Int8Dense, ...]

    @property
    def inputs(self) -> int:
        """Values a frame."""
        return len(self.mean)

    def quantised(self, features: Float) -> Int8:
        """float32 (frames, inputs) -> int8, same shape."""
        return np.clip(np.rint((features - self.mean) / self.step), -LIMIT, LIMIT).astype(np.int8)

    def run(self, x: Int8) -> Int32:
        """int8 (frames, inputs) -> int32 scores (frames,)."""
        if self.gru is not None:
            x = _states(self.gru, x)
        for layer in self.layers:
            x = np.clip(layer.sums(stacked(x, layer)), layer.low, layer.high)
        return x[:, 0].astype(np.int32)


def sigmoid_table() -> Int16:
    """int16 (1024,): sigmoid with 15 bits of fraction, in the middle of each step."""
    x = (np.arange(TABLE) - TABLE // 2 + 0.5) / 64
    return np.minimum(np.rint((1 << GATE_BITS) / (1 + np.exp(-x))), (1 << GATE_BITS) - 1).astype(np.int16)


def tanh_table() -> Int16:
    """int16 (1024,): tanh with 14 bits of fraction, in the middle of each step."""
    x = (np.arange(TABLE) - TABLE // 2 + 0.5) / 128
    return np.rint((1 << STATE_BITS) * np.tanh(x)).astype(np.int16)


def quantise(net: Net, features: Float, score_steps: int, score_zero: int) -> Int8Net:
    """Quantise a network.

    Args:
        net: The float network.
        features: float32 (frames, inputs), frames of clips that it was trained on.
        score_steps: Score counts a logit.
        score_zero: Logit below zero at which the score is 0.
    """
    normalised = (features - net.mean) / net.deviation
    scale = float(np.quantile(np.abs(normalised), 0.999)) / LIMIT
    step = (net.deviation * np.float32(scale)).astype(np.float32)
    activations = net.activations(features)
    gru = None
    if net.gru is not None:
        gru = _gru(net.gru, scale)
        scale, activations = 1 / (1 << 7), activations[1:]
    layers = []
    for layer, given in zip(net.layers[:-1], activations, strict=False):
        out = float(np.quantile(given, 0.9999)) / LIMIT
        layers.append(_dense(layer, scale, out, 0, LIMIT, 0.0))
        scale = out
    last = _dense(net.layers[-1], scale, 1 / score_steps, 0, 65_535, float(score_zero))
    return Int8Net(net.name, net.mean, step, gru, (*layers, last))


def _dense(layer: Dense, given: float, out: float, low: int, high: int, zero: float) -> Int8Dense:
    sums = _sums(layer.weight, layer.bias + zero, given, out)
    return Int8Dense(sums, layer.taps, layer.dilation, low, high)


def _gru(gru: Gru, scale: float) -> Int8Gru:
    out = 1 / (1 << SUM_BITS)
    of_input = _sums(gru.input_weight, gru.input_bias, scale, out)
    return Int8Gru(of_input, _sums(gru.state_weight, gru.state_bias, 1 / (1 << 7), out))


def _sums(weight: Float, bias: npt.NDArray[Any], given: float, out: float) -> Sums:
    """`given` and `out` are what one unit of the inputs and of the scaled sums is worth."""
    scales = np.maximum(np.abs(weight).max(axis=1), 1e-9).astype(np.float64) / LIMIT
    rounded = np.rint(weight / scales[:, None]).astype(np.int8)
    offset = np.rint(bias / (scales * given)).astype(np.int64)
    most = np.abs(rounded.astype(np.int64)).sum(axis=1) * LIMIT + np.abs(offset)
    ratios = scales * given / out
    shift = max(
        s for s in range(1, 31) if ((np.rint(ratios * 2.0**s) + 1) * most + (1 << (s - 1)) < 1 << 31).all()
    )
    multiplier = np.rint(ratios * 2.0**shift).astype(np.int32)
    return Sums(rounded, offset.astype(np.int32), multiplier, shift)


def _states(gru: Int8Gru, x: Int8) -> Int8:
    """int8 inputs (frames, inputs) -> what the state's weights see, int8 (frames, hidden)."""
    n, state, seen = gru.hidden, np.zeros(gru.hidden, np.int64), np.zeros((1, gru.hidden), np.int8)
    sigmoid, tanh = sigmoid_table().astype(np.int64), tanh_table().astype(np.int64)
    given, found = gru.of_input(x), np.empty((len(x), n), np.int8)
    for t, i in enumerate(given):
        s = gru.of_state(seen)[0]
        gates = sigmoid[np.clip(((i + s)[: 2 * n] >> SIGMOID_SHIFT) + TABLE // 2, 0, TABLE - 1)]
        sums = i[2 * n :] + (gates[:n] * s[2 * n :] >> GATE_BITS)
        fresh = tanh[np.clip((sums >> TANH_SHIFT) + TABLE // 2, 0, TABLE - 1)]
        state = fresh + (gates[n:] * (state - fresh) >> GATE_BITS)
        seen[0] = found[t] = np.clip(state + (1 << (STATE_SHIFT - 1)) >> STATE_SHIFT, -LIMIT, LIMIT)
    return found
