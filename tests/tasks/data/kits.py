"""Small synthetic kits in the layout of unpacked packages, for tests that need files and not recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

RATE = 44_100


def hit(seed: int, seconds: float = 0.3, lead: float = 0.01, rate: int = RATE) -> npt.NDArray[np.float64]:
    """Silence, then a burst of noise and a tone that decay at once; peak under 1."""
    rng = np.random.default_rng(seed)
    n = int(seconds * rate)
    t = np.arange(n) / rate
    tone = np.sin(2 * np.pi * rng.uniform(80, 900) * t + 1)
    sound = (rng.normal(0, 0.3, n) + tone) * np.exp(-t / rng.uniform(0.02, 0.08))
    return np.concatenate([np.zeros(int(lead * rate)), 0.8 * sound / np.abs(sound).max()])


def write_kit(folder: Path, seeds: range, rate: int = RATE) -> None:
    """One wav a seed."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        soundfile.write(folder / f"hit_{seed:02d}.wav", hit(seed, rate=rate), rate, subtype="PCM_16")
