"""Every clip of the pitch class task by its number, rendered from unpacked sound fonts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.data.clip import RATE as RENDERED
from tasks.data.clip import Clip
from tasks.data.midi import Tone, melody_file
from tasks.data.packages import check_sources
from tasks.data.pitch import COUNTS, FONT, MELODY, PITCH, PROGRAMS, RATE, SILENCE, STEP, Melody
from tasks.data.render import render
from tasks.data.shots import resample
from tasks.data.teachers import SWIFT_F0

SEED = 20_253
SPLITS = ("train", "val", "test")  # a split's number draws its clips
SETTLED = 0.040  # seconds from a tone's begin until its pitch is asked for
AUDIBLE, GONE = -35.0, -50.0  # dB under the song's loudest step: a tone, and surely none

Float64 = npt.NDArray[np.float64]


class PitchMaker:
    """Renders all melodies of an instrument at once, when the first of them is needed.

    Args:
        packages: Folder that holds `<package>/usr/...`.
    """

    def __init__(self, packages: Path) -> None:
        self.packages = packages
        self._songs: dict[tuple[str, int], tuple[Float64, list[list[Tone]]]] = {}

    def check(self) -> None:
        """Check the fonts' digests and the teacher.

        Raises:
            ZooError: A package is missing, its files are others, or the teacher is not installed.
        """
        fonts = {font.name: [font.path(self.packages)] for font in FONT.values()}
        check_sources(PITCH.name, self.packages, PITCH.packages, fonts)
        SWIFT_F0.weights()

    def count(self, split: str) -> int:
        """Clips of a split."""
        return COUNTS[split]

    def name(self, split: str, index: int) -> str:
        """Name of a clip."""
        return f"{split}-{index:04d}"

    def group_and_licence(self, split: str, index: int) -> tuple[str, str]:
        """Font and program of a clip, and the font's licence."""
        font = FONT[split]
        return f"{font.name}-{self._program(split, index)}", font.licence

    def make(self, split: str, index: int) -> Clip:
        """One clip; it depends on the packages, the teacher, the seed, the split and the number alone.

        Raises:
            ZooError: fluidsynth fails, or the teacher is not installed.
        """
        program, part = self._program(split, index), index // len(PROGRAMS[split])
        song, melodies = self._song(split, program)
        length = int(MELODY.seconds * RATE)
        sound = song[part * length : (part + 1) * length]
        rng = np.random.default_rng([SEED, SPLITS.index(split), index])
        peak = float(np.abs(sound).max())
        labels = _labels(sound, melodies[part])
        noisy = sound / peak + rng.standard_normal(length) * 10 ** (rng.uniform(*MELODY.hiss) / 20)
        noisy *= 32_767 * 10 ** (rng.uniform(*MELODY.level) / 20) / float(np.abs(noisy).max())
        samples = np.rint(noisy).astype(np.int16)
        group, licence = self.group_and_licence(split, index)
        none, taught = np.zeros(0), SWIFT_F0.labels(samples)
        return Clip(self.name(split, index), samples, none, group, licence, labels, rate=RATE, teacher=taught)

    def about(self, split: str) -> dict[str, Any]:
        """What a split's manifest says beside its clips: seed, teacher, and the font with its authors."""
        font = FONT[split]
        source = {key: getattr(font, key) for key in ("name", "package", "authors", "licence")}
        return {"seed": SEED, "teacher": SWIFT_F0.line, "sources": [source]}

    @staticmethod
    def _program(split: str, index: int) -> int:
        return PROGRAMS[split][index % len(PROGRAMS[split])]

    def _song(self, split: str, program: int) -> tuple[Float64, list[list[Tone]]]:
        """All melodies of an instrument at 16 kHz, one clip after the other, and their tones."""
        if (split, program) not in self._songs:
            rng = np.random.default_rng([SEED, SPLITS.index(split), 1_000, program])
            parts = -(-COUNTS[split] // len(PROGRAMS[split]))
            melodies = [draw_melody(rng, MELODY) for _ in range(parts)]
            tones = [
                tone._replace(time=tone.time + MELODY.seconds * part)
                for part, melody in enumerate(melodies)
                for tone in melody
            ]
            seconds = MELODY.seconds * parts
            rendered = render(FONT[split].path(self.packages), melody_file(tones, program, seconds))
            sound = resample(rendered, RENDERED, RATE)
            whole = int(seconds * RATE)
            self._songs[split, program] = np.pad(sound[:whole], (0, max(0, whole - len(sound)))), melodies
        return self._songs[split, program]


def draw_melody(rng: np.random.Generator, plan: Melody) -> list[Tone]:
    """Tones one after the other, and some rests; none reaches into the next clip."""
    low, high = plan.keys
    at, key, tones = float(rng.uniform(0.05, 0.5)), int(rng.integers(low, high + 1)), []
    while at < plan.seconds - 0.6:
        length = float(rng.uniform(*plan.length))
        length = min(length, plan.seconds - 0.4 - at)
        tones.append(Tone(at, length, key, int(rng.integers(*plan.velocity))))
        at += length + (rng.exponential(plan.rests[1]) if rng.random() < plan.rests[0] else 0.0)
        step = int(rng.integers(-plan.leap, plan.leap + 1))
        key = key + step if low <= key + step <= high else key - step
    return tones


def _labels(sound: Float64, tones: list[Tone]) -> npt.NDArray[np.int16]:
    """int16 (steps,): the pitch class of a held tone that is heard, silence, or -1 where it is not clear."""
    steps = len(sound) // STEP
    power = (sound[: steps * STEP].reshape(steps, STEP) ** 2).mean(axis=1)
    level = 10 * np.log10(power / max(float(power.max()), 1e-12) + 1e-12)
    ends = (np.arange(steps) + 1) * STEP / RATE
    held = np.full(steps, -1, np.int16)
    for tone in tones:
        within = (ends >= tone.time + SETTLED) & (ends <= tone.time + tone.length)
        held[within] = tone.key % 12
    labels = np.where(level >= AUDIBLE, held, -1)
    return np.where(level < GONE, SILENCE, labels).astype(np.int16)
