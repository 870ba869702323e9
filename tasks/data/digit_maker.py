"""Every clip of the digit task by its number, from the recordings of the Free Spoken Digit Dataset."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tasks.data.clip import Clip
from tasks.data.digits import (
    AUTHORS,
    DIGITS,
    FSDD,
    LICENCE,
    NONE,
    RATE,
    SCENES,
    SPEAKERS,
    TAKES,
    TITLE,
    WORDS,
    Scene,
)
from tasks.data.packages import check_sources
from zoo.errors import AudioError

SEED = 20_256
FRAME = RATE // 100
LOUD = -34.0  # dB under a word's loudest frame: the word has not ended, unless the noise is louder
FADE = RATE // 200
NOTHING_AFTER = 0.4  # seconds after a word from which on the right answer is none
ROOM = 0.25  # seconds that the last question of a pause needs
REST = 0.3  # seconds behind the last word
SPEEDS = (-0.22, 0.22)  # natural logarithms
SPEED_STEPS = 60  # a word is resampled by n / 60

Float64 = npt.NDArray[np.float64]


class Word(NamedTuple):
    """One recording: float64 (n,), its loudest 10 ms at rms 1, and the sample at which the word has ended."""

    sound: Float64
    end: int


class DigitMaker:
    """Reads recordings as clips need them.

    Args:
        packages: Folder that holds the repository's folder, or the repository's folder itself.
    """

    def __init__(self, packages: Path) -> None:
        self.packages = packages

    @cached_property
    def folder(self) -> Path:
        """Where the recordings lie."""
        first = f"recordings/0_{SPEAKERS[0]}_0.wav"
        return FSDD.find(self.packages, first) / "recordings"

    def check(self) -> None:
        """Check every file's digest; a file's name says who speaks, so no recording lies in two splits.

        Raises:
            ZooError: The repository is missing, or its files are others.
        """
        every = range(len(WORDS) * TAKES)
        files = {speaker: [self._path(speaker, k) for k in every] for speaker in SPEAKERS}
        check_sources(DIGITS.name, self.folder.parents[1], (), files)

    def count(self, split: str) -> int:
        """Clips of a split."""
        return SCENES[split].clips

    def name(self, split: str, index: int) -> str:
        """Name of a clip."""
        return f"{split}-{index:04d}"

    def group_and_licence(self, split: str, index: int) -> tuple[str, str]:
        """The speaker of a clip, and the licence of the recordings."""
        scene = SCENES[split]
        return scene.speakers[index % len(scene.speakers)], LICENCE

    def make(self, split: str, index: int) -> Clip:
        """One clip; it depends on the recordings, the seed, the split and the number alone.

        Raises:
            AudioError: A recording cannot be read.
        """
        scene = SCENES[split]
        speaker, licence = self.group_and_licence(split, index)
        rng = np.random.default_rng([SEED, list(SCENES).index(split), index])
        numbers = _numbers(split, scene, speaker, index // len(scene.speakers))
        sound, events = np.zeros(0), []
        for number in numbers:
            pause = scene.pause[0] + rng.exponential(scene.pause[1])
            word = read_word(self._path(speaker, number))
            word = changed(rng, word) if scene.changed else word
            events += none_in(rng, len(sound) / RATE, pause)
            start = len(sound) + round(pause * RATE)
            gain = 10 ** (rng.uniform(scene.softest, 0) / 20)
            sound = np.concatenate([sound, np.zeros(start - len(sound)), gain * word.sound])
            events.append(((start + word.end) / RATE, number // TAKES))
        sound = np.concatenate([sound, np.zeros(round(REST * RATE))])
        sound += noise(rng, len(sound)) * 10 ** (-rng.uniform(*scene.snr) / 20)
        sound *= 32_767 * 10 ** (rng.uniform(*scene.level) / 20) / float(np.abs(sound).max())
        times = np.round([time for time, _ in events], 6)
        labels = np.array([kind for _, kind in events], np.int16)
        samples = np.rint(sound).astype(np.int16)
        return Clip(self.name(split, index), samples, times, speaker, licence, labels, rate=RATE)

    def about(self, split: str) -> dict[str, Any]:
        """What a split's manifest says beside its clips: seed, and the recordings with their authors."""
        source = {"name": TITLE, "package": FSDD.name, "authors": AUTHORS, "licence": LICENCE}
        return {"seed": SEED, "sources": [source | {"version": FSDD.commit}]}

    def _path(self, speaker: str, number: int) -> Path:
        return self.folder / f"{number // TAKES}_{speaker}_{number % TAKES}.wav"


