"""`zoo train` from built clips to a model folder, stopped and resumed, and refused."""

import json
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo
from tasks.recipes.onset import SIZES
from tasks.registry import get_task
from tasks.run_training import STOPPED, train_command
from tasks.training import kernels
from tasks.training.frames import cached, mark
from tasks.training.hard import predict
from tasks.training.onset_learner import OnsetLearner
from tasks.training.recipe import Labels, LayerRecipe, OnsetRecipe
from tests.tasks.built import build, synthetic_clip
from zoo.errors import ZooError
from zoo.results import predictions_digest

TINY = OnsetRecipe(
    frontend={"lags": (1, 4), "flux": ((0, 9),)},
    bits=64,
    layers=(LayerRecipe(128), LayerRecipe(64)),
    labels=Labels((0.5, 1.0), 8),
    steps=80,
    batch=128,
    validate_every=20,
    noise=0.1,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("data"))


@pytest.fixture(autouse=True)
def tiny_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SIZES, "tiny", TINY)


def train(out: Path, data: Path, **options: Any) -> int:
    return train_command("onset", out, **{"size": "tiny", "seed": 2, "data": data, **options})


@pytest.mark.parametrize("wiring", ["lane", "learned"])
def test_it_saves_a_complete_model_that_has_learned(
    wiring: str, tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"candidates": 4} if wiring == "learned" else {}
    layers = tuple(LayerRecipe(layer.gates, wiring, options) for layer in TINY.layers)
    monkeypatch.setitem(SIZES, "tiny", replace(TINY, layers=layers))
    out = tmp_path / "My Run"
    assert train(out, data) == 0
    assert not (tmp_path / "My Run.run").exists(), "nothing is left beside the model"
    model = zoo.load(out)
    assert model.id == "local/my-run"
    assert (model.circuit.lanes is not None) == (wiring == "lane")
    assert model.config.training is not None
    assert model.config.training.command == "zoo train onset --size tiny --seed 2"
    assert model.config.training.data_manifest_sha256 == get_task("onset").manifest_digest("train", data)
    record = json.loads((out / "training.json").read_text())
    assert record["recipe"]["layers"][0]["wiring"] == wiring
    unseen = synthetic_clip("unseen", 999, 3.0)
    task = get_task("onset")
    traces = [model.predict(unseen.samples)]
    assert task.score(model, unseen, traces[0]).f() > 0.9
    assert predictions_digest(predict(model, [unseen.samples])) == predictions_digest(traces)


def test_the_gates_in_torch_that_cuda_takes_train_an_exact_model_too(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numba = kernels._numba
    monkeypatch.setattr(kernels, "_numba", lambda x: False)
    assert train(tmp_path / "model", data) == 0
    model, unseen = zoo.load(tmp_path / "model"), synthetic_clip("unseen", 999, 3.0)
    traces = [model.predict(unseen.samples)]
    assert get_task("onset").score(model, unseen, traces[0]).f() > 0.9
    for choice in (lambda x: False, numba):
        monkeypatch.setattr(kernels, "_numba", choice)
        assert predictions_digest(predict(model, [unseen.samples])) == predictions_digest(traces)


def test_stopped_and_resumed_it_gives_the_same_model(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(tmp_path / "straight", data) == 0
    validate = OnsetLearner.validate

    def stop_once(self: OnsetLearner) -> dict[str, float]:
        monkeypatch.setattr(OnsetLearner, "validate", validate)
        os.kill(os.getpid(), signal.SIGINT)
        return validate(self)

    monkeypatch.setattr(OnsetLearner, "validate", stop_once)
    out = tmp_path / "stopped"
    assert train(out, data) == STOPPED
    again = f"zoo train onset --size tiny --seed 2 --data {data} -o {out} --resume"
    assert f"Stopped at step 20, saved. Go on with: {again}" in capsys.readouterr().err.splitlines()
    with pytest.raises(ZooError, match="an unfinished run is here"):
        train(out, data)
    with pytest.raises(ZooError, match=r"started with settings.seed = 2, now it is 3"):
        train(out, data, seed=3, resume=True)
    assert not out.exists()
    assert train(out, data, resume=True) == 0
    straight, stopped = zoo.load(tmp_path / "straight"), zoo.load(out)
    assert stopped.circuit.digest() == straight.circuit.digest()
    assert stopped.head == straight.head
    for name, tensor in straight.frontend.tensors().items():
        assert np.array_equal(stopped.frontend.tensors()[name], tensor)
    assert (out / "training.csv").read_bytes() == (tmp_path / "straight" / "training.csv").read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": "huge"}, "no size 'huge'. Choose nano"),
        ({"device": "tpu"}, "device 'tpu': expected cpu or cuda"),
        ({"data": Path("nowhere")}, "is not built. Run `zoo data build onset`"),
    ],
)
def test_what_cannot_run_is_refused_at_once(
    options: dict[str, Any], message: str, tmp_path: Path, data: Path
) -> None:
    with pytest.raises(ZooError, match=message):
        train(tmp_path / "out", **{"data": data, **options})
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_never_replaced(tmp_path: Path, data: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ZooError, match="exists already"):
        train(tmp_path, data)
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("size", SIZES)
def test_the_shipped_sizes_fit_lanes_and_front_end(size: str) -> None:
    recipe = SIZES[size]
    frontend = recipe.make_frontend()
    assert frontend.hop == get_task("onset").input.hop
    assert recipe.bits >= frontend.n_features
    assert recipe.bits % 32 == 0
    assert all(layer.gates % 32 == 0 for layer in recipe.layers)


def test_frames_are_marked_from_the_onset_on() -> None:
    target, weight = mark(np.array([0.0, 0.5]), 60, rate=1000, hop=10, labels=Labels((0.5, 1.0), 4))
    assert target.nonzero()[0].tolist() == [0, 1, 50, 51]
    assert weight[:6].tolist() == [0.5, 1, 0, 0, 1, 1]
    assert weight[48:56].tolist() == [1, 1, 0.5, 1, 0, 0, 1, 1]
    late, _ = mark(np.array([0.595]), 60, rate=1000, hop=10, labels=Labels((1.0, 1.0), 4))
    assert late.nonzero()[0].tolist() == [59], "a window that the clip cuts off"


def test_an_onset_close_after_another_still_counts() -> None:
    target, weight = mark(np.array([0.1, 0.12]), 60, rate=1000, hop=10, labels=Labels((1.0,), 4))
    assert target.nonzero()[0].tolist() == [10, 12]
    assert weight[10:17].tolist() == [1, 0, 1, 0, 0, 0, 1]


def test_a_damaged_cache_file_is_made_anew(tmp_path: Path) -> None:
    made = []

    def compute() -> np.ndarray:
        made.append(1)
        return np.arange(5)

    for _ in range(2):
        assert cached(tmp_path, "key", compute).tolist() == list(range(5))
    assert len(made) == 1
    (tmp_path / "key.npy").write_bytes(b"cut")
    assert cached(tmp_path, "key", compute).tolist() == list(range(5))
    assert len(made) == 2
    assert [p.name for p in tmp_path.iterdir()] == ["key.npy"]
