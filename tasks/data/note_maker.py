"""Every clip of the note onset task by its number, from unpacked sound fonts and a folder of strums.

Each key of an instrument is first rendered alone: that gives the time from the MIDI event to the sound's
start, by `start_of`. A label is the MIDI time plus that latency, of a chord's earliest tone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tasks.data.augment import Studio
from tasks.data.clip import MERGE_SECONDS, Clip, merge
from tasks.data.midi import Tone, melody_file
from tasks.data.notes import (
    COUNTS,
    FONT,
    GUITAR,
    INSTRUMENTS,
    NOTES,
    PROGRAMS,
    RATE,
    SECONDS,
    STRUMS,
    Instrument,
)
from tasks.data.packages import check_sources
from tasks.data.phrases import Event, phrase
from tasks.data.render import render
from tasks.data.shots import read_mono
from tasks.data.teachers import BASIC_PITCH

SEED = 20_260
SPLITS = ("train", "val", "plucked", "struck", "bowed", "blown", STRUMS)  # a split's number draws its clips
START_LEVEL, START_SECONDS = 0.1, 0.2  # a sound starts at a tenth of the peak that it reaches in this time
SLOWEST, QUIETEST = 0.060, 0.02  # left out: a key that starts later, or under this share of the loudest
VELOCITY, HELD, SPACING, LEAD = 90, 0.4, 2.0, 0.5  # of the measurement; seconds of a key, to the next, before
GAP = 1.5  # seconds after a clip, in which it fades away
HISS, LEVEL = (-84.0, -70.0), (-24.0, -6.0)  # dB: noise under the peak, peak under full scale
STRUM_GAP, STRUM_LEVEL, CHOKE = (0.2, 0.7), (-9.0, 0.0), 0.006  # seconds, dB, seconds

Float64 = npt.NDArray[np.float64]


class Song(NamedTuple):
    """All clips of an instrument.

    Args:
        sound: float64 (n,): one clip after the other, each with `GAP` behind it.
        onsets: Seconds of each clip's labels.
    """

    sound: Float64
    onsets: list[Float64]


class NoteMaker:
    """Renders all clips of an instrument at once, when the first of them is needed.

    Args:
        packages: Folder that holds `<package>/usr/...`.
    """

    def __init__(self, packages: Path) -> None:
        self.packages = packages
        self._songs: dict[tuple[str, int], Song] = {}

    def check(self) -> None:
        """Check the digests of fonts and strums, and the teacher.

        Raises:
            ZooError: A package is missing, its files are others, or the teacher is not installed.
        """
        files = {font.name: [font.path(self.packages)] for font in FONT.values()}
        files[GUITAR.name] = GUITAR.files(self.packages)
        check_sources(NOTES.name, self.packages, NOTES.packages, files)
        BASIC_PITCH.weights()

    def count(self, split: str) -> int:
        """Clips of a split."""
        return COUNTS[split]

    def name(self, split: str, index: int) -> str:
        """Name of a clip."""
        return f"{split}-{index:04d}"

    def group_and_licence(self, split: str, index: int) -> tuple[str, str]:
        """Font and program of a clip, or the guitar, with the licence."""
        if split == STRUMS:
            return GUITAR.name, GUITAR.licence
        return f"{FONT[split].name}-{_program(split, index)}", FONT[split].licence

    def make(self, split: str, index: int) -> Clip:
        """One clip; it depends on the packages, the teacher, the seed, the split and the number alone.

        Raises:
            ZooError: fluidsynth fails, a recording cannot be read, or the teacher is not installed.
        """
        rng = np.random.default_rng([SEED, SPLITS.index(split), index])
        sound, onsets = self._strums(rng) if split == STRUMS else self._notes(split, index)
        sound /= float(np.abs(sound).max())
        if split == "train":
            sound = Studio(rng, len(sound)).finish(sound)
        elif split != STRUMS:
            sound += rng.standard_normal(len(sound)) * 10 ** (rng.uniform(*HISS) / 20)
        sound *= 32_767 * 10 ** (rng.uniform(*LEVEL) / 20) / float(np.abs(sound).max())
        samples = np.rint(sound).astype(np.int16)
        group, licence = self.group_and_licence(split, index)
        taught = BASIC_PITCH.labels(samples)
        return Clip(self.name(split, index), samples, onsets, group, licence, rate=RATE, teacher=taught)

    def about(self, split: str) -> dict[str, Any]:
        """What a split's manifest says beside its clips: seed, teacher, and the sounds with their authors."""
        source = GUITAR if split == STRUMS else FONT[split]
        known = {key: getattr(source, key) for key in ("name", "package", "authors", "licence")}
        return {"seed": SEED, "teacher": BASIC_PITCH.line, "sources": [known]}

    def _notes(self, split: str, index: int) -> tuple[Float64, Float64]:
        """Sound and onsets of a rendered clip."""
        program, part = _program(split, index), index // len(PROGRAMS[split])
        if (split, program) not in self._songs:
            self._songs[split, program] = self._song(split, program)
        song = self._songs[split, program]
        first = round(part * (SECONDS + GAP) * RATE)
        return song.sound[first : first + round(SECONDS * RATE)].copy(), song.onsets[part]

    def _song(self, split: str, program: int) -> Song:
        """Every clip of an instrument."""
        font, instrument = FONT[split].path(self.packages), INSTRUMENTS[program]
        latency = measure(font, instrument)
        rng = np.random.default_rng([SEED, SPLITS.index(split), 1_000, program])
        parts = -(-COUNTS[split] // len(PROGRAMS[split]))
        tones: list[Tone] = []
        depths: list[tuple[float, int]] = []
        onsets: list[Float64] = []
        for part in range(parts):
            events, depth = phrase(rng, instrument, latency, SECONDS)
            begin = part * (SECONDS + GAP)
            tones += [t._replace(time=t.time + begin) for event in events for t in event.tones]
            depths.append((begin, depth))
            onsets.append(merge(np.array([heard(event, latency) for event in events]), MERGE_SECONDS))
        seconds = parts * (SECONDS + GAP)
        sound = render(font, melody_file(tones, program, seconds, depths))
        whole = round(seconds * RATE)
        return Song(np.pad(sound[:whole], (0, max(0, whole - len(sound)))), onsets)

    def _strums(self, rng: np.random.Generator) -> tuple[Float64, Float64]:
        """Strums drawn from all files, each ended by the next, and where they start."""
        files = GUITAR.files(self.packages)
        sound, starts = np.zeros(round(SECONDS * RATE)), []
        at = int(rng.uniform(0.1, 0.6) * RATE)
        while at < len(sound) - RATE // 2:
            strum = read_mono(files[int(rng.integers(len(files)))])
            start = int(start_of(strum) * RATE)
            strum = strum * 10 ** (rng.uniform(*STRUM_LEVEL) / 20) / float(np.abs(strum).max())
            begin = max(0, at - start)
            fade = min(round(CHOKE * RATE), begin)
            sound[begin - fade : begin] *= np.linspace(1, 0, fade)
            sound[begin:] = 0
            piece = strum[max(0, start - at) :][: len(sound) - begin]
            sound[begin : begin + len(piece)] = piece
            starts.append(at / RATE)
            at += int(rng.uniform(*STRUM_GAP) * RATE)
        return sound, merge(np.array(starts), MERGE_SECONDS)


def measure(font: Path, instrument: Instrument) -> dict[int, float]:
    """Seconds from the MIDI event to the sound's start, of every key that starts soon and is heard.

    Raises:
        ZooError: As `render`.
    """
    keys = range(instrument.low, instrument.high + 1)
    times = [LEAD + SPACING * i for i in range(len(keys))]
    tones = [Tone(time, HELD, key, VELOCITY) for time, key in zip(times, keys, strict=True)]
    sound = render(font, melody_file(tones, instrument.program, times[-1] + SPACING))
    pieces = [sound[round(t * RATE) : round((t + HELD) * RATE)] for t in times]
    loudest = max(float(np.abs(piece).max(initial=0.0)) for piece in pieces)
    found = {}
    for key, piece in zip(keys, pieces, strict=True):
        if np.abs(piece).max(initial=0.0) > QUIETEST * loudest:
            start = start_of(piece)
            if start <= SLOWEST:
                found[key] = start
    return found


def start_of(sound: Float64) -> float:
    """Seconds from the beginning of a single sound to where it reaches a tenth of its early peak."""
    level = np.abs(sound)
    peak = float(level[: round(START_SECONDS * RATE)].max(initial=0.0))
    return int(np.argmax(level >= START_LEVEL * peak)) / RATE


def heard(event: Event, latency: dict[int, float]) -> float:
    """When the first tone of an event is heard."""
    return min(tone.time + latency[tone.key] for tone in event.tones)


def _program(split: str, index: int) -> int:
    return PROGRAMS[split][index % len(PROGRAMS[split])]
