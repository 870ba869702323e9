"""Frames to learn from: features of whole clips, cached on disk, and what each frame should answer."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.data.clip import Clip
from tasks.training.recipe import Labels
from zoo.frontends import ThermometerFrontEnd

Float = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class FrameSet:
    """The frames of many clips, one after the other.

    Args:
        features: (frames, features), integers as int16 or floats as float32.
        ends: int64 (clips,): where each clip's frames end.
        target: float32 (frames,): how surely the answer should be yes, 0 to 1.
        weight: float32 (frames,): of the frame in the loss.
    """

    features: npt.NDArray[Any]
    ends: npt.NDArray[np.int64]
    target: Float
    weight: Float

    @property
    def positive(self) -> npt.NDArray[np.int64]:
        """Frames that should answer yes rather than no."""
        return np.flatnonzero((self.target >= 0.5) & (self.weight > 0))

    @property
    def negative(self) -> npt.NDArray[np.int64]:
        """Frames that should answer no rather than yes."""
        return np.flatnonzero((self.target < 0.5) & (self.weight > 0))

    def split(self, values: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
        """(frames, ...) -> one array a clip."""
        return np.split(values, self.ends[:-1])


def make_frames(
    clips: Sequence[Clip], labels: Labels, rate: int, hop: int, features: Callable[[], npt.NDArray[Any]]
) -> FrameSet:
    """Frames of these clips; `features()` gives (frames, features) of all of them in order."""
    counts = [len(clip.samples) // hop for clip in clips]
    pairs = [mark(clip.onsets, n, rate, hop, labels) for clip, n in zip(clips, counts, strict=True)]
    target, weight = (np.concatenate(part) for part in zip(*pairs, strict=True))
    return FrameSet(features(), np.cumsum(counts), target, weight)


def mark(
    onsets: npt.NDArray[np.float64], frames: int, rate: int, hop: int, labels: Labels
) -> tuple[Float, Float]:
    """Target and weight, float32 (frames,) each, of a clip with these onsets (seconds)."""
    target, weight = np.zeros(frames, np.float32), np.ones(frames, np.float32)
    first = np.floor(onsets * rate / hop).astype(np.int64)
    for frame in first:
        weight[frame : frame + labels.ignore] = 0
    for ahead, share in enumerate(labels.window):
        inside = first[first + ahead < frames] + ahead
        target[inside], weight[inside] = 1, share
    return target, weight


def blend(frames: FrameSet, wanted: npt.NDArray[np.float64], share: float) -> FrameSet:
    """Frames whose loss is `share` of a teacher's and the rest of the labels'.

    Args:
        frames: With the labels' targets and weights.
        wanted: float64 (frames,): the teacher's probabilities, each of weight 1.
        share: 0 to 1.
    """
    labels = (1 - share) * frames.weight
    weight = labels + share
    target = (labels * frames.target + share * wanted) / np.maximum(weight, np.finfo(np.float32).tiny)
    return replace(frames, target=target.astype(np.float32), weight=weight.astype(np.float32))


def frontend_features(frontend: ThermometerFrontEnd, clips: Sequence[Clip]) -> npt.NDArray[np.int16]:
    """int16 (frames, features) of the clips, each from a fresh state.

    Raises:
        OverflowError: A feature does not fit 16 bits.
    """
    parts = []
    for clip in clips:
        features = frontend.features(clip.samples)
        if features.size and np.abs(features).max() > np.iinfo(np.int16).max:
            raise OverflowError(f"{clip.name}: a feature does not fit 16 bits")
        parts.append(features.astype(np.int16))
    return np.concatenate(parts)


def frontend_key(frontend: ThermometerFrontEnd, clips_digest: str) -> str:
    """Names the features in the cache: parameters, clips, and what the code makes of a test signal."""
    noise = np.random.default_rng(0).integers(-8_000, 8_000, 20_000).astype(np.int16)
    probe = hashlib.sha256(frontend.features(noise).astype("<i4").tobytes()).hexdigest()
    text = json.dumps([frontend.kind, frontend.params(), clips_digest, probe])
    return hashlib.sha256(text.encode()).hexdigest()


def cached(folder: Path, key: str, compute: Callable[[], npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """The array of this key from the folder; computed and kept there at the first time."""
    path = folder / f"{key}.npy"
    try:
        array: npt.NDArray[Any] = np.load(path, allow_pickle=False)
        return array
    except (OSError, ValueError):  # not there, or damaged
        array = compute()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=f".{key}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            np.save(file, array)
            file.flush()
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    return array
