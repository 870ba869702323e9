"""Train a gate classifier in seconds: no checkpoints, no validation, only the steps.

The sizes are those of a nano model. What `zoo train` learns in minutes from thousands of clips is
another matter; a few examples of one player's own sounds are learned in a few hundred steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from tasks.teach.estimate import Estimate, make_folds
from tasks.teach.examples import Example, ExampleSet
from tasks.teach.lessons import clear_frames, make_lessons
from tasks.training.class_learner import ClassLearner
from tasks.training.network import hard_counts
from tasks.training.recipe import GateRecipe, LayerRecipe
from tasks.training.trainer import Settings
from zoo.circuit import Circuit
from zoo.errors import ZooError
from zoo.frontends import FrontEnd
from zoo.heads import Head

STEPS, WARMUP = 500, 50
RATE = 44_100
Advance = Callable[[str, int], None]
_GROUP = {8: 128, 16: 64, 64: 32}  # outputs a class, by the most classes that get so many


@dataclass(frozen=True, eq=False)
class Lesson:
    """What came of teaching.

    Args:
        parts: Front end, circuit and head that learned from every example.
        estimate: Of models that learned without some of the recordings.
    """

    parts: tuple[FrontEnd, Circuit, Head]
    estimate: Estimate


def recipe_of(classes: int) -> GateRecipe:
    """The network for so many classes."""
    group = next(size for most, size in _GROUP.items() if classes <= most)
    return GateRecipe(
        frontend={
            "rate": RATE,
            "hop": 128,
            "shifts": (1, 2, 3, 4, 5, 6, 7, 8, 9),
            "floor": 32,
            "lags": (2, 4, 8, 16, 32),
            "peaks": (4, 16, 64),
            "flux": ((0, 9), (0, 3), (3, 6), (6, 9)),
        },
        bits=512,
        layers=(LayerRecipe(768), LayerRecipe(768), LayerRecipe(classes * group)),
        steps=STEPS,
        batch=256,
        gate_rate=0.06,
    )


def teach(found: ExampleSet, seed: int, advance: Advance = lambda what, steps: None) -> Lesson:
    """Learn without each fold in turn, ask about it, and then learn from everything.

    Args:
        found: Two or more examples of every class, at `RATE`.
        seed: Of everything random.
        advance: Told what is being done and how many steps of it were made.

    Raises:
        ZooError: A class has one example only.
    """
    for name, count in found.counts().items():
        if count < 2:
            raise ZooError(f"class {name}: expected two or more examples, found {count}. Record more of it")
    torch.set_num_threads(1)
    classes, examples = len(found.classes), found.examples
    folds = make_folds(examples, classes, np.random.default_rng(seed))
    confusion = np.zeros((classes, classes), np.int64)
    for number, held_out in enumerate(folds.held_out, 1):
        kept = [example for i, example in enumerate(examples) if i not in set(held_out)]
        learner = learn(kept, classes, seed, lambda n, k=number: advance(f"fold {k}", n))  # type: ignore[misc]
        for i in held_out:
            confusion[examples[i].label, answer(learner, examples[i].samples)] += 1
    learner = learn(examples, classes, seed, lambda n: advance("all examples", n))
    return Lesson(learner.parts(), Estimate(confusion, folds.by))


def total_steps() -> int:
    """Steps that `teach` makes where there are enough recordings for all folds."""
    from tasks.teach.estimate import FOLDS

    return (FOLDS + 1) * STEPS


def learn(
    examples: Sequence[Example], classes: int, seed: int, advance: Callable[[int], None] = lambda n: None
) -> ClassLearner:
    """A learner trained on these examples."""
    recipe = recipe_of(classes)
    frames = make_lessons(examples, classes, recipe.make_frontend(), np.random.default_rng(seed))
    learner = ClassLearner(recipe, frames, lambda counts: {}, frames.features[:0], seed)
    settings = Settings(STEPS, seed, warmup=WARMUP)
    groups = learner.parameter_groups()
    peaks = [group["lr"] for group in groups]
    optimizer = torch.optim.Adam(groups)
    learner.module.train()
    for step in range(STEPS):
        torch.manual_seed(seed * STEPS + step)
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            group["lr"] = peak * settings.rate(step)
        optimizer.zero_grad(set_to_none=True)
        loss = learner.loss(np.random.default_rng((seed, step)))
        loss.backward()
        optimizer.step()
        advance(1)
    return learner


def answer(learner: ClassLearner, samples: npt.NDArray[np.int16]) -> int:
    """The class of an example as the hardened network hears it: counts summed over its clear frames."""
    frontend = learner.recipe.make_frontend()
    frames = clear_frames(samples, frontend.hop)
    counts = hard_counts(learner.module, frontend.features(samples)[frames])
    return int(np.argmax(counts.sum(axis=0)))
