"""One-shots: read a kit's files, find where each sound starts, and keep those with one clear attack.

A label can only be as good as the one-shot's start, so every file is cut where its sound first reaches 2 % of
its peak. Refused are swells, files with a second attack (flams, rolls, open-close pairs), loops and
silence; the reason is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.errors import AudioError

Float64 = npt.NDArray[np.float64]

RATE = 44_100
START_LEVEL = 0.02
ATTACK_LEVEL, ATTACK_SECONDS = 0.3, 0.010
BODY_LEVEL, BODY_SECONDS = 0.4, 0.030
LONGEST_SECONDS, FADE_SECONDS = 2.5, 0.020
SUFFIXES = frozenset({".wav", ".flac", ".aiff", ".aif", ".ogg"})
LOOP_PREFIX = "beats_"
_ENVELOPE_STEP = RATE // 200  # 5 ms
_SECOND_ATTACK = 2.0  # times the loudest of the 30 ms before, above 6 % of the peak


@dataclass(frozen=True, eq=False)
class Shot:
    """One percussive hit.

    Args:
        name: File name.
        samples: float64 (n,) mono at 44,100 Hz, peak 1, from the instant the sound starts.
    """

    name: str
    samples: Float64


@dataclass(frozen=True)
class Refused:
    """A file that is no clean one-shot, and why."""

    name: str
    reason: str


def read_kit(folder: Path) -> tuple[list[Shot], list[Refused]]:
    """Cut every recording in a kit's folder.

    Raises:
        AudioError: The folder is missing or a file in it cannot be read.
    """
    if not folder.is_dir():
        raise AudioError(f"{folder}: no such kit. Unpack its package there, or run `zoo data build`")
    shots: list[Shot] = []
    refused: list[Refused] = []
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() not in SUFFIXES:
            continue
        if file.name.startswith(LOOP_PREFIX):
            refused.append(Refused(file.name, "a loop"))
            continue
        found = cut(file.name, read_mono(file))
        if isinstance(found, Shot):
            shots.append(found)
        else:
            refused.append(found)
    return shots, refused


def read_mono(file: Path) -> Float64:
    """float64 (n,) mono at 44,100 Hz: channels averaged, other rates resampled in float64 by scipy.

    Raises:
        AudioError: The file cannot be read.
    """
    import soundfile

    try:
        samples, rate = soundfile.read(file, dtype="float64", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise AudioError(f"{file}: cannot read audio: {error}. Unpack its package again") from None
    return resample(samples.mean(axis=1), rate, RATE)


def resample(samples: Float64, found: int, rate: int) -> Float64:
    """float64 (n,) from one rate to another by a polyphase filter."""
    if found == rate:
        return samples
    from scipy.signal import resample_poly

    common = gcd(found, rate)
    resampled: Any = resample_poly(samples, rate // common, found // common)
    return np.asarray(resampled, np.float64)


def cut(name: str, samples: Float64) -> Shot | Refused:
    """A shot from its first audible sample, peak 1, or why there is none."""
    peak = float(np.abs(samples).max(initial=0.0))
    if peak < 1e-3:
        return Refused(name, "silent")
    level = np.abs(samples) / peak
    start = int(np.argmax(level >= START_LEVEL))
    attack = (int(np.argmax(level >= ATTACK_LEVEL)) - start) / RATE
    if attack > ATTACK_SECONDS:
        return Refused(name, f"slow attack: {attack * 1000:.1f} ms to {ATTACK_LEVEL:.0%} of the peak")
    body = float(level[start : start + int(BODY_SECONDS * RATE)].max())
    if body < BODY_LEVEL:
        return Refused(name, f"a swell: only {body:.0%} of the peak in its first 30 ms")
    again = second_attack(samples[start:] / peak)
    if again is not None:
        return Refused(name, f"a second attack {again * 1000:.0f} ms after the first")
    length = int(LONGEST_SECONDS * RATE)
    return Shot(name, _faded(samples[start : start + length] / peak))


def second_attack(samples: Float64) -> float | None:
    """Seconds from the start to where the 5 ms level doubles against the 30 ms before, if it does."""
    steps = len(samples) // _ENVELOPE_STEP
    frames = samples[: steps * _ENVELOPE_STEP].reshape(steps, _ENVELOPE_STEP)
    envelope = np.sqrt((frames**2).mean(axis=1))
    for i in range(7, steps):
        if envelope[i] > 0.06 and envelope[i] > _SECOND_ATTACK * envelope[i - 6 : i].max():
            return i * _ENVELOPE_STEP / RATE
    return None


def _faded(samples: Float64) -> Float64:
    fade = min(int(FADE_SECONDS * RATE), len(samples) // 2)
    out = samples.copy()
    if fade:
        out[-fade:] *= np.linspace(1, 0, fade)
    return out
