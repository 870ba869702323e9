"""Codes of 32 bits a frame for the bands of drums: autoencoders of gates, and what they are measured against."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.training.autoencoder import AutoencoderLearner, AutoencoderRecipe, explained, run

Float64 = npt.NDArray[np.float64]

BITS, EVERY = 32, 4  # of the code; so many frames apart, of clips that hold much the same for long
RECIPE = AutoencoderRecipe(
    frontend={
        "rate": 44_100, "hop": 128, "shifts": (1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 9), "floor": 64,
        "lags": (), "peaks": (), "flux": (),
    },
    levels=16,
    encoder=(256, 128, BITS),
    decoder=(128, 256),
    steps=4_000,
)  # fmt: skip


def codes(seeds: Sequence[int]) -> list[dict[str, Any]]:
    """Train and measure all: name of the code, share of variance explained of each set."""
    from tasks.registry import get_task
    from tasks.run_training import run_settings
    from tasks.training.trainer import Trainer

    task, frontend = get_task("drums"), RECIPE.make_frontend()
    heard = {
        split: np.concatenate([frontend.features(clip.samples)[::EVERY] for clip in task.load(split)])
        for split in ("train", "val", "test")
    }
    found = []
    for seed in seeds:
        learner = AutoencoderLearner(RECIPE, heard["train"], heard["val"], seed)
        with tempfile.TemporaryDirectory() as folder:
            Trainer(learner, Path(folder) / "run", run_settings(RECIPE, seed)).run()
        scores = {split: explained(*run(learner.module, heard[split])) for split in ("val", "test")}
        gates = learner.module.harden().whole.n_gates
        found.append({"code": "autoencoder of gates", "seed": seed, "gates": gates, **scores})
    made, _, _ = learner.parts()
    bits = {split: made.encode(x.astype(np.int32)).astype(np.float64) for split, x in heard.items()}
    levels = {split: run(learner.module, x)[0].astype(np.float64) for split, x in heard.items()}
    return [*found, *_components(levels), _kept(bits, levels)]


def _components(levels: dict[str, Float64]) -> Iterator[dict[str, Any]]:
    """Principal components, each rounded to equal steps; the split that is best on validation."""
    mean = levels["train"].mean(0)
    _, axes = np.linalg.eigh(np.cov(levels["train"].T))
    best: dict[str, Any] = {"val": -np.inf}
    for each in range(1, 9):
        chosen = axes[:, ::-1][:, : BITS // each]
        low, high = np.quantile((levels["train"] - mean) @ chosen, [0.002, 0.998], axis=0)
        steps = 2**each - 1
        scores = {}
        for split in ("val", "test"):
            part = np.rint(np.clip(((levels[split] - mean) @ chosen - low) / (high - low), 0, 1) * steps)
            back = (part / steps * (high - low) + low) @ chosen.T + mean
            scores[split] = explained(levels[split], np.clip(back, 0, RECIPE.levels))
        if scores["val"] > best["val"]:
            best = {"code": f"{chosen.shape[1]} principal components of {each} bits, float decoder", **scores}
    yield best


def _kept(bits: dict[str, Float64], levels: dict[str, Float64]) -> dict[str, Any]:
    """Bits chosen one by one: each time the one that explains most of what is left, linearly."""
    x, y = (part["train"] - part["train"].mean(0) for part in (bits, levels))
    own, shared = x.T @ x, x.T @ y
    chosen: list[int] = []
    for _ in range(BITS):
        spread = np.diag(own).copy()
        gain = np.where(spread > 1e-6 * len(x), (shared**2).sum(1) / np.maximum(spread, 1e-9), -1)
        gain[chosen] = -1
        best = int(gain.argmax())
        chosen.append(best)
        row, of_levels = own[best] / np.sqrt(own[best, best]), shared[best] / np.sqrt(own[best, best])
        own, shared = own - np.outer(row, row), shared - np.outer(row, of_levels)
    with_one = {split: np.c_[part[:, chosen], np.ones(len(part))] for split, part in bits.items()}
    decoder = np.linalg.lstsq(with_one["train"], levels["train"], rcond=None)[0]
    scores = {
        split: explained(levels[split], np.clip(with_one[split] @ decoder, 0, RECIPE.levels))
        for split in ("val", "test")
    }
    return {"code": f"{BITS} of the thermometer's bits, float decoder", **scores}
