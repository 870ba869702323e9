"""Every clip of the timbre task by its number: one melody, rendered on two instruments of a sound font."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.data.clip import RATE as RENDERED
from tasks.data.clip import Clip
from tasks.data.midi import Tone, melody_file
from tasks.data.packages import check_sources
from tasks.data.pitch import FLUID
from tasks.data.pitch_maker import draw_melody
from tasks.data.render import render
from tasks.data.shots import resample
from tasks.data.timbre import (
    COUNTS,
    GAIN,
    PROGRAMS,
    RATE,
    SECONDS,
    SOURCE,
    STEP,
    TARGETS,
    TIMBRE,
    melody_of,
)

SEED = 20_264
SPLITS = ("train", "val", "test", "high")  # a split's number draws its melodies
SETTLED = 0.060  # seconds from a tone's begin until its pitch is compared


class TimbreMaker:
    """Renders all melodies of a split at once, when the first of them is needed.

    Args:
        packages: Folder that holds `<package>/usr/...`.
    """

    def __init__(self, packages: Path) -> None:
        self.packages = packages
        self._rendered = cache(self._render)

    def check(self) -> None:
        """Check the font's digest. Melodies are drawn anew for each split.

        Raises:
            ZooError: The package is missing, or its files are others.
        """
        check_sources(TIMBRE.name, self.packages, TIMBRE.packages, {FLUID.name: [FLUID.path(self.packages)]})

    def count(self, split: str) -> int:
        """A clip a melody and target."""
        return COUNTS[split] * len(TARGETS)

    def name(self, split: str, index: int) -> str:
        """Target, split, number of the melody."""
        return f"{self._target(index)}-{split}-{index // len(TARGETS):03d}"

    def group_and_licence(self, split: str, index: int) -> tuple[str, str]:
        """The target, and the font's licence."""
        return self._target(index), FLUID.licence

    def make(self, split: str, index: int) -> Clip:
        """One clip; it depends on the package, the split and the number alone.

        Labels are the MIDI key of each step in which a tone is held and settled, else -1.

        Raises:
            ZooError: fluidsynth fails.
        """
        target, part = self._target(index), index // len(TARGETS)
        length = int(SECONDS * RATE)
        source, wanted = (
            self._rendered(split, program)[part * length : (part + 1) * length]
            for program in (SOURCE, PROGRAMS[target])
        )
        tones = self._melodies(split)[part]
        none, licence = np.zeros(0), FLUID.licence
        name, keys = self.name(split, index), _keys(tones)
        return Clip(name, source, none, target, licence, keys, target=wanted, rate=RATE)

    def about(self, split: str) -> dict[str, Any]:
        """What a split's manifest says beside its clips: seed, and the font with its authors."""
        source = {key: getattr(FLUID, key) for key in ("name", "package", "authors", "licence")}
        return {"seed": SEED, "sources": [source]}

    @staticmethod
    def _target(index: int) -> str:
        return TARGETS[index % len(TARGETS)]

    @staticmethod
    def _melodies(split: str) -> list[list[Tone]]:
        """The tones of every melody, in seconds of their clip."""
        rng = np.random.default_rng([SEED, SPLITS.index(split)])
        return [draw_melody(rng, melody_of(split)) for _ in range(COUNTS[split])]

    def _render(self, split: str, program: int) -> npt.NDArray[np.int16]:
        """int16 of every melody of a split, one clip after the other."""
        melodies = self._melodies(split)
        tones = [
            tone._replace(time=tone.time + SECONDS * part)
            for part, melody in enumerate(melodies)
            for tone in melody
        ]
        seconds = SECONDS * len(melodies)
        rendered = render(FLUID.path(self.packages), melody_file(tones, program, seconds))
        sound = resample(rendered, RENDERED, RATE)[: int(seconds * RATE)]
        sound = np.pad(sound, (0, int(seconds * RATE) - len(sound)))
        return np.clip(np.rint(sound * GAIN * 32_767), -32_768, 32_767).astype(np.int16)


def _keys(tones: list[Tone]) -> npt.NDArray[np.int16]:
    """int16 (steps,): MIDI key, or -1."""
    ends = (np.arange(int(SECONDS * RATE) // STEP) + 1) * STEP / RATE
    keys = np.full(len(ends), -1, np.int16)
    for tone in tones:
        keys[(ends >= tone.time + SETTLED) & (ends <= tone.time + tone.length)] = tone.key
    return keys
