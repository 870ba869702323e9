"""Weights that ride along with a model, and a run that starts from them."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from safetensors.numpy import load, save

import zoo
from tasks.recipes.onset import SIZES
from tasks.registry import get_task
from tasks.run_training import train_command
from tasks.training.checkpoint import TrainingError
from tasks.training.onset_learner import OnsetLearner, make_learner
from tasks.training.recipe import Labels, LayerRecipe, OnsetRecipe
from tasks.training.start import save_weights, start_from
from tests.folders import put
from tests.tasks.built import build
from zoo.folder import amend_folder

TINY = OnsetRecipe(
    frontend={"lags": (1, 4), "flux": ((0, 9),)},
    bits=64,
    layers=(LayerRecipe(128, "learned", {"candidates": 4}), LayerRecipe(64)),
    labels=Labels((0.5, 1.0), 8),
    steps=30,
    batch=64,
    validate_every=15,
    noise=0.1,
)
Tensors = dict[str, npt.NDArray]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SIZES, "tiny", TINY)
        out = tmp_path_factory.mktemp("runs") / "first"
        assert train_command("onset", out, "tiny", seed=2, data=data) == 0
    return out


@pytest.fixture(autouse=True)
def tiny_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SIZES, "tiny", TINY)


def learner(data: Path, recipe: OnsetRecipe = TINY, seed: int = 7) -> OnsetLearner:
    return make_learner(get_task("onset"), recipe, seed, "cpu", data)


def test_before_its_first_step_a_started_network_is_the_model(trained: Path, data: Path) -> None:
    model, fresh = zoo.load(trained), learner(data)
    assert fresh.module.harden().circuit.digest() != model.circuit.digest()
    start_from(fresh, model)
    frontend, circuit, head = fresh.parts()
    assert circuit.digest() == model.circuit.digest()
    for name, tensor in model.frontend.tensors().items():
        assert np.array_equal(frontend.tensors()[name], tensor)
    assert head == model.head
    assert save_weights(fresh.module) == (trained / "checkpoint.safetensors").read_bytes()


def test_lanes_of_another_seed_become_those_of_the_model(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = tuple(LayerRecipe(layer.gates) for layer in TINY.layers)
    lanes = replace(TINY, layers=layers, steps=5)
    monkeypatch.setitem(SIZES, "tiny", lanes)
    assert train_command("onset", tmp_path / "lanes", "tiny", seed=3, data=data) == 0
    model, fresh = zoo.load(tmp_path / "lanes"), learner(data, lanes)
    assert model.circuit.lanes is not None
    start_from(fresh, model)
    circuit = fresh.parts()[1]
    assert circuit.lanes is not None
    assert np.array_equal(circuit.lanes.rotation, model.circuit.lanes.rotation)
    twisted = fresh.module.gate_layers[0]
    twisted.b[3] = (twisted.b[3] + 1) % twisted.n_inputs
    with pytest.raises(ValueError, match="words of 32 lanes"):
        twisted.adopt_wiring()


def test_a_started_run_says_where_it_comes_from(trained: Path, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "second"
    assert train_command("onset", out, "tiny", seed=4, steps=15, data=data, init_from=str(trained)) == 0
    model, record = zoo.load(out), json.loads((out / "training.json").read_text())
    assert model.config.training is not None
    assert model.config.training.command == (
        "zoo train onset --size tiny --seed 4 --steps 15 --init-from local/first"
    )
    assert record["init_from"]["id"] == "local/first"
    assert set(zoo.load(trained).config.sources) <= set(model.config.sources)


def test_the_weights_may_be_missing_but_then_nothing_starts(
    trained: Path, data: Path, tmp_path: Path
) -> None:
    shutil.copytree(trained, tmp_path / "bare")
    (tmp_path / "bare" / "checkpoint.safetensors").unlink()
    with pytest.raises(TrainingError, match=r"local/first: no checkpoint\.safetensors"):
        start_from(learner(data), zoo.load(tmp_path / "bare"))
    with pytest.raises(zoo.ModelError, match="only in the manifest"):
        amend_folder(tmp_path / "bare", {})


def test_another_size_is_refused_by_name(trained: Path, data: Path) -> None:
    wider = replace(TINY, layers=(LayerRecipe(192, "learned", {"candidates": 4}), LayerRecipe(64)))
    with pytest.raises(
        TrainingError, match=r"layers\.0\.\w+: expected \w+ \(.*192\), found .*128.*--size tiny"
    ):
        start_from(learner(data, wider), zoo.load(trained))


def _out_of_range(tensors: Tensors) -> None:
    tensors["layers.1.b"][0] = 1 << 40


def _not_finite(tensors: Tensors) -> None:
    tensors["layers.0.logits"][0, 0] = np.nan


def _another_gate(tensors: Tensors) -> None:
    tensors["layers.1.logits"] *= -1


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_out_of_range, "expected sources 0 to 127"),
        (_not_finite, r"layers\.0\.logits: not every number is finite"),
        (_another_gate, "it hardens to circuit"),
    ],
)
def test_weights_that_are_not_the_models_are_refused(
    damage: Callable[[Tensors], None], message: str, trained: Path, data: Path, tmp_path: Path
) -> None:
    shutil.copytree(trained, tmp_path / "bad")
    tensors = load((trained / "checkpoint.safetensors").read_bytes())
    damage(tensors)
    put(tmp_path / "bad", "checkpoint.safetensors", save(tensors))
    with pytest.raises(TrainingError, match=message):
        start_from(learner(data), zoo.load(tmp_path / "bad"))
