"""The peers in plain C are what they claim to be: float within a tolerance, int8 bit for bit."""

import numpy as np
import pytest
import torch

from bench.measure.float_peers import TOLERANCE, float_cost, int8_cost
from bench.peers.emulated import EmulatedPeer
from bench.peers.float_c import float_source
from bench.peers.int8 import Int8Net, quantise
from bench.peers.int8_c import int8_source
from bench.peers.nets import Float, Net, net_of
from tasks.baselines.networks import NETWORKS, Normalised

BANDS, FRAMES = 32, 120
STEPS, ZERO = 2_048, 16


@pytest.fixture(scope="module")
def features() -> Float:
    return np.random.default_rng(1).normal(-3, 2, (FRAMES, BANDS)).astype(np.float32)


def fresh(kind: str, outputs: int = 1) -> tuple[Net, torch.nn.Module]:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    mean, deviation = rng.normal(-3, 1, BANDS), rng.uniform(1, 3, BANDS)
    constants = Normalised(mean.astype(np.float32), deviation.astype(np.float32))
    module = NETWORKS[kind](constants, BANDS, outputs=outputs)
    return net_of(kind, module.eval()), module


@pytest.fixture(scope="module", params=NETWORKS)
def pair(request: pytest.FixtureRequest) -> tuple[Net, torch.nn.Module]:
    return fresh(request.param)


@pytest.fixture(scope="module")
def small(pair: tuple[Net, torch.nn.Module], features: Float) -> Int8Net:
    return quantise(pair[0], features, STEPS, ZERO)


@torch.no_grad()
def logits(module: torch.nn.Module, features: Float) -> Float:
    found: Float = module(torch.from_numpy(features)[None])[0].numpy()
    return found


def test_the_arrays_are_the_network(pair: tuple[Net, torch.nn.Module], features: Float) -> None:
    net, module = pair
    expected = logits(module, features)
    for same in (net, net.folded()):
        np.testing.assert_allclose(same.activations(features)[-1][:, 0], expected, atol=1e-4)
    assert net.products == sum(p.numel() for p in module.parameters() if p.ndim > 1)


def test_float_c_is_close_and_costs_the_same_each_frame(
    pair: tuple[Net, torch.nn.Module], features: Float
) -> None:
    net, module = pair
    cost, difference = float_cost(net, features, logits(module, features))
    assert 0 < difference <= TOLERANCE
    assert cost.cycles.n == 50
    assert net.products / 4 < cost.instructions.minimum <= cost.instructions.maximum < 2 * net.products
    assert net.products / 4 < cost.cycles.median < 2 * net.products
    assert cost.constants > 4 * net.products


@pytest.mark.parametrize("kind", NETWORKS)
def test_float_c_of_classes_is_close(kind: str, features: Float) -> None:
    net, module = fresh(kind, 5)
    expected = logits(module, features)
    assert net.outputs == expected.shape[1] == 5
    np.testing.assert_allclose(net.activations(features)[-1], expected, atol=1e-4)
    found = EmulatedPeer(float_source(net), net.outputs).run(features, np.float32)
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)


def test_int8_c_is_numpy_exactly(small: Int8Net, features: Float) -> None:
    given = small.quantised(features)
    extremes = np.where(np.random.default_rng(2).random(given.shape) < 0.5, -127, 127).astype(np.int8)
    peer = EmulatedPeer(int8_source(small))
    for frames in (given, extremes):
        assert np.array_equal(peer.run(frames, np.int32), small.run(frames))
    cost = int8_cost(small, features)
    assert cost.cycles.median < 8_000


def test_int8_stays_near_the_float_network(
    pair: tuple[Net, torch.nn.Module], small: Int8Net, features: Float
) -> None:
    scores = small.run(small.quantised(features))
    wanted = (logits(pair[1], features) + ZERO) * STEPS
    assert np.abs(scores - wanted).max() < 0.1 * STEPS
    assert np.corrcoef(scores, wanted)[0, 1] > 0.98


def test_a_wrong_weight_is_noticed(features: Float) -> None:
    net, module = fresh("causal-gru")
    assert net.gru is not None
    net.gru.state_weight[3, 5] += 0.5
    changed = logits(module, features)  # the array is the module's own
    net.gru.state_weight[3, 5] -= 0.5
    with pytest.raises(AssertionError, match="causal-gru: C differs by"):
        float_cost(net, features, changed)
    small = quantise(net, features, STEPS, ZERO)
    assert small.gru is not None
    source = int8_source(small)
    small.gru.of_state.weight[3, 5] += 40
    given = small.quantised(features)
    assert not np.array_equal(EmulatedPeer(source).run(given, np.int32), small.run(given))


def test_the_source_says_nothing_of_libraries(pair: tuple[Net, torch.nn.Module], small: Int8Net) -> None:
    for text in (float_source(pair[0]), int8_source(small)):
        assert [line for line in text.splitlines() if line.startswith("#include")] == ["#include <stdint.h>"]
