"""One trial of the study of encoders: a small network is trained on a task and measured as integers.

`scripts/study_encoders.py` runs all of them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from scripts.encoder_plan import TESTS, Hyper, Trial
from tasks.classes import ClassTask
from tasks.data.clip import Clip
from tasks.recipes import drums, onset
from tasks.registry import get_task
from tasks.threshold import choose_threshold
from tasks.training.class_task import lessons_of
from tasks.training.encoders import make_encoder
from tasks.training.frames import cached, frontend_features, frontend_key, make_frames
from tasks.training.hybrid import HybridNetwork
from tasks.training.network import columns
from tasks.training.projection import IntegerLinear, Projected
from tasks.training.trainer import Settings
from zoo.cache import cache_folder
from zoo.heads import GroupSum, OnsetScore, running_sum
from zoo.results import Trace

SIZES: dict[str, Any] = {"onset": onset.SIZES["nano"], "drums": drums.SIZES["nano"]}  # front ends, frames, labels
GATES = {task: tuple(layer.gates for layer in size.layers) for task, size in SIZES.items()}
EXAMPLES = 20_000  # frames from which encoders start
HEARD_AGAIN = 60  # training clips on which the gap to the test is measured
CHECKED = 8192  # validation frames on which every trial compares its integers with the network
FINER = 8  # steps of a count between gates, where soft bits are counted


class Part(NamedTuple):
    """Clips and their features, int16 (frames, features), one clip after the other."""

    clips: Sequence[Clip]
    features: npt.NDArray[np.int16]


class Bench:
    """A task's frames, loaded once; batches, heads and metrics."""

    def __init__(self, name: str) -> None:
        self.name, self.task, self.recipe = name, get_task(name), SIZES[name]
        self.frontend = self.recipe.make_frontend()
        self.classes = len(self.task.classes) if isinstance(self.task, ClassTask) else 1
        train = self._load("train", keep=HEARD_AGAIN)
        self.parts = {"train": train, **{split: self._load(split) for split in ("val", *TESTS[name])}}

    def _load(self, split: str, keep: int | None = None) -> Part:
        """A split; of training, all frames to learn from and the first clips to measure on."""
        clips = self.task.load(split)
        key = frontend_key(self.frontend, self.task.manifest_digest(split))
        rate, hop = self.frontend.rate, self.frontend.hop
        features = cached(cache_folder() / "features", key, lambda: frontend_features(self.frontend, clips))
        if keep is None:
            return Part(clips, features)
        if isinstance(self.task, ClassTask):
            truth, chance = lessons_of(self.task, clips, rate, hop)
            taught = np.flatnonzero(chance > 0)
            self.kinds, share = [taught], np.cumsum(chance[taught])
            self.cumulative = share / share[-1]
            self.target: npt.NDArray[Any] = truth
            self.weight: npt.NDArray[Any] = chance
        else:
            frames = make_frames(clips, self.recipe.labels, rate, hop, lambda: features)
            self.kinds = [frames.positive, frames.negative]
            self.target, self.weight = frames.target, frames.weight
        self.all = features
        n = sum(len(clip.samples) // hop for clip in clips[:keep])
        return Part(clips[:keep], features[:n])

    def about(self) -> dict[str, Any]:
        """What decides the results besides the plan: task, clips, front end, gates."""
        splits = ("train", "val", *TESTS[self.name])
        return {
            "task": self.task.id,
            "metric": self.task.main_metric,
            "manifests": {split: self.task.manifest_digest(split) for split in splits},
            "clips": {name: len(part.clips) for name, part in self.parts.items()},
            "features": self.frontend.n_features,
            "gates": list(GATES[self.name]),
            "outputs": self.classes,
        }

    def draw(self, rng: np.random.Generator, n: int) -> npt.NDArray[np.int64]:
        """Frames to learn from."""
        if len(self.kinds) == 1:
            return self.kinds[0][np.searchsorted(self.cumulative, rng.random(n), side="right")]
        yes = round(n * self.recipe.positives)
        return np.concatenate([rng.choice(self.kinds[0], yes), rng.choice(self.kinds[1], n - yes)])

    def loss(self, net: HybridNetwork, frames: npt.NDArray[np.int64]) -> Tensor:
        """Cross entropy of a batch."""
        logits, target = net(columns(self.all[frames])), torch.from_numpy(self.target[frames])
        if self.classes > 1:
            return torch.nn.functional.cross_entropy(logits.T, target)
        weight = torch.from_numpy(self.weight[frames])
        return torch.nn.functional.binary_cross_entropy_with_logits(logits[0], target, weight)

    def ends(self, part: str) -> npt.NDArray[np.int64]:
        """Where each clip's frames end."""
        return np.cumsum([len(clip.samples) // self.frontend.hop for clip in self.parts[part].clips])

    def head(self, counts: npt.NDArray[np.int32]) -> GroupSum | OnsetScore:
        """The head; what there is to choose is chosen by counts of the validation clips."""
        frames, rate, hop = self.recipe.frames, self.frontend.rate, self.frontend.hop
        if self.classes > 1:
            return GroupSum(self.classes, frames)
        scores = np.split(counts[:, 0], self.ends("val")[:-1])
        onsets = [clip.onsets for clip in self.parts["val"].clips]
        wait = self.task.answer.refractory(rate, hop)
        return choose_threshold(scores, onsets, hop=hop, rate=rate, refractory=wait, frames=frames).head

    def metric(self, part: str, counts: npt.NDArray[np.int32], head: GroupSum | OnsetScore) -> float:
        """The task's main metric of int32 (frames, classes) counts."""
        detector: Any = SimpleNamespace(rate=self.frontend.rate, hop=self.frontend.hop)
        each = np.split(counts, self.ends(part)[:-1])
        clips = self.parts[part].clips
        scores = [
            self.task.score(detector, clip, trace(found, head))
            for clip, found in zip(clips, each, strict=True)
        ]
        value = self.task.summarise(scores)[self.task.main_metric]
        assert value is not None
        return value


def trace(counts: npt.NDArray[np.int32], head: GroupSum | OnsetScore) -> Trace:
    """What a head answers to counts of one clip."""
    if isinstance(head, OnsetScore):
        return Trace(*head.stream().answer(counts[:, 0]))
    before = np.zeros((head.frames - 1, head.classes), np.int32)
    return Trace(running_sum(np.concatenate([before, counts]), head.frames), np.zeros(0, np.int64))


def make(bench: Bench, trial: Trial, hyper: Hyper) -> HybridNetwork:
    """The network before training: of one seed, the same gates and wiring behind every encoder of as many bits."""
    draws = np.random.default_rng((trial.seed, 1))
    numbers: npt.NDArray[Any] = bench.all[bench.draw(draws, EXAMPLES)]
    linear = None
    if trial.before != "nothing":
        rng = np.random.default_rng((trial.seed, 2))
        linear = IntegerLinear(numbers, trial.channels, rng, learn=trial.before == "linear")
        numbers = linear.harden().apply(numbers)
    rng = np.random.default_rng((trial.seed, 3))
    encoder = make_encoder(trial.encoder, numbers, trial.bits, rng, trial.temperature)
    whole = encoder if linear is None else Projected(linear, encoder)
    return HybridNetwork(whole, GATES[trial.task], bench.classes, np.random.default_rng((trial.seed, 4)))


def groups(net: HybridNetwork, hyper: Hyper) -> list[dict[str, Any]]:
    """Adam's groups: gates, the score's bias, numbers in integers, weights."""
    weights = [net.encoder.linear.weight] if isinstance(net.encoder, Projected) else []
    shifted = [p for p in net.encoder.parameters() if not any(p is w for w in weights)]
    rates = (
        (list(net.layers.parameters()), hyper.gate_rate),
        (list(net.head.parameters()), 0.02),
        (shifted, hyper.threshold_rate),
        (weights, hyper.weight_rate),
    )
    found = [{"params": [p for p in params if p.requires_grad], "lr": rate} for params, rate in rates]
    return [group for group in found if group["params"]]


def train(bench: Bench, net: HybridNetwork, seed: int, hyper: Hyper) -> None:
    """Every step; the last weights stay."""
    optimizer = torch.optim.Adam(groups(net, hyper), fused=True)
    peaks = [group["lr"] for group in optimizer.param_groups]
    settings = Settings(hyper.steps, seed)
    torch.manual_seed(seed)
    net.train()
    for step in range(hyper.steps):
        net.encoder.progress = step / hyper.steps
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            group["lr"] = peak * settings.rate(step)
        optimizer.zero_grad(set_to_none=True)
        bench.loss(net, bench.draw(np.random.default_rng((seed, step)), hyper.batch)).backward()
        optimizer.step()
    net.encoder.progress = 1.0


def run(bench: Bench, trial: Trial, hyper: Hyper, tests: bool = True) -> dict[str, Any]:
    """Train, harden, measure; with `tests` off, on validation only.

    Raises:
        RuntimeError: The integers do not give what the network gives out of training.
    """
    started = time.monotonic()
    net = make(bench, trial, hyper)
    train(bench, net, trial.seed, hyper)
    trained = time.monotonic()
    hard, val = net.harden(), bench.parts["val"].features
    counts = hard.counts(val)
    net.eval()
    if not np.array_equal(net.all_counts(val[:CHECKED]), counts[:CHECKED]):
        raise RuntimeError(f"{trial}: the hardened network does not give the bits of the trained one")
    head = bench.head(counts)
    parts = ("train", *TESTS[trial.task]) if tests else ()
    measured = {part: hard.counts(bench.parts[part].features) for part in parts}
    found = {"val": counts, **measured}
    result = asdict(trial) | {"hard": {part: bench.metric(part, of, head) for part, of in found.items()}}
    net.train()
    if not np.array_equal(net.all_counts(val[:CHECKED]), counts[:CHECKED]):  # else they are the same thing
        finer = {part: net.all_counts(bench.parts[part].features) for part in ("val", *parts)}
        found = {part: np.round(FINER * of).astype(np.int32) for part, of in finer.items()}
        head = bench.head(found["val"])
        result["training_mode"] = {part: bench.metric(part, of, head) for part, of in found.items()}
    if isinstance(net.encoder, Projected):
        result["terms"] = net.encoder.linear.harden().terms
    return result | {"seconds": [round(trained - started, 1), round(time.monotonic() - trained, 1)]}
