"""Float networks that answer frame by frame without looking ahead: a logit, or one for each class."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn


class Normalised(nn.Module):
    """Features with the training set's mean and deviation taken out; the constants belong to the network.

    Args:
        mean: float32 (bands,).
        deviation: float32 (bands,), above 0.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, mean: npt.NDArray[np.float32], deviation: npt.NDArray[np.float32]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(mean.copy()))
        self.register_buffer("deviation", torch.from_numpy(deviation.copy()))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, frames, bands), same shape."""
        return (x - self.mean) / self.deviation


class CausalGru(nn.Module):
    """One recurrent layer and logits of every frame.

    Args:
        normalised: Constants of the training set.
        bands: Features a frame.
        hidden: Size of the state.
        outputs: Logits a frame.
    """

    def __init__(self, normalised: Normalised, bands: int, hidden: int = 32, outputs: int = 1) -> None:
        super().__init__()
        self.normalised = normalised
        self.recurrent = nn.GRU(bands, hidden, batch_first=True)
        self.out = nn.Linear(hidden, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, frames, bands) -> logits (batch, frames, outputs), without the last axis if that is 1."""
        states, _ = self.recurrent(self.normalised(x))
        return _single(self.out(states))


class CausalCnn(nn.Module):
    """Three dilated convolutions over the last 15 frames (150 ms) and logits of every frame.

    Args:
        normalised: Constants of the training set.
        bands: Features a frame.
        hidden: Channels.
        outputs: Logits a frame.
    """

    DILATIONS = (1, 2, 4)

    def __init__(self, normalised: Normalised, bands: int, hidden: int = 24, outputs: int = 1) -> None:
        super().__init__()
        self.normalised = normalised
        widths = [bands, *[hidden] * len(self.DILATIONS)]
        self.layers = nn.ModuleList(
            nn.Conv1d(wide, hidden, 3, dilation=dilation)
            for wide, dilation in zip(widths, self.DILATIONS, strict=False)
        )
        self.out = nn.Conv1d(hidden, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """As `CausalGru.forward`; before the first frame its copy stands."""
        x = self.normalised(x).transpose(1, 2)
        x = nn.functional.pad(x, (2 * sum(self.DILATIONS), 0), mode="replicate")
        for layer in self.layers:
            x = torch.relu(layer(x))
        return _single(self.out(x).transpose(1, 2))


class CausalMlp(nn.Module):
    """Two hidden layers over the last 7 frames (70 ms) and logits of every frame.

    Args:
        normalised: Constants of the training set.
        bands: Features a frame.
        hidden: Width.
        outputs: Logits a frame.
    """

    FRAMES = 7

    def __init__(self, normalised: Normalised, bands: int, hidden: int = 24, outputs: int = 1) -> None:
        super().__init__()
        self.normalised = normalised
        self.layers = nn.ModuleList(
            [
                nn.Conv1d(bands, hidden, self.FRAMES),
                nn.Conv1d(hidden, hidden, 1),
                nn.Conv1d(hidden, outputs, 1),
            ]
        )

    def forward(self, x: Tensor) -> Tensor:
        """As `CausalGru.forward`; before the first frame its copy stands."""
        x = self.normalised(x).transpose(1, 2)
        x = nn.functional.pad(x, (self.FRAMES - 1, 0), mode="replicate")
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        return _single(self.layers[-1](x).transpose(1, 2))


def _single(logits: Tensor) -> Tensor:
    """(batch, frames, outputs), without the last axis if that is 1."""
    return logits[..., 0] if logits.shape[-1] == 1 else logits


NETWORKS = {"causal-cnn": CausalCnn, "causal-gru": CausalGru, "causal-mlp": CausalMlp}
