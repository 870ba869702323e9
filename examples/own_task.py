"""A task of your own becomes a model. Run: python examples/own_task.py runs/whistle."""

import sys
from pathlib import Path

import numpy as np

from exporters.c import export_c
from tasks.training.class_learner import ClassFrames, ClassLearner, balanced
from tasks.training.recipe import GateRecipe, LayerRecipe
from tasks.training.trainer import Settings, Trainer
from zoo.folder import save
from zoo.model import Model

NAMES = "quiet", "low", "high"
BANDS = {"rate": 16_000, "hop": 128, "shifts": (1, 2, 3, 4, 5, 6), "lags": (1, 4)}
LAYERS = LayerRecipe(192), LayerRecipe(96)  # gates; the last layer's are shared out among the classes
RECIPE = GateRecipe(frontend=BANDS, bits=128, layers=LAYERS, steps=300, gate_rate=0.06)


def recording(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Put your data here: int16 at 16 kHz, and a class for every 128 samples."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, 40).repeat(25)  # a class for 0.2 s, then another
    hertz = np.array([0, 300, 2_400])[truth].repeat(128) * rng.uniform(0.9, 1.1)
    wave = 6_000 * np.sin(2 * np.pi * np.cumsum(hertz) / 16_000) * (hertz > 0)
    return np.rint(wave + rng.normal(0, 30, len(wave))).astype(np.int16), truth


def main(out: Path) -> None:
    """Learn from six recordings, choose by two others, and write model and C."""
    frontend, pairs = RECIPE.make_frontend(), [recording(seed) for seed in range(8)]
    heard = [frontend.features(samples).astype(np.int16) for samples, _ in pairs]
    truth = np.concatenate([labels for _, labels in pairs[:6]])
    chosen_by = np.concatenate([labels for _, labels in pairs[6:]])
    frames = ClassFrames(np.concatenate(heard[:6]), np.eye(3, dtype=np.float32)[truth], balanced(truth, 3))
    measure = lambda counts: {"right": float((counts.argmax(axis=1) == chosen_by).mean())}  # noqa: E731
    learner = ClassLearner(RECIPE, frames, measure, np.concatenate(heard[6:]), seed=1)
    Trainer(learner, out.with_suffix(".run"), Settings(RECIPE.steps, validate_every=100)).run()
    about = {"summary": "Tells low from high whistles", "licence": "CC0-1.0", "classes": NAMES}
    model = Model.from_parts(*learner.parts(), id=f"local/{out.name}", **about)
    save(model, out, samples=recording(8)[0])
    export_c(model, out.with_suffix(".c"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
