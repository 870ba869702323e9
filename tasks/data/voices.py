"""Speech and what is none, for voice activity: which files are whose, and in which split.

Speech is split by language and speaker, drum kits by kit, guitar strums by root, sound effects by subject.
Material under the GPL is never mixed with material under Creative Commons licences.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tasks.data.kits import KIT_FOLDER

TRAIN, VAL, TEST = "train", "val", "test"
STAMPS, STAMP_FOLDER = "tuxpaint-stamps-default", "usr/share/tuxpaint/stamps"
STRUMS = "hydrogen-drumkits-effects"
_LEFT_OUT = ("silence", "beep", "monkeys", "tt-", "dir-")  # no speech, or not speech alone
_UNREADABLE = ("harpsichord01",)
_SUFFIXES = (".wav", ".flac", ".ogg", ".aif", ".aiff")


@dataclass(frozen=True)
class Sounds:
    """Recordings of one kind and origin.

    Args:
        name: Short name; the group of clips.
        package: Debian package.
        folders: Below the unpacked package.
        split: `train`, `val` or `test`.
        speech: Whether somebody speaks.
        licence: SPDX expression.
        authors: Who made them.
        ending: What the names of its files, without suffix, end in.
        prefixes: What they begin with; empty means anything.
    """

    name: str
    package: str
    folders: tuple[str, ...]
    split: str
    speech: bool
    licence: str
    authors: str
    ending: str = ""
    prefixes: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """Licences that may be mixed with each other."""
        return "gpl" if self.licence.startswith("GPL") else "cc"

    def files(self, packages: Path) -> list[Path]:
        """Its recordings, sorted by path."""
        found = []
        for folder in self.folders:
            found += [path for path in _recordings(packages / self.package / folder) if self._has(path)]
        return sorted(found)

    def _has(self, path: Path) -> bool:
        if self.package == STAMPS and not self.speech:
            return "_desc" not in path.stem
        if self.speech and any(word in str(path.relative_to(path.parents[1])) for word in _LEFT_OUT):
            return False
        if path.stem in _UNREADABLE:
            return False
        return path.stem.endswith(self.ending) and path.stem.startswith(self.prefixes or "")


@cache
def _recordings(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES]


def _stamps(language: str, split: str) -> Sounds:
    name, authors = f"stamps-{language}", "Tux Paint contributors"
    ending = f"_desc_{language}"
    return Sounds(name, STAMPS, (STAMP_FOLDER,), split, True, "GPL-2.0-only", authors, ending)


def _prompts(package: str, split: str, licence: str, authors: str) -> Sounds:
    name = package.removesuffix("-wav").removeprefix("asterisk-")
    return Sounds(name, package, ("usr/share/asterisk/sounds",), split, True, licence, authors)


def _effects(folders: tuple[str, ...], split: str) -> Sounds:
    within = tuple(f"{STAMP_FOLDER}/{folder}" for folder in folders)
    return Sounds(f"effects-{split}", STAMPS, within, split, False, "GPL-2.0-only", "Tux Paint contributors")


def _kit(folder: str, package: str, split: str, licence: str, authors: str) -> Sounds:
    return Sounds(folder, package, (f"{KIT_FOLDER}/{folder}",), split, False, licence, authors)


def _strums(roots: tuple[str, ...], split: str) -> Sounds:
    folder = (f"{KIT_FOLDER}/belofilms_GuitarStrums",)
    return Sounds(f"strums-{split}", STRUMS, folder, split, False, "CC-BY-3.0", "belofilms", prefixes=roots)


def _lmms(folders: tuple[str, ...], split: str) -> Sounds:
    within = tuple(f"usr/share/lmms/samples/{folder}" for folder in folders)
    return Sounds(f"lmms-{split}", "lmms-common", within, split, False, "GPL-2.0-or-later", "LMMS authors")


_DATA, _KITS, _SA = "hydrogen-data", "hydrogen-drumkits", "CC-BY-SA-3.0"
_LANGUAGES = {TRAIN: ("fr", "ro", "ca", "bg", "es"), VAL: ("be", "el"), TEST: ("ru", "da", "lt", "nl")}
_GPL = "GPL-2.0-or-later"

SPEECH = (
    *(_stamps(language, split) for split, languages in _LANGUAGES.items() for language in languages),
    _prompts("asterisk-core-sounds-en-wav", TRAIN, _SA, "Allison Smith"),
    _prompts("asterisk-core-sounds-es-wav", TRAIN, _SA, "Allison Smith"),
    _prompts("asterisk-core-sounds-fr-wav", TRAIN, _SA, "June Wallack"),
    _prompts("asterisk-core-sounds-it-wav", VAL, "CC-BY-3.0", "Carlo Flora"),
    _prompts("asterisk-core-sounds-ru-wav", TEST, "CC-BY-3.0", "Maxim Topal"),
    _prompts(
        "asterisk-prompt-it-menardi-wav", TEST, _SA, "Marco Menardi and Paola Dal Zot, voip.ammdomus.it"
    ),
)

OTHER = (
    _effects(("animals/birds", "animals/insects", "household", "hobbies", "seasonal"), TRAIN),
    _effects(("naturalforces", "vehicles", "space", "town", "military"), VAL),
    _effects(("animals/mammals", "animals/marsupials", "food"), TEST),
    _kit("GMRockKit", _DATA, TRAIN, _GPL, "Glen MacArthur, Sebastian Moors"),
    _kit("ElectricEmpireKit", _KITS, TRAIN, _GPL, "Artemiy Pavlov"),
    _kit("circAfrique v4", _KITS, TRAIN, _SA, "Jim Harney"),
    _kit("ColomboAcousticDrumkit", _KITS, VAL, _GPL, "Marcos Guglielmetti"),
    _kit("Audiophob", _KITS, VAL, "CC0-1.0", "soundcloud.com/audiophobdubstep"),
    _kit("VariBreaks", _KITS, TEST, _GPL, "Artemiy Pavlov"),
    _kit("TR808EmulationKit", _DATA, TEST, _GPL, "Artemiy Pavlov (ArtemioLabs)"),
    _kit("BJA_Pacific", _KITS, TEST, "CC-BY-SA-3.0-US", "Luc Tanguay, Bransin James Anderson"),
    _strums(("A", "C", "D", "E"), TRAIN),
    _strums(("F",), VAL),
    _strums(("B", "G"), TEST),
    _lmms(("instruments", "beats"), TRAIN),
    _lmms(("basses", "bassloops"), VAL),
    _lmms(("stringsnpads", "latin"), TEST),
)
