"""The oscillator bank as a differentiable function, and the distance of spectra that trains its controls."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tasks.spectra import FLOOR, SIZES
from zoo.oscillators import STEPS, Bank, Oscillators

SECONDS_OF_NOISE = 8
Int32 = npt.NDArray[np.int32]


class Synthesiser:
    """Amplitudes and pitch to sound, in floats; noise is that of the integer bank.

    Args:
        bank: Its sizes.
        rate: Samples a second.
    """

    def __init__(self, bank: Bank, rate: int) -> None:
        self.bank = bank
        self.noise = torch.from_numpy(noise_bands(bank, SECONDS_OF_NOISE * rate))

    @property
    def rows(self) -> int:
        """Amplitudes a frame: harmonics, then noise bands."""
        return self.bank.harmonics + self.bank.noise

    def __call__(self, increments: Int32, amplitudes: Tensor, offset: int = 0) -> Tensor:
        """Sound, a ramp from each frame's amplitudes to the next one's.

        Args:
            increments: int (batch, frames).
            amplitudes: (batch, frames, rows), 1 is full scale.
            offset: Where in the noise to begin.

        Returns:
            (batch, frames * hop).
        """
        bank = self.bank
        batch, frames, rows = amplitudes.shape
        basis = self._basis(increments, offset).view(batch * frames, rows, bank.hop)
        amplitudes = amplitudes * self._audible(increments)
        before = torch.cat([amplitudes[:, :1], amplitudes[:, :-1]], 1)
        both = torch.stack([before, amplitudes], 2).view(batch * frames, 2, rows)
        first, second = torch.bmm(both, basis).unbind(1)
        ramp = torch.arange(bank.hop) / bank.hop
        return (first + (second - first) * ramp).reshape(batch, frames * bank.hop)

    def _audible(self, increments: Int32) -> Tensor:
        """(batch, frames, rows) of 0 where a harmonic lies at or above half the rate, else 1."""
        number = np.append(np.arange(1, self.bank.harmonics + 1), np.zeros(self.bank.noise, np.int64))
        return torch.from_numpy(increments[:, :, None] * number < 1 << (self.bank.pitch + 1)).float()

    @torch.no_grad()
    def _basis(self, increments: Int32, offset: int) -> Tensor:
        """(batch, frames, rows, hop): every harmonic and band at full scale."""
        bank = self.bank
        batch, frames = increments.shape
        cycles = increments[:, :, None] / (1 << (bank.pitch + 2)) * np.arange(1, bank.hop + 1)
        ends = np.cumsum(cycles[:, :, -1], axis=1)
        cycles[:, 1:] += ends[:, :-1, None]
        phase = torch.from_numpy((cycles % 1).astype(np.float32))
        number = torch.arange(1, bank.harmonics + 1, dtype=torch.float32)
        out = torch.empty(batch, frames, self.rows, bank.hop)
        angle = (2 * np.pi) * phase[:, :, None, :] * number[:, None]
        out[:, :, : bank.harmonics] = torch.sin(angle)
        if bank.noise:
            places = (offset + torch.arange(frames * bank.hop)) % self.noise.shape[1]
            bands = self.noise[:, places].view(bank.noise, frames, bank.hop)
            out[:, :, bank.harmonics :] = bands.transpose(0, 1)
        return out


def noise_bands(bank: Bank, n: int) -> npt.NDArray[np.float32]:
    """float32 (noise, n): each band of the integer bank alone, at full scale."""
    bands = np.zeros((bank.noise, n), np.float32)
    frames = n // bank.hop
    for k in range(bank.noise):
        controls = np.zeros((frames, bank.n_controls), np.int32)
        controls[:, 1] = controls[:, 2 + bank.harmonics + k] = bank.group - 2  # below clipping
        level = full_scale(torch.tensor(2.0 * bank.group - 4), bank)
        sound = Oscillators(bank).render(controls).ravel() / 32_768
        bands[k, : len(sound)] = sound / float(level)
    return bands


def full_scale(level: Tensor, bank: Bank) -> Tensor:
    """Amplitude of a level, as shifts and adds make it: straight between octaves."""
    octave = torch.floor(level / STEPS)
    return (1 + (level / STEPS - octave)) * torch.exp2(octave - bank.top)


def counted_amplitudes(gain: Tensor, counts: Tensor, bank: Bank, silent: bool = True) -> Tensor:
    """What counts of ones sound like; the gradient is that of a smooth exponential.

    Args:
        gain: (..., 1) whole numbers.
        counts: (..., rows) whole numbers.
        bank: The sizes.
        silent: Whether what the bank leaves out is left out here: not while training, since sound that is
            exactly 0 has a spectrum without gradient.
    """
    level = gain + counts
    smooth = torch.exp2(level / STEPS - bank.top)
    exact = full_scale(level, bank)
    if silent:
        exact = torch.where((counts >= 1) & (level >= bank.quiet), exact, torch.zeros_like(exact))
    return smooth + (exact - smooth).detach()


def spectral_loss(target: Tensor, found: Tensor) -> Tensor:
    """`tasks.spectra.multi_resolution_distance`, its mean over a batch: (clips, n) twice -> scalar.

    A clip much softer than the others counts as one a tenth as loud as their mean.
    """
    total = torch.zeros(())
    for size in SIZES:
        window = torch.hann_window(size)
        one, other = (_magnitudes(sound, window) for sound in (target, found))
        sizes = torch.linalg.vector_norm(one, dim=(1, 2))
        sizes = torch.maximum(sizes, 0.1 * sizes.mean()).clamp(min=1e-9)
        convergence = (torch.linalg.vector_norm(one - other, dim=(1, 2)) / sizes).mean()
        logs = torch.log(one.clamp(min=FLOOR)) - torch.log(other.clamp(min=FLOOR))
        total = total + convergence + logs.abs().mean()
    return total / len(SIZES)


def _magnitudes(sound: Tensor, window: Tensor) -> Tensor:
    size = len(window)
    found = torch.stft(
        sound, size, size // 4, window=window, center=True, pad_mode="constant", return_complex=True
    )
    power = found.real.square() + found.imag.square()
    return torch.sqrt(power.clamp(min=1e-12)) * (2 / window.sum())
