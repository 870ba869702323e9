"""A built onset task of a few synthetic clips, for tests that train."""

from pathlib import Path

import numpy as np

from tasks.data.clip import Clip
from tasks.data.onset import ONSET
from tasks.data.store import entry, write_clip, write_manifest
from tests.tiny import drums

RATE = 44_100


def synthetic_clip(name: str, seed: int, seconds: float) -> Clip:
    """Noise bursts eight times a second, from `tests.tiny.drums`, with the instants at which they start."""
    samples = drums(seconds, seed)
    onsets = np.arange(len(samples) // 16, len(samples), RATE // 8) / RATE
    return Clip(name, samples, onsets, "synthetic", "CC0-1.0")


def build(data: Path, train: int = 6, val: int = 2, seconds: float = 3.2) -> Path:
    """Write what training and validation hear: as many beats as plain clips, and one real loop."""
    counts = {"train": train, "val": val, "beats": train, "beats-val": val, "loops-val": 1}
    for split, count in counts.items():
        folder = ONSET.folder(split, data)
        folder.mkdir(parents=True)
        clips = [synthetic_clip(f"{split}-{i}", 100 * len(split) + i, seconds) for i in range(count)]
        for clip in clips:
            write_clip(folder, clip)
        write_manifest(folder, split, [entry(clip) for clip in clips], {})
    return data
