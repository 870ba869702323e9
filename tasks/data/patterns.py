"""When which one-shot is struck, and how hard: loops on a tempo grid, free time, and rolls."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

RATE = 44_100
STEPS = 16


class Strike(NamedTuple):
    """One hit: sample index, index of the one-shot, and gain in dB."""

    at: int
    shot: int
    gain: float


def strikes(rng: np.random.Generator, seconds: float, shots: int, softest: float) -> list[Strike]:
    """Hits of one clip in ascending time: half the clips on a grid, a third free, the rest with rolls.

    Args:
        rng: Source of everything random.
        seconds: Length of the clip.
        shots: Number of one-shots to choose from.
        softest: Gain of the softest hit in dB; the loudest is 0.
    """
    kind = rng.random()
    if kind < 0.5:
        found = _grid(rng, seconds, shots, softest)
    elif kind < 0.85:
        found = _free(rng, seconds, shots, softest)
    else:
        found = _free(rng, seconds, shots, softest) + _rolls(rng, seconds, shots, softest)
    last = int((seconds - 0.1) * RATE)
    return sorted(strike for strike in found if 0 <= strike.at < last)


def _grid(rng: np.random.Generator, seconds: float, shots: int, softest: float) -> list[Strike]:
    """A bar of sixteenths for each of a few voices, repeated with variations, swing and jitter."""
    step = 60 / rng.uniform(70, 180) / 4
    swing = rng.uniform(0, 0.33) if rng.random() < 0.4 else 0.0
    jitter = rng.uniform(0, 0.008)
    start = rng.uniform(0.05, 0.4)
    voices = rng.choice(shots, min(shots, int(rng.integers(3, 9))), replace=False)
    out: list[Strike] = []
    for voice in voices.tolist():
        every = int(rng.choice([1, 2, 2, 4, 4, 8]))
        chance = np.where(np.arange(STEPS) % every == 0, rng.uniform(0.5, 1.0), rng.uniform(0, 0.15))
        chance = np.roll(chance, int(rng.integers(0, every)))
        bar = rng.random(STEPS) < chance
        accent = rng.uniform(softest, 0, STEPS)
        late = rng.normal(0, 0.002)
        for i in range(int((seconds - start) / step)):
            if bar[i % STEPS] != (rng.random() < 0.06):  # now and then a hit more or less
                time = start + (i + swing * (i % 2)) * step + late + rng.normal(0, jitter)
                gain = float(np.clip(accent[i % STEPS] + rng.normal(0, 1.5), softest, 0))
                out.append(Strike(int(time * RATE), voice, gain))
    return out


def groove(rng: np.random.Generator, seconds: float, shots: int, softest: float) -> list[Strike]:
    """Bars on a grid, half of them with ghost notes 6 to 18 dB softer; most start at once, as loops do."""
    loud = _grid(rng, seconds, shots, softest / 2)
    soft = _grid(rng, seconds, shots, softest / 2) if rng.random() < 0.5 else []
    down = rng.uniform(6, 18)
    found = sorted([*loud, *(strike._replace(gain=strike.gain - down) for strike in soft)])
    if found and rng.random() < 0.7:
        early = found[0].at - int(rng.integers(0, 400))
        found = [strike._replace(at=strike.at - early) for strike in found]
    last = int((seconds - 0.1) * RATE)
    return [strike for strike in found if 0 <= strike.at < last]


def _free(rng: np.random.Generator, seconds: float, shots: int, softest: float) -> list[Strike]:
    """Random gaps, now and then two hits at once or nearly so."""
    out: list[Strike] = []
    time = rng.uniform(0.05, 0.5)
    mean = rng.uniform(0.10, 0.45)
    while time < seconds:
        for extra in range(1 + int(rng.random() < 0.25)):
            at = time + (abs(rng.normal(0, 0.004)) if extra else 0.0)
            out.append(Strike(int(at * RATE), int(rng.integers(shots)), float(rng.uniform(softest, 0))))
        time += 0.045 + rng.exponential(mean)
    return out


def _rolls(rng: np.random.Generator, seconds: float, shots: int, softest: float) -> list[Strike]:
    """Two to four quick runs of one voice, 50 to 110 ms apart, growing or fading."""
    out: list[Strike] = []
    for _ in range(int(rng.integers(2, 5))):
        time, gap = rng.uniform(0.1, seconds - 1), rng.uniform(0.050, 0.110)
        hits, voice = int(rng.integers(4, 13)), int(rng.integers(shots))
        levels = np.linspace(rng.uniform(softest, 0), rng.uniform(softest, 0), hits)
        for level in levels.tolist():
            out.append(Strike(int(time * RATE), voice, float(np.clip(level + rng.normal(0, 1), softest, 0))))
            time += gap + rng.normal(0, 0.003)
    return out
