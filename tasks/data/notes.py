"""The clips of the note onset task: instruments rendered from sound fonts, and strums of a real guitar.

Training and validation play one font, each with instruments of its own; the tests play another font, a
family of instruments a set, and a guitar that nothing else hears.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from tasks.data.dataset import DataSet
from tasks.data.render import FONTS, Font
from tasks.data.store import read_manifest
from tasks.data.testset import shipped_sets
from zoo.errors import ZooError

RATE = 44_100
SECONDS = 5.0
FLUID, TIMGM = FONTS[0], FONTS[1]


@dataclass(frozen=True)
class Instrument:
    """What a General MIDI program plays.

    Args:
        program: From 0.
        low: Lowest MIDI key.
        high: Highest MIDI key.
        rings: Whether tones may ring over each other, and chords be struck.
        vibrates: Whether a tone may have vibrato.
    """

    program: int
    low: int
    high: int
    rings: bool
    vibrates: bool


def _family(rings: bool, vibrates: bool, ranges: dict[int, tuple[int, int]]) -> dict[int, Instrument]:
    return {program: Instrument(program, *keys, rings, vibrates) for program, keys in ranges.items()}


FAMILIES = {
    "plucked": _family(
        True, False,
        {
            24: (40, 76), 25: (40, 79), 26: (40, 76), 27: (40, 79), 32: (28, 55), 33: (28, 55), 34: (28, 55),
            35: (28, 55), 45: (43, 80), 46: (36, 88), 104: (48, 76), 105: (48, 79), 107: (50, 82),
        },
    ),
    "struck": _family(
        True, False,
        {
            0: (30, 96), 4: (36, 88), 5: (36, 88), 8: (60, 96), 9: (72, 98), 11: (53, 89), 12: (45, 88),
            13: (65, 96), 114: (54, 84),
        },
    ),
    "bowed": _family(
        False, True,
        {40: (55, 93), 41: (48, 84), 42: (36, 72), 43: (28, 55), 48: (40, 86), 110: (55, 88)},
    ),
    "blown": _family(
        False, True,
        {
            56: (55, 82), 57: (40, 70), 60: (41, 74), 64: (56, 86), 65: (49, 80), 68: (58, 88), 70: (34, 70),
            71: (50, 86), 73: (60, 94), 74: (60, 90), 75: (60, 90),
        },
    ),
}  # fmt: skip
INSTRUMENTS = {program: one for family in FAMILIES.values() for program, one in family.items()}

# Programs 24 and 25 of FluidR3 share a recording, 40 and 110 all of them: they stay together.
PROGRAMS = {
    "train": (
        24, 0, 40, 56, 25, 4, 42, 57, 26, 8, 48, 65, 32, 11, 110, 68, 34, 12, 71, 45, 114, 73, 46, 74, 105,
    ),
    "val": (27, 5, 41, 60, 33, 9, 43, 64, 104, 13, 70, 75),
    "plucked": (24, 25, 27, 33, 35, 45, 46, 107),
    "struck": (0, 4, 5, 8, 11, 12, 13, 114),
    "bowed": (40, 42, 43, 48),
    "blown": (56, 57, 60, 65, 68, 71, 73, 74),
}  # fmt: skip
COUNTS = {"train": 300, "val": 48, "plucked": 8, "struck": 8, "bowed": 8, "blown": 8, "strums": 6}
FONT: dict[str, Font] = {split: FLUID if split in ("train", "val") else TIMGM for split in PROGRAMS}
STRUMS = "strums"


@dataclass(frozen=True)
class Guitar:
    """The strums' recordings.

    Args:
        name: Used as the group.
        package: Debian package.
        folder: Path below the unpacked package.
        licence: SPDX expression.
        authors: Who made it.
    """

    name: str = "belofilms_GuitarStrums"
    package: str = "hydrogen-drumkits-effects"
    folder: str = "usr/share/hydrogen/data/drumkits/belofilms_GuitarStrums"
    licence: str = "CC-BY-3.0"
    authors: str = "Gabriel Verdugo Soto"

    def files(self, packages: Path) -> list[Path]:
        """Every recording below the folder of unpacked packages, in order."""
        return sorted((packages / self.package / self.folder).glob("*.flac"))


GUITAR = Guitar()


class NoteData(DataSet):
    """Rendered by fluidsynth, but for the strums."""

    def buildable(self, root: Path) -> list[str]:
        """All splits; where fluidsynth is missing, those that are made and the strums.

        Raises:
            ZooError: fluidsynth is missing, and the test sets do not ship.
        """
        if shutil.which("fluidsynth"):
            return list(self.splits)
        if not shipped_sets(self.shipped_root):
            raise ZooError(
                "zoo data build: fluidsynth not found, and notes are rendered with it. Install it "
                "(Debian: apt install fluidsynth)"
            )
        return [s for s in self.splits if s == STRUMS or read_manifest(self.folder(s, root)) is not None]


NOTES = NoteData(
    name="notes",
    version=1,
    splits=("val", "plucked", "struck", "bowed", "blown", STRUMS, "train"),
    packages=(FLUID.package, TIMGM.package, GUITAR.package),
    maker="tasks.data.note_maker:NoteMaker",
    rate=RATE,
)
