"""Short recordings in the public domain, as bytes at 8 kHz: what sound matching has to say with gates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.data.bytebeat import RATE
from tasks.data.clip import RATE as READ_RATE
from tasks.data.clip import Clip
from tasks.data.packages import check_sources
from tasks.data.shots import read_mono, resample

PACKAGE = "sonic-pi-samples"
FOLDER = "usr/share/sonic-pi/samples"
LICENCE = "CC0-1.0"


@dataclass(frozen=True)
class Recording:
    """One recording.

    Args:
        name: What users call it.
        file: File name in its package.
        author: Who published it, on freesound.org.
        number: Of the sound there.
    """

    name: str
    file: str
    author: str
    number: int

    @property
    def origin(self) -> str:
        """Where it comes from."""
        return f"Debian package {PACKAGE}, {self.file}; freesound.org {self.author}, sound {self.number}"

    def path(self, packages: Path) -> Path:
        """Where it lies below the folder of unpacked packages."""
        return packages / PACKAGE / FOLDER / self.file

    def samples(self, packages: Path) -> npt.NDArray[np.int16]:
        """int16 (n,): mono at 8 kHz, its peak 127 of 128, rounded to bytes, left aligned.

        Raises:
            AudioError: The file is missing or cannot be read.
        """
        sound = resample(read_mono(self.path(packages)), READ_RATE, RATE)
        levels = np.rint(sound * 127 / np.abs(sound).max()).astype(np.int16)
        heard = np.flatnonzero(levels)
        return levels[: heard[-1] + 1] << 8


RECORDINGS = (
    Recording("kick", "bd_808.flac", "EKVelika", 208447),
    Recording("snare", "sn_dub.flac", "Adriak909", 173142),
    Recording("blip", "elec_blip.flac", "looppool", 13121),
    Recording("pop", "elec_pop.flac", "looppool", 13134),
    Recording("ping", "elec_ping.flac", "looppool", 13119),
    Recording("cowbell", "drum_cowbell.flac", "Neotone", 75338),
    Recording("cymbal", "drum_cymbal_closed.flac", "menegass", 100053),
    Recording("snap", "perc_snap.flac", "SoundCollectah", 109400),
    Recording("tabla", "tabla_ghe1.flac", "dio_333", 130406),
    Recording("crow", "misc_crow.flac", "davidworksonline", 54973),
    Recording("bass-hit", "bass_hit_c.flac", "oceanictrancer", 211614),
)


class RecordingMaker:
    """The clips of the only split, one a recording.

    Args:
        packages: Folder that holds `<package>/usr/...`.
    """

    def __init__(self, packages: Path) -> None:
        self.packages = packages

    def check(self) -> None:
        """Check every file's digest.

        Raises:
            ZooError: The package is missing, or its files are others.
        """
        check_sources("sound", self.packages, (PACKAGE,), self.files())

    def files(self) -> dict[str, list[Path]]:
        """The file of every recording."""
        return {recording.name: [recording.path(self.packages)] for recording in RECORDINGS}

    def count(self, split: str) -> int:
        """All recordings."""
        return len(RECORDINGS)

    def name(self, split: str, index: int) -> str:
        """The recording's."""
        return RECORDINGS[index].name

    def group_and_licence(self, split: str, index: int) -> tuple[str, str]:
        """The package, and CC0."""
        return PACKAGE, LICENCE

    def make(self, split: str, index: int) -> Clip:
        """The recording as it is to be matched.

        Raises:
            AudioError: The file is missing or cannot be read.
        """
        recording = RECORDINGS[index]
        samples = recording.samples(self.packages)
        return Clip(recording.name, samples, np.zeros(0), PACKAGE, LICENCE, rate=RATE)

    def about(self, split: str) -> dict[str, Any]:
        """Authors and origins."""
        sources = [
            {"name": one.name, "authors": one.author, "licence": LICENCE, "origin": one.origin}
            for one in RECORDINGS
        ]
        return {"sources": sources}
