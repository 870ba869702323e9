"""Gates shared by the bands of a filterbank: a convolution over bands, and trees that halve them.

Every band has the same channels: bits of its own features. A layer with `bands=(width, step)` reads the
channels of `width` neighbouring bands and gives channels of one band; the same gates do so at every `step`
bands. (3, 1) is a convolution, (2, 2) a level of a tree. A layer with `bands=()` reads all bands at once.
Hardened, shared gates are repeated at every place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tasks.training.encoder import Thermometer, quantile_thermometer
from tasks.training.layers import HardLayer
from tasks.training.wiring import Index, LaneWords


@dataclass(frozen=True)
class Slide:
    """How one layer's gates slide over the bands.

    Args:
        places: Bands of the layer before.
        channels: Rows of each of them.
        width: Neighbours that the gates read.
        step: Bands from one place of theirs to the next.

    Raises:
        ValueError: The gates have no place.
    """

    places: int
    channels: int
    width: int
    step: int

    def __post_init__(self) -> None:
        if not 1 <= self.width <= self.places or self.step < 1:
            raise ValueError(
                f"bands: expected a width of 1 to {self.places} and a step of at least 1, "
                f"found ({self.width}, {self.step})"
            )

    @property
    def after(self) -> int:
        """Places of the gates: the bands that the layer gives."""
        return (self.places - self.width) // self.step + 1

    def read(self, x: Tensor) -> Tensor:
        """What the gates read, place by place.

        Args:
            x: (times * places * channels, batch), the rows of several times one after the other.

        Returns:
            (times * width * channels, after * batch).
        """
        if self.width == self.places:
            return x
        bands = x.view(-1, self.places, self.channels, x.shape[1])
        last = self.step * (self.after - 1) + 1
        parts = [bands[:, first : first + last : self.step] for first in range(self.width)]
        rows = torch.stack(parts, dim=1).transpose(2, 3)  # times, width, channels, after, batch
        return rows.reshape(-1, self.after * x.shape[1])

    def give(self, x: Tensor) -> Tensor:
        """(gates, after * batch) -> (after * gates, batch)."""
        if self.after == 1:
            return x
        return x.view(len(x), self.after, -1).transpose(0, 1).reshape(self.after * len(x), -1)

    def repeat(self, layer: HardLayer) -> HardLayer:
        """The shared gates, repeated at every place."""
        lanes = layer.lanes
        if lanes is not None:
            a, b = (self._moved(word, self.channels // lanes.width) for word in (lanes.a, lanes.b))
            lanes = LaneWords(a, b, np.tile(lanes.rotation, self.after), lanes.width)
        a, b = (self._moved(operand, self.channels) for operand in (layer.a, layer.b))
        return HardLayer(np.tile(layer.op, self.after), a, b, lanes)

    def _moved(self, source: Index, channels: int) -> Index:
        """int64 (n,): what the gates read at the first place -> (after * n,): at every place."""
        first = self.step * channels * np.arange(self.after)[:, None]
        read = self.width * channels
        return (first + source % read + source // read * (self.places * channels)).ravel()


def make_slides(
    n_bits: int, n_bands: int, gates: Sequence[int], bands: Sequence[tuple[int, ...]]
) -> list[Slide]:
    """How each layer slides; a layer that reads all bands has one place.

    Args:
        n_bits: Of the encoder.
        n_bands: Bands.
        gates: Of each layer, at one place.
        bands: Of each layer: (width, step), or ().

    Raises:
        ValueError: The bits are not as many for every band.
    """
    if n_bits % n_bands:
        raise ValueError(f"bands: expected a multiple of {n_bands} bits, found {n_bits}")
    places, channels, slides = n_bands, n_bits // n_bands, []
    for size, of_layer in zip(gates, bands, strict=True):
        slides.append(Slide(places, channels, *(of_layer or (places, 1))))
        places, channels = slides[-1].after, size
    return slides


def band_thermometer(
    examples: npt.NDArray[np.int32],
    n_bits: int,
    bands: tuple[int, int],
    rng: np.random.Generator,
    *,
    temperature: float = 0.15,
    learn: bool = True,
) -> Thermometer:
    """A thermometer with the same channels in every band: quantiles of the band's own features.

    Args:
        examples: int32 (frames, features): for each kind of feature, one of each band; what stands behind
            them is not used.
        n_bits: Bits, as many for each band.
        bands: How many bands, and how many kinds of features each has.
        rng: Draws which kinds get one bit more, and the order of channels, alike in all bands.
        temperature: See `quantile_thermometer`.
        learn: Whether thresholds move.
    """
    (n_bands, kinds), seed = bands, int(rng.integers(1 << 32))
    parts = []
    for band in range(n_bands):
        feature = band + n_bands * np.arange(kinds)
        same = np.random.default_rng(seed)
        part = quantile_thermometer(
            examples[:, feature], n_bits // n_bands, same, temperature=temperature, learn=learn
        )
        parts.append((feature[part.feature], part.threshold.detach(), part.temperature))
    columns = zip(*parts, strict=True)
    feature, threshold, width = (np.concatenate([np.asarray(x) for x in each]) for each in columns)
    return Thermometer(feature, threshold, width, learn)
