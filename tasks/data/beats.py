"""Clips like produced loops: a groove with ghost notes, bass or chords under it, and a chain of effects.

Beside the plain clips they hold what records do to drums: notes that start with the hits, compression,
clipping, fewer bits and samples, narrow bands, crackle, and between the hits what is no onset: faint strokes
and swells. Every clip follows from (seed, split, index).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tasks.data.augment import Studio, chance, decibels, swell
from tasks.data.clip import MERGE_SECONDS, RATE, Clip, merge
from tasks.data.mixing import Recipe, heard, lay
from tasks.data.patterns import Strike, groove
from tasks.data.shots import Shot

Float64 = npt.NDArray[np.float64]

TRAIN_VOICES, VAL_VOICES = ("saw", "square", "sine"), ("fm", "string")
_CONTROL = 32  # samples from one gain of the compressor to the next
_WINDOW = 1024  # samples that say whether a note is heard
_MARGIN = 6.0  # a hit must stand out more than in plain clips: effects come after it
_FAINT = (-60.0, -40.0)  # dB under the loudest: whoever labels recordings stops some 36 dB under it


def beat(
    rng: np.random.Generator,
    name: str,
    shots: Sequence[Shot],
    recipe: Recipe,
    voices: Sequence[str],
    group: str,
    licence: str,
) -> Clip:
    """One clip of one kit.

    Args:
        rng: Source of everything random.
        name: Of the clip.
        shots: The kit's one-shots.
        recipe: Length, softest hit and level; `augment` says whether the kit is pitched and gated.
        voices: What may play the notes, of `TRAIN_VOICES` and `VAL_VOICES`.
        group: Of the clip.
        licence: Of the clip.
    """
    length = int(recipe.seconds * RATE)
    studio = Studio(rng, length)
    plan = groove(rng, recipe.seconds, len(shots), recipe.softest)
    backing = studio.backing()
    voice = studio if recipe.augment else None
    chokes = chance(rng, 0.4)
    _, played = lay(plan, shots, length, backing, chokes, voice, _MARGIN)
    starts: list[int] = []
    if chance(rng, 0.6):
        notes, starts = accompany(rng, played, length, voices)
        backing = backing + notes * decibels(rng.uniform(-24, -2))
    dry, played = lay(played, shots, length, backing, chokes, voice, _MARGIN)
    sound = dry + backing
    found = [strike.at for strike in played]
    found += [at for at in starts if heard(sound[at : at + _WINDOW], sound[max(0, at - _WINDOW) : at])]
    times = merge(np.array(found, np.float64) / RATE, MERGE_SECONDS)
    sound = produce(rng, sound)
    sound = studio.finish(sound + murmur(rng, shots, length))
    peak = 10 ** (rng.uniform(*recipe.level) / 20)
    sound = sound * (32_767 * peak / max(1e-9, float(np.abs(sound).max())))
    return Clip(name, np.rint(sound).astype(np.int16), times, group, licence)


def accompany(
    rng: np.random.Generator, played: Sequence[Strike], length: int, voices: Sequence[str]
) -> tuple[Float64, list[int]]:
    """Bass or chords whose every note starts with a hit: float64 (length,), peak 1, and the starts."""
    out, starts = np.zeros(length), []
    kind, low = str(rng.choice(voices)), chance(rng, 0.6)
    scale = np.cumsum(rng.choice([2, 2, 3], 5))
    root = (32.7 if low else 130.8) * 2 ** (rng.integers(0, 14) / 12)
    chord = 1 if low else int(rng.integers(1, 4))
    share, ring = rng.uniform(0.15, 0.7), float(np.exp(rng.uniform(np.log(0.05), np.log(0.8))))
    cutoff = float(np.exp(rng.uniform(np.log(300), np.log(6_000))))
    chosen = [strike.at for strike in played if rng.random() < share]
    for at, end in pairwise([*chosen, length]):
        n = min(end - at, int(rng.uniform(0.5, 5) * ring * RATE) + 1_000)
        note = np.zeros(n)
        for pitch in root * 2 ** (rng.choice(scale, chord) / 12):
            note += NOTES[kind](rng, pitch, n, cutoff)
        note *= np.exp(-np.arange(n) / (ring * RATE))
        fade = min(441, n // 2)
        note[n - fade :] *= np.linspace(1, 0, fade)
        out[at : at + n] += note
        starts.append(at)
    return out / max(1e-9, float(np.abs(out).max())), starts


def _saw(rng: np.random.Generator, pitch: float, n: int, cutoff: float) -> Float64:
    return _dark(2 * ((pitch * np.arange(n) / RATE + rng.random()) % 1) - 1, cutoff)


def _square(rng: np.random.Generator, pitch: float, n: int, cutoff: float) -> Float64:
    return _dark(np.sign(_saw(rng, pitch, n, 20_000.0) - rng.uniform(-0.5, 0.5)), cutoff)


def _sine(rng: np.random.Generator, pitch: float, n: int, cutoff: float) -> Float64:
    phase = 2 * np.pi * pitch * np.arange(n) / RATE
    return np.sin(phase) + rng.uniform(0, 0.5) * np.sin(2 * phase)


def _fm(rng: np.random.Generator, pitch: float, n: int, cutoff: float) -> Float64:
    """A sine that another one bends less and less."""
    t = np.arange(n) / RATE
    depth = rng.uniform(0.5, 6) * np.exp(-t / rng.uniform(0.03, 0.4))
    return np.sin(2 * np.pi * pitch * t + depth * np.sin(2 * np.pi * pitch * int(rng.integers(1, 5)) * t))


def _string(rng: np.random.Generator, pitch: float, n: int, cutoff: float) -> Float64:
    """A burst of noise that goes round in a delay line."""
    from scipy.signal import lfilter

    period = max(4, round(RATE / pitch))
    burst = np.zeros(n)
    burst[:period] = _dark(rng.uniform(-1, 1, period), cutoff)[:n]
    loop = np.zeros(period + 2)
    loop[0], loop[period], loop[period + 1] = 1, -0.4975, -0.4975
    return np.asarray(lfilter([1.0], loop, burst), np.float64)


def _dark(x: Float64, cutoff: float) -> Float64:
    """Two one-pole low-passes (Hz)."""
    from scipy.signal import lfilter

    keep = float(np.exp(-2 * np.pi * cutoff / RATE))
    for _ in range(2):
        x = np.asarray(lfilter([1 - keep], [1, -keep], x), np.float64)
    return x


NOTES = {"saw": _saw, "square": _square, "sine": _sine, "fm": _fm, "string": _string}


def produce(rng: np.random.Generator, sound: Float64) -> Float64:
    """Compressor, clipping, a narrow band, fewer samples and bits, crackle, each with its own probability."""
    sound = sound / max(1e-9, float(np.abs(sound).max()))
    if chance(rng, 0.5):
        sound = compress(
            sound, rng.uniform(-30, -8), rng.uniform(2, 12), rng.uniform(0.0005, 0.02), rng.uniform(0.03, 0.4)
        )
    if chance(rng, 0.25):
        ceiling = decibels(-rng.uniform(1, 10))
        sound = np.clip(sound, -ceiling, ceiling) / ceiling
    if chance(rng, 0.15):
        sound = sound - _dark(sound, rng.uniform(60, 400))
    if chance(rng, 0.15):
        sound = np.repeat(sound[:: (step := int(rng.integers(2, 6)))], step)[: len(sound)]
    if chance(rng, 0.12):
        levels = 2.0 ** rng.integers(4, 9)
        sound = np.rint(sound * levels) / levels
    if chance(rng, 0.15):
        sound = sound + _crackle(rng, len(sound)) * decibels(rng.uniform(-60, -34))
    return sound


def murmur(rng: np.random.Generator, shots: Sequence[Shot], length: int) -> Float64:
    """What sounds between hits and is no onset: strokes too faint to count, and swells of 30 to 250 ms.

    Args:
        rng: Source of everything random.
        shots: The kit's one-shots.
        length: Samples of the clip, whose hits have a peak of 1.
    """
    out = np.zeros(length)
    for at in _instants(rng, length, 6.0 if chance(rng, 0.5) else 0.0):
        stroke = shots[int(rng.integers(len(shots)))].samples[: length - at]
        out[at : at + len(stroke)] += stroke * decibels(rng.uniform(*_FAINT))
    for at in _instants(rng, length, 2.0 if chance(rng, 0.4) else 0.0):
        rise, fall = rng.uniform(0.03, 0.25, 2)
        n = int((rise + fall + rng.uniform(0, 0.3)) * RATE)
        tone = chance(rng, 0.5)
        note = _saw(rng, rng.uniform(60, 900), n, 3_000.0) if tone else _dark(rng.uniform(-1, 1, n), 8_000.0)
        note *= swell(n, rise, fall) / max(1e-9, float(np.abs(note).max()))
        out[at : at + n] += (note * decibels(rng.uniform(-40, -12)))[: length - at]
    return out


def _instants(rng: np.random.Generator, length: int, most: float) -> list[int]:
    """Samples at which things begin: up to so many a second."""
    return rng.integers(0, length, int(rng.uniform(0, most) * length / RATE)).tolist()


def compress(x: Float64, threshold: float, ratio: float, attack: float, release: float) -> Float64:
    """A compressor of the whole mix, peak 1 again.

    Args:
        x: float64 (n,), peak 1.
        threshold: Level above which it works, dB.
        ratio: dB in for a dB out above the threshold.
        attack: Seconds in which its gain falls.
        release: Seconds in which its gain comes back.
    """
    steps = -(-len(x) // _CONTROL)
    padded = np.pad(np.abs(x), (0, steps * _CONTROL - len(x))).reshape(steps, _CONTROL)
    over = np.maximum(0, 20 * np.log10(np.maximum(padded.max(axis=1), 1e-6)) - threshold)
    wanted = (over * (1 - 1 / ratio)).tolist()
    down, up = (float(np.exp(-_CONTROL / RATE / seconds)) for seconds in (attack, release))
    reduction, now = np.empty(steps + 1), 0.0
    reduction[0] = 0.0
    for i, target in enumerate(wanted):
        keep = down if target > now else up
        now = target + keep * (now - target)
        reduction[i + 1] = now
    at = np.arange(len(x)) / _CONTROL
    out = x * 10 ** (-np.interp(at, np.arange(steps + 1), reduction) / 20)
    return out / max(1e-9, float(np.abs(out).max()))


def _crackle(rng: np.random.Generator, n: int) -> Float64:
    """Clicks of a worn record: one to forty a second, few of them loud; peak 1."""
    out = np.zeros(n)
    clicks = int(rng.integers(1, 40) * n / RATE)
    out[rng.integers(0, n, clicks)] = rng.normal(0, 1, clicks) ** 3
    out = _dark(out, 6_000.0)
    return out / max(1e-9, float(np.abs(out).max()))
