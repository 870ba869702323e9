"""The clips of the voice activity task: speech alone, speech over other sounds, and other sounds alone."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.data.dataset import DataSet
from tasks.data.voices import OTHER, SPEECH


@dataclass(frozen=True)
class Scene:
    """How clips are made.

    Args:
        seconds: Length of each.
        kinds: Chances of speech alone, of speech over other sounds, and of other sounds alone.
        pause: Shortest pause between utterances, seconds, and the mean of what is added to it.
        snr: Lowest and highest ratio of speech to the rest where both sound, dB.
        hiss: Softest and loudest noise that is always there, dB of full scale.
        narrow: Chance that nothing above 3.6 kHz is left, as on a telephone.
        level: Lowest and highest peak of a clip, dB of full scale.
    """

    seconds: float = 6.0
    kinds: tuple[float, float, float] = (0.25, 0.5, 0.25)
    pause: tuple[float, float] = (0.25, 0.6)
    snr: tuple[float, float] = (0.0, 30.0)
    hiss: tuple[float, float] = (-75.0, -50.0)
    narrow: float = 0.4
    level: tuple[float, float] = (-24.0, -2.0)


SCENE = Scene()
COUNTS = {"train": 900, "val": 60, "test": 50}
RATE, STEP = 16_000, 512

VAD = DataSet(
    name="vad",
    version=1,
    splits=("val", "test", "train"),
    packages=tuple(dict.fromkeys(item.package for item in (*SPEECH, *OTHER))),
    maker="tasks.data.vad_maker:VadMaker",
    rate=RATE,
)
