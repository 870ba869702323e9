"""The clips of the sound event task: somebody speaks, drums or tones are played, or nothing sounds.

Each clip has one voice, one drum kit and one source of tones; they take turns with pauses between. Voices are
split by language and speaker, kits by author as in the drum task, tones by sound font and family of
instruments. Material under the GPL never shares a clip with material under Creative Commons licences.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tasks.data.dataset import DataSet
from tasks.data.drum_kits import FONTS as DRUM_FONTS
from tasks.data.drum_kits import KITS
from tasks.data.render import FONTS, Font
from tasks.data.voices import OTHER, SPEECH, TEST, TRAIN, VAL, Sounds

QUIET, SPEAKING, DRUMS, TONES = range(4)
NAMES = ("quiet", "speech", "drums", "tones")
RATE, STEP = 16_000, 256
FLUID, TIMGM = FONTS[0], FONTS[1]
# General MIDI programs by families of eight (neighbours share recordings), without percussion and effects.
VAL_FAMILIES = (2, 7, 9)  # organs, brass, pipes
PROGRAMS = tuple(range(112))
WHISTLES = (78, 79)  # sine waves, the same in every font: only the test font's are played
VAL_PROGRAMS = tuple(p for p in PROGRAMS if p // 8 in VAL_FAMILIES and p not in WHISTLES)
TRAIN_PROGRAMS = tuple(p for p in PROGRAMS if p // 8 not in VAL_FAMILIES)


@dataclass(frozen=True)
class FontTones:
    """Single tones of a sound font's melodic presets.

    Args:
        name: Short name.
        package: Debian package.
        file: The font in it.
        split: `train`, `val` or `test`.
        licence: SPDX expression.
        authors: Who made the font.
        programs: General MIDI programs, from 0.
        keys: MIDI keys.
    """

    name: str
    package: str
    file: str
    split: str
    licence: str
    authors: str
    programs: tuple[int, ...]
    keys: tuple[int, ...] = (40, 52, 60, 67, 76)

    def path(self, packages: Path) -> Path:
        """Where the font lies below the folder of unpacked packages."""
        return packages / self.package / self.file


@dataclass(frozen=True)
class Turns:
    """How clips are made.

    Args:
        seconds: Length of each.
        turn: Shortest and longest turn of one source, seconds.
        pause: Shortest pause between turns, seconds, and the mean of what is added to it.
        strikes: Shortest and longest time from one drum hit or tone to the next, seconds.
        softest: Gain of the softest turn, dB.
        hiss: Softest and loudest noise that is always there, dB of full scale.
        narrow: Chance that nothing above 3.6 kHz is left, as on a telephone.
        level: Lowest and highest peak of a clip, dB of full scale.
    """

    seconds: float = 6.0
    turn: tuple[float, float] = (0.6, 1.8)
    pause: tuple[float, float] = (0.15, 0.3)
    strikes: tuple[float, float] = (0.09, 0.4)
    softest: float = -12.0
    hiss: tuple[float, float] = (-80.0, -55.0)
    narrow: float = 0.4
    level: tuple[float, float] = (-20.0, -2.0)


def _font(font: Font, split: str, programs: tuple[int, ...]) -> FontTones:
    name = f"{font.name}-{split}"
    return FontTones(name, font.package, font.file, split, font.licence, font.authors, programs)


def _samples(name: str, split: str, *prefixes: str) -> Sounds:
    folder, authors = ("usr/share/sonic-pi/samples",), "Sonic Pi contributors"
    return Sounds(name, "sonic-pi-samples", folder, split, False, "CC0-1.0", authors, prefixes=prefixes)


def _lmms(name: str, split: str, *folders: str) -> Sounds:
    within = tuple(f"usr/share/lmms/samples/{folder}" for folder in folders)
    return Sounds(name, "lmms-common", within, split, False, "GPL-2.0-or-later", "LMMS authors")


VOICES = SPEECH
TONE_SOURCES: tuple[Sounds | FontTones, ...] = (
    _font(FLUID, TRAIN, TRAIN_PROGRAMS),
    _font(FLUID, VAL, VAL_PROGRAMS),
    _font(TIMGM, TEST, PROGRAMS),
    _lmms("lmms-instruments", TRAIN, "instruments"),
    _lmms("lmms-pads", VAL, "stringsnpads"),
    _samples("sonic-pi-tones", TEST, "guit_", "bass_", "ambi_piano", "ambi_choir"),
    *(item for item in OTHER if item.name == "strums-train"),
)
DRUM_SOURCES = (*KITS, *DRUM_FONTS)

TURNS = Turns()
COUNTS = {TRAIN: 300, VAL: 50, TEST: 40}

SOUND_EVENTS = DataSet(
    name="sound-events",
    version=1,
    splits=(VAL, TEST, TRAIN),
    packages=tuple(dict.fromkeys(item.package for item in (*VOICES, *DRUM_SOURCES, *TONE_SOURCES))),
    maker="tasks.data.sound_event_maker:SoundEventMaker",
    rate=RATE,
)


def family(licence: str) -> str:
    """Licences that may be mixed with each other: `gpl`, `cc`, or `any`, which goes with both."""
    if licence in ("MIT", "CC0-1.0"):
        return "any"
    return "gpl" if licence.startswith("GPL") else "cc"
