"""Causal CNN, GRU and MLP as detectors: trained once for each seed and data, kept in the cache, resumable."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from tasks.base import Task
from tasks.baselines import logmel
from tasks.baselines.networks import NETWORKS, Normalised
from tasks.baselines.sequence_learner import LABELS, SequenceLearner, score
from tasks.detectors import ScoreDetector
from tasks.training.frames import FrameSet, cached, make_frames
from tasks.training.trainer import Settings, Trainer
from zoo.cache import cache_folder

STEPS, VALIDATE_EVERY, PATIENCE, CLIP = 2500, 100, 10, 1.0


def build_cnn(task: Task, seed: int = 0, data: Path | None = None) -> ScoreDetector:
    """The causal CNN, trained when the cache does not hold it."""
    return build("causal-cnn", task, seed, data)


def build_gru(task: Task, seed: int = 0, data: Path | None = None) -> ScoreDetector:
    """The causal GRU, trained when the cache does not hold it."""
    return build("causal-gru", task, seed, data)


def build_mlp(task: Task, seed: int = 0, data: Path | None = None) -> ScoreDetector:
    """The causal MLP, trained when the cache does not hold it."""
    return build("causal-mlp", task, seed, data)


def build(
    kind: str, task: Task, seed: int = 0, data: Path | None = None, steps: int = STEPS
) -> ScoreDetector:
    """Train (or take from the cache) and choose the head on validation.

    Raises:
        ZooError: The data is not built, or there is no room.
        KeyboardInterrupt: Stopped; the next call goes on from there.
    """
    learner = trained(kind, task, seed, data, steps)
    module = learner.module
    return ScoreDetector(
        kind, logmel.RATE, logmel.HOP, lambda samples: score(module, logmel.log_mel(samples)),
        learner.choose().head, sum(p.numel() for p in module.parameters()),
    )  # fmt: skip


def trained(
    kind: str, task: Task, seed: int = 0, data: Path | None = None, steps: int = STEPS
) -> SequenceLearner:
    """The trained network with the frames it learned from; raises as `build`."""
    torch.set_num_threads(1)
    cache = data or cache_folder()
    train, _ = _frames(task, "train", data, cache)
    val, onsets = _frames(task, "val", data, cache)
    refractory = task.answer.refractory(logmel.RATE, logmel.HOP)
    weights = task.weights("val", data)
    learner = SequenceLearner(make_network(kind, train, seed), train, val, onsets, refractory, weights)
    folder, about, settings = _run(kind, task, seed, data, steps)
    if Trainer(learner, folder, settings, about).run(resume=True).interrupted:
        raise KeyboardInterrupt
    return learner


def is_trained(kind: str, task: Task, seed: int = 0, data: Path | None = None) -> bool:
    """Whether the cache holds a run of this network on this data.

    Raises:
        ZooError: The data is not built.
    """
    return _run(kind, task, seed, data, STEPS)[0].is_dir()


def _run(
    kind: str, task: Task, seed: int, data: Path | None, steps: int
) -> tuple[Path, dict[str, Any], Settings]:
    """Folder of a run, what it is about, and its settings."""
    digests = {split: task.manifest_digest(split, data) for split in ("train", "val")}
    settings = Settings(steps, seed, validate_every=VALIDATE_EVERY, patience=PATIENCE, clip=CLIP)
    about = {"kind": kind, "task": task.id, "data": digests, "code": _digest([LABELS, vars(settings)])}
    folder = (data or cache_folder()) / "baselines" / f"{kind}-{seed}-{_digest(about)[:16]}"
    return folder, about, settings


def make_network(kind: str, train: FrameSet, seed: int) -> torch.nn.Module:
    """A fresh network with the training set's constants."""
    torch.manual_seed(seed)
    deviation = np.maximum(train.features.std(axis=0), 1e-3)
    return NETWORKS[kind](Normalised(train.features.mean(axis=0), deviation), logmel.BANDS)


def _frames(task: Task, split: str, data: Path | None, cache: Path) -> tuple[FrameSet, list[Any]]:
    clips = task.load(split, data)
    key = _digest([logmel.PARAMETERS, task.manifest_digest(split, data)])

    def features() -> npt.NDArray[np.float32]:
        return np.concatenate([logmel.log_mel(clip.samples) for clip in clips])

    frames = make_frames(
        clips, LABELS, logmel.RATE, logmel.HOP, lambda: cached(cache / "features", key, features)
    )
    return frames, [clip.onsets for clip in clips]


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, default=str).encode()).hexdigest()
