"""Drum sounds made of sines, squares and noise: kits of endless variety that nobody recorded.

A kit's sounds are drawn with one set of random numbers, so that no two kits share one. Each goes through
`tasks.data.shots.cut`, like recordings do: what has no single clear attack is drawn again.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from tasks.data.shots import RATE, Shot, cut

Float64 = npt.NDArray[np.float64]
Sound = Callable[[np.random.Generator], Float64]

_MEMBRANE = (1.0, 1.59, 2.14, 2.30, 2.65, 2.92)  # modes of an ideal circular membrane
_METAL = (1.0, 1.34, 1.79, 2.01, 2.63, 3.17)  # partials that fit no series


def synthetic_kit(rng: np.random.Generator) -> list[Shot]:
    """Eight to fourteen one-shots: a kick, a snare and a hi-hat first, then whatever is drawn."""
    drawn = rng.choice(len(SOUNDS), int(rng.integers(5, 12))).tolist()
    shots: list[Shot] = []
    for number, sound in enumerate((_kick, _snare, _hat, *(SOUNDS[kind] for kind in drawn))):
        found = cut(f"{number}", sound(rng))
        while not isinstance(found, Shot):
            found = cut(f"{number}", sound(rng))
        shots.append(found)
    return shots


def _log(rng: np.random.Generator, low: float, high: float) -> float:
    """A number between these, each octave as likely as the others."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _decay(seconds: float, longest: float = 5.0) -> tuple[Float64, Float64]:
    """Instants (s) and an envelope that falls to 1/e in `seconds`, cut after `longest` times that."""
    t = np.arange(int(min(2.4, longest * seconds + 0.01) * RATE)) / RATE
    return t, np.exp(-t / seconds)


def _band(noise: Float64, low: float, high: float) -> Float64:
    """Noise between two frequencies (Hz), slopes of 12 dB an octave."""
    from scipy.signal import butter, sosfilt

    sos = butter(2, [low, min(high, 0.45 * RATE)], "bandpass", fs=RATE, output="sos")
    return np.asarray(sosfilt(sos, noise), np.float64)


def _scaled(x: Float64) -> Float64:
    return x / max(1e-9, float(np.abs(x).max()))


def _sweep(t: Float64, start: float, end: float, seconds: float, phase: float) -> Float64:
    """A sine that falls from one frequency to another (Hz), most of the way in `seconds`."""
    cycles = end * t + (start - end) * seconds * (1 - np.exp(-t / seconds))
    return np.sin(2 * np.pi * cycles + phase)


def _click(rng: np.random.Generator, n: int, level: float) -> Float64:
    """A burst of noise of 0.5 to 6 ms."""
    return level * rng.normal(0, 0.4, n) * np.exp(-np.arange(n) / (_log(rng, 0.0005, 0.006) * RATE))


def _kick(rng: np.random.Generator) -> Float64:
    end = rng.uniform(35, 85)
    t, envelope = _decay(_log(rng, 0.05, 0.5))
    body = _sweep(t, end * _log(rng, 1.5, 20), end, _log(rng, 0.004, 0.06), rng.uniform(0, 1.5))
    drive = rng.uniform(0.3, 5)
    return _scaled(np.tanh(drive * body) * envelope) + _click(rng, len(t), rng.uniform(0, 0.6))


def _snare(rng: np.random.Generator) -> Float64:
    t, rattle = _decay(_log(rng, 0.03, 0.22))
    noise = _scaled(_band(rng.normal(0, 1, len(t)), _log(rng, 300, 3_000), _log(rng, 5_000, 19_000)))
    pitch, tone = rng.uniform(120, 340), np.zeros(len(t))
    for ratio in (1.0, rng.uniform(1.4, 1.9)):
        tone += _sweep(t, pitch * ratio * 1.3, pitch * ratio, 0.01, rng.uniform(0, 6)) * np.exp(
            -t / _log(rng, 0.02, 0.15)
        )
    return noise * rattle + rng.uniform(0, 1.2) * _scaled(tone)


