"""The clips of the timbre task: melodies of a flute, and the same melodies on another instrument.

A melody is in one split. Keys of the set `high` are above those of all the others, so no model heard them.
"""

from __future__ import annotations

from tasks.data.pitch import FLUID, Melody, PitchData

RATE, STEP = 16_000, 128  # a label a step
SOURCE = 73  # General MIDI programs, from 0
PROGRAMS = {"violin": 40, "trumpet": 56}
TARGETS = tuple(PROGRAMS)
SECONDS = 4.0
KEYS = {"train": (60, 83), "val": (60, 83), "test": (60, 83), "high": (84, 91)}
COUNTS = {"train": 60, "val": 8, "test": 8, "high": 6}  # melodies of each
GAIN = 4.0  # of all that is rendered: the loudest tones then peak some 3 dB under full scale


def melody_of(split: str) -> Melody:
    """How melodies of a split are drawn."""
    low, high = KEYS[split]
    leap = min(9, (high - low) // 2)  # so that a step up or the same step down stays among the keys
    return Melody(SECONDS, (low, high), leap, length=(0.15, 0.9), rests=(0.35, 0.3), velocity=(50, 120))


TIMBRE = PitchData(
    name="timbre",
    version=1,
    splits=("val", "test", "high", "train"),
    packages=(FLUID.package,),
    maker="tasks.data.timbre_maker:TimbreMaker",
    rate=RATE,
)
