"""Dry guitar chords, and what the drive circuit makes of them."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from tasks.data.clip import RATE as READ_RATE
from tasks.data.clip import Clip
from tasks.data.drive import AUTHOR, LICENCE, PACKAGE, RATE, ROOTS
from tasks.data.drive_circuit import DriveCircuit
from tasks.data.packages import check_sources
from tasks.data.shots import read_mono, resample

FOLDER = "usr/share/hydrogen/data/drumkits/belofilms_GuitarStrums"
KIT = "belofilms_GuitarStrums"
LENGTH = RATE  # samples of a clip: a second from the file's start
SHARPS = {"Bflat": "Asharp"}  # one pitch, two names


class DriveMaker:
    """A clip a file; of the test chords every second file, which still has all strokes and strengths.

    Args:
        packages: Folder that holds `<package>/usr/...`.
    """

    def __init__(self, packages: Path) -> None:
        self.packages = packages
        self.circuit = DriveCircuit()

    @cached_property
    def files(self) -> dict[str, list[Path]]:
        """Files of each split, in order."""
        found = sorted((self.packages / PACKAGE / FOLDER).glob("*.flac"))
        splits = {name: [file for file in found if root(file)[0] in roots] for name, roots in ROOTS.items()}
        splits["test"] = splits["test"][::2]
        return splits

    def check(self) -> None:
        """Check the digest of all files. A root's letter is in one split, so a chord is.

        Raises:
            ZooError: The package is missing, or its files are others.
        """
        files = sorted(file for found in self.files.values() for file in found)
        check_sources("drive", self.packages, (PACKAGE,), {KIT: files})

    def count(self, split: str) -> int:
        """A clip a file."""
        return len(self.files[split])

    def name(self, split: str, index: int) -> str:
        """The file's, without spaces."""
        return self.files[split][index].stem.replace(" ", "-")

    def group_and_licence(self, split: str, index: int) -> tuple[str, str]:
        """The chord's root, and the licence of all."""
        return root(self.files[split][index]), LICENCE

    def make(self, split: str, index: int) -> Clip:
        """The strum at its own level, and the circuit's answer to the rounded samples.

        Raises:
            AudioError: The file cannot be read.
        """
        sound = resample(read_mono(self.files[split][index]), READ_RATE, RATE)[:LENGTH]
        dry = np.clip(np.rint(sound * 32_768), -32_768, 32_767).astype(np.int16)
        group, licence = self.group_and_licence(split, index)
        driven = self.circuit.play(dry, RATE)
        return Clip(self.name(split, index), dry, np.zeros(0), group, licence, target=driven, rate=RATE)

    def about(self, split: str) -> dict[str, Any]:
        """The recordings' author."""
        about = {"name": KIT, "authors": AUTHOR, "licence": LICENCE, "origin": f"Debian package {PACKAGE}"}
        return {"sources": [about]}


def root(file: Path) -> str:
    """Root of a file's chord, spelled with sharps: `Asharp` of `Bflat major_UP_00.flac`."""
    name = file.stem.replace("flat", "flat ").replace("sharp", "sharp ").split()[0]
    letter = name if name[1:] in ("flat", "sharp") else name[0]
    return SHARPS.get(letter, letter)
