"""Ways from numbers to bits that let gradients through, so that gates can follow layers that learn.

Every encoder takes integers as floats (channels, batch) and answers bits (bits, batch). Out of training each
answers exactly what its `code()` computes with integers; `progress`, 0 to 1, tells it how far training is.
What the target computes is a compare a bit for thermometers, and for positional and Gray codes an addition, a
shift and two limits a channel (one more shift and XOR for Gray), which give all bits of the channel at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from tasks.training.encoder import Thermometer, quantile_thermometer, step

Int = npt.NDArray[Any]


class Code(Protocol):
    """What an encoder hardens to."""

    def encode(self, x: Int) -> npt.NDArray[np.uint8]:
        """Int (frames, channels) -> bits (frames, bits)."""
        ...


@dataclass(frozen=True, eq=False)
class ThresholdCode:
    """Bit i is `x[feature[i]] >= threshold[i]`: what front ends compute."""

    feature: npt.NDArray[np.uint16]
    threshold: npt.NDArray[np.int32]

    def encode(self, x: Int) -> npt.NDArray[np.uint8]:
        """Int (frames, channels) -> bits (frames, bits)."""
        return (x[:, self.feature] >= self.threshold).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class PositionalCode:
    """Bit i is bit `place[i]` of channel `channel[i]`'s code `limit((x + offset) >> shift)`.

    Args:
        offset: int32 (channels,).
        shift: uint8 (channels,).
        width: uint8 (channels,): bits of the code, which lies in 0 to 2^width - 1.
        channel: uint16 (bits,).
        place: uint8 (bits,): 0 is the lowest.
        gray: Whether the code is then Gray's, `code ^ code >> 1`.
    """

    offset: npt.NDArray[np.int32]
    shift: npt.NDArray[np.uint8]
    width: npt.NDArray[np.uint8]
    channel: npt.NDArray[np.uint16]
    place: npt.NDArray[np.uint8]
    gray: bool

    def codes(self, x: Int) -> npt.NDArray[np.int32]:
        """Int (frames, channels) -> the code of each channel (frames, channels)."""
        moved = (x.astype(np.int32) + self.offset) >> self.shift
        code = np.clip(moved, 0, (1 << self.width.astype(np.int32)) - 1)
        return code ^ (code >> 1) if self.gray else code

    def encode(self, x: Int) -> npt.NDArray[np.uint8]:
        """Int (frames, channels) -> bits (frames, bits)."""
        return (self.codes(x)[:, self.channel] >> self.place & 1).astype(np.uint8)


class Encoder(nn.Module):
    """Numbers to bits."""

    n_bits: int
    progress: float = 0.0

    def code(self) -> Code:
        """The integers that give the same bits as the encoder out of training."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """Integers as floats (channels, batch), below 2^24 in size -> bits (bits, batch)."""
        raise NotImplementedError


class ThermometerEncoder(Encoder):
    """Thresholds, hard forward and a logistic step backward; `Thermometer` itself behind this interface.

    Args:
        start: Features, first thresholds and temperatures.
    """

    def __init__(self, start: Thermometer) -> None:
        super().__init__()
        self.start, self.n_bits = start, start.n_bits

    def code(self) -> Code:
        """Ceilings of the thresholds."""
        return ThresholdCode(*self.start.harden())

    def forward(self, x: Tensor) -> Tensor:
        """See `Thermometer`."""
        return self.start(x)

    def _parts(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Rows of x, thresholds and temperatures of every bit."""
        return x.index_select(0, self.start.feature), self.start.threshold, self.start.temperature


class SoftEncoder(ThermometerEncoder):
    """In training a bit is the logistic function itself, between 0 and 1; hard only out of training."""

    def forward(self, x: Tensor) -> Tensor:
        """Soft or hard bits."""
        if not self.training:
            return self.start(x)
        rows, threshold, temperature = self._parts(x)
        return torch.sigmoid((rows - threshold[:, None]) / temperature[:, None])


class AnnealedEncoder(ThermometerEncoder):
    """Soft at first; the temperature falls by a constant factor a step, the last part of training is hard."""

    first, last = 4.0, 0.2  # times the thermometer's temperature
    hard_from = 0.9  # of the progress

    def forward(self, x: Tensor) -> Tensor:
        """Soft or hard bits."""
        if not self.training or self.progress >= self.hard_from:
            return self.start(x)
        rows, threshold, temperature = self._parts(x)
        return torch.sigmoid((rows - threshold[:, None]) / (self.factor() * temperature)[:, None])

    def factor(self) -> float:
        """The temperature now, as a share of the thermometer's."""
        return self.first * (self.last / self.first) ** min(1.0, self.progress / self.hard_from)


