"""Autoencoders: training, both halves as circuits, the streaming model and its C give the same bits."""

import numpy as np
import pytest
import torch

from bench.targets.host import Host
from tasks.training.autoencoder import AutoencoderLearner, AutoencoderRecipe, explained, run
from tasks.training.network import columns
from tests.tasks.training.check_streaming import CUTS
from tests.tiny import drums
from zoo.model import Model
from zoo.results import Controls, predictions_digest

SHIFTS = (1, 2, 3, 4, 5, 6, 7, 8)


def recipe(wiring: str) -> AutoencoderRecipe:
    frontend = {"rate": 16_000, "hop": 256, "shifts": SHIFTS, "lags": (), "peaks": (), "flux": ()}
    return AutoencoderRecipe(
        frontend=frontend, levels=8, encoder=(96, 32), decoder=(96,), steps=1, batch=128, wiring=wiring,
        gate_rate=0.05,
    )  # fmt: skip


@pytest.mark.parametrize("wiring", ["lane", "random"])
def test_what_comes_back_is_what_the_circuits_stream(wiring: str) -> None:
    clips = [drums(0.5, seed, 16_000) for seed in range(6)]
    frontend = recipe(wiring).make_frontend()
    parts = [frontend.features(clip) for clip in clips]
    one = AutoencoderLearner(recipe(wiring), np.concatenate(parts[:4]), np.concatenate(parts[4:]), seed=1)
    optimizer, rng = torch.optim.Adam(one.parameter_groups()), np.random.default_rng(1)
    before = one.validate()["explained"]
    for _ in range(150):
        one.module.train()
        optimizer.zero_grad()
        one.loss(rng).backward()
        optimizer.step()
    assert one.validate()["explained"] > max(0.5, before + 0.2)
    made, circuit, head = one.parts()
    assert (circuit.lanes is not None) == (wiring == "lane")
    model = Model.from_parts(made, circuit, head, id="test/auto", summary="For tests", licence="CC0-1.0")
    for clip, part in zip(clips, parts, strict=True):
        levels, back = run(one.module, part)
        stream, found = model.stream(), []
        for block in np.split(clip, CUTS):
            answer = stream(block)
            assert isinstance(answer, Controls)
            found.append(answer.values)
        assert np.array_equal(np.concatenate(found), back)
        reached = made.bits(clip)
        assert np.array_equal(
            levels, np.stack([reached[:, made.feature == f].sum(1) for f in range(len(SHIFTS))], axis=1)
        )
        hard = one.module.harden()
        code = hard.encoder.evaluate(reached)
        assert code.shape[1] == 32
        assert np.array_equal(code.T, one.module.code(columns(part)).detach().numpy())
        values = hard.decoder.evaluate(code).reshape(len(part), len(SHIFTS), -1).sum(2)
        assert np.array_equal(values, back)
    expected = predictions_digest([model.predict(clip) for clip in clips])
    assert predictions_digest(Host().run(model, clips)) == expected


def test_explained_is_one_of_all_and_zero_of_the_mean() -> None:
    levels = np.random.default_rng(0).integers(0, 9, (50, 3))
    assert explained(levels, levels) == 1
    assert abs(explained(levels, np.tile(levels.mean(0), (50, 1)))) < 1e-12
