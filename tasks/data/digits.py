"""The clips of the digit task: one speaker says digits, with pauses, in noise soft or loud.

The recordings are those of the Free Spoken Digit Dataset (Z. Jackson et al., CC-BY-SA-4.0); no speaker is in
two of `train`, `val` and `test`. `val` has every recording of its speaker once, `test` some of each word, so
that it can ship; `train` has each recording several times, at different speeds and through different filters.
`spare` is made as `train` is, from the speakers of val and test, and `plain` as `val`, from all speakers: who
wants to hold out one after another finds each in both ways.
"""

from __future__ import annotations

from dataclasses import dataclass

from tasks.data.dataset import DataSet
from tasks.data.repositories import Repository

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
NAMES = (*WORDS, "none")
NONE = len(WORDS)
RATE = 8_000
TAKES = 50  # recordings of each word by each speaker

TITLE, LICENCE = "Free Spoken Digit Dataset", "CC-BY-SA-4.0"
AUTHORS = "Zohar Jackson, César Souza, Jason Flaks, Yuxin Pan, Hereman Nicolas, Adhish Thite and the speakers"
FSDD = Repository(
    name="free-spoken-digit-dataset",
    url="https://github.com/Jakobovski/free-spoken-digit-dataset",
    commit="26eb9aaf76e81b692f806f9140c2d2777410d7a1",
)


@dataclass(frozen=True)
class Scene:
    """How clips are made.

    Args:
        speakers: Whose words; a clip has one speaker.
        takes: How often each recording is played.
        each: Recordings of each word that are used.
        words: Words of a clip.
        pause: Shortest pause before a word, seconds, and the mean of what is added to it.
        softest: Gain of the softest word, dB.
        snr: Loudest and softest noise, dB under a word.
        level: Lowest and highest peak of a clip, dB of full scale.
        changed: Whether words are played at other speeds and through filters.
    """

    speakers: tuple[str, ...]
    takes: int = 1
    each: int = TAKES
    words: int = 10
    pause: tuple[float, float] = (0.3, 0.3)
    softest: float = -6.0
    snr: tuple[float, float] = (15.0, 50.0)
    level: tuple[float, float] = (-30.0, -9.0)
    changed: bool = False

    @property
    def clips(self) -> int:
        """How many there are."""
        return len(self.speakers) * self.takes * len(WORDS) * self.each // self.words


_TAUGHT, _VAL, _TEST = ("george", "jackson", "lucas", "theo"), ("nicolas",), ("yweweler",)
SPEAKERS = (*_TAUGHT, *_VAL, *_TEST)
SCENES = {
    "val": Scene(_VAL),
    "test": Scene(_TEST, each=28),
    "plain": Scene(SPEAKERS),
    "train": Scene(_TAUGHT, takes=4, changed=True),
    "spare": Scene((*_VAL, *_TEST), takes=4, changed=True),
}

DIGITS = DataSet(
    name="digits",
    version=1,
    splits=tuple(SCENES),
    packages=(),
    maker="tasks.data.digit_maker:DigitMaker",
    rate=RATE,
    repositories=(FSDD,),
)
