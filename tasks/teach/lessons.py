"""Frames to learn from: every example a few times, at other levels, after silence or after another example.

A model on stage never starts from silence, so the front end must have heard something else before.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tasks.teach.examples import Example
from tasks.training.class_learner import ClassFrames
from zoo.frontends import FrontEnd

Int16 = npt.NDArray[np.int16]

TAKES, SOUNDS = 3, 300  # takes of an example, fewer where there would be more than so many sounds
LEAD = 0.4  # seconds before an example
GAIN = 6.0  # dB louder or softer at most
HISS = (-84.0, -66.0)  # dB of full scale
TAUGHT = 35.0  # dB under an example's loudest frame: softer frames teach nothing
FAINT = 8.0  # and neither do frames below this level


def make_lessons(
    examples: Sequence[Example], classes: int, frontend: FrontEnd, rng: np.random.Generator
) -> ClassFrames:
    """Frames of all examples; every class as often as any other, and so is every example of a class.

    Args:
        examples: At least one of every class.
        classes: How many there are.
        frontend: Gives the features.
        rng: Draws levels and what is heard before.
    """
    share = 1 / np.bincount([example.label for example in examples], minlength=classes)
    takes = min(TAKES, max(1, SOUNDS // len(examples)))
    features, targets, chances = [], [], []
    for example in examples:
        for _ in range(takes):
            before = _before(examples, int(LEAD * frontend.rate), rng)
            found = _heard(example.samples, before, frontend, rng)
            features.append(found)
            targets.append(np.tile(np.eye(classes, dtype=np.float32)[example.label], (len(found), 1)))
            chances.append(np.full(len(found), share[example.label] / len(found)))
    return ClassFrames(np.concatenate(features), np.concatenate(targets), np.concatenate(chances))


def clear_frames(samples: Int16, hop: int) -> npt.NDArray[np.int64]:
    """The frames that are loud enough to say what they belong to; at least one.

    Args:
        samples: int16 (n,), one hop or more.
        hop: Samples a frame.
    """
    frames = len(samples) // hop
    power = (samples[: frames * hop].reshape(frames, hop).astype(np.float64) ** 2).mean(axis=1)
    level = np.sqrt(power)
    return np.flatnonzero(level >= min(level.max(), max(level.max() * 10 ** (-TAUGHT / 20), FAINT)))


def _heard(
    samples: Int16, before: npt.NDArray[np.float64], frontend: FrontEnd, rng: np.random.Generator
) -> Int16:
    """int16 (frames, features) of the clear frames of an example."""
    hop = frontend.hop
    lead = len(before) // hop * hop
    sound = np.concatenate([before[:lead], samples * 10 ** (rng.uniform(-GAIN, GAIN) / 20)])
    sound += rng.standard_normal(len(sound)) * 32_768 * 10 ** (rng.uniform(*HISS) / 20)
    loud = np.clip(np.rint(sound), -32_768, 32_767).astype(np.int16)
    found = frontend.features(loud)[lead // hop :]
    return found[clear_frames(samples, hop)].astype(np.int16)


def _before(examples: Sequence[Example], length: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """float64 (length,): half the time nothing, else the end of some example."""
    sound = np.zeros(length)
    if rng.random() < 0.5:
        tail = examples[int(rng.integers(len(examples)))].samples[-length:]
        sound[: len(tail)] = tail * 10 ** (rng.uniform(-18, 0) / 20)
    return sound
