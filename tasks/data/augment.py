"""What training clips go through so that a detector learns the attack and not the recording.

One `Studio` is one clip's chain: pitch and gate of the kit, a drone or bass line that is no onset, and then
drive, filters, a room, noise, hum and an offset.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.data.clip import RATE

Float64 = npt.NDArray[np.float64]

_SEMITONES = 3
_PITCH_STEPS = 60  # one-shots are resampled by n / 60


def chance(rng: np.random.Generator, probability: float) -> bool:
    """True with this probability."""
    return bool(rng.random() < probability)


def decibels(level: float) -> float:
    """Amplitude of a level in dB."""
    return float(10 ** (level / 20))


class Studio:
    """The settings of one clip, drawn once, and the steps that use them.

    Args:
        rng: Source of everything random.
        length: Samples of the clip.
    """

    def __init__(self, rng: np.random.Generator, length: int) -> None:
        self.rng = rng
        self.length = length
        shift = rng.uniform(-_SEMITONES, _SEMITONES) if chance(rng, 0.6) else 0.0
        self.pitch = round(_PITCH_STEPS * 2 ** (-shift / 12))
        self.gate = float(np.exp(rng.uniform(np.log(0.04), np.log(0.5)))) if chance(rng, 0.25) else None

    def voice(self, samples: Float64) -> Float64:
        """A one-shot, pitched and gated."""
        from scipy.signal import resample_poly

        if self.pitch != _PITCH_STEPS:
            samples = np.asarray(resample_poly(samples, self.pitch, _PITCH_STEPS), np.float64)
        if self.gate is not None:
            samples = samples * np.exp(-np.arange(len(samples)) / (self.gate * RATE))
        return samples / max(1e-9, float(np.abs(samples).max()))

    def backing(self) -> Float64:
        """Silence, a drone, a pad or a soft bass line: nothing in it has an attack under 40 ms."""
        rng = self.rng
        out = np.zeros(self.length)
        if chance(rng, 0.35):
            out += _pad(rng, self.length) * decibels(rng.uniform(-30, -8))
        if chance(rng, 0.25):
            out += _bass(rng, self.length) * decibels(rng.uniform(-24, -6))
        return out

    def finish(self, sound: Float64) -> Float64:
        """Drive, filters, room, noise, hum and offset, each with its own probability."""
        rng = self.rng
        sound = sound / max(1e-9, float(np.abs(sound).max()))
        if chance(rng, 0.25):
            drive = decibels(rng.uniform(0, 14))
            sound = np.tanh(drive * sound) / np.tanh(drive)
        if chance(rng, 0.6):
            sound = _tilt(rng, sound)
        if chance(rng, 0.2):
            sound = _low_pass(sound, float(np.exp(rng.uniform(np.log(2_500), np.log(14_000)))), 2)
        if chance(rng, 0.35):
            sound = _room(rng, sound)
        if chance(rng, 0.7):
            sound = sound + _noise(rng, self.length) * decibels(rng.uniform(-75, -45))
        if chance(rng, 0.15):
            sound = sound + _hum(rng, self.length) * decibels(rng.uniform(-65, -40))
        if chance(rng, 0.15):
            sound = sound + rng.uniform(-0.01, 0.01)
        return sound


def _filter(b: list[float], a: list[float], x: Float64) -> Float64:
    from scipy.signal import lfilter

    out: Any = lfilter(b, a, x)
    return np.asarray(out, np.float64)


def _low_pass(x: Float64, cutoff: float, order: int = 1) -> Float64:
    """One-pole low-pass filters in a row."""
    keep = float(np.exp(-2 * np.pi * cutoff / RATE))
    for _ in range(order):
        x = _filter([1 - keep], [1, -keep], x)
    return x


def _tilt(rng: np.random.Generator, x: Float64) -> Float64:
    """A low and a high shelf of up to 9 dB."""
    low = _low_pass(x, rng.uniform(80, 500))
    high = x - _low_pass(x, rng.uniform(2_000, 8_000))
    return x + low * (decibels(rng.uniform(-9, 9)) - 1) + high * (decibels(rng.uniform(-9, 9)) - 1)


def _room(rng: np.random.Generator, x: Float64) -> Float64:
    """An exponentially decaying noise as the room: 0.1 to 1.2 s, 6 to 30 dB below the sound."""
    from scipy.signal import fftconvolve

    seconds = rng.uniform(0.1, 1.2)
    n = int(seconds * RATE)
    tail = rng.normal(0, 1, n) * 10 ** (-3 * np.arange(n) / n)
    tail = _low_pass(tail, rng.uniform(1_500, 9_000))
    tail /= np.sqrt((tail**2).sum())
    wet = np.asarray(fftconvolve(x, tail), np.float64)[: len(x)]
    delay = int(rng.uniform(0, 0.012) * RATE)
    wet = np.concatenate([np.zeros(delay), wet])[: len(x)]
    return x + wet * decibels(rng.uniform(-24, -4))


def _noise(rng: np.random.Generator, n: int) -> Float64:
    """White or darker noise, rms 1."""
    noise = rng.normal(0, 1, n)
    if chance(rng, 0.5):
        noise = _low_pass(noise, float(np.exp(rng.uniform(np.log(100), np.log(5_000)))))
    return noise / np.sqrt((noise**2).mean())


def _hum(rng: np.random.Generator, n: int) -> Float64:
    """Mains hum with harmonics, rms about 1."""
    mains = float(rng.choice([50, 60]))
    t = np.arange(n) / RATE
    out = np.zeros(n)
    for harmonic in range(1, 8):
        out += np.sin(2 * np.pi * (mains * harmonic * t + rng.random())) * rng.uniform(0, 1) / harmonic
    return out


def _notes(rng: np.random.Generator, n: int, shortest: float, longest: float) -> list[tuple[int, int]]:
    """Starts and lengths, in samples, of notes one after another, some of them silent."""
    out: list[tuple[int, int]] = []
    at = 0
    while at < n:
        length = int(rng.uniform(shortest, longest) * RATE)
        if chance(rng, 0.8):
            out.append((at, min(length, n - at)))
        at += length
    return out


def swell(n: int, attack: float, release: float) -> Float64:
    """0 to 1 to 0 with raised-cosine slopes of these seconds."""
    env = np.ones(n)
    up, down = min(int(attack * RATE), n // 2), min(int(release * RATE), n // 2)
    env[:up] = 0.5 - 0.5 * np.cos(np.pi * np.arange(up) / max(1, up))
    env[n - down :] = 0.5 + 0.5 * np.cos(np.pi * np.arange(down) / max(1, down))
    return env


def _pad(rng: np.random.Generator, n: int) -> Float64:
    """Chords of detuned saws through a low-pass, swelling over 0.1 to 0.6 s; peak 1."""
    out = np.zeros(n)
    for at, length in _notes(rng, n, 0.8, 4.0):
        t = np.arange(length) / RATE
        note = np.zeros(length)
        for _ in range(int(rng.integers(2, 5))):
            pitch = 55 * 2 ** (rng.integers(0, 48) / 12) * (1 + rng.normal(0, 0.003))
            note += 2 * ((pitch * t + rng.random()) % 1) - 1
        note = _low_pass(note, float(np.exp(rng.uniform(np.log(300), np.log(4_000)))), 2)
        out[at : at + length] += note * swell(length, rng.uniform(0.1, 0.6), rng.uniform(0.1, 0.6))
    return out / max(1e-9, float(np.abs(out).max()))


def _bass(rng: np.random.Generator, n: int) -> Float64:
    """Low notes that glide in over 40 to 120 ms; peak 1."""
    out = np.zeros(n)
    root = 32.7 * 2 ** (rng.integers(0, 12) / 12)
    for at, length in _notes(rng, n, 0.2, 1.2):
        t = np.arange(length) / RATE
        pitch = root * 2 ** (float(rng.choice([0, 0, 3, 5, 7, 10, 12])) / 12)
        note = np.sin(2 * np.pi * pitch * t)
        note += rng.uniform(0, 0.5) * np.sin(4 * np.pi * pitch * t)
        note += rng.uniform(0, 0.3) * np.sin(6 * np.pi * pitch * t)
        out[at : at + length] += note * swell(length, rng.uniform(0.04, 0.12), rng.uniform(0.04, 0.2))
    return out / max(1e-9, float(np.abs(out).max()))
