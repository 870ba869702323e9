"""Encoders: gradients reach what stands before them, and their integers are their bits."""

import numpy as np
import pytest
import torch

from tasks.training.encoders import (
    ENCODERS,
    AnnealedEncoder,
    Encoder,
    NoisyEncoder,
    OrderedEncoder,
    PositionalCode,
    PositionalEncoder,
    ThermometerEncoder,
    make_encoder,
    positional_code,
)
from tasks.training.hybrid import HybridNetwork
from tasks.training.projection import TERMS, IntegerLinear, Projected

SOFT = {"soft", "noisy"}  # whose bits in training are others
CHANNELS = 4


def numbers(seed: int = 0, frames: int = 300) -> np.ndarray:
    spread = np.array([3, 40, 90, 400])
    return np.round(np.random.default_rng(seed).standard_normal((frames, CHANNELS)) * spread).astype(np.int16)


def columns(integers: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(integers.T.astype(np.float32)))


def encoder(name: str, bits: int = 32) -> Encoder:
    return make_encoder(name, numbers(), bits, np.random.default_rng(1))


def moved(made: Encoder) -> Encoder:
    """As after training: parameters off the integers."""
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.randn_like(parameter))
    return made


@pytest.mark.parametrize("name", ENCODERS)
def test_the_integers_are_the_bits(name: str) -> None:
    made = moved(encoder(name))
    grid = np.tile(np.arange(-600, 600, dtype=np.int16)[:, None], CHANNELS)
    expected = made.code().encode(grid)
    made.eval()
    assert np.array_equal(made(columns(grid)).detach().numpy().T, expected)
    assert 0 < expected.mean() < 1
    made.train()
    made.progress = 1.0
    same = np.array_equal(made(columns(grid)).detach().numpy().T, expected)
    assert same == (name not in SOFT), "hard forward: no gap between training and the target"


@pytest.mark.parametrize("name", ENCODERS)
def test_gradients_reach_every_channel(name: str) -> None:
    x = columns(numbers(seed=2)).requires_grad_()
    made = encoder(name)
    weight = torch.linspace(0.5, 2, 32)[:, None]  # bits that count alike could cancel
    (made(x) * weight).sum().backward()
    assert x.grad is not None
    assert (x.grad.abs().sum(1) > 0).all()
    learning = [p for p in made.parameters() if p.requires_grad]
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in learning)
    assert bool(learning) == (name not in {"fixed", "positional", "positional-sine", "gray"})


@pytest.mark.parametrize("name", ["fixed", "ordered", "soft", "noisy", "positional"])
def test_more_ones_are_had_by_larger_numbers(name: str) -> None:
    x = columns(numbers(seed=2)).requires_grad_()
    encoder(name)(x).sum().backward()
    assert x.grad is not None
    assert (x.grad >= 0).all()


def test_neighbours_of_a_gray_code_differ_in_one_bit() -> None:
    width = 5
    code = PositionalCode(
        np.array([8], np.int32), np.array([2], np.uint8), np.array([width], np.uint8),
        np.zeros(width, np.uint16), np.arange(width, dtype=np.uint8), gray=True,
    )  # fmt: skip
    x = np.arange(-8, -8 + 4 * 2**width)[:, None]
    bits = code.encode(x)
    assert len(np.unique(bits, axis=0)) == 2**width
    assert np.abs(np.diff(bits.astype(int), axis=0)).sum(1)[3::4].tolist() == [1] * (2**width - 1)
    assert np.abs(np.diff(bits.astype(int), axis=0)).sum() == 2**width - 1, "and change nowhere else"


def test_codes_outside_their_range_stay_at_its_ends() -> None:
    code = positional_code(numbers(), 20, np.random.default_rng(0), gray=False)
    codes = code.codes(np.array([[-30_000] * CHANNELS, [30_000] * CHANNELS]))
    assert codes.tolist() == [[0] * CHANNELS, (2 ** code.width.astype(int) - 1).tolist()]


