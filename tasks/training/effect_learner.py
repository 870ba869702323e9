"""Anything that changes a sound, trained on stretches of clips to leave as little error as it can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from tasks.data.clip import Clip
from tasks.effects import EMPHASIS, emphasised, energy

if TYPE_CHECKING:
    from tasks.base import Task

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Sounds before and after.

    Args:
        dry: float32 (clips, n) within -1 to 1; behind a short clip stands silence.
        wet: The same of the targets.
    """

    dry: Float32
    wet: Float32


@dataclass(frozen=True)
class Stretches:
    """How batches are cut.

    Args:
        batch: Stretches a batch.
        length: Samples whose error counts.
        before: Samples ahead of them that only fill memories.
    """

    batch: int
    length: int
    before: int


def pairs(clips: Sequence[Clip], seconds: float = np.inf) -> Pairs:
    """The first seconds of clips with targets, at most."""
    n = max(len(clip.samples) for clip in clips)
    n = int(min(n, seconds * clips[0].rate))
    made = np.zeros((2, len(clips), n), np.float32)
    for k, clip in enumerate(clips):
        assert clip.target is not None
        for row, sound in zip(made, (clip.samples, clip.target), strict=True):
            row[k, : len(sound)] = sound[:n] / 32_768
    return Pairs(*made)


class EffectLearner:
    """Trains a module that maps (clips, n) to (clips, n).

    Args:
        module: What learns.
        train: To learn from.
        val: To validate on.
        stretches: How batches are cut.
        rate: Peak learning rate.
    """

    def __init__(
        self, module: nn.Module, train: Pairs, val: Pairs, stretches: Stretches, rate: float
    ) -> None:
        self.module, self.train, self.val, self.stretches, self.rate = module, train, val, stretches, rate

    def parameter_groups(self) -> list[dict[str, Any]]:
        """One group."""
        return [{"params": list(self.module.parameters()), "lr": self.rate}]

    def loss(self, rng: np.random.Generator) -> Tensor:
        """Error to signal of a batch, with pre-emphasis."""
        cut = self.stretches
        clips, n = self.train.dry.shape
        first = rng.integers(0, n - cut.before - cut.length + 1, cut.batch)
        place = (
            rng.integers(0, clips, cut.batch)[:, None],
            first[:, None] + np.arange(cut.before + cut.length),
        )
        found = self.module(torch.from_numpy(self.train.dry[place]))[:, cut.before :]
        wet = torch.from_numpy(self.train.wet[place])[:, cut.before :]
        error, signal = _emphasised(found - wet), _emphasised(wet)
        return torch.square(error).sum() / torch.square(signal).sum().clamp(min=1e-6)

    def validate(self) -> dict[str, float]:
        """Decibels of signal to error; then error to signal."""
        esr = error_to_signal(self.answer(self.val.dry), self.val.wet)
        return {"signal_db": -10 * float(np.log10(esr)), "esr": esr}

    @torch.no_grad()
    def answer(self, dry: Float32) -> npt.NDArray[Any]:
        """(clips, n) -> (clips, n)."""
        self.module.eval()
        found: npt.NDArray[Any] = self.module(torch.from_numpy(dry)).numpy()
        self.module.train()
        return found


def task_pairs(task: Task, data: Path | None, seconds: float = np.inf) -> tuple[Pairs, Pairs]:
    """A task's clips for training, and so many seconds of each for validation."""
    return pairs(task.load("train", data)), pairs(task.load("val", data), seconds)


def error_to_signal(found: npt.NDArray[Any], wet: npt.NDArray[Any]) -> float:
    """(clips, n) twice -> ESR with pre-emphasis."""
    return energy(emphasised(found - wet)) / energy(emphasised(wet))


def _emphasised(sound: Tensor) -> Tensor:
    return sound[:, 1:] - EMPHASIS * sound[:, :-1]
