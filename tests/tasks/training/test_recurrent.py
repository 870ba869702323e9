"""Cells with a state: windows, whole clips, the streaming model and its C give the same bits."""

import numpy as np
import pytest
import torch

from tasks.training.class_learner import ClassFrames, ClassLearner
from tasks.training.delays import ages
from tasks.training.encoder import quantile_thermometer
from tasks.training.layers import GateLayer
from tasks.training.network import columns, hard_counts
from tasks.training.recipe import LayerRecipe, RecurrentRecipe
from tasks.training.recurrent import RecurrentNetwork
from tests.tasks.training.check_streaming import check_streaming
from tests.tiny import drums
from zoo.heads import GroupSum

RECIPE = RecurrentRecipe(
    frontend={"rate": 16_000, "hop": 256, "shifts": (1, 2, 3, 4), "floor": 8, "lags": (1,), "peaks": ()},
    bits=64,
    layers=(LayerRecipe(96), LayerRecipe(128)),
    steps=1,
    batch=256,
    gate_rate=0.05,
    state=32,
    window=24,
    span=12,
)


STEPS = 300


def features(seed: int = 0, frames: int = 130) -> np.ndarray:
    return np.random.default_rng(seed).integers(-60, 200, (frames, 9)).astype(np.int16)


def cell(wiring: str, window: int = 40, span: int = 40) -> RecurrentNetwork:
    """Random gates, so that the state matters for long."""
    rng = np.random.default_rng(1)
    options = {"residual": 0.0, "spread": 2.0} | ({"candidates": 4} if wiring == "learned" else {})
    layers = [GateLayer(n + 32, gates, rng, wiring, **options) for n, gates in ((64, 96), (96, 128))]
    return RecurrentNetwork(quantile_thermometer(features(), 64, rng), layers, 32, window, span, 2)


def streamed(net: RecurrentNetwork, x: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """uint8 (frames, outputs): the hardened circuit, every clip from a fresh state, in uneven chunks."""
    hard = net.harden()
    out = []
    for clip in np.split((x[:, hard.feature] >= hard.threshold).astype(np.uint8), ends[:-1]):
        state = hard.circuit.initial_state()
        out += [hard.circuit.evaluate(part, state) for part in np.split(clip, [1, 8, 21])]
    return np.concatenate(out)


@pytest.mark.parametrize("wiring", ["lane", "random", "learned"])
def test_whole_clips_and_windows_equal_the_streaming_circuit(wiring: str) -> None:
    net = cell(wiring).eval()
    x, ends = features(5), np.array([3, 40, 41, 130])
    outputs = streamed(net, x, ends)
    assert (net.harden().circuit.lanes is not None) == (wiring == "lane")
    counts = outputs.reshape(len(x), 2, -1).sum(2)
    assert len(np.unique(counts)) > 5
    assert np.array_equal(hard_counts(net, x, ends=ends), counts)
    assert not np.array_equal(hard_counts(net, x), counts), "where clips begin matters"
    newest = np.array([2, 39, 40, 60])  # a window that begins before its clip, or with it
    heard = columns(x[np.maximum(newest - net.offsets[:, None], 0).ravel()])
    found = net.bits(heard, torch.from_numpy(ages(ends)[newest]), 5).detach().numpy().T
    expected = outputs[np.maximum(newest - np.arange(5)[:, None], 0).ravel()]
    inside = (np.arange(5)[:, None] <= ages(ends)[newest]).ravel()
    assert np.array_equal(found[inside], expected[inside])


def test_a_cell_remembers_what_no_window_of_its_input_shows() -> None:
    """It learns which of two loud sounds came last; the model then streams the same, in C too."""
    rng = np.random.default_rng(3)
    kind = rng.integers(0, 2, 400)
    x = np.zeros((400 * 6, 8), np.int16)
    x[::6, 0], x[::6, 1] = 100 * kind, 100 * (1 - kind)  # one frame of six says which, the others nothing
    x += rng.integers(-9, 10, x.shape).astype(np.int16)
    truth, ends = np.repeat(kind, 6), np.arange(60, 2_401, 60)
    frames = ClassFrames(x, np.eye(2, dtype=np.float32)[truth], np.ones(len(x)), ends)
    one = ClassLearner(
        RECIPE, frames, lambda counts: {"right": float((counts.argmax(1) == truth).mean())}, x, 1,
        val_ends=ends,
    )  # fmt: skip
    optimizer = torch.optim.Adam(one.parameter_groups())
    best = 0.0
    for step in range(1, STEPS + 1):
        one.module.train()
        optimizer.zero_grad()
        one.loss(rng).backward()
        optimizer.step()
        if step % 50 == 0:
            best = max(best, one.validate()["right"])
    assert best > 0.8, "a cell that forgets gets about two in three"
    clips = [drums(0.5, seed, 16_000) for seed in range(3)]
    check_streaming(one.module, RECIPE.make_frontend(), clips, GroupSum(2))


def test_a_window_shorter_than_its_span_is_refused() -> None:
    with pytest.raises(ValueError, match="recurrent cell: span: expected 1 to 4, found 5"):
        cell("lane", 4, 5)
