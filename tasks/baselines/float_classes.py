"""Float MLP, CNN and GRU of at most 25,000 parameters for any class task, through the same trainer as gates.

Each reads log-mel frames of 10 ms at the task's rate, or the integers of the gate network's front end, and
answers logits of the classes. Trained once for each
seed and data, kept in the cache, resumable.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from tasks.base import Task
from tasks.baselines.class_detectors import ClassDetector
from tasks.baselines.logmel import LogMel, at_rate
from tasks.baselines.networks import NETWORKS, Normalised
from tasks.classes import ClassTask
from tasks.data.clip import Clip
from tasks.training.class_task import ask, lessons_of, measure_of
from tasks.training.frames import cached
from tasks.training.trainer import Settings, Trainer
from zoo.cache import cache_folder
from zoo.errors import ZooError
from zoo.frontends import ThermometerFrontEnd

KINDS = {
    "class-mlp": ("causal-mlp", 64),
    "class-cnn": ("causal-cnn", 48),
    "class-gru": ("causal-gru", 64),
    "class-gru16": ("causal-gru", 16),
    "frontend-gru16": ("causal-gru", 16),
    "frontend-mlp16": ("causal-mlp", 16),
}
OWN_FRONT_END = "frontend-"  # kinds that read the integer features of the task's gate network
STEPS, VALIDATE_EVERY, PATIENCE, CLIP_NORM = 1500, 100, 6, 1.0
STRETCH, BATCH, PEAK_RATE = 200, 24, 4e-3
VALUE_STEPS = 2048  # values count 1/2048 of a logit

Float = npt.NDArray[np.float32]


@dataclass(frozen=True)
class IntegerFeatures:
    """The features of a front end as floats, in place of log-mel."""

    frontend: ThermometerFrontEnd

    @property
    def rate(self) -> int:
        """Sample rate in Hz."""
        return self.frontend.rate

    @property
    def hop(self) -> int:
        """Samples a frame."""
        return self.frontend.hop

    @property
    def parameters(self) -> tuple[object, ...]:
        """All that decides the features."""
        return self.frontend.kind, self.frontend.params()

    def __call__(self, samples: npt.NDArray[np.int16]) -> Float:
        """int16 (n,) -> float32 (n // hop, features)."""
        return self.frontend.features(samples).astype(np.float32)


def heard_by(kind: str, task: Task) -> LogMel | IntegerFeatures:
    """What a network of this kind reads.

    Raises:
        ZooError: It reads what the task's gates read, and the task has no gates.
    """
    if kind.startswith(OWN_FRONT_END):
        if not task.recipes:
            raise ZooError(f"baseline {kind!r}: task {task.name} has no recipe whose front end it could read")
        return IntegerFeatures(import_module(task.recipes).SIZES["nano"].make_frontend())
    return at_rate(task.input.rate)


class SequenceClassLearner:
    """Trains a network on stretches of clips; frames weigh as often as gates hear them.

    Args:
        module: The network.
        features: float32 (frames, bands) of all clips.
        ends: int64 (clips,): where each clip's frames end.
        target: float32 (frames, classes): probabilities that frames should answer.
        weight: float (frames,): 0 where there is none.
        validate: Metrics of the module; the first decides.
    """

    def __init__(
        self,
        module: nn.Module,
        features: Float,
        ends: npt.NDArray[np.int64],
        target: Float,
        weight: npt.NDArray[np.float64],
        validate: Any,
    ) -> None:
        self.module, self.features, self.target, self._validate = module, features, target, validate
        self.weight = (weight / weight[weight > 0].mean()).astype(np.float32)
        self._starts = np.concatenate([[0], ends[:-1]])
        self._lengths = ends - self._starts

    def parameter_groups(self) -> list[dict[str, Any]]:
        """One group."""
        return [{"params": list(self.module.parameters()), "lr": PEAK_RATE}]

    def loss(self, rng: np.random.Generator) -> Tensor:
        """Weighted cross entropy over a batch of stretches; behind a short clip its last frame stands."""
        clip = rng.integers(0, len(self._starts), BATCH)
        room = np.maximum(self._lengths[clip] - STRETCH, 0)
        first = self._starts[clip] + rng.integers(0, room + 1)
        last = self._starts[clip] + self._lengths[clip] - 1
        frames = first[:, None] + np.arange(STRETCH)
        weight = torch.from_numpy(np.where(frames <= last[:, None], self.weight[_within(frames, last)], 0))
        frames = _within(frames, last)
        logits = self.module(torch.from_numpy(self.features[frames]))
        target = torch.from_numpy(self.target[frames]).transpose(1, 2)
        each = nn.functional.cross_entropy(logits.transpose(1, 2), target, reduction="none")
        return (each * weight).sum() / weight.sum().clamp(min=1e-6)

    def validate(self) -> dict[str, float]:
        """Macro-F1 of the validation questions."""
        found: dict[str, float] = self._validate(self.module)
        return found


def build_mlp(task: Task, seed: int = 0, data: Path | None = None) -> ClassDetector:
    """The MLP, trained when the cache does not hold it."""
    return build("class-mlp", task, seed, data)


def build_cnn(task: Task, seed: int = 0, data: Path | None = None) -> ClassDetector:
    """The causal CNN, trained when the cache does not hold it."""
    return build("class-cnn", task, seed, data)


def build_gru(task: Task, seed: int = 0, data: Path | None = None) -> ClassDetector:
    """The GRU, trained when the cache does not hold it."""
    return build("class-gru", task, seed, data)


def build_gru16(task: Task, seed: int = 0, data: Path | None = None) -> ClassDetector:
    """A GRU of 16 units, trained when the cache does not hold it."""
    return build("class-gru16", task, seed, data)


def build_frontend_gru16(task: Task, seed: int = 0, data: Path | None = None) -> ClassDetector:
    """A GRU of 16 units behind the gate network's front end, trained when the cache does not hold it."""
    return build("frontend-gru16", task, seed, data)


def build_frontend_mlp16(task: Task, seed: int = 0, data: Path | None = None) -> ClassDetector:
    """An MLP of 16 units behind the gate network's front end, trained when the cache does not hold it."""
    return build("frontend-mlp16", task, seed, data)


def build(kind: str, task: Task, seed: int = 0, data: Path | None = None) -> ClassDetector:
    """Train, or take from the cache.

    Raises:
        ZooError: The data is not built, or there is no room.
        KeyboardInterrupt: Stopped; the next call goes on from there.
    """
    assert isinstance(task, ClassTask)
    return detector(kind, trained(kind, task, seed, data).module, heard_by(kind, task))


def detector(kind: str, module: nn.Module, mel: LogMel | IntegerFeatures) -> ClassDetector:
    """A trained network as a detector of these frames."""
    parameters = sum(p.numel() for p in module.parameters())
    return ClassDetector(kind, mel.rate, mel.hop, lambda samples: values(module, mel(samples)), parameters)


def trained(kind: str, task: ClassTask, seed: int = 0, data: Path | None = None) -> SequenceClassLearner:
    """The trained network with the frames it learned from; raises as `build`."""
    cache = data or cache_folder()
    digests = {split: task.manifest_digest(split, data) for split in ("train", "val")}
    clips = {split: task.load(split, data) for split in digests}
    mel = heard_by(kind, task)
    frames = {
        split: _frames(cache, mel, task.manifest_digest(split, data), clips[split]) for split in digests
    }
    settings = Settings(STEPS, seed, validate_every=VALIDATE_EVERY, patience=PATIENCE, clip=CLIP_NORM)
    learner = make_learner(task, kind, seed, *((clips[split], frames[split]) for split in digests))
    about: dict[str, Any] = {"kind": kind, "task": task.id, "data": digests}
    if task.balance != 1:
        about["balance"] = task.balance
    about["code"] = _digest([KINDS[kind], STRETCH, BATCH, PEAK_RATE, vars(settings)])
    folder = cache / "baselines" / f"{task.name}-{kind}-{seed}-{_digest(about)[:16]}"
    if Trainer(learner, folder, settings, about).run(resume=True).interrupted:
        raise KeyboardInterrupt
    return learner


def make_learner(
    task: ClassTask,
    kind: str,
    seed: int,
    train: tuple[Sequence[Clip], Float],
    val: tuple[Sequence[Clip], Float],
) -> SequenceClassLearner:
    """The learner of clips and their log-mel frames."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    name, hidden = KINDS[kind]
    clips, features = train
    constants = Normalised(features.mean(axis=0), np.maximum(features.std(axis=0), 1e-3))
    module = NETWORKS[name](constants, features.shape[1], hidden, len(task.classes))
    mel = heard_by(kind, task)
    asked = ask(task, val[0], mel.rate, mel.hop)
    measure = measure_of(task, asked)
    val_ends = np.cumsum([len(clip.samples) // mel.hop for clip in val[0]])

    def validate(network: nn.Module) -> dict[str, float]:
        found = [values(network, part) for part in np.split(val[1], val_ends[:-1])]
        return measure(np.concatenate(found)[asked.frame])

    ends = np.cumsum([len(clip.samples) // mel.hop for clip in clips])
    _, weight = lessons_of(task, clips, mel.rate, mel.hop)
    target = np.concatenate([task.wanted(clip, mel.rate, mel.hop) for clip in clips])
    return SequenceClassLearner(module, features, ends, target, weight, validate)


def _frames(cache: Path, mel: LogMel | IntegerFeatures, digest: str, clips: Sequence[Clip]) -> Float:
    """Log-mel frames of these clips, kept in the cache."""
    key = _digest([mel.parameters, digest])
    return cached(cache / "features", key, lambda: mel_frames(mel, clips))


def mel_frames(mel: LogMel | IntegerFeatures, clips: Sequence[Clip]) -> Float:
    """float32 (frames, bands) of all clips, each from silence."""
    return np.concatenate([mel(clip.samples) for clip in clips])


@torch.no_grad()
def values(module: nn.Module, features: Float) -> npt.NDArray[np.int32]:
    """float32 (frames, bands) -> int32 (frames, classes): logits in steps of 1/2048."""
    module.eval()
    whole = features if len(features) else np.zeros((1, features.shape[1]), np.float32)
    logits = module(torch.from_numpy(whole)[None])[0, : len(features)].numpy().astype(np.float64)
    module.train()
    return np.rint(np.clip(logits * VALUE_STEPS, -(2**30), 2**30)).astype(np.int32)


def _within(frames: npt.NDArray[np.int64], last: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.minimum(frames, last[:, None])


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, default=str).encode()).hexdigest()
