"""What gates that play an instrument are measured against, from the flute itself to float networks."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tasks.base import Task
from zoo.cache import cache_folder
from zoo.frontends import NoteTracker
from zoo.results import Trace

if TYPE_CHECKING:
    from tasks.training.timbre_learner import TimbreLearner

RATES = {"static": 3e-2, "mlp": 3e-3, "gru": 5e-3}
STEPS, VALIDATE_EVERY, CLIP_NORM = 500, 100, 1.0
NONE = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Source:
    """The flute itself, at the loudness of the target.

    Args:
        rate: Samples a second.
        gain: Of the target's energy to the source's, a root.
    """

    rate: int
    gain: float
    parameters: int = 1
    hop: int = 1

    def predict(self, samples: npt.NDArray[np.int16]) -> Trace:
        """int16 (n,) -> samples (n, 1)."""
        return Trace(_whole(samples * self.gain)[:, None], NONE)


@dataclass(frozen=True, eq=False)
class Player:
    """Amplitudes from a module, played in floats.

    Args:
        learner: The trained module and its synthesiser.
        frontend: What hears.
    """

    learner: TimbreLearner
    frontend: NoteTracker

    @property
    def rate(self) -> int:
        """Sample rate in Hz."""
        return self.frontend.rate

    @property
    def hop(self) -> int:
        """Samples a frame."""
        return self.frontend.hop

    @property
    def parameters(self) -> int:
        """Numbers it learned."""
        return sum(part.numel() for part in self.learner.module.parameters())

    def predict(self, samples: npt.NDArray[np.int16]) -> Trace:
        """int16 (n,) -> samples (frames, hop)."""
        heard = self.frontend.features(samples)
        described = heard[None, :, : self.frontend.n_described].astype(np.float32)
        sound = self.learner.play(described, heard[None, :, 0])
        return Trace(_whole(sound * 32_768).reshape(-1, self.hop), NONE)


def build_source(task: Task, seed: int = 0, data: Path | None = None) -> Source:
    """What comes in, as loud as what should come out is on the training clips."""
    pairs = [(clip.samples, clip.target) for clip in task.load("train", data) if clip.target is not None]
    energies = [
        sum(float(np.square(x, dtype=np.float64).sum()) for x in part) for part in zip(*pairs, strict=True)
    ]
    return Source(task.input.rate, float(np.sqrt(energies[1] / energies[0])))


def build_static(task: Task, seed: int = 0, data: Path | None = None) -> Player:
    """One spectrum for every note, as loud as the flute: an additive synthesiser without a network."""
    return _player(task, "static", seed, data)


def build_mlp(task: Task, seed: int = 0, data: Path | None = None) -> Player:
    """A multilayer perceptron in floats, from the same features to the same synthesiser."""
    return _player(task, "mlp", seed, data)


def build_gru(task: Task, seed: int = 0, data: Path | None = None) -> Player:
    """A GRU in floats, from the same features to the same synthesiser."""
    return _player(task, "gru", seed, data)


def build_random(task: Task, seed: int = 0, data: Path | None = None) -> Player:
    """The gates of the standard size before training."""
    from tasks.recipes.timbre import SIZES

    learner = SIZES["standard"].learner(task, seed, data)
    return Player(learner, learner.frontend)


def _player(task: Task, kind: str, seed: int, data: Path | None) -> Player:
    from tasks.recipes.timbre import SIZES

    return Player(trained(task, kind, seed, data), SIZES["standard"].make_frontend())


def trained(task: Task, kind: str, seed: int = 0, data: Path | None = None) -> TimbreLearner:
    """A float module with the melodies it learned from, out of the cache where it is there.

    Args:
        task: Aimed at a target.
        kind: `static`, `mlp` or `gru`.
        seed: Of everything random.
        data: Folder that `zoo data build` made; the user's cache when None.

    Raises:
        ZooError: The data is not built, or there is no room.
        KeyboardInterrupt: Stopped; the next call goes on from there.
    """
    import torch

    from tasks.baselines.timbre_networks import GRU, MLP, START, STEEP, make_module
    from tasks.recipes.timbre import SIZES
    from tasks.training.synthesiser import Synthesiser
    from tasks.training.timbre_learner import TimbreLearner
    from tasks.training.trainer import Settings, Trainer

    torch.set_num_threads(1)
    recipe = SIZES["standard"]
    frontend = recipe.make_frontend()
    bank = recipe.head(frontend).bank
    train, val = recipe.melodies(task, data)
    torch.manual_seed(seed)
    synthesiser = Synthesiser(bank, frontend.rate)
    module = make_module(kind, train.features, synthesiser.rows)
    learner = TimbreLearner(module, train, val, synthesiser, recipe.batch, recipe.stretch, RATES[kind])
    settings = Settings(STEPS, seed, validate_every=VALIDATE_EVERY, clip=CLIP_NORM)
    digests = {split: task.manifest_digest(split, data) for split in ("train", "val")}
    about: dict[str, Any] = {"kind": kind, "task": task.id, "target": task.target, "data": digests}
    rows = [recipe.harmonics, recipe.noise_bands]
    about |= {"shape": [MLP, GRU, START, STEEP, RATES[kind], *rows, recipe.batch]}
    code = hashlib.sha256(json.dumps([about, vars(settings)]).encode()).hexdigest()[:16]
    folder = (data or cache_folder()) / "baselines" / f"{task.name}-{kind}-{seed}-{code}"
    if Trainer(learner, folder, settings, about).run(resume=True).interrupted:
        raise KeyboardInterrupt
    return learner


def _whole(sound: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    return np.clip(np.rint(sound), -32_768, 32_767).astype(np.int32)
