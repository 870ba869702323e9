"""Every clip of the sound event task by its number, from a folder of unpacked packages."""

from __future__ import annotations

import hashlib
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tasks.data.clip import Clip
from tasks.data.drum_kits import GM_KEYS, DrumKit, FontKits
from tasks.data.duplicates import LeakError, refuse_leaks
from tasks.data.packages import check_sources
from tasks.data.shots import Shot, resample
from tasks.data.sound_events import (
    COUNTS,
    DRUM_SOURCES,
    DRUMS,
    QUIET,
    RATE,
    SOUND_EVENTS,
    SPEAKING,
    STEP,
    TONE_SOURCES,
    TONES,
    TURNS,
    VOICES,
    FontTones,
    family,
)
from tasks.data.soundfont import drum_recordings, preset_recordings
from tasks.data.voices import TEST, TRAIN, VAL, Sounds
from zoo.errors import AudioError

SEED = 20_254
SPLITS = (TRAIN, VAL, TEST)  # a split's number draws its clips
VELOCITY = 90
LOUD, FAINT = -30.0, -45.0  # dB under a turn's loudest frame: it sounds, and surely it does not
BRIDGE = 9  # steps, 0.14 s: a shorter gap in a turn belongs to it
FADE = RATE // 50
NARROW_HZ, ORDER = 3_600, 6
LONGEST = 3.0  # seconds of one recording that are used

Float64 = npt.NDArray[np.float64]
Source = Sounds | FontTones | DrumKit | FontKits


class Cast(NamedTuple):
    """Who sounds in a clip: the source of each class that is not quiet."""

    voice: Sounds
    kit: Source
    tones: Source


