"""Layers that look back: windows, whole clips and the streaming circuit give the same bits."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tasks.training.class_learner import ClassFrames, ClassLearner
from tasks.training.delays import History, ages
from tasks.training.encoder import quantile_thermometer
from tasks.training.frames import FrameSet
from tasks.training.hard import predict
from tasks.training.layers import GateLayer
from tasks.training.network import GateNetwork, columns, hard_counts, make_network
from tasks.training.onset_learner import OnsetLearner
from tasks.training.recipe import GateRecipe, Labels, LayerRecipe, OnsetRecipe
from tests.tasks.training.check_streaming import check_streaming
from tests.tiny import drums
from zoo.circuit import Circuit
from zoo.frontends import ShiftFilterbank
from zoo.heads import GroupSum
from zoo.lanes import evaluate_words, pack_words, unpack_words
from zoo.model import Model
from zoo.results import predictions_digest

WIRINGS = {"random": {}, "lane": {}, "local": {"window": 24}, "learned": {"candidates": 4}}
DELAYS = ((0, 2, 5), (0,), (0, 1))
ENDS = np.array([3, 4, 60, 130])  # also clips shorter than the reach


def features(seed: int = 0, frames: int = 130) -> np.ndarray:
    return np.random.default_rng(seed).integers(-60, 200, (frames, 9)).astype(np.int16)


def network(wiring: str, delays: tuple[tuple[int, ...], ...] = DELAYS) -> GateNetwork:
    """Sizes differ from layer to layer; random gates, so that every register matters."""
    rng = np.random.default_rng(1)
    layers, width = [], 64
    for gates, of_layer in zip((96, 64, 64), delays, strict=True):
        layers.append(
            GateLayer(width * len(of_layer), gates, rng, wiring, residual=0.0, spread=2.0, **WIRINGS[wiring])
        )
        width = gates
    return GateNetwork(quantile_thermometer(features(), 64, rng), layers, 2, delays=delays)


def streamed(net: GateNetwork, x: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """uint8 (frames, outputs): the hardened circuit, every clip from a fresh state, in uneven chunks."""
    hard = net.harden()
    bits = (x[:, hard.feature] >= hard.threshold).astype(np.uint8)
    out = []
    for clip in np.split(bits, ends[:-1]):
        state = hard.circuit.initial_state()
        out += [hard.circuit.evaluate(part, state) for part in np.split(clip, [1, 8, 21])]
    return np.concatenate(out)


@pytest.mark.parametrize("wiring", WIRINGS)
def test_whole_clips_equal_the_streaming_circuit(wiring: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net = network(wiring)
    x = features(seed=5)
    outputs = streamed(net, x, ENDS)
    counts = outputs.reshape(len(x), 2, -1).sum(2)
    assert len(np.unique(counts)) > 5
    assert np.array_equal(hard_counts(net, x, ends=ENDS), counts)
    monkeypatch.setattr("tasks.training.network.CHUNK", 7)
    assert np.array_equal(hard_counts(net, x, ends=ENDS), counts)
    assert (net.harden().circuit.lanes is not None) == (wiring == "lane")
    assert not np.array_equal(hard_counts(net, x), counts), "where clips begin matters"


@pytest.mark.parametrize("delays", [DELAYS, ((0, 3), (1, 4), (0,)), ((2,), (0, 1, 2), (0, 7))])
def test_windows_equal_the_streaming_circuit(delays: tuple[tuple[int, ...], ...]) -> None:
    net = network("lane", delays).eval()
    x = features(seed=6)
    outputs = streamed(net, x, ENDS)
    at = np.arange(len(x))
    offsets = net.history.offsets()[0]
    heard = columns(x[np.maximum(at - offsets[:, None], 0).ravel()])
    found = net.bits(heard, torch.from_numpy(ages(ENDS)))
    assert np.array_equal(found.detach().numpy().T, outputs)


def test_word_programs_with_registers_equal_the_netlist() -> None:
    circuit = network("lane").harden().circuit
    bits = np.random.default_rng(3).integers(0, 2, (40, 64), dtype=np.uint8)
    assert circuit.n_registers
    found = unpack_words(evaluate_words(circuit, pack_words(bits)), circuit.n_outputs)
    assert np.array_equal(found, circuit.evaluate(bits))


def test_only_what_is_read_is_kept() -> None:
    """One gate that reads one row two frames ago needs two registers."""
    layer = GateLayer(6, 1, np.random.default_rng(0), residual=4.0, spread=0.0)
    layer.a[:], layer.b[:] = 4, 1  # row 1 two frames ago, row 1 now
    net = GateNetwork(quantile_thermometer(features()[:, :3], 3, np.random.default_rng(0)), [layer],
                      delays=[(0, 2)])  # fmt: skip
    circuit: Circuit = net.harden().circuit
    assert circuit.register_next.tolist() == [1, 3]
    bits = np.array([[0, 1, 0], [0, 0, 0], [0, 0, 0], [0, 1, 0]], np.uint8)
    assert circuit.evaluate(bits).ravel().tolist() == [0, 0, 1, 0]


def test_history_counts_what_windows_need() -> None:
    history = History(((0, 2, 4), (0, 4, 8)))
    assert history.reach == 12
    assert [o.tolist() for o in history.offsets()] == [[0, 2, 4, 6, 8, 10, 12], [0, 4, 8], [0]]
    with pytest.raises(ValueError, match="layer 1: delays: expected 0 or more, ascending"):
        History(((0,), (2, 1)))


RECIPE = GateRecipe(
    frontend={"rate": 16_000, "hop": 256, "shifts": (1, 2, 3, 4), "floor": 8, "lags": (1,), "peaks": ()},
    bits=64,
    layers=(LayerRecipe(96, delays=(0, 1, 4)), LayerRecipe(64, delays=(0, 2)), LayerRecipe(64)),
    steps=1,
    batch=96,
    gate_rate=0.05,
)  # fmt: skip


def learner(frontend: ShiftFilterbank, x: np.ndarray, ends: np.ndarray) -> ClassLearner:
    """Was the first feature above its median three frames ago?"""
    late = np.concatenate([np.append([0, 0, 0], part[:-3, 0]) for part in np.split(x, ends[:-1])])
    truth = (late > np.median(x[:, 0])).astype(np.int64)
    frames = ClassFrames(x, np.eye(2, dtype=np.float32)[truth], np.ones(len(x)), ends)
    return ClassLearner(
        RECIPE, frames, lambda counts: {"right": float((counts.argmax(1) == truth).mean())}, x, 1,
        val_ends=ends,
    )  # fmt: skip


def test_a_learner_learns_the_past_and_its_model_streams_the_same() -> None:
    frontend = RECIPE.make_frontend()
    clips = [drums(0.5, seed, 16_000) for seed in range(6)]
    parts = [frontend.features(clip).astype(np.int16) for clip in clips]
    one = learner(frontend, np.concatenate(parts), np.cumsum([len(p) for p in parts]))
    optimizer = torch.optim.Adam(one.parameter_groups())
    rng = np.random.default_rng(1)
    before = one.validate()["right"]
    for _ in range(150):
        one.module.train()
        optimizer.zero_grad()
        one.loss(rng).backward()
        optimizer.step()
    assert one.validate()["right"] > max(0.9, before)
    made, circuit, head = one.parts()
    model = Model.from_parts(made, circuit, head, id="test/late", summary="Late", licence="CC0-1.0")
    counts = hard_counts(one.module, one.val, ends=one.val_ends)
    expected = np.split(counts, one.val_ends[:-1])
    for clip, values in zip(clips, expected, strict=True):
        stream = model.stream()
        found = [stream(part) for part in np.split(clip, [77, 400, 401, 3_001])]
        assert np.array_equal(np.concatenate([answer.counts for answer in found]), values)
    assert predictions_digest(predict(model, clips)) == predictions_digest([model.predict(c) for c in clips])


@pytest.mark.parametrize("delays", [(0,), (0, 3)])
@pytest.mark.parametrize("wiring", WIRINGS)
def test_every_wiring_streams_and_exports_the_same(wiring: str, delays: tuple[int, ...]) -> None:
    rows = 64 * len(delays)
    options = WIRINGS[wiring] | {"window": rows} if wiring == "local" else WIRINGS[wiring]
    layers = LayerRecipe(96, wiring, options, delays), LayerRecipe(64, wiring, WIRINGS[wiring])
    recipe = replace(RECIPE, layers=layers, residual=0.5, spread=1.0)
    frontend, clips = recipe.make_frontend(), [drums(0.4, seed, 16_000) for seed in range(3)]
    examples = np.concatenate([frontend.features(clip) for clip in clips])
    net = make_network(recipe, examples, 2, np.random.default_rng(1))
    assert bool(check_streaming(net, frontend, clips, GroupSum(2)).circuit.n_registers) == (len(delays) > 1)


def test_a_recipe_that_looks_back_must_know_where_clips_end() -> None:
    frames = ClassFrames(features(), np.ones((130, 2), np.float32) / 2, np.ones(130))
    with pytest.raises(ValueError, match="layers with delays: expected where clips end"):
        ClassLearner(replace(RECIPE, bits=64), frames, lambda counts: {}, features(), 1)




def test_onsets_may_be_heard_with_delays_too() -> None:
    frontend = RECIPE.make_frontend()
    clips = [drums(0.5, seed, 16_000) for seed in range(4)]
    parts = [frontend.features(clip).astype(np.int16) for clip in clips]
    ends = np.cumsum([len(part) for part in parts])
    target = (np.arange(ends[-1]) % 8 == 0).astype(np.float32)
    frames = FrameSet(np.concatenate(parts), ends, target, np.ones(len(target), np.float32))
    onsets = [np.arange(0, 0.5, 0.128)] * len(clips)
    recipe = OnsetRecipe(**{**vars(RECIPE), "labels": Labels((1.0,), 2)})
    one = OnsetLearner(recipe, frames, frames, onsets, 3, seed=1)
    optimizer = torch.optim.Adam(one.parameter_groups())
    for _ in range(3):
        optimizer.zero_grad()
        one.loss(np.random.default_rng(1)).backward()
        optimizer.step()
    made, circuit, head = one.parts()
    model = Model.from_parts(made, circuit, head, id="test/hits", summary="Hits", licence="CC0-1.0")
    scores = frames.split(one.scores(frames.features, ends))
    assert len(np.unique(np.concatenate(scores))) > 3
    for clip, expected in zip(clips, scores, strict=True):
        assert np.array_equal(model.predict(clip).values[:, 0], expected)
