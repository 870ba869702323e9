"""Training and the hardened circuit give the same bits; thresholds learn without a gap."""

import numpy as np
import pytest
import torch

from tasks.training.encoder import Thermometer, quantile_thermometer
from tasks.training.layers import GateLayer
from tasks.training.network import GateNetwork

WIRINGS = {"random": {}, "lane": {}, "local": {"window": 24}, "learned": {"candidates": 4}}
FRAMES = 200


def features(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-60, 200, (FRAMES, 9)).astype(np.int32)


def network(wiring: str, seed: int = 1, **options: float) -> GateNetwork:
    rng = np.random.default_rng(seed)
    chosen = {**WIRINGS[wiring], **options}
    layers = [GateLayer(64, 96, rng, wiring, **chosen), GateLayer(96, 64, rng, wiring, **chosen)]
    return GateNetwork(quantile_thermometer(features(), 64, rng), layers)


def columns(integers: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(integers.T.astype(np.float32)))


def train(net: GateNetwork, steps: int = 25) -> float:
    x = columns(features())
    target = ((x[0] > x[1]) & (x[2] > 50)).float()
    groups = [
        {"params": [net.encoder.threshold], "lr": 1.0},
        {"params": [p for p in net.parameters() if p is not net.encoder.threshold], "lr": 0.05},
    ]
    optimizer = torch.optim.Adam(groups, fused=True)
    net.train()
    for _ in range(steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(net(x)[0], target)
        loss.backward()
        optimizer.step()
    return float(loss.detach())


@pytest.mark.parametrize("noise", [0.0, 0.3])
@pytest.mark.parametrize("wiring", WIRINGS)
def test_the_hardened_circuit_gives_the_bits_of_training(wiring: str, noise: float) -> None:
    net = network(wiring, noise=noise)
    before = [p.detach().clone() for p in net.parameters()]
    train(net)
    assert all(not torch.equal(p, q) for p, q in zip(net.parameters(), before, strict=True)), (
        "everything learns"
    )
    net.eval()
    unseen = features(seed=99)
    hard = net.harden()
    bits = unseen[:, hard.feature] >= hard.threshold
    assert np.array_equal(hard.circuit.evaluate(bits), net.bits(columns(unseen)).detach().numpy().T)
    assert (hard.circuit.lanes is not None) == (wiring == "lane")


def test_all_sixteen_gates_harden_to_their_number() -> None:
    layer = GateLayer(2, 16, np.random.default_rng(0))
    table = np.array([[op >> 3 & 1, op >> 2 & 1, op >> 1 & 1, op & 1] for op in range(16)]).T
    with torch.no_grad():
        layer.logits.copy_(torch.from_numpy(2.0 * table - 1))
    assert layer.harden().op.tolist() == list(range(16))


def test_a_fresh_layer_passes_its_first_operand_on() -> None:
    layer = GateLayer(50, 100, np.random.default_rng(0), residual=4.0, spread=0.0)
    x = torch.randint(0, 2, (50, 30)).float()
    assert torch.equal(layer(x), x[layer.a])


def test_the_soft_layer_comes_close_to_the_hard_one_as_logits_grow() -> None:
    layer = GateLayer(50, 100, np.random.default_rng(0), spread=1.0)
    x = torch.randint(0, 2, (50, 30)).float()
    hard = layer(x)
    layer.hard = False
    assert not torch.equal(layer(x), hard)
    with torch.no_grad():
        layer.logits.mul_(1e4)
    torch.testing.assert_close(layer(x), hard, atol=1e-2, rtol=0)


def test_training_lowers_the_loss() -> None:
    net = network("random")
    start = train(net, steps=1)
    assert train(net, steps=120) < 0.6 * start


def test_thresholds_between_integers_answer_as_their_ceiling_does() -> None:
    encoder = Thermometer(np.zeros(4, int), np.array([2.0, 2.001, 2.999, -0.5]))
    x = torch.arange(-3.0, 6.0)[None]
    feature, threshold = encoder.harden()
    assert threshold.tolist() == [2, 3, 3, 0]
    hard = threshold <= x.numpy().astype(int)[feature].T
    assert np.array_equal(encoder(x).detach().numpy().T.astype(bool), hard)


def test_a_threshold_moves_towards_fewer_ones_when_ones_cost() -> None:
    encoder = Thermometer(np.zeros(1, int), np.array([5.0]), temperature=2.0)
    encoder(torch.arange(10.0)[None]).sum().backward()
    grad = encoder.threshold.grad
    assert grad is not None
    assert grad.item() < 0, "raising the threshold lowers the cost"


def test_features_that_learn_get_a_gradient_through_the_encoder() -> None:
    encoder = Thermometer(np.zeros(3, int), np.array([1.0, 5.0, 9.0]), learn=False)
    x = torch.full((1, 4), 5.0, requires_grad=True)
    encoder(x).sum().backward()
    assert x.grad is not None
    assert (x.grad > 0).all()


def test_layers_that_do_not_fit_are_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="layer 1: expected 96 inputs, found 64"):
        GateNetwork(
            quantile_thermometer(features(), 64, rng), [GateLayer(64, 96, rng), GateLayer(64, 64, rng)]
        )
    with pytest.raises(ValueError, match="wiring: expected one of random, lane, local, learned, found ring"):
        GateLayer(64, 64, rng, "ring")


def test_words_of_128_lanes_harden_to_lanes_of_that_width() -> None:
    rng = np.random.default_rng(3)
    layers = [GateLayer(128, 256, rng, "lane", width=128), GateLayer(256, 128, rng, "lane", width=128)]
    net = GateNetwork(quantile_thermometer(features(), 128, rng), layers)
    train(net, steps=5)
    net.eval()
    hard = net.harden()
    assert hard.circuit.lanes is not None
    assert hard.circuit.lanes.width == 128
    bits = features(seed=99)[:, hard.feature] >= hard.threshold
    assert np.array_equal(
        hard.circuit.evaluate(bits), net.bits(columns(features(seed=99))).detach().numpy().T
    )
