"""Clips mixed from one kit's one-shots at exact sample times; every clip follows from (seed, split, index).

Arithmetic is float64 from start to end and rounded once. A hit that what already sounds would cover in
every octave band is not played, so that every label is the start of something audible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.data.augment import Studio
from tasks.data.clip import MERGE_SECONDS, RATE, Clip, merge
from tasks.data.patterns import Strike, strikes
from tasks.data.shots import Shot

Float64 = npt.NDArray[np.float64]

SEED = 20_240
_SPLIT_NUMBER = {"train": 1, "val": 2, "test1": 3, "test2": 4, "beats": 5, "beats-val": 6}
_WINDOW = 1024  # samples before and after a hit that say whether it is heard
_MARGIN = 2.0  # power in some octave band, against what sounded just before
_SHARE = 0.02  # of the hit's power that a band must hold to count
_CHOKE = RATE // 200


@dataclass(frozen=True)
class Recipe:
    """How the clips of a split are made.

    Args:
        clips: Number of clips.
        seconds: Length of each.
        softest: Gain of the softest hit, dB.
        level: Lowest and highest peak of a clip, dB of full scale.
        augment: Whether the kit is pitched, gated, and played in a room with noise, drones and hum.
    """

    clips: int
    seconds: float
    softest: float
    level: tuple[float, float]
    augment: bool


def clip_rng(split: str, index: int) -> np.random.Generator:
    """The random numbers of one clip."""
    return np.random.default_rng([SEED, _SPLIT_NUMBER[split], index])


def mix(
    rng: np.random.Generator, name: str, shots: Sequence[Shot], recipe: Recipe, group: str, licence: str
) -> Clip:
    """One clip of one kit."""
    length = int(recipe.seconds * RATE)
    studio = Studio(rng, length) if recipe.augment else None
    plan = strikes(rng, recipe.seconds, len(shots), recipe.softest)
    chokes = rng.random() < 0.4
    backing = studio.backing() if studio else np.zeros(length)
    dry, played = lay(plan, shots, length, backing, chokes, studio)
    times = np.array([strike.at / RATE for strike in played], np.float64)
    sound = studio.finish(dry + backing) if studio else dry
    peak = 10 ** (rng.uniform(*recipe.level) / 20)
    sound *= 32_767 * peak / max(1e-9, float(np.abs(sound).max()))
    return Clip(name, np.rint(sound).astype(np.int16), merge(times, MERGE_SECONDS), group, licence)


def lay(
    plan: Sequence[Strike],
    shots: Sequence[Shot],
    length: int,
    backing: Float64,
    chokes: bool,
    studio: Studio | None = None,
    margin: float = _MARGIN,
) -> tuple[Float64, list[Strike]]:
    """Play the hits that are heard: float64 (length,) of them alone, and which they are.

    Args:
        plan: Hits in ascending time.
        shots: One-shots that the plan counts.
        length: Samples of the clip.
        backing: float64 (length,) that sounds with the hits and may cover them.
        chokes: Whether a hit silences the earlier hit of the same one-shot.
        studio: Changes every one-shot of the clip, if given.
        margin: See `heard`.
    """
    mixed = np.zeros(length)
    used: dict[int, Float64] = {}
    sounding: dict[int, tuple[int, Float64]] = {}
    played: list[Strike] = []
    for strike in plan:
        at, number, gain = strike
        if number not in used:
            used[number] = studio.voice(shots[number].samples) if studio else shots[number].samples
        hit = used[number][: length - at] * 10 ** (gain / 20)
        earlier = mixed[max(0, at - _WINDOW) : at] + backing[max(0, at - _WINDOW) : at]
        if not heard(hit, earlier, margin):
            continue
        if chokes and number in sounding:
            _choke(mixed, *sounding[number], at)
        mixed[at : at + len(hit)] += hit
        sounding[number] = at, hit
        played.append(strike)
    return mixed, played


def heard(hit: Float64, earlier: Float64, margin: float = _MARGIN) -> bool:
    """Whether in some octave band the hit's first 23 ms have `margin` times the power of those before."""
    new, old = _octaves(hit[:_WINDOW]), _octaves(earlier)
    return bool(np.any((new > margin * old) & (new > _SHARE * new.sum())))


def _octaves(samples: Float64) -> Float64:
    """Power in octave bands of 1024 samples: 43 Hz, 86 Hz, 172 Hz ... 22 kHz."""
    power = np.abs(np.fft.rfft(samples, _WINDOW)) ** 2
    edges = [1 << i for i in range(10)]
    return np.add.reduceat(power, edges)


def _choke(mixed: Float64, start: int, hit: Float64, at: int) -> None:
    """Take out what is left of an earlier hit, within 5 ms before `at`."""
    begin = max(start, at - _CHOKE)
    rest = hit[begin - start :].copy()
    fade = min(at - begin, len(rest))
    rest[:fade] *= np.linspace(0, 1, fade, endpoint=False)
    mixed[begin : begin + len(rest)] -= rest
