"""Gates that learned nothing: a gate network of size `nano` with random operations and random lane wiring.

Only the thermometer's thresholds (quantiles over validation frames) and the head come from recordings, so
what this scores above zero is what the front end and the head do by themselves. Its head looks at one frame.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tasks.base import Task
from tasks.detectors import ScoreDetector, fit_threshold
from zoo.circuit import Circuit
from zoo.frontends import ThermometerFrontEnd
from zoo.heads import OnsetScore
from zoo.lanes import Lanes, from_lanes

Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]

SIZE = "nano"


def build(task: Task, seed: int, data: Path | None) -> ScoreDetector:
    """The detector, its head chosen on the task's validation clips."""
    recipe = import_module(task.recipes).SIZES[SIZE]
    rng = np.random.default_rng(seed)
    clips = [(clip.samples, clip.onsets) for clip in task.load("val", data)]
    frontend = recipe.make_frontend()
    features = np.concatenate([frontend.features(samples) for samples, _ in clips])
    frontend = random_bits(rng, frontend, features, recipe.bits)
    circuit = random_circuit(rng, recipe.bits, [layer.gates for layer in recipe.layers])
    head = OnsetScore(1, 1, task.answer.refractory(task.input.rate, task.input.hop))
    detector = ScoreDetector("random-gates", task.input.rate, task.input.hop, _score(frontend, circuit), head)
    return fit_threshold(detector, clips)[0]


def random_bits(
    rng: np.random.Generator, frontend: ThermometerFrontEnd, features: Int32, bits: int
) -> ThermometerFrontEnd:
    """The front end with random features, each cut at a random quantile."""
    feature = rng.integers(0, features.shape[1], bits)
    level = rng.uniform(0.02, 0.98, bits)
    pairs = zip(feature.tolist(), level.tolist(), strict=True)
    threshold = [int(np.quantile(features[:, f], q)) for f, q in pairs]
    return replace(frontend, feature=feature.astype(np.uint16), threshold=np.array(threshold, np.int32))


def random_circuit(rng: np.random.Generator, bits: int, gates: list[int]) -> Circuit:
    """Layers of gate words wired at random to the layer before, every operation equally likely."""
    word_a, word_b = [], []
    first, width = 0, bits // 32
    for count in gates:
        word_a.append(first + rng.integers(0, width, count // 32))
        word_b.append(first + rng.integers(0, width, count // 32))
        first, width = first + width, count // 32
    a, b = np.concatenate(word_a).astype(np.int32), np.concatenate(word_b).astype(np.int32)
    lanes = Lanes(a, b, rng.integers(0, 32, len(a)).astype(np.uint8))
    total = sum(gates)
    outputs = np.arange(bits + total - gates[-1], bits + total, dtype=np.int32)
    return from_lanes(bits, lanes, rng.integers(0, 16, total).astype(np.uint8), outputs)


def _score(frontend: ThermometerFrontEnd, circuit: Circuit) -> Callable[[Int16], Int32]:
    def score(samples: Int16) -> Int32:
        return circuit.evaluate(frontend.bits(samples)).sum(axis=1, dtype=np.int32)

    return score