class NoisyEncoder(ThermometerEncoder):
    """Logistic noise as wide as the step is added in training: bits are drawn, by the logistic's chance.

    They are hard: this is the binary Gumbel-softmax, straight through.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Hard bits, drawn in training."""
        if not self.training:
            return self.start(x)
        rows, threshold, temperature = self._parts(x)
        uniform = torch.rand_like(rows).clamp(1e-6, 1 - 1e-6)
        noise = temperature[:, None] * (torch.log(uniform) - torch.log1p(-uniform))
        return step(rows + torch.round(noise), threshold, temperature)  # integers, as thresholds expect


class OrderedEncoder(Encoder):
    """Thresholds of a feature are its lowest plus sums of positive steps, so they never pass each other.

    Training and `code` take the same thresholds from the same sums.

    Args:
        start: Features, first thresholds and temperatures; steps between them start at 0.1 at least.
    """

    feature: Tensor
    temperature: Tensor
    head: Tensor
    place: Tensor
    group: Tensor

    def __init__(self, start: Thermometer) -> None:
        super().__init__()
        self.n_bits = start.n_bits
        threshold = start.threshold.detach().numpy()
        feature = start.feature.numpy()
        order = np.lexsort((threshold, feature))  # by feature, then upwards
        first = np.flatnonzero(np.diff(feature[order], prepend=-1))
        group = np.cumsum(np.diff(feature[order], prepend=-1) != 0) - 1
        self.register_buffer("feature", start.feature)
        self.register_buffer("temperature", start.temperature)
        self.register_buffer("head", torch.from_numpy(first[group]))  # where each bit's feature begins
        self.register_buffer("place", torch.from_numpy(np.argsort(order)))
        steps = np.maximum(0.1, np.diff(threshold[order], prepend=0.0)).astype(np.float32)
        raw = steps + np.log(-np.expm1(-steps))  # softplus gives the steps back
        self.lowest = nn.Parameter(torch.from_numpy(threshold[order][first]))
        self.steps = nn.Parameter(torch.from_numpy(raw))  # the first of each feature is not used
        self.register_buffer("group", torch.from_numpy(group))

    def thresholds(self) -> Tensor:
        """Float (bits,), in the order of the bits."""
        total = torch.cumsum(nn.functional.softplus(self.steps), 0)
        ordered = self.lowest[self.group] + total - total[self.head]
        return ordered[self.place]

    @torch.no_grad()
    def code(self) -> Code:
        """Ceilings of the thresholds."""
        threshold = torch.ceil(self.thresholds()).numpy().astype(np.int32)
        return ThresholdCode(self.feature.numpy().astype(np.uint16), threshold)

    def forward(self, x: Tensor) -> Tensor:
        """Hard bits."""
        return step(x.index_select(0, self.feature), self.thresholds(), self.temperature)


SURROGATES = ("linear", "sine", "gray")


class PositionalEncoder(Encoder):
    """Bits of a number's binary or Gray code; hard forward, a surrogate slope backward.

    Bit k of a binary code is a square wave of period 2^(k+1) codes. `linear` takes it for a ramp over the
    whole range, and lower bits for 2^-1, 2^-2 ... of it; `sine` takes each for its fundamental, lower ones
    scaled likewise, so that all have the same largest slope. `gray` folds the number as an analogue Gray
    converter does, `w <- 1 - 2 |w|`, and takes each bit for a logistic step of its w; the slopes of the folds
    are scaled to one size.

    Args:
        code: What the bits are in integers; `gray` fits `surrogate`.
        surrogate: One of `SURROGATES`.
        softness: Temperature of Gray's logistic step, where w lies in -1 to 1.
    """

    shape: Tensor
    wiring: Tensor

    def __init__(self, code: PositionalCode, surrogate: str, softness: float = 0.3) -> None:
        super().__init__()
        if surrogate not in SURROGATES or code.gray != (surrogate == "gray"):
            raise ValueError(f"surrogate: {surrogate!r} does not fit gray = {code.gray}")
        self.n_bits, self.surrogate, self.softness = len(code.channel), surrogate, softness
        self._code = code
        shape = np.stack([code.offset, code.shift, code.width])[:, code.channel]
        self.register_buffer("shape", torch.from_numpy(shape.astype(np.float32)))
        wiring = np.stack([code.channel, code.place]).astype(np.int64)
        self.register_buffer("wiring", torch.from_numpy(wiring))

    def code(self) -> Code:
        """The code it was made with: nothing of it learns."""
        return self._code

    def forward(self, x: Tensor) -> Tensor:
        """Hard bits."""
        channel, place = self.wiring
        rows = x.index_select(0, channel)
        return _Positional.apply(rows, *self.shape, place, self.surrogate, self.softness)