class SoundEventMaker:
    """Reads recordings as clips need them, and keeps those of kits and fonts.

    Args:
        packages: Folder that holds `<package>/usr/...`.
    """

    def __init__(self, packages: Path) -> None:
        self.packages = packages
        self._kept: dict[str, list[Float64]] = {}

    @cached_property
    def files(self) -> dict[str, list[Path]]:
        """The recordings, or the font, of every source."""
        return {source.name: self._files(source) for source in (*VOICES, *DRUM_SOURCES, *TONE_SOURCES)}

    def check(self) -> None:
        """Check every file's digest, then look for a file in two splits, and for a tone in two fonts' splits.

        Drum kits are compared with each other where the drum task is built.

        Raises:
            ZooError: A package is missing, or its files are others.
            LeakError: A recording lies in two splits.
        """
        check_sources(SOUND_EVENTS.name, self.packages, SOUND_EVENTS.packages, self.files)
        seen: dict[str, tuple[str, Path]] = {}
        for source in (*VOICES, *DRUM_SOURCES, *TONE_SOURCES):
            for path in [] if isinstance(source, FontTones | FontKits) else self.files[source.name]:
                key = hashlib.sha256(path.read_bytes()).hexdigest()
                split, other = seen.setdefault(key, (split_of(source), path))
                if split != split_of(source):
                    raise LeakError(f"{path} = {other}: one recording in two splits. Leave one of them out")
        refuse_leaks({split: self._tones_of(split) for split in SPLITS})

    def count(self, split: str) -> int:
        """Clips of a split."""
        return COUNTS[split]

    def name(self, split: str, index: int) -> str:
        """Name of a clip."""
        return f"{split}-{index:04d}"

    def group_and_licence(self, split: str, index: int) -> tuple[str, str]:
        """The voice of a clip, and the licences of all three sources."""
        cast, _ = self._cast(split, index)
        return cast.voice.name, " AND ".join(dict.fromkeys(source.licence for source in cast))

    def make(self, split: str, index: int) -> Clip:
        """One clip; it depends on the packages, the seed, the split and the number alone.

        Raises:
            AudioError: A recording cannot be read.
        """
        cast, rng = self._cast(split, index)
        length = int(TURNS.seconds * RATE)
        sound, truth = np.zeros(length), np.full(length // STEP, QUIET)
        at = int(RATE * (TURNS.pause[0] + rng.exponential(TURNS.pause[1])))
        while at < length - RATE // 3:
            kind = int(rng.choice([SPEAKING, DRUMS, TONES]))
            turn = self._turn(rng, kind, cast[kind - 1])[: length - at]
            alone = np.zeros(length)
            alone[at : at + len(turn)] = turn * 10 ** (rng.uniform(TURNS.softest, 0) / 20)
            enter_turn(truth, alone, kind)
            sound += alone
            at += len(turn) + int(RATE * (TURNS.pause[0] + rng.exponential(TURNS.pause[1])))
        sound /= max(float(np.abs(sound).max()), 1e-9)
        sound += rng.standard_normal(length) * 10 ** (rng.uniform(*TURNS.hiss) / 20)
        if rng.random() < TURNS.narrow:
            sound = _narrow(sound)
        sound *= 32_767 * 10 ** (rng.uniform(*TURNS.level) / 20) / float(np.abs(sound).max())
        samples, labels = np.rint(sound).astype(np.int16), truth.astype(np.int16)
        group, licence = self.group_and_licence(split, index)
        return Clip(self.name(split, index), samples, np.zeros(0), group, licence, labels, rate=RATE)

    def about(self, split: str) -> dict[str, Any]:
        """What a split's manifest says beside its clips: seed, and recordings with their authors."""
        heard = [s for s in (*VOICES, *DRUM_SOURCES, *TONE_SOURCES) if split_of(s) == split]
        keys = "name", "package", "authors", "licence"
        return {"seed": SEED, "sources": [{key: getattr(source, key) for key in keys} for source in heard]}

    def _cast(self, split: str, index: int) -> tuple[Cast, np.random.Generator]:
        """Sources of a clip, of licences that go together, and its random numbers."""
        rng = np.random.default_rng([SEED, SPLITS.index(split), index])
        voices = [voice for voice in VOICES if voice.split == split]
        voice = voices[index % len(voices)]
        fits = {family(voice.licence), "any"}
        kits, tones = (
            [s for s in sources if split_of(s) == split and family(s.licence) in fits]
            for sources in (DRUM_SOURCES, TONE_SOURCES)
        )
        return Cast(voice, kits[int(rng.integers(len(kits)))], tones[int(rng.integers(len(tones)))]), rng

    def _turn(self, rng: np.random.Generator, kind: int, source: Source) -> Float64:
        """An utterance, or strikes or tones one after another, faded in and out; loudest 16 ms at level 1."""
        length = int(RATE * rng.uniform(*TURNS.turn))
        sound = np.zeros(length)
        at = 0
        while at < length:
            one = self._draw(rng, source)[: length - at]
            if kind == SPEAKING:
                sound[: len(one)] = one
                break
            sound[at : at + len(one)] += one * 10 ** (rng.uniform(-10, 0) / 20)
            at += int(RATE * rng.uniform(*TURNS.strikes))
        sound[-FADE:] *= np.linspace(1, 0, FADE)
        return sound / max(float(np.sqrt(_steps(sound**2)).max()), 1e-6)

    def _draw(self, rng: np.random.Generator, source: Source) -> Float64:
        """A recording of the source drawn at random, from where it begins, loudest 16 ms at level 1."""
        if isinstance(source, FontTones | FontKits):
            recordings = self._recordings(source)
            return recordings[int(rng.integers(len(recordings)))]
        files = self.files[source.name]
        return _read(files[int(rng.integers(len(files)))])

    def _recordings(self, source: FontTones | FontKits) -> list[Float64]:
        """What the keys of a font play."""
        if source.name not in self._kept:
            path = source.path(self.packages)
            if isinstance(source, FontKits):
                found = drum_recordings(path, GM_KEYS, (VELOCITY,))
            else:
                found = preset_recordings(path, 0, source.programs, source.keys, (VELOCITY,))
            trimmed = (_trim(one.samples[: 6 * one.rate], one.rate) for one in found)
            self._kept[source.name] = [one for one in trimmed if len(one) >= 4 * STEP]
        return self._kept[source.name]

    def _tones_of(self, split: str) -> dict[str, list[Shot]]:
        """The tones of a split's fonts, as shots."""
        fonts = [s for s in TONE_SOURCES if isinstance(s, FontTones) and s.split == split]
        return {
            font.name: [Shot(str(k), one) for k, one in enumerate(self._recordings(font))] for font in fonts
        }

    def _files(self, source: Source) -> list[Path]:
        if isinstance(source, FontTones | FontKits):
            return [source.path(self.packages)]
        if isinstance(source, DrumKit):
            return [path for path, _ in source.files(self.packages)]
        return source.files(self.packages)


def split_of(source: Source) -> str:
    """The split whose clips play a source."""
    return TRAIN if isinstance(source, FontKits) else source.split


def _read(path: Path) -> Float64:
    import soundfile

    try:
        sound, rate = soundfile.read(path, dtype="float64", always_2d=True, frames=6 * 48_000)
    except (soundfile.SoundFileError, OSError) as error:
        raise AudioError(f"{path}: cannot read audio: {error}. Unpack its package again") from None
    return _trim(sound.mean(axis=1), rate)


def _trim(sound: Float64, rate: int) -> Float64:
    """At 16 kHz from where it begins, at most 3 s, loudest 16 ms at level 1."""
    mono = resample(sound, rate, RATE)
    if len(mono) < STEP:
        mono = np.pad(mono, (0, STEP - len(mono)))
    level = np.sqrt(_steps(mono**2))
    start = STEP * int(np.argmax(level >= 0.02 * level.max()))
    return mono[start : start + int(RATE * LONGEST)] / max(float(level.max()), 1e-6)


def _steps(values: Float64) -> Float64:
    """Mean over each whole step."""
    steps = len(values) // STEP
    return np.asarray(values[: steps * STEP].reshape(steps, STEP).mean(axis=1), np.float64)


def enter_turn(truth: npt.NDArray[np.int64], alone: Float64, kind: int) -> None:
    """Enter a turn in a clip's labels: its class where it sounds, -1 where it is neither loud nor gone.

    Args:
        truth: int64 (steps,): changed in place.
        alone: float64 (n,): the turn where it stands in the clip, nothing else.
        kind: Its class.
    """
    level = 20 * np.log10(np.sqrt(_steps(alone**2)) + 1e-9)
    level -= level.max()
    loud = level >= LOUD
    where = np.flatnonzero(loud)
    for here, following in pairwise(where.tolist()):
        if following - here <= BRIDGE:
            loud[here:following] = True
    truth[(level >= FAINT) & ~loud] = -1
    truth[loud] = kind


def _narrow(sound: Float64) -> Float64:
    """Without what lies above 3.6 kHz."""
    from scipy.signal import butter, sosfilt

    sections = butter(ORDER, NARROW_HZ, fs=RATE, output="sos")
    return np.asarray(sosfilt(sections, sound), np.float64)
