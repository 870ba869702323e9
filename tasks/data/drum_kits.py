"""Drum kits with a class for every one-shot: from file names, or from the names in a kit's drumkit.xml.

Kits of one author or with shared recordings are one `group`, and a group lies in one split only: The Black
Pearl holds recordings of GMRockKit, the three Millo kits share some, and Artemiy Pavlov made four kits.
Left out are rim clicks, claps, bells that are no cymbal, hand drums, rolls, and what no name explains.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tasks.data.kits import KIT_FOLDER

CLASSES = ("kick", "snare", "hi-hat", "tom", "cymbal")
KICK, SNARE, HAT, TOM, CYMBAL = range(5)
TRAIN, VAL, TEST = "train", "val", "test"

Rules = tuple[tuple[str, int | None], ...]


@dataclass(frozen=True)
class DrumKit:
    """One kit.

    Args:
        folder: Its folder below `root`.
        package: Debian package.
        split: `train`, `val` or `test`.
        group: Kits with the same group share an author or recordings.
        authors: Who made the recordings.
        licence: SPDX identifier of the recordings' licence (CC-BY-SA-3.0-US is none, but says what it is).
        rules: Beginnings of file names and the class of such files, None to leave them out; the first fits.
        root: Folder of the package below which the kit lies.
    """

    folder: str
    package: str
    split: str
    group: str
    authors: str
    licence: str
    rules: Rules
    root: str = KIT_FOLDER

    @property
    def name(self) -> str:
        """Its folder, or its author's name where the folder says nothing."""
        return self.folder if self.root == KIT_FOLDER else self.group

    @property
    def title(self) -> str:
        """For people."""
        return f"drum kit {self.name}"

    def path(self, packages: Path) -> Path:
        """Where the kit lies below the folder of unpacked packages."""
        return packages / self.package / self.root / self.folder

    def class_of(self, name: str) -> int | None:
        """Class of a file, or None to leave it out."""
        return next((kind for start, kind in self.rules if name.startswith(start)), None)

    def files(self, packages: Path) -> list[tuple[Path, int]]:
        """Files with a class, in the order of their names."""
        found = [(path, self.class_of(path.name)) for path in sorted(self.path(packages).glob("*.*"))]
        return [(path, kind) for path, kind in found if kind is not None]


def _rules(
    kick: str = "", snare: str = "", hat: str = "", tom: str = "", cymbal: str = "", out: str = ""
) -> Rules:
    """Beginnings of names for each class, parted by `|`; longer ones are tried first."""
    kinds: list[tuple[str, int | None]] = []
    for starts, kind in ((kick, KICK), (snare, SNARE), (hat, HAT), (tom, TOM), (cymbal, CYMBAL), (out, None)):
        kinds += [(start, kind) for start in starts.split("|") if start]
    return tuple(sorted(kinds, key=lambda rule: -len(rule[0])))


_DATA, _KITS = "hydrogen-data", "hydrogen-drumkits"
_GPL, _GPL2 = "GPL-2.0-or-later", "GPL-2.0-only"
_ARTEMIO, _MILLO = "Artemiy Pavlov", "Emiliano Grilli"

