"""Baselines of class tasks: causal, honest about what they know, and trained through the shared trainer."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from tasks.base import Audio
from tasks.baselines import build_baseline, float_classes
from tasks.baselines.class_detectors import ClassDetector
from tasks.baselines.logmel import BANDS, at_rate
from tasks.classes import EventClasses, EventClassTask
from tasks.data.clip import Clip
from tasks.training.class_task import make_learner
from tasks.training.recipe import GateRecipe, LayerRecipe

RATE, HOP = 16_000, 64


class Beeps(EventClassTask):
    """Low and high beeps, known by their pitch alone."""

    name, version, moments, main_metric = "beeps", 1, ("40ms",), "f1_40ms"
    recipes = "beeps_recipes"
    input = Audio(RATE, HOP)
    answer = EventClasses(("low", "high"), (40,))

    def load(self, split: str, data: Path | None = None) -> list[Clip]:
        rng = np.random.default_rng({"train": 1, "val": 2}[split])
        return [self._clip(rng, f"{split}-{i}") for i in range(6)]

    def manifest_digest(self, split: str, data: Path | None = None) -> str:
        return split

    def _clip(self, rng: np.random.Generator, name: str) -> Clip:
        onsets, kinds = np.arange(0.1, 2.0, 0.2), rng.integers(0, 2, 10).astype(np.int16)
        samples = np.zeros(RATE * 2 + RATE // 4)
        for at, kind in zip(onsets, kinds, strict=True):
            t = np.arange(RATE // 8) / RATE
            hz = (300, 2_400)[kind] * rng.uniform(0.9, 1.1)
            first = int(at * RATE)
            samples[first : first + len(t)] += 8_000 * np.sin(2 * np.pi * hz * t) * np.exp(-t * 20)
        return Clip(name, samples.astype(np.int16), onsets, "beeps", "MIT", kinds, rate=RATE)


def f1(detector: ClassDetector) -> float:
    task = Beeps()
    scores = [task.score(detector, clip, detector.predict(clip.samples)) for clip in task.load("val")]
    value = task.summarise(scores)["f1_40ms"]
    assert value is not None
    return value


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(float_classes, "STEPS", 60)
    monkeypatch.setattr(float_classes, "VALIDATE_EVERY", 20)
    monkeypatch.setattr(float_classes, "STRETCH", 60)
    recipes = ModuleType(Beeps.recipes)
    recipes.SIZES = {"nano": beep_recipe()}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, Beeps.recipes, recipes)


def beep_recipe() -> GateRecipe:
    fe = {"rate": RATE, "hop": HOP, "shifts": (1, 2, 3, 4, 5), "lags": (2, 8), "spans": (1, 3)}
    return GateRecipe(frontend=fe, bits=64, layers=(LayerRecipe(128), LayerRecipe(128)), steps=60, batch=128)


@pytest.mark.parametrize("kind", sorted(float_classes.KINDS))
def test_float_networks_learn_at_any_rate_and_are_kept(kind: str, small: None, tmp_path: Path) -> None:
    first = build_baseline(kind, Beeps(), 0, tmp_path)
    assert isinstance(first, ClassDetector)
    assert first.rate == RATE
    assert first.parameters is not None
    assert first.parameters <= 25_000
    assert f1(first) > 0.9
    samples = Beeps().load("val")[0].samples
    kept = build_baseline(kind, Beeps(), 0, tmp_path)
    assert np.array_equal(kept.predict(samples).values, first.predict(samples).values)
    cut = len(samples) // 2 // first.hop
    part = first.predict(samples[: cut * first.hop]).values
    assert np.abs(part - first.predict(samples).values[:cut]).max() <= 2, "nothing looks ahead"


def test_nearest_frames_know_the_beeps_and_the_majority_does_not(tmp_path: Path) -> None:
    assert f1(build_baseline("nearest", Beeps(), 0, tmp_path)) > 0.9
    assert 0.2 < f1(build_baseline("majority", Beeps(), 0, tmp_path)) < 0.5


def test_log_mel_at_another_rate() -> None:
    mel = at_rate(8_000)
    assert (mel.rate, mel.hop, mel.window, mel.highest_hz) == (8_000, 80, 256, 3_600)
    assert mel(np.zeros(8_000, np.int16)).shape == (100, BANDS)


def test_short_clips_fill_up_without_weight() -> None:
    task, mel = Beeps(), at_rate(RATE)
    clips = [
        Clip("c", clip.samples[: RATE // 2], clip.onsets[:2], "g", "MIT", clip.labels[:2], rate=RATE)
        for clip in task.load("train")
        if clip.labels is not None
    ]
    frames = float_classes.mel_frames(mel, clips)
    learner = float_classes.make_learner(task, "class-mlp", 0, (clips, frames), (clips, frames))
    assert torch.isfinite(learner.loss(np.random.default_rng(0)))


def test_gates_learn_a_class_task(tmp_path: Path) -> None:
    recipe = beep_recipe()
    learner = make_learner(Beeps(), recipe, 0, "cpu", tmp_path)
    optimiser = torch.optim.Adam(learner.parameter_groups())
    rng = np.random.default_rng(0)
    for _ in range(recipe.steps):
        optimiser.zero_grad()
        learner.loss(rng).backward()
        optimiser.step()
    assert learner.validate()["f1_mean"] > 0.9