def _numbers(split: str, scene: Scene, speaker: str, at: int) -> list[int]:
    """The recordings of a speaker's clip number `at`: the next few of all of them in random order."""
    used = np.add.outer(np.arange(len(WORDS)) * TAKES, np.arange(scene.each)).ravel()
    take, first = divmod(at * scene.words, len(used))
    rng = np.random.default_rng([SEED, list(SCENES).index(split), SPEAKERS.index(speaker), take])
    found: list[int] = rng.permutation(used)[first : first + scene.words].tolist()
    return found


def none_in(rng: np.random.Generator, end: float, pause: float) -> list[tuple[float, int]]:
    """An instant and the class none, where a pause that begins at `end` seconds has room for it."""
    first, last = end + NOTHING_AFTER, end + pause - ROOM
    return [(rng.uniform(first, last), NONE)] if first < last else []


def read_word(path: Path) -> Word:
    """A recording, faded at both ends.

    Raises:
        AudioError: It cannot be read, or is no mono at 8 kHz.
    """
    import soundfile

    try:
        sound, rate = soundfile.read(path, dtype="float64", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise AudioError(f"{path}: cannot read audio: {error}. Get {FSDD.name} again") from None
    if (rate, sound.shape[1]) != (RATE, 1):
        raise AudioError(f"{path}: expected mono at {RATE} Hz, found {sound.shape[1]} channels at {rate} Hz")
    return finish(sound[:, 0])


def finish(sound: Float64) -> Word:
    """Level, fades and end of a word; what lies under the recording's own noise is no part of it."""
    frames = len(sound) // FRAME
    level = np.sqrt((sound[: frames * FRAME].reshape(frames, FRAME) ** 2).mean(axis=1)) + 1e-6
    decibels = 20 * np.log10(level / level.max())
    heard = decibels >= max(LOUD, 0.7 * float(np.percentile(decibels, 10)))
    end = FRAME * (int(np.flatnonzero(heard)[-1]) + 1)
    sound = sound / float(level.max())
    fade = np.linspace(0, 1, min(FADE, len(sound) // 2))
    sound[: len(fade)] *= fade
    sound[len(sound) - len(fade) :] *= fade[::-1]
    return Word(sound, end)


def changed(rng: np.random.Generator, word: Word) -> Word:
    """The word faster and higher or slower and lower, through a shelf at each end of the spectrum."""
    from scipy.signal import lfilter, resample_poly

    steps = round(SPEED_STEPS * float(np.exp(rng.uniform(*SPEEDS))))
    sound = np.asarray(resample_poly(word.sound, steps, SPEED_STEPS), np.float64)
    for low, high in ((100, 500), (800, 2_500)):
        keep = float(np.exp(-2 * np.pi * rng.uniform(low, high) / RATE))
        under = np.asarray(lfilter([1 - keep], [1, -keep], sound), np.float64)
        sound = under * 10 ** (rng.uniform(-8, 8) / 20) + (sound - under)
    found = finish(sound)
    return found._replace(end=min(len(found.sound), round(word.end * steps / SPEED_STEPS)))


def noise(rng: np.random.Generator, n: int) -> Float64:
    """White to brown noise of rms 1."""
    from scipy.signal import lfilter

    white = rng.standard_normal(n)
    keep = float(rng.choice([0.0, 0.5, 0.9, 0.98]))
    found = np.asarray(lfilter([1.0], [1, -keep], white), np.float64)
    return found / max(1e-9, float(np.sqrt((found**2).mean())))
