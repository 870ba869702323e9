"""The clips of the pitch class task: melodies of one instrument each, rendered from sound fonts.

Instruments (General MIDI programs) of one split are in no other, but for some that the test plays again in
another font, so that it tells a new font from a new instrument.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from tasks.data.dataset import DataSet
from tasks.data.render import FONTS
from tasks.data.store import read_manifest
from tasks.data.testset import shipped_sets
from zoo.errors import ZooError


@dataclass(frozen=True)
class Melody:
    """How clips are made.

    Args:
        seconds: Length of each.
        keys: Lowest and highest MIDI key.
        leap: Largest step from tone to tone, semitones.
        length: Shortest and longest tone, seconds.
        rests: Chance of a rest after a tone, and its mean length, seconds.
        velocity: Softest and hardest.
        hiss: Softest and loudest noise that is always there, dB under the song's peak.
        level: Lowest and highest peak of a clip, dB of full scale.
    """

    seconds: float = 6.0
    keys: tuple[int, int] = (48, 83)
    leap: int = 9
    length: tuple[float, float] = (0.15, 0.7)
    rests: tuple[float, float] = (0.3, 0.4)
    velocity: tuple[int, int] = (60, 115)
    hiss: tuple[float, float] = (-75.0, -45.0)
    level: tuple[float, float] = (-20.0, -2.0)


MELODY = Melody()
RATE, STEP = 16_000, 256
FLUID, TIMGM = FONTS[0], FONTS[1]
FONT = {"train": FLUID, "val": FLUID, "test": TIMGM}
PROGRAMS = {
    "train": (0, 2, 4, 11, 16, 19, 21, 24, 26, 40, 42, 56, 60, 65, 68, 71, 74, 80),
    "val": (1, 12, 17, 25, 41, 57, 66, 75),
    "test": (5, 6, 18, 22, 27, 43, 64, 69, 70, 73, 79, 81, 0, 24, 40, 56, 68, 71),
}
COUNTS = {"train": 360, "val": 48, "test": 54}
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B", "silence")
SILENCE = 12


class PitchData(DataSet):
    """Rendered by fluidsynth."""

    def buildable(self, root: Path) -> list[str]:
        """All splits.

        Raises:
            ZooError: fluidsynth is needed and missing.
        """
        left = [split for split in self.splits if read_manifest(self.folder(split, root)) is None]
        if left and shutil.which("fluidsynth") is None:
            if shipped_sets(self.shipped_root):
                return [split for split in self.splits if split not in left]
            raise ZooError(
                "zoo data build: fluidsynth not found, and melodies are rendered with it. Install it "
                "(Debian: apt install fluidsynth)"
            )
        return list(self.splits)


PITCH = PitchData(
    name="pitch",
    version=1,
    splits=("val", "test", "train"),
    packages=(FLUID.package, TIMGM.package),
    maker="tasks.data.pitch_maker:PitchMaker",
    rate=RATE,
)
