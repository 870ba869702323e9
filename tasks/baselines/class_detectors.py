"""Detectors of classes, and three that hardly learn: the commonest class, random gates, nearest frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tasks.base import Task
from tasks.baselines.logmel import at_rate
from tasks.baselines.random_gates import random_bits, random_circuit
from tasks.classes import ClassTask
from zoo.heads import GroupSum
from zoo.results import Trace

Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]
Float = npt.NDArray[np.float32]

NEIGHBOURS, EXAMPLES = 9, 4_000
PAST = (0, 1, 2, 4)  # frames of 10 ms before the answer that the nearest neighbours look at
CHUNK = 512


@dataclass(frozen=True)
class ClassDetector:
    """A detector made of values for each class a frame.

    Args:
        name: What it is called in tables and records.
        rate: Sample rate in Hz.
        hop: Samples a frame.
        values: int16 (n,) -> int32 (n // hop, classes); frame t may depend on samples up to `(t + 1) * hop`.
        parameters: Numbers it learned, or None where that says nothing.
    """

    name: str
    rate: int
    hop: int
    values: Callable[[Int16], Int32]
    parameters: int | None = None

    def predict(self, samples: Int16) -> Trace:
        """int16 (n,) -> values, without hits."""
        return Trace(self.values(samples), np.zeros(0, np.int64))


def build_majority(task: Task, seed: int, data: Path | None) -> ClassDetector:
    """Always the class that is asked for most often in validation."""
    assert isinstance(task, ClassTask)
    rate, hop = task.input.rate, task.input.hop
    truth = np.concatenate([task.questions(clip, rate, hop).truth for clip in task.load("val", data)])
    always = np.bincount(truth, minlength=len(task.classes)) == np.bincount(truth).max()
    return ClassDetector(
        "majority", rate, hop, lambda samples: np.tile(always.astype(np.int32), (len(samples) // hop, 1))
    )


def build_random(task: Task, seed: int, data: Path | None) -> ClassDetector:
    """A gate network of size `nano` with random operations, random lane wiring and random thresholds."""
    assert isinstance(task, ClassTask)
    recipe = import_module(task.recipes).SIZES["nano"]
    rng = np.random.default_rng(seed)
    clips = task.load("val", data)
    frontend = recipe.make_frontend()
    features = np.concatenate([frontend.features(clip.samples) for clip in clips])
    frontend = random_bits(rng, frontend, features, recipe.bits)
    circuit = random_circuit(rng, recipe.bits, [layer.gates for layer in recipe.layers])
    head = GroupSum(len(task.classes))

    def counts(samples: Int16) -> Int32:
        return head.decode(circuit.evaluate(frontend.bits(samples)))

    return ClassDetector("random-classes", frontend.rate, frontend.hop, counts)


def build_nearest(task: Task, seed: int, data: Path | None) -> ClassDetector:
    """The votes of the nearest training frames, log-mel of now and of the last frames side by side."""
    assert isinstance(task, ClassTask)
    mel, n = at_rate(task.input.rate), len(task.classes)
    rng = np.random.default_rng(seed)
    clips = task.load("train", data)
    keep, truth = [], []
    share = EXAMPLES / len(clips)
    for clip in clips:
        kinds, chance = task.lessons(clip, mel.rate, mel.hop)
        known = np.flatnonzero(chance > 0)
        if len(known):
            odds = chance[known] / chance[known].sum()
            drawn = rng.choice(known, rng.poisson(share), p=odds)
            keep.append(_context(mel(clip.samples))[drawn])
            truth.append(kinds[drawn])
    examples, kinds = np.concatenate(keep), np.concatenate(truth)
    centre, width = examples.mean(axis=0), examples.std(axis=0) + 1e-3
    examples = (examples - centre) / width
    weight = 1 / np.maximum(1, np.bincount(kinds, minlength=n))  # a common class has more neighbours
    votes = np.rint(1_000 * weight / weight.max()).astype(np.int32)

    def values(samples: Int16) -> Int32:
        frames = (_context(mel(samples)) - centre) / width
        near = [_nearest(frames[k : k + CHUNK], examples) for k in range(0, len(frames), CHUNK)]
        found = np.zeros((len(frames), n), np.int32)
        for column in kinds[np.concatenate(near)].T if near else []:
            found[np.arange(len(frames)), column] += votes[column]
        return found

    return ClassDetector("nearest", mel.rate, mel.hop, values, examples.size)


def _context(frames: Float) -> Float:
    """(frames, bands) -> (frames, bands * len(PAST)); before the first frame its copy stands."""
    at = np.maximum(np.arange(len(frames))[:, None] - np.array(PAST), 0)
    return frames[at].reshape(len(frames), -1)


def _nearest(frames: Float, examples: Float) -> npt.NDArray[np.int64]:
    distance = (examples**2).sum(axis=1) - 2 * frames @ examples.T
    return np.argpartition(distance, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
