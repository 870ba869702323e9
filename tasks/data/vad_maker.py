"""Every clip of the voice activity task by its number, from a folder of unpacked packages."""

from __future__ import annotations

import hashlib
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.data.clip import Clip
from tasks.data.duplicates import LeakError
from tasks.data.packages import check_sources
from tasks.data.shots import resample
from tasks.data.teachers import SILERO
from tasks.data.vad import COUNTS, RATE, SCENE, STEP, VAD
from tasks.data.voices import OTHER, SPEECH, Sounds
from zoo.errors import AudioError

SEED = 20_252
SPLITS = ("train", "val", "test")  # a split's number draws its clips
LONGEST = 4.0  # seconds of one recording that are used
LOUD, FAINT = -30.0, -45.0  # dB under the utterance's loudest frame: speech, and surely none
BRIDGE = 6  # steps, 0.19 s: a shorter gap in an utterance belongs to it
NARROW_HZ, RIPPLE = 3_600, 6
SPOKEN, OVER, OTHER_ONLY = 0, 1, 2

Float64 = npt.NDArray[np.float64]


class VadMaker:
    """Reads recordings as clips need them.

    Args:
        packages: Folder that holds `<package>/usr/...`.
    """

    def __init__(self, packages: Path) -> None:
        self.packages = packages

    @cached_property
    def files(self) -> dict[str, list[Path]]:
        """The recordings of every item."""
        return {item.name: item.files(self.packages) for item in (*SPEECH, *OTHER)}

    def check(self) -> None:
        """Check every file's digest and the teacher, then look for a file that lies in two splits.

        Raises:
            ZooError: A package is missing, its files are others, or the teacher is not installed.
            LeakError: A recording lies in two splits.
        """
        check_sources(VAD.name, self.packages, VAD.packages, self.files)
        SILERO.weights()
        seen: dict[str, tuple[str, Path]] = {}
        for item in (*SPEECH, *OTHER):
            for path in self.files[item.name]:
                split, other = seen.setdefault(
                    hashlib.sha256(path.read_bytes()).hexdigest(), (item.split, path)
                )
                if split != item.split:
                    raise LeakError(
                        f"{path} = {other}: one recording in {item.split} and {split}. Leave one of them out"
                    )

    def count(self, split: str) -> int:
        """Clips of a split."""
        return COUNTS[split]

    def name(self, split: str, index: int) -> str:
        """Name of a clip."""
        return f"{split}-{index:04d}"

    def group_and_licence(self, split: str, index: int) -> tuple[str, str]:
        """The voice of a clip, or the other sound where nobody speaks, and the licences of both."""
        kind, voice, other, _ = self._cast(split, index)
        heard = {SPOKEN: (voice,), OVER: (voice, other), OTHER_ONLY: (other,)}[kind]
        return heard[0].name, " AND ".join(dict.fromkeys(item.licence for item in heard))

    def make(self, split: str, index: int) -> Clip:
        """One clip; it depends on the packages, the teacher, the seed, the split and the number alone.

        Raises:
            ZooError: A recording cannot be read, or the teacher is not installed.
        """
        kind, voice, other, rng = self._cast(split, index)
        length = int(SCENE.seconds * RATE)
        speech, active, clear = (
            np.zeros(length),
            np.zeros(length // STEP, bool),
            np.ones(length // STEP, bool),
        )
        if kind != OTHER_ONLY:
            speech, active, clear = self._talk(rng, voice, length)
        rest = np.zeros(length) if kind == SPOKEN else self._texture(rng, other, length)
        sound = speech + rest
        if kind == OVER:
            ratio = rng.uniform(*SCENE.snr)
            sound = speech + rest * (_rms(speech) / max(_rms(rest), 1e-9)) * 10 ** (-ratio / 20)
        sound /= max(float(np.abs(sound).max()), 1e-9)
        sound += rng.standard_normal(length) * 10 ** (rng.uniform(*SCENE.hiss) / 20)
        if rng.random() < SCENE.narrow:
            sound = _narrow(sound)
        sound *= 32_767 * 10 ** (rng.uniform(*SCENE.level) / 20) / float(np.abs(sound).max())
        samples = np.rint(sound).astype(np.int16)
        labels = np.where(clear, active, -1).astype(np.int16)
        group, licence = self.group_and_licence(split, index)
        none, taught = np.zeros(0), SILERO.labels(samples)
        return Clip(self.name(split, index), samples, none, group, licence, labels, rate=RATE, teacher=taught)

    def about(self, split: str) -> dict[str, Any]:
        """What a split's manifest says beside its clips: seed, teacher, and recordings with their authors."""
        heard = [item for item in (*SPEECH, *OTHER) if item.split == split]
        keys = "name", "package", "authors", "licence"
        sources = [{key: getattr(item, key) for key in keys} for item in heard]
        return {"seed": SEED, "teacher": SILERO.line, "sources": sources}

    def _cast(self, split: str, index: int) -> tuple[int, Sounds, Sounds, np.random.Generator]:
        """Kind, voice and other sound of a clip, of licences that go together, and its random numbers."""
        rng = np.random.default_rng([SEED, SPLITS.index(split), index])
        kind = int(rng.choice(3, p=SCENE.kinds))
        voices = [item for item in SPEECH if item.split == split]
        voice = voices[index % len(voices)]
        others = [item for item in OTHER if item.split == split]
        if kind == OVER:
            others = [item for item in others if item.family == voice.family]
        return kind, voice, others[int(rng.integers(len(others)))], rng

    def _talk(
        self, rng: np.random.Generator, voice: Sounds, length: int
    ) -> tuple[Float64, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Utterances with pauses; for every step whether somebody speaks, and whether that is clear."""
        sound, loud, faint = np.zeros(length), np.zeros(length // STEP, bool), np.ones(length // STEP, bool)
        at = int(RATE * rng.exponential(SCENE.pause[1]))
        while at < length - RATE // 4:
            one = self._read(rng, voice)
            one = one[: length - at] * 10 ** (rng.uniform(-6, 0) / 20)
            alone = np.zeros(length)
            alone[at : at + len(one)] = one
            level = 20 * np.log10(np.sqrt(_steps(alone**2)) + 1e-9)
            level -= level.max()
            loud |= _bridged(level >= LOUD)
            faint &= level < FAINT
            sound += alone
            at += len(one) + int(RATE * (SCENE.pause[0] + rng.exponential(SCENE.pause[1])))
        return sound, loud, loud | faint

    def _texture(self, rng: np.random.Generator, other: Sounds, length: int) -> Float64:
        """Recordings of one item that follow each other or overlap."""
        sound, at = np.zeros(length), 0
        while at < length:
            one = self._read(rng, other)[: length - at]
            sound[at : at + len(one)] += one
            at += int(min(len(one), RATE * rng.uniform(0.15, 1.5))) + 1
        return sound

    def _read(self, rng: np.random.Generator, item: Sounds) -> Float64:
        """A recording drawn at random, mono, its loudest 32 ms at level 1, from where it begins."""
        import soundfile

        files = self.files[item.name]
        path = files[int(rng.integers(len(files)))]
        try:
            sound, rate = soundfile.read(path, dtype="float64", always_2d=True, frames=6 * 48_000)
        except (soundfile.SoundFileError, OSError) as error:
            raise AudioError(f"{path}: cannot read audio: {error}. Unpack its package again") from None
        mono = resample(sound.mean(axis=1), rate, RATE)[: int(RATE * (LONGEST + 2))]
        level = np.sqrt(_steps(mono**2)) if len(mono) >= STEP else np.array([_rms(mono)])
        start = STEP * int(np.argmax(level >= 0.02 * level.max()))
        return mono[start : start + int(RATE * LONGEST)] / max(float(level.max()), 1e-6)


def _rms(sound: Float64) -> float:
    """Of where it sounds."""
    heard = sound[np.abs(sound) > 1e-6]
    return float(np.sqrt((heard**2).mean())) if heard.size else 0.0


def _steps(values: Float64) -> Float64:
    """Mean over each whole step."""
    steps = len(values) // STEP
    return np.asarray(values[: steps * STEP].reshape(steps, STEP).mean(axis=1), np.float64)


def _bridged(active: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Gaps shorter than `BRIDGE` filled."""
    found, at = active.copy(), np.flatnonzero(active)
    for here, following in pairwise(at.tolist()):
        if following - here <= BRIDGE:
            found[here:following] = True
    return found


def _narrow(sound: Float64) -> Float64:
    """Without what lies above 3.6 kHz."""
    from scipy.signal import butter, sosfilt

    sections = butter(RIPPLE, NARROW_HZ, fs=RATE, output="sos")
    return np.asarray(sosfilt(sections, sound), np.float64)
