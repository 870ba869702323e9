"""An integer oscillator bank: a pitch, a gain, harmonics and noise bands a frame become samples.

Amplitudes are levels of a quarter octave (1.5 dB), so gain and harmonic multiply by adding, and a level
scales by shifts and adds. A frame sums its harmonics once into half a cycle of a wave. Samples run
through the waves of this frame and of the one before, and fade from one to the other: a ramp of every
amplitude.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

Int32 = npt.NDArray[np.int32]

CYCLE = 512  # steps of a wave: a harmonic above the 20th is some 45 dB above its interpolation's error
FRACTION = 6  # bits between two steps
DETAIL = 4  # bits below a sample's, while harmonics are summed
NOISE_DETAIL = 4  # the same of the noise's filters
STEPS = 4  # levels an octave of amplitude
MAX_GROUP = 48  # twice as many levels then still shift by less than 32
SEED = 0x2545F491  # of the noise


def sine_table() -> npt.NDArray[np.int16]:
    """int16 (512,): a cycle, exactly symmetric."""
    quarter = np.rint(32_767 * np.sin(np.pi / 2 * np.arange(CYCLE // 4 + 1) / (CYCLE // 4)))
    half = np.concatenate([quarter, quarter[-2:0:-1]])
    return np.concatenate([half, -half]).astype(np.int16)


@dataclass(frozen=True)
class Bank:
    """Sizes of an oscillator bank.

    Args:
        hop: Samples a frame, a power of two.
        pitch: Bits of the phase increment, whose unit is `2^-(pitch + 2)` cycles a sample.
        harmonics: How many; those at or above half the rate are silent.
        noise: Bands of noise, high to low.
        group: Largest gain, and largest amplitude, of which 0 is silence.
    """

    hop: int
    pitch: int
    harmonics: int
    noise: int
    group: int

    @property
    def n_controls(self) -> int:
        """Integers a frame: increment, gain, harmonics, noise bands."""
        return 2 + self.harmonics + self.noise

    @property
    def top(self) -> int:
        """Octaves from the softest level to the loudest, which is full scale."""
        return 2 * self.group // STEPS

    @property
    def quiet(self) -> int:
        """The softest level that sounds: with a group of 24, some 60 dB under the loudest."""
        return max(1, self.group // 3)


class Oscillators:
    """Waves, phase, and noise of one stream.

    Args:
        bank: The sizes.
    """

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self._sine = sine_table()
        self._waves = np.zeros((2, CYCLE // 2 + 1), np.int64)
        self._levels = np.zeros((2, bank.noise), np.int64)
        self._lows = np.zeros(bank.noise, np.int64)
        self._words = np.array([0, SEED], np.int64)  # phase, noise

    def render(self, controls: Int32) -> Int32:
        """int32 (frames, n_controls) -> int32 (frames, hop) of samples within int16."""
        from zoo.oscillators_kernel import render

        bank = self.bank
        out = np.empty((len(controls), bank.hop), np.int32)
        render(
            np.ascontiguousarray(controls, np.int64),
            np.array([bank.pitch, bank.harmonics, bank.noise, bank.top, bank.quiet], np.int64),
            self._sine,
            self._waves,
            self._levels,
            self._lows,
            self._words,
            out,
        )
        return cast(Int32, out)
