"""Gates shared by bands: what training computes is what the repeated gates compute."""

import numpy as np
import pytest
import torch

from tasks.training.bands import Slide, band_thermometer, make_slides
from tasks.training.delays import ages
from tasks.training.layers import GateLayer
from tasks.training.network import GateNetwork, columns, hard_counts, make_network
from tasks.training.recipe import GateRecipe, LayerRecipe
from tests.tasks.training.check_streaming import check_streaming
from tests.tiny import drums
from zoo.heads import GroupSum

BANDS = 6
TREE = ((3, 1), (2, 2), ())
RECIPE = GateRecipe(
    frontend={"rate": 16_000, "hop": 256, "shifts": (1, 1, 2, 2, 3, 4), "lags": (1, 4), "peaks": (8,)},
    bits=64 * BANDS,
    layers=(LayerRecipe(64, bands=(3, 1)), LayerRecipe(32, bands=(2, 2)), LayerRecipe(64)),
    steps=1,
)


def features(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-60, 200, (90, 4 * BANDS + 1)).astype(np.int16)


def network(wiring: str, delays: tuple[tuple[int, ...], ...]) -> GateNetwork:
    rng = np.random.default_rng(1)
    encoder = band_thermometer(features(), 64 * BANDS, (BANDS, 4), rng)
    sizes = [64, 32, 64]
    slides = make_slides(encoder.n_bits, BANDS, sizes, TREE)
    layers = [
        GateLayer(s.width * s.channels * len(d), size, rng, wiring, residual=0.0, spread=2.0)
        for s, d, size in zip(slides, delays, sizes, strict=True)
    ]
    return GateNetwork(encoder, layers, 2, delays=delays, slides=slides)


@pytest.mark.parametrize("wiring", ["lane", "random"])
@pytest.mark.parametrize("delays", [((0,), (0,), (0,)), ((0, 2), (0, 1, 3), (0, 1))])
def test_the_repeated_gates_give_the_bits_of_training(
    wiring: str, delays: tuple[tuple[int, ...], ...]
) -> None:
    net = network(wiring, delays).eval()
    x, ends = features(5), np.array([40, 90])
    hard = net.harden()
    clips = np.split((x[:, hard.feature] >= hard.threshold).astype(np.uint8), ends[:-1])
    outputs = np.concatenate([hard.circuit.evaluate(bits) for bits in clips])
    assert hard.circuit.n_gates == 64 * 4 + 32 * 2 + 64
    assert (hard.circuit.lanes is not None) == (wiring == "lane")
    at = np.maximum(np.arange(90) - net.history.offsets()[0][:, None], 0)
    found = net.bits(columns(x[at.ravel()]), torch.from_numpy(ages(ends)))
    assert np.array_equal(found.detach().numpy().T, outputs)
    assert np.array_equal(hard_counts(net, x, ends=ends), outputs.reshape(90, 2, -1).sum(2))


def test_shared_gates_answer_alike_where_bands_hear_the_same() -> None:
    net = network("lane", ((0,), (0,), (0,)))
    slide, layer = net.slides[0], net.gate_layers[0]
    band = torch.randint(0, 2, (64, 30)).float()
    answers = slide.give(layer(slide.read(band.repeat(BANDS, 1)))).view(4, 64, 30)
    assert torch.equal(answers[0], answers[3])
    other = torch.cat([1 - band, band.repeat(BANDS - 1, 1)])
    moved = slide.give(layer(slide.read(other))).view(4, 64, 30)
    assert not torch.equal(moved[0], answers[0])
    assert torch.equal(moved[1:], answers[1:]), "the first band is read at the first place only"


def test_every_band_has_the_same_channels() -> None:
    encoder = band_thermometer(features(), 64 * BANDS, (BANDS, 4), np.random.default_rng(2))
    feature = encoder.feature.numpy().reshape(BANDS, 64)
    assert np.array_equal(feature // BANDS, np.tile(feature[0] // BANDS, (BANDS, 1)))
    assert np.array_equal(feature % BANDS, np.tile(np.arange(BANDS)[:, None], (1, 64)))


def test_a_recipe_with_bands_streams_and_exports_the_same() -> None:
    clips = [drums(0.4, seed, 16_000) for seed in range(3)]
    frontend = RECIPE.make_frontend()
    examples = np.concatenate([frontend.features(clip) for clip in clips])
    net = make_network(RECIPE, examples, 2, np.random.default_rng(1))
    check_streaming(net, frontend, clips, GroupSum(2))


def test_slides_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="bands: expected a width of 1 to 3"):
        Slide(3, 32, 4, 1)
    with pytest.raises(ValueError, match="bands: expected a multiple of 5 bits, found 64"):
        make_slides(64, 5, [32], [(2, 2)])