def slopes(surrogate: str, width: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """The codes, and the slope (bits, codes) of each bit, highest first."""
    code = PositionalCode(
        np.zeros(1, np.int32), np.zeros(1, np.uint8), np.array([width], np.uint8),
        np.zeros(width, np.uint16), np.arange(width, dtype=np.uint8)[::-1].copy(), surrogate == "gray",
    )  # fmt: skip
    x = np.arange(-2, 2**width + 2)
    found = []
    for bit in range(width):
        leaf = columns(x[:, None]).requires_grad_()
        PositionalEncoder(code, surrogate)(leaf)[bit].sum().backward()
        assert leaf.grad is not None
        found.append(leaf.grad[0].numpy())
    return x, np.stack(found)


def test_a_linear_surrogate_gives_lower_bits_half_of_the_slope_of_the_next() -> None:
    x, slope = slopes("linear")
    inside = (x >= 0) & (x < 16)
    assert np.allclose(slope[:, inside], 1 / 16 / 2.0 ** np.arange(4)[:, None])
    assert (slope[:, ~inside] == 0).all()


@pytest.mark.parametrize("surrogate", ["sine", "gray"])
def test_a_bit_rises_where_it_becomes_one_and_falls_where_it_becomes_zero(surrogate: str) -> None:
    x, slope = slopes(surrogate)
    for row, bit in enumerate((3, 2, 1, 0)):
        size = 2**bit
        edges = np.arange(size, 16, size if surrogate == "sine" else 2 * size)
        rises = edges // size % 2 == 1 if surrogate == "sine" else edges // size % 4 == 1
        at = slope[row, np.searchsorted(x, edges)]
        assert np.array_equal(at > 0, rises)
        assert np.allclose(np.abs(at), np.abs(at[0])), "of one size at every edge"
    assert np.allclose(np.abs(slope).max(1), np.abs(slope).max()), "and of every bit"


def test_ordered_thresholds_start_where_they_should_and_never_pass_each_other() -> None:
    start = encoder("learned")
    assert isinstance(start, ThermometerEncoder)
    made = OrderedEncoder(start.start)
    assert torch.allclose(made.thresholds(), start.start.threshold, atol=0.5)
    moved(moved(moved(made)))
    threshold, feature = made.thresholds().detach().numpy(), made.feature.numpy()
    before = start.start.threshold.detach().numpy()
    for channel in range(CHANNELS):
        rank = np.argsort(before[feature == channel], kind="stable")
        assert (np.diff(threshold[feature == channel][rank]) > 0).all()


def test_annealing_ends_hard() -> None:
    made = encoder("annealed")
    assert isinstance(made, AnnealedEncoder)
    x = columns(numbers(seed=3))
    hard = made.eval()(x)
    made.train()
    distances, factors = [], []
    for made.progress in (0.0, 0.3, 0.6, 0.89):
        distances.append(float((made(x) - hard).abs().mean().detach()))
        factors.append(made.factor())
    assert distances == sorted(distances, reverse=True)
    assert factors == sorted(factors, reverse=True)
    assert distances[-1] > 0
    made.progress = 0.9
    assert torch.equal(made(x), hard)


def test_the_noise_draws_bits_by_the_logistic_chance() -> None:
    made = encoder("noisy")
    torch.manual_seed(0)
    x = columns(np.tile(numbers()[:1], (4000, 1)))
    drawn = made(x)
    assert isinstance(made, NoisyEncoder)
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    rows = x[made.start.feature, 0] - torch.ceil(made.start.threshold) + 0.5
    expected = torch.sigmoid(rows / made.start.temperature)
    assert torch.allclose(drawn.mean(1), expected, atol=0.04)


@pytest.mark.parametrize("name", ["ordered", "annealed", "gray", "positional-sine"])
def test_a_hybrid_hardens_to_its_integers(name: str) -> None:
    x = numbers()
    linear = IntegerLinear(x, 8, np.random.default_rng(5))
    inner = make_encoder(name, linear.harden().apply(x), 32, np.random.default_rng(6))
    net = HybridNetwork(Projected(linear, inner), (64, 64), 2, np.random.default_rng(7))
    optimizer = torch.optim.Adam(net.parameters(), 0.3)
    before = [parameter.detach().clone() for parameter in net.parameters()]
    target = torch.from_numpy((x[:, 1] > x[:, 2]).astype(np.int64))
    for step in range(20):
        net.encoder.progress = step / 20
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(columns(x)).T, target).backward()
        optimizer.step()
    assert all(not torch.equal(p, q) for p, q in zip(net.parameters(), before, strict=True))
    net.encoder.progress = 1.0
    unseen = numbers(seed=9)
    hard = net.harden().counts(unseen)
    assert np.array_equal(net.all_counts(unseen), hard), "in training"
    net.eval()
    assert np.array_equal(net.all_counts(unseen), hard), "and out of it"
    assert len(np.unique(hard)) > 5


def test_a_frozen_layer_gets_no_gradient() -> None:
    linear = IntegerLinear(numbers(), 8, np.random.default_rng(5), learn=False)
    assert [p.requires_grad for p in linear.parameters()] == [False, False]


def test_weights_cost_the_fewest_powers_of_two() -> None:
    powers = [0, *(sign * 2**k for sign in (1, -1) for k in range(4))]
    for weight, terms in enumerate(TERMS):
        fewest = 0 if weight == 0 else 1 if weight in powers else 2
        assert terms == fewest
        assert weight in {a + b for a in powers for b in powers}


def test_inputs_too_large_for_exact_sums_are_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        IntegerLinear(np.full((4, 100), 32_000), 8, np.random.default_rng(0))