KITS = (
    DrumKit(
        "GMRockKit", _DATA, TRAIN, "macarthur", "Glen MacArthur, Sebastian Moors", _GPL,
        _rules("Kick", "Snare", "Hat", "Tom", "Bell|24Ride|Ride|Crash|Splash"),
    ),
    DrumKit(
        "The Black Pearl 1.0", _KITS, TRAIN, "macarthur", "Glen MacArthur", _GPL2,
        _rules("PearlKick", "PearlSnare", "SabianHat", "PearlTom", "Paiste|SabianCrash|Zildjian"),
    ),
    DrumKit(
        "ForzeeStereo", _KITS, TRAIN, "forzee", "Vladimir Sadovnikov, Alexander Belokurov", _GPL2,
        _rules("Kick", "Snare", "HiHat", "Tom", "China|Crash|Ride|Splash"),
    ),
    DrumKit(
        "drums", "lmms-common", TRAIN, "lmms", "LMMS contributors", _GPL,
        _rules(
            "bassdrum|kick", "snare|nasty_snare", "hihat", "tom", "crash|ride", out="snare_rim|kick04",
        ), "usr/share/lmms/samples",
    ),
    DrumKit(
        "Millo-Drums_v.1", _KITS, VAL, "millo", _MILLO, _GPL2,
        _rules("bd", "snare", "closehihat|openhat|pedalhihat", "tom", "cra|ride"),
    ),
    DrumKit(
        "Millo_MultiLayered2", _KITS, VAL, "millo", _MILLO, _GPL2,
        _rules("bd", "jsnare|rsnare", "hh", "floortom|tom", "crash|ride"),
    ),
    DrumKit(
        "Millo_MultiLayered3", _KITS, VAL, "millo", _MILLO, _GPL2,
        _rules("bd", "sd", "hh|ho", "ft|t1|t2", "cc|rc"),
    ),
    DrumKit(
        "Audiophob", _KITS, VAL, "audiophob", "soundcloud.com/audiophobdubstep", "CC0-1.0",
        _rules("86335", "124382|25671", "116973|104227", "99930|99931|101450", "15590|124101"),
    ),
    DrumKit(
        "rumpf_kit_z01_h2", _KITS, VAL, "rumpf", "Emanuel Rumpf", "CC-BY-3.0",
        _rules(
            "beats_06-38|beats_06-46|beats_07-18|beats_07-20", "beats_01-21|beats_06-25",
            "beats_09-10|beats_06-28|beats_08-31", "beats_08-17|beats_08-18|beats_08-19",
            "beats_06-43|beats_08-20|beats_06-30|beats_06-40",
        ),
    ),
    DrumKit(
        "BJA_Pacific", _KITS, TEST, "bja", "Luc Tanguay, Bransin James Anderson", "CC-BY-SA-3.0-US",
        _rules("BD", "SN", "HH", "TM", "CB|BL|RD", out="SN3"),
    ),
    DrumKit(
        "ColomboAcousticDrumkit", _KITS, TEST, "colombo", "Marcos Guglielmetti", _GPL,
        _rules("bassdrum", "snare", "hihat", "tom", "crash"),
    ),
    DrumKit(
        "ElectricEmpireKit", _KITS, TEST, "artemio", _ARTEMIO, _GPL,
        _rules("EE_Kick", "EE_Snare", "EE_Hat"),
    ),
    DrumKit(
        "HardElectro1", _KITS, TEST, "artemio", _ARTEMIO, _GPL,
        _rules("HardHse_K|PowR_BD", "PowR_SN", "CHH|FX_Chh|Hard_CHH|Hard_Hse_OHH|PowR_HH"),
    ),
    DrumKit(
        "VariBreaks", _KITS, TEST, "artemio", _ARTEMIO, _GPL,
        _rules("VP Kick", "VP Snare", "VP Hat", "VP Tom"),
    ),
    DrumKit(
        "TR808EmulationKit", _DATA, TEST, "artemio", f"{_ARTEMIO} (ArtemioLabs)", _GPL,
        _rules("808_Kick", "808_Snare", "808_Hat", "808_Tom", "808_Cymbal"),
    ),
    DrumKit(
        "samples", "sonic-pi-samples", TEST, "sonic-pi", "Sonic Pi contributors", "CC0-1.0",
        _rules(
            "bd_|drum_heavy_kick|drum_bass|elec_soft_kick|elec_hollow_kick",
            "sn_|drum_snare|elec_snare|elec_filt_snare|elec_hi_snare|elec_lo_snare|elec_mid_snare",
            "drum_cymbal_closed|drum_cymbal_pedal|drum_cymbal_open", "drum_tom|elec_fuzz_tom",
            "drum_cymbal|drum_splash|elec_cymbal", out="bd_mehackit",
        ), "usr/share/sonic-pi",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class FontKits:
    """The drum kits of a sound font, for training only: every recording that its drum keys play."""

    name: str
    package: str
    file: str
    group: str
    authors: str
    licence: str

    @property
    def title(self) -> str:
        """For people."""
        return f"drum kits of the sound font {self.name}"

    def path(self, packages: Path) -> Path:
        """Where it lies below the folder of unpacked packages."""
        return packages / self.package / self.file


FONTS = (
    FontKits(
        "FluidR3_GM", "fluid-soundfont-gm", "usr/share/sounds/sf2/FluidR3_GM.sf2", "fluid", "Frank Wen", "MIT"
    ),
)

GM_KEYS: dict[int, int] = (
    dict.fromkeys((35, 36), KICK)
    | dict.fromkeys((38, 40), SNARE)
    | dict.fromkeys((42, 44, 46), HAT)
    | dict.fromkeys((41, 43, 45, 47, 48, 50), TOM)
    | dict.fromkeys((49, 51, 52, 53, 55, 57, 59), CYMBAL)
)


def kits_of(split: str) -> tuple[DrumKit, ...]:
    """The kits of a split, in the order of `KITS`."""
    return tuple(kit for kit in KITS if kit.split == split)