class _Positional(Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, offset: Tensor, shift: Tensor, width: Tensor, place: Tensor,
        surrogate: str, softness: float,
    ) -> Tensor:  # fmt: skip
        u = (x + offset[:, None]) * torch.exp2(-shift)[:, None]  # the code before it is rounded down
        ctx.save_for_backward(u, shift, width, place)
        ctx.surrogate, ctx.softness = surrogate, softness
        top = torch.exp2(width)[:, None] - 1
        code = torch.minimum(torch.floor(u).clamp(min=0), top).to(torch.int32)
        if surrogate == "gray":
            code = code ^ (code >> 1)
        return (code >> place[:, None].to(torch.int32) & 1).to(x.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        u, shift, width, place = ctx.saved_tensors
        size, unit = torch.exp2(width)[:, None], torch.exp2(place.to(u.dtype))[:, None]
        if ctx.surrogate == "linear":
            slope = unit / (size / 2) / size
        elif ctx.surrogate == "sine":
            slope = -math.pi / size * torch.cos(math.pi * u / unit)
        else:
            z = torch.remainder(u / unit, 4) - 2
            s = torch.sigmoid((1 - z.abs()) / ctx.softness)
            slope = -torch.sign(z) * s * (1 - s) / ctx.softness * 2 / size
        inside = (u >= 0) & (u < size)
        return grad * slope * inside * torch.exp2(-shift)[:, None], *[None] * 6


def positional_code(examples: Int, n_bits: int, rng: np.random.Generator, gray: bool) -> PositionalCode:
    """A code whose range is about that of the examples, in random order of bits.

    Args:
        examples: int (frames, channels).
        n_bits: Bits, shared out evenly among the channels.
        rng: Draws which channels get one bit more, and the order.
        gray: See `PositionalCode`.
    """
    n = examples.shape[1]
    width = np.full(n, n_bits // n)
    width[rng.permutation(n)[: n_bits - width.sum()]] += 1
    low, high = np.quantile(examples, [0.02, 0.98], axis=0)
    shift = np.maximum(0, np.round(np.log2(np.maximum(1, high - low)) - width)).astype(np.int64)
    offset = np.round((1 << (width + shift)) / 2 - (low + high) / 2).astype(np.int32)
    order = rng.permutation(n_bits)
    channel = np.repeat(np.arange(n), width)
    place = np.concatenate([np.arange(w) for w in width])
    sizes = shift.astype(np.uint8), width.astype(np.uint8)
    return PositionalCode(
        offset, *sizes, channel[order].astype(np.uint16), place[order].astype(np.uint8), gray
    )


THERMOMETERS: dict[str, tuple[Callable[[Thermometer], Encoder], bool]] = {  # class, whether thresholds learn
    "fixed": (ThermometerEncoder, False),
    "learned": (ThermometerEncoder, True),
    "ordered": (OrderedEncoder, True),
    "soft": (SoftEncoder, True),
    "annealed": (AnnealedEncoder, True),
    "noisy": (NoisyEncoder, True),
}
POSITIONAL = {"positional": "linear", "positional-sine": "sine", "gray": "gray"}
ENCODERS = (*THERMOMETERS, *POSITIONAL)


def make_encoder(
    name: str, examples: Int, n_bits: int, rng: np.random.Generator, temperature: float | None = None
) -> Encoder:
    """An encoder of `ENCODERS` for numbers like the examples.

    Args:
        name: Which.
        examples: int (frames, channels).
        n_bits: Bits, shared out evenly among the channels.
        rng: Draws which channels get one bit more, and the order.
        temperature: Of thermometers, in standard deviations of the channel; of Gray, see `PositionalEncoder`.
            None takes what did well; `linear` and `sine` have none.
    """
    if name in POSITIONAL:
        surrogate = POSITIONAL[name]
        code = positional_code(examples, n_bits, rng, surrogate == "gray")
        return PositionalEncoder(code, surrogate, temperature or 0.3)
    kind, learn = THERMOMETERS[name]
    return kind(quantile_thermometer(examples, n_bits, rng, temperature=temperature or 0.15, learn=learn))
