"""A folder of examples as `zoo teach` reads it: three kinds of short sounds, easily told apart."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

KINDS = ("buzz", "click", "hiss")


def sound(kind: str, seed: int, rate: int, seconds: float = 0.25) -> npt.NDArray[np.float64]:
    """float64 (n,): a low buzz, a train of clicks, or noise, each with its own pitch and level."""
    rng = np.random.default_rng([KINDS.index(kind), seed])
    t = np.arange(int(seconds * rate)) / rate
    if kind == "buzz":
        wave = np.sign(np.sin(2 * np.pi * rng.uniform(80, 140) * t))
    elif kind == "click":
        wave = np.where(t % rng.uniform(0.03, 0.05) < 0.001, 1.0, 0.0) * np.sin(2 * np.pi * 4_000 * t)
    else:
        wave = rng.uniform(-1, 1, len(t))
    return np.asarray(rng.uniform(0.2, 0.7) * wave, np.float64)


def write(folder: Path, kind: str, name: str, seed: int, rate: int = 44_100, **how: float) -> Path:
    """One recording of a class."""
    (folder / kind).mkdir(parents=True, exist_ok=True)
    path = folder / kind / name
    soundfile.write(path, sound(kind, seed, rate, **how), rate)
    return path


def folder_of(root: Path, count: int = 8) -> Path:
    """Eight recordings of each kind, of four formats and rates."""
    forms = (("wav", 44_100), ("flac", 22_050), ("ogg", 48_000), ("aiff", 16_000))
    for kind in KINDS:
        for seed in range(count):
            suffix, rate = forms[seed % len(forms)]
            write(root, kind, f"{seed}.{suffix}", seed, rate)
    return root
