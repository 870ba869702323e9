"""Layers that read earlier frames of the layer before: a convolution over time whose gates every hop shares.

A layer with delays (0, 2, 4) reads the rows of the layer before three times: of this frame, of two frames
ago and of four. Hardened, the older rows stand in registers that pass them on from frame to frame. Registers
start at 0, so what a layer answered before a clip began counts as zeros here too.

Training draws single frames. It computes of each layer what the frame depends on, no more: an *offset* says
how many frames before the newest one a column stands, and columns are ordered offset by offset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Int64 = npt.NDArray[np.int64]

NOW = (0,)


@dataclass(frozen=True)
class History:
    """The frames that a stack of layers needs.

    Args:
        delays: Of each layer: how many frames ago the rows of the layer before are read, ascending.

    Raises:
        ValueError: A layer without delays, negative ones, or not ascending.
    """

    delays: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        for number, of_layer in enumerate(self.delays):
            if not of_layer or of_layer[0] < 0 or any(np.diff(of_layer) <= 0):
                raise ValueError(f"layer {number}: delays: expected 0 or more, ascending, found {of_layer}")

    @property
    def reach(self) -> int:
        """The oldest frame that counts, in frames before the newest."""
        return sum(of_layer[-1] for of_layer in self.delays)

    def offsets(self, span: int = 1) -> list[Int64]:
        """Offsets needed of each layer's input, first to last, and then of the output: 0 to span - 1."""
        needed = [np.arange(span)]
        for of_layer in reversed(self.delays):
            needed.insert(0, np.unique(needed[0][:, None] + np.array(of_layer)))
        return needed


def delayed(x: Tensor, delays: Sequence[int], before: Int64, after: Int64, age: Tensor | None) -> Tensor:
    """What a layer with delays reads.

    Args:
        x: (rows, len(before) * batch): the layer before, at the offsets `before`.
        delays: The layer's own.
        before: int64: offsets of the layer before.
        after: int64: offsets of the layer.
        age: (batch,): frames of its clip before each newest frame; None where no clip begins in reach.

    Returns:
        (len(delays) * rows, len(after) * batch): the rows at each delay, one delay after the other.
    """
    if tuple(delays) == NOW:
        return x
    rows = x.view(len(x), len(before), -1)
    if age is not None:
        rows = rows * (age >= torch.from_numpy(before).to(age)[:, None])
    sources = [torch.from_numpy(np.searchsorted(before, after + delay)).to(x.device) for delay in delays]
    return torch.cat([rows.index_select(1, source) for source in sources]).view(len(delays) * len(x), -1)


def windows(features: npt.NDArray[Any], newest: Int64, offsets: Int64) -> npt.NDArray[Any]:
    """Frames that end at the newest ones.

    Args:
        features: (frames, features).
        newest: int64 (batch,): frames.
        offsets: int64 (k,): how far back.

    Returns:
        (k * batch, features), offset by offset; where there is no such frame, the first.
    """
    return features[np.maximum(newest - offsets[:, None], 0).ravel()]


def ages(ends: Int64) -> Int64:
    """int64 (frames,): how many frames of its clip stand before each, from where each clip's frames end."""
    starts = np.concatenate([[0], ends[:-1]])
    return np.arange(ends[-1]) - np.repeat(starts, ends - starts)
