"""A small training run, also a program that a test can kill: small_run.py FOLDER [--resume] [--steps N]."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[3]))

from tasks.training.encoder import quantile_thermometer
from tasks.training.layers import GateLayer
from tasks.training.network import GateNetwork
from tasks.training.trainer import Outcome, Settings, Trainer
from zoo.errors import ZooError


class SmallLearner:
    """Which frames have feature 0 above feature 1, with noise on the gates."""

    def __init__(self, rate: float = 0.05) -> None:
        rng = np.random.default_rng(1)
        self.features = rng.integers(-60, 200, (600, 4)).astype(np.int32)
        self.x = torch.from_numpy(self.features.T.astype(np.float32))
        self.target = (self.x[0] > self.x[1]).float()
        layers = [
            GateLayer(64, 64, rng, "learned", candidates=3, noise=0.2),
            GateLayer(64, 32, rng, noise=0.2),
        ]
        self.module = GateNetwork(quantile_thermometer(self.features, 64, rng), layers)
        self.rate = rate
        self.after_validation: Callable[[], None] = lambda: None

    def parameter_groups(self) -> list[dict[str, Any]]:
        return [{"params": list(self.module.parameters()), "lr": self.rate}]

    def loss(self, rng: np.random.Generator) -> torch.Tensor:
        batch = torch.from_numpy(rng.integers(0, 400, 32))
        logits = self.module(self.x[:, batch])[0]
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, self.target[batch])

    def validate(self) -> dict[str, float]:
        self.after_validation()
        right = (self.module(self.x[:, 400:])[0] > 0) == self.target[400:].bool()
        return {"accuracy": float(right.float().mean())}


def settings(steps: int, **changes: Any) -> Settings:
    return Settings(**{"steps": steps, "seed": 3, "validate_every": 50, "checkpoint_every": 10, **changes})


def run(folder: Path, steps: int, resume: bool) -> tuple[SmallLearner, Outcome]:
    torch.set_num_threads(1)
    learner = SmallLearner()
    return learner, Trainer(learner, folder, settings(steps), {"recipe": "small"}).run(resume)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--resume", action="store_true")
    arguments = parser.parse_args()
    try:
        run(arguments.folder, arguments.steps, arguments.resume)
    except ZooError as error:
        sys.exit(f"Error: {error}")
