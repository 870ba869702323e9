"""The head that plays: an oscillator bank behind counts of output bits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from zoo.head_base import Bits, HeadFrames, Int32, check_range
from zoo.oscillators import MAX_GROUP, Bank, Oscillators


@dataclass(frozen=True)
class OscillatorBank:
    """Samples of an oscillator bank, whose pitch and amplitudes are the outputs.

    Outputs, in this order: the phase increment, most significant bit first, in `2^-(pitch + 2)` cycles a
    sample; then groups whose ones are counted: gain, harmonics from the first, noise bands from high to low.
    Levels add: a harmonic's amplitude is `gain + count` quarters of an octave, silent where the count is 0 or
    the level below a third of a group.
    Amplitudes ramp from the frame before to this one. See `zoo.oscillators`.

    Args:
        hop: Samples a frame, that of the front end: 2, 4, ... or 256.
        pitch: Bits of the phase increment, 8 to 20.
        harmonics: 1 to 32.
        noise: Bands of noise, 0 to 8.
        group: Outputs a group, 1 to 48.
    """

    kind: ClassVar[str] = "oscillator_bank"

    hop: int
    pitch: int
    harmonics: int
    noise: int
    group: int

    def __post_init__(self) -> None:
        check_range("oscillator_bank", "hop", self.hop, 2, 256)
        if self.hop & (self.hop - 1):
            raise ValueError(f"oscillator_bank: hop: expected a power of two, found {self.hop}")
        check_range("oscillator_bank", "pitch", self.pitch, 8, 20)
        check_range("oscillator_bank", "harmonics", self.harmonics, 1, 32)
        check_range("oscillator_bank", "noise", self.noise, 0, 8)
        check_range("oscillator_bank", "group", self.group, 1, MAX_GROUP)

    @property
    def bank(self) -> Bank:
        """What renders."""
        return Bank(self.hop, self.pitch, self.harmonics, self.noise, self.group)

    @property
    def n_values(self) -> int:
        """The samples of a frame."""
        return self.hop

    @property
    def n_groups(self) -> int:
        """Gain, harmonics, noise bands."""
        return 1 + self.harmonics + self.noise

    def check_outputs(self, n_outputs: int) -> None:
        """The increment's bits, and every group."""
        expected = self.pitch + self.n_groups * self.group
        if n_outputs != expected:
            raise ValueError(f"oscillator_bank: circuit outputs: expected {expected}, found {n_outputs}")

    def stream(self) -> OscillatorStream:
        """A silent bank."""
        return OscillatorStream(self)

    def decode(self, outputs: Bits) -> Int32:
        """uint8 (frames, outputs) -> int32 (frames, 2 + harmonics + noise): increment, gain, amplitudes."""
        shifts = np.arange(self.pitch - 1, -1, -1, dtype=np.int32)
        increments = (outputs[:, : self.pitch].astype(np.int32) << shifts).sum(axis=1, dtype=np.int32)
        groups = outputs[:, self.pitch :].reshape(len(outputs), self.n_groups, self.group)
        return np.concatenate([increments[:, None], groups.sum(axis=2, dtype=np.int32)], axis=1)

    def params(self) -> dict[str, int]:
        """JSON-ready parameters."""
        return {
            "hop": self.hop,
            "pitch": self.pitch,
            "harmonics": self.harmonics,
            "noise": self.noise,
            "group": self.group,
        }


class OscillatorStream:
    """The oscillators of one stream."""

    def __init__(self, head: OscillatorBank) -> None:
        self.head = head
        self._oscillators = Oscillators(head.bank)

    def push(self, outputs: Bits) -> HeadFrames:
        """uint8 (frames, outputs) -> samples (frames, hop), no hits."""
        return self.answer(self.head.decode(outputs))

    def answer(self, controls: Int32) -> HeadFrames:
        """int32 (frames, 2 + harmonics + noise) -> samples (frames, hop), no hits."""
        return HeadFrames(self._oscillators.render(controls), np.zeros(0, np.int64))
