"""Speech Commands v2 in the twelve classes of MLPerf Tiny, from a folder that users downloaded themselves.

The folder is what `speech_commands_v0.02.tar.gz` unpacks to, or one in which torchaudio's `SPEECHCOMMANDS`
has put it. Training and validation follow the official lists; silence is cut from `_background_noise_`, half
a second apart, one file of it for validation only. The test set is the official one: what
`speech_commands_test_set_v0.02.tar.gz` unpacks to, in the sub-folder `test_set`. Only in one thing does
training differ: unknown words, most of the corpus, are drawn to `SHARE` times as many as a wanted word has.

P. Warden, "Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition", 2018, arXiv 1804.03209; the
recordings are CC-BY-4.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.data.clip import Clip
from tasks.data.dataset import DataSet
from zoo.cache import cache_folder
from zoo.errors import AudioError, ZooError

Int16 = npt.NDArray[np.int16]

WORDS = ("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes")
NAMES = (*WORDS, "silence", "unknown")
SILENCE, UNKNOWN = len(WORDS), len(WORDS) + 1
RATE = 16_000
LICENCE, AUTHORS = "CC-BY-4.0", "Pete Warden and the speakers of Speech Commands"
FOLDER, INSIDE, TEST_FOLDER = "speech_commands_v0.02", "SpeechCommands", "test_set"
NOISE, VAL_NOISE = "_background_noise_", "running_tap.wav"
LISTS = {"val": "validation_list.txt", "test": "testing_list.txt"}
SHARE = 2  # unknown words in training, as a multiple of a wanted word's count
SEED = 20_255


class SpeechCommands(DataSet):
    """Reads where others build: `data` is the folder of the corpus."""

    def corpus(self, data: Path | None = None) -> Path:
        """The folder with a sub-folder a word.

        Raises:
            ZooError: It is not there, or not whole.
        """
        root = data or cache_folder() / FOLDER
        for folder in (root, root / FOLDER, root / INSIDE / FOLDER):
            if (folder / LISTS["val"]).is_file():
                missing = [name for name in (*WORDS, NOISE, LISTS["test"]) if not (folder / name).exists()]
                if missing:
                    raise ZooError(f"{folder}: no {missing[0]}. Unpack {FOLDER}.tar.gz there once more")
                return folder
        raise ZooError(
            f"{root}: no Speech Commands there ({LISTS['val']} is missing). Download {FOLDER}.tar.gz, unpack "
            "it into that folder, or name the folder with --data"
        )

    def entries(self, split: str, data: Path | None = None) -> list[dict[str, Any]]:
        """Name, group, licence, length and digest of every clip of a split.

        Raises:
            ZooError: No such split, or the corpus is not there or not whole.
        """
        return [
            {
                "name": clip.name,
                "group": clip.group,
                "licence": clip.licence,
                "samples": len(clip.samples),
                "onsets": 0,
                "sha256": clip.digest(),
            }
            for clip in self.load(split, data)
        ]

    def load(self, split: str, data: Path | None = None) -> list[Clip]:
        """Every clip of a split: one second, one label.

        Raises:
            ZooError: As `entries`.
            AudioError: A file cannot be read.
        """
        if split not in self.splits:
            raise ZooError(f"{self.name} data: no split {split!r}. There are {', '.join(self.splits)}")
        return list(_clips(self.corpus(data), split))


@lru_cache(maxsize=3)
def _clips(corpus: Path, split: str) -> tuple[Clip, ...]:
    """The clips of a split; digest and features ask for them one after the other."""
    return tuple(_test_set(corpus / TEST_FOLDER) if split == "test" else _learned_from(corpus, split))


def _learned_from(corpus: Path, split: str) -> Iterator[Clip]:
    """Training or validation: wanted words, some of the others in training, and silence."""
    listed = {name: _listed(corpus / file) for name, file in LISTS.items()}
    if split == "val":
        names = sorted(listed["val"])
    else:
        every = (path.relative_to(corpus).as_posix() for path in corpus.glob("[!_]*/*.wav"))
        names = sorted(set(every) - listed["val"] - listed["test"])
    wanted = [name for name in names if _class_of(name) != UNKNOWN]
    others = [name for name in names if _class_of(name) == UNKNOWN]
    if split == "train":
        count = min(len(others), SHARE * len(wanted) // len(WORDS))
        drawn = np.random.default_rng(SEED).choice(len(others), count, replace=False)
        others = [others[k] for k in sorted(drawn.tolist())]
    for name in (*wanted, *others):
        yield _clip(name, _class_of(name), _read(corpus / name))
    for path in sorted((corpus / NOISE).glob("*.wav")):
        if (path.name == VAL_NOISE) == (split == "val"):
            noise = _read(path)
            for start in range(0, len(noise) - RATE, RATE // 2):
                yield _clip(f"{NOISE}/{path.stem}-{start}", SILENCE, noise[start : start + RATE])


def _test_set(folder: Path) -> Iterator[Clip]:
    """The official test set, a sub-folder a class."""
    if not folder.is_dir():
        raise ZooError(
            f"{folder}: no test set. Unpack {FOLDER.replace('commands_', 'commands_test_set_')}.tar.gz there"
        )
    for number, name in enumerate(NAMES):
        inside = folder / (name if number < SILENCE else f"_{name}_")
        paths = sorted(inside.glob("*.wav"))
        if not paths:
            raise ZooError(f"{inside}: no recordings. Unpack the test set once more")
        for path in paths:
            yield _clip(path.relative_to(folder).as_posix(), number, _read(path))


def _clip(name: str, number: int, samples: Int16) -> Clip:
    """One second of it; a speaker's name stands before `_nohash_`."""
    second = np.zeros(RATE, np.int16)
    second[: min(RATE, len(samples))] = samples[:RATE]
    label = np.array([number], np.int16)
    speaker = name.rpartition("/")[2].partition("_nohash_")[0] if "_nohash_" in name else NOISE
    return Clip(name.replace("/", "-"), second, np.zeros(0), speaker, LICENCE, label, rate=RATE)


def _class_of(name: str) -> int:
    word = name.partition("/")[0]
    return WORDS.index(word) if word in WORDS else UNKNOWN


def _listed(path: Path) -> set[str]:
    return {line.strip() for line in path.read_text(encoding="ascii").splitlines() if line.strip()}


def _read(path: Path) -> Int16:
    import soundfile

    try:
        samples, rate = soundfile.read(path, dtype="int16")
    except (soundfile.SoundFileError, OSError) as error:
        raise AudioError(f"{path}: cannot read audio: {error}. Unpack the corpus once more") from None
    if rate != RATE or samples.ndim != 1:
        raise AudioError(f"{path}: expected mono at {RATE} Hz, found {samples.ndim} axes at {rate} Hz")
    found: Int16 = samples
    return found


SPEECH_COMMANDS = SpeechCommands(
    name="keywords", version=1, splits=("val", "test", "train"), packages=(), maker="", rate=RATE
)
