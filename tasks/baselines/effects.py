"""What gates that change a sound are measured against: a gain, a curve, a GRU, and their own float form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tasks.base import Task
from zoo.cache import cache_folder
from zoo.results import Trace

if TYPE_CHECKING:
    from torch import Tensor

    from tasks.training.effect_learner import EffectLearner

Int16 = npt.NDArray[np.int16]

HIDDEN = 8
STEPS, VALIDATE_EVERY, CLIP_NORM, PEAK_RATE = 2_000, 500, 1.0, 1e-2
BATCH, LENGTH, BEFORE = 192, 96, 48
VALIDATED_SECONDS = 0.3
CURVE_BINS = 256


@dataclass(frozen=True)
class Effect:
    """A sound changed by a function.

    Args:
        rate: Samples a second.
        change: float64 (n,) within -1 to 1 -> the same.
        parameters: Numbers it learned.
    """

    rate: int
    change: Callable[[npt.NDArray[np.float64]], npt.NDArray[Any]]
    parameters: int
    hop: int = 1

    def predict(self, samples: Int16) -> Trace:
        """int16 (n,) -> samples (n, 1)."""
        sound = np.clip(np.rint(self.change(samples / 32_768) * 32_768), -32_768, 32_767)
        return Trace(sound.astype(np.int32)[:, None], np.zeros(0, np.int64))


def build_identity(task: Task, seed: int = 0, data: Path | None = None) -> Effect:
    """What comes in, at the level that leaves the least error on the training clips."""
    from tasks.effects import emphasised, energy

    dry, wet = _sounds(task, data)
    gain = float(np.sum(emphasised(dry) * emphasised(wet))) / energy(emphasised(dry))
    return Effect(task.input.rate, lambda sound: sound * gain, 1)


def build_curve(task: Task, seed: int = 0, data: Path | None = None) -> Effect:
    """The rising curve from sample to sample that leaves the least squared error, without emphasis."""
    dry, wet = _sounds(task, data)
    x, y = (sound.ravel() for sound in (dry, wet))
    edges = np.unique(np.quantile(x, np.linspace(0, 1, CURVE_BINS + 1)))
    which = np.clip(np.searchsorted(edges, x, "right") - 1, 0, len(edges) - 2)
    count = np.maximum(1, np.bincount(which, minlength=len(edges) - 1))
    middle, mean = (np.bincount(which, part, len(edges) - 1) / count for part in (x, y))
    rising = _rising(mean, count)
    return Effect(task.input.rate, lambda sound: np.interp(sound, middle, rising), 2 * len(middle))


def build_gru(task: Task, seed: int = 0, data: Path | None = None) -> Effect:
    """A GRU of eight units, trained when the cache does not hold it."""
    return _float_effect(task, trained(task, seed, data))


def build_filters(task: Task, seed: int = 0, data: Path | None = None) -> Effect:
    """Filter, curve, filter in float: what the gates' structure can do before anything is rounded."""
    from dataclasses import replace

    from tasks.recipes.drive import SIZES

    recipe = replace(SIZES["standard"], rounded=False)
    learner = recipe.learner(task, seed, "cpu", data)
    about = {"kind": "filter-curve-filter", "recipe": recipe.to_json()}
    return _float_effect(task, run(task, learner, about, recipe.steps, recipe.validate_every, seed, data))


def trained(task: Task, seed: int = 0, data: Path | None = None) -> EffectLearner:
    """The GRU with the sounds it learned from.

    Raises:
        ZooError: The data is not built, or there is no room.
        KeyboardInterrupt: Stopped; the next call goes on from there.
    """
    import torch

    from tasks.baselines.networks import CausalGru, Normalised
    from tasks.training.effect_learner import EffectLearner, Stretches, task_pairs

    class SampleGru(torch.nn.Module):
        """A sample a frame."""

        def __init__(self, net: CausalGru) -> None:
            super().__init__()
            self.net = net

        def forward(self, x: Tensor) -> Tensor:
            """(clips, n), same shape."""
            found: Tensor = self.net(x[..., None])
            return found

    torch.set_num_threads(1)
    train, val = task_pairs(task, data, VALIDATED_SECONDS)
    torch.manual_seed(seed)
    constants = Normalised(np.zeros(1, np.float32), train.dry.std(keepdims=True)[0])
    module = SampleGru(CausalGru(constants, 1, HIDDEN))
    learner = EffectLearner(module, train, val, Stretches(BATCH, LENGTH, BEFORE), PEAK_RATE)
    about = {"kind": "effect-gru", "shape": [HIDDEN, BATCH, LENGTH, BEFORE, PEAK_RATE]}
    return run(task, learner, about, STEPS, VALIDATE_EVERY, seed, data)


def run(
    task: Task,
    learner: EffectLearner,
    about: dict[str, Any],
    steps: int,
    every: int,
    seed: int,
    data: Path | None,
) -> EffectLearner:
    """Train in the cache, or take from it; raises as `trained`."""
    from tasks.training.trainer import Settings, Trainer

    settings = Settings(steps, seed, validate_every=every, clip=CLIP_NORM)
    digests = {split: task.manifest_digest(split, data) for split in ("train", "val")}
    about = about | {"task": task.id, "data": digests}
    code = hashlib.sha256(json.dumps([about, vars(settings)]).encode()).hexdigest()[:16]
    folder = (data or cache_folder()) / "baselines" / f"{task.name}-{about['kind']}-{seed}-{code}"
    if Trainer(learner, folder, settings, about).run(resume=True).interrupted:
        raise KeyboardInterrupt
    return learner


def _float_effect(task: Task, learner: EffectLearner) -> Effect:
    parameters = sum(part.numel() for part in learner.module.parameters())
    return Effect(
        task.input.rate, lambda sound: learner.answer(sound[None].astype(np.float32))[0], parameters
    )


def _sounds(task: Task, data: Path | None) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    from tasks.training.effect_learner import pairs

    made = pairs(task.load("train", data))
    return made.dry, made.wet


def _rising(values: npt.NDArray[Any], weights: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """The nearest sequence that never falls: neighbours that do are pooled."""
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        pools.append((value, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (v, w, n), (u, x, m) = pools.pop(), pools.pop()
            pools.append(((v * w + u * x) / (w + x), w + x, n + m))
    return np.concatenate([np.full(n, value) for value, _, n in pools])
