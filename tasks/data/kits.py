"""The drum kits: which package holds each, who made it under which licence, and the split it belongs to.

Kits that share recordings or sessions are one `group`, and a group lies in one split only. One author has
electronic kits in every split (ElectricEmpireKit, HardElectro1, VariBreaks, TR808EmulationKit): each was made
from nothing, and the duplicate detector checks at every build that they share no recording. Two more kits
of the author of Millo_MultiLayered3 share a recording with it and stay out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

KIT_FOLDER = "usr/share/hydrogen/data/drumkits"
TRAIN, VAL, TEST = "train", "val", "test1"


@dataclass(frozen=True)
class Kit:
    """One drum kit.

    Args:
        folder: Name of its folder below `usr/share/hydrogen/data/drumkits`.
        package: Debian package.
        split: `train`, `val` or `test1`.
        group: Kits with the same group share recordings or sessions.
        authors: Who made the recordings.
        licence: SPDX identifier of the recordings' licence (CC-BY-SA-3.0-US is none, but says what it is).
    """

    folder: str
    package: str
    split: str
    group: str
    authors: str
    licence: str

    def path(self, packages: Path) -> Path:
        """Where the kit lies below the folder of unpacked packages."""
        return packages / self.package / KIT_FOLDER / self.folder


_DATA, _KITS = "hydrogen-data", "hydrogen-drumkits"

KITS = (
    Kit("GMRockKit", _DATA, TRAIN, "macarthur", "Glen MacArthur, Sebastian Moors", "GPL-2.0-or-later"),
    Kit("The Black Pearl 1.0", _KITS, TRAIN, "macarthur", "Glen MacArthur", "GPL-2.0-only"),
    Kit("Gimme A Hand 1.0", _KITS, TRAIN, "macarthur", "Glen MacArthur", "GPL-2.0-only"),
    Kit("ForzeeStereo", _KITS, TRAIN, "forzee", "Vladimir Sadovnikov, Alexander Belokurov", "GPL-2.0-only"),
    Kit("ElectricEmpireKit", _KITS, TRAIN, "electric-empire", "Artemiy Pavlov", "GPL-2.0-or-later"),
    Kit("circAfrique v4", _KITS, TRAIN, "circafrique", "Jim Harney", "CC-BY-SA-3.0"),
    Kit("HardElectro1", _KITS, VAL, "hard-electro", "Artemiy Pavlov", "GPL-2.0-or-later"),
    Kit("Audiophob", _KITS, VAL, "audiophob", "soundcloud.com/audiophobdubstep", "CC0-1.0"),
    Kit("ColomboAcousticDrumkit", _KITS, VAL, "colombo", "Marcos Guglielmetti", "GPL-2.0-or-later"),
    Kit("BJA_Pacific", _KITS, TEST, "bja", "Luc Tanguay, Bransin James Anderson", "CC-BY-SA-3.0-US"),
    Kit("Millo_MultiLayered3", _KITS, TEST, "millo", "Emiliano Grilli", "GPL-2.0-only"),
    Kit("VariBreaks", _KITS, TEST, "varibreaks", "Artemiy Pavlov", "GPL-2.0-or-later"),
    Kit("TR808EmulationKit", _DATA, TEST, "tr808", "Artemiy Pavlov (ArtemioLabs)", "GPL-2.0-or-later"),
)


def kits_of(split: str) -> tuple[Kit, ...]:
    """The kits of a split, in the order of `KITS`."""
    return tuple(kit for kit in KITS if kit.split == split)
