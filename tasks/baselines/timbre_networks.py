"""Float modules from features of a played note to amplitudes, (clips, frames, features) to (..., rows)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from tasks.baselines.networks import CausalGru, Normalised

MLP, GRU = 64, 32  # hidden units
START = -5.0  # octaves under full scale at which outputs begin
STEEP = 4.0  # octaves a unit of a network's output


class StaticSpectrum(nn.Module):
    """One spectrum, times a power of the loudness.

    Args:
        mean: Of the loudness, in sixteenths of an octave.
        rows: Harmonics and noise bands.
    """

    def __init__(self, mean: float, rows: int) -> None:
        super().__init__()
        self.mean = mean
        self.slope = nn.Parameter(torch.tensor(1.0))
        self.spectrum = nn.Parameter(torch.zeros(rows))

    def forward(self, features: Tensor) -> Tensor:
        """Amplitudes."""
        octaves = self.slope * (features[..., 1:2] - self.mean) / 16
        return torch.exp2((octaves + self.spectrum + START).clamp(max=0.0))


class Octaves(nn.Module):
    """A network whose outputs are octaves of amplitude.

    Args:
        net: Features to rows.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, features: Tensor) -> Tensor:
        """Amplitudes."""
        return torch.exp2((STEEP * self.net(features) + START).clamp(max=0.0))


def make_module(kind: str, examples: npt.NDArray[np.float32], rows: int) -> nn.Module:
    """A module before training.

    Args:
        kind: `static`, `mlp` or `gru`.
        examples: (clips, frames, described), whose mean and deviation inputs are normalised with.
        rows: Harmonics and noise bands.
    """
    mean, width = examples.mean((0, 1)), examples.shape[2]
    if kind == "static":
        return StaticSpectrum(float(mean[1]), rows)
    normalised = Normalised(mean, examples.std((0, 1)) + np.float32(1e-3))
    if kind == "gru":
        return Octaves(CausalGru(normalised, width, GRU, rows))
    hidden = nn.Linear(width, MLP), nn.ReLU(), nn.Linear(MLP, MLP), nn.ReLU()
    return Octaves(nn.Sequential(normalised, *hidden, nn.Linear(MLP, rows)))