def _metal(rng: np.random.Generator, t: Float64, pitch: float) -> Float64:
    """Squares that fit no series."""
    ratios = np.array(_METAL) * rng.uniform(0.95, 1.05, len(_METAL))
    phases = rng.random(len(_METAL))
    return np.sign(np.sin(2 * np.pi * (np.outer(ratios * pitch, t) + phases[:, None]))).sum(axis=0)


def _hat(rng: np.random.Generator) -> Float64:
    t, envelope = _decay(_log(rng, 0.012, 0.35))
    share = rng.random()
    sound = share * rng.normal(0, 1, len(t)) + (1 - share) * _metal(rng, t, _log(rng, 200, 900)) / 3
    return _band(sound, _log(rng, 2_500, 9_000), 19_000) * envelope


def _cymbal(rng: np.random.Generator) -> Float64:
    t, envelope = _decay(_log(rng, 0.3, 1.2))
    sound = rng.normal(0, 1, len(t)) + rng.uniform(0, 0.5) * _metal(rng, t, _log(rng, 150, 600))
    return _band(sound, _log(rng, 400, 4_000), 18_000) * envelope


def _clap(rng: np.random.Generator) -> Float64:
    t, tail = _decay(_log(rng, 0.03, 0.2))
    envelope = rng.uniform(0.3, 0.8) * tail
    for k in range(int(rng.integers(1, 4))):
        at = int(k * rng.uniform(0.006, 0.012) * RATE)
        envelope[at:] += np.exp(-t[: len(t) - at] / rng.uniform(0.002, 0.006))
    centre = _log(rng, 700, 2_500)
    return _band(rng.normal(0, 1, len(t)), 0.6 * centre, _log(rng, 2, 6) * centre) * envelope


def _drum(rng: np.random.Generator) -> Float64:
    """A tom or a hand drum: modes of a membrane, each with its own decay, and a slap."""
    pitch, ring = _log(rng, 65, 500), _log(rng, 0.04, 0.5)
    t, _ = _decay(ring)
    out = np.zeros(len(t))
    bend = rng.uniform(1.0, 1.5)
    for ratio in _MEMBRANE[: int(rng.integers(1, len(_MEMBRANE) + 1))]:
        partial = _sweep(t, bend * pitch * ratio, pitch * ratio, 0.03, rng.uniform(0, 3))
        out += rng.uniform(0.1, 1) / ratio * partial * np.exp(-t * ratio / ring)
    return _scaled(out) + _click(rng, len(t), rng.uniform(0, 0.8))


def _bell(rng: np.random.Generator) -> Float64:
    """A block, a cowbell, a bell or a rim: a few partials."""
    pitch, ring = _log(rng, 300, 3_000), _log(rng, 0.008, 0.3)
    t, _ = _decay(ring)
    out = np.zeros(len(t))
    for _ in range(int(rng.integers(1, 5))):
        ratio = rng.uniform(1, 4)
        out += rng.uniform(0.2, 1) * np.sin(2 * np.pi * pitch * ratio * t) * np.exp(-t * ratio / ring)
    return _scaled(out) + _click(rng, len(t), rng.uniform(0, 0.5))


def _shaker(rng: np.random.Generator) -> Float64:
    t, envelope = _decay(_log(rng, 0.015, 0.1))
    rise = np.minimum(1, t / rng.uniform(0.0005, 0.008))
    centre = _log(rng, 2_000, 9_000)
    return _band(rng.normal(0, 1, len(t)), 0.7 * centre, 2 * centre) * envelope * rise


def _blip(rng: np.random.Generator) -> Float64:
    """An electronic sweep, up or down."""
    t, envelope = _decay(_log(rng, 0.01, 0.15))
    end = _log(rng, 80, 2_000)
    return np.sign(_sweep(t, end * _log(rng, 0.3, 8), end, _log(rng, 0.005, 0.05), 1.0)) * envelope


SOUNDS: tuple[Sound, ...] = (
    _kick, _snare, _hat, _cymbal, _clap, _drum, _bell, _shaker, _blip, _hat, _drum, _snare,
)  # fmt: skip
