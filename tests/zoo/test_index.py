import json
from pathlib import Path

import pytest

import zoo
from tests.tiny import register_model, tiny_model
from zoo import ModelError, UnknownModelError
from zoo.golden import check_golden, read_golden
from zoo.index import MODELS, Entry, bundle, entries


@pytest.mark.parametrize("entry", entries().values(), ids=lambda entry: entry.id)
def test_every_bundled_model_is_what_the_index_says(entry: Entry) -> None:
    model = zoo.load(entry.id)
    assert (model.id, model.config.task) == (entry.id, entry.task)
    assert (model.circuit.digest(), model.circuit.n_gates) == (entry.circuit_sha256, entry.gates)
    assert model.config.summary == entry.summary
    assert entry.targets
    check_golden(model, read_golden(model, entry.folder), entry.folder)


def test_every_bundled_folder_is_in_the_index() -> None:
    folders = {path.parent.relative_to(MODELS).as_posix() for path in MODELS.glob("*/*/manifest.json")}
    assert folders == set(entries())


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with two bundled models."""
    root = tmp_path / "models"
    monkeypatch.setattr("zoo.index.MODELS", root)
    monkeypatch.setattr("zoo.index.INDEX", root / "index.json")
    monkeypatch.setattr("zoo.index.entries.__defaults__", (root / "index.json",))
    root.mkdir()
    for id, model in (("test/tiny", tiny_model()), ("test/register", register_model())):
        weights = {"checkpoint.safetensors": b"of training"}
        bundle(zoo.save(model, tmp_path / "saved", extra=weights), id, ("host",), root)
        assert not (root / id / "checkpoint.safetensors").exists()
    return root


def test_bundled_models_are_listed_filtered_and_loaded(models: Path) -> None:
    assert zoo.list_models() == ["test/register", "test/tiny"]
    assert zoo.list_models("*tin*") == ["test/tiny"]
    assert zoo.list_models(target="host") == ["test/register", "test/tiny"]
    assert zoo.list_models(target="cortex-a8") == []
    assert zoo.list_models(task="onset") == []
    assert zoo.load("test/tiny").circuit.digest() == tiny_model().circuit.digest()


def test_tasks_match_with_and_without_version(models: Path) -> None:
    rows = json.loads((models / "index.json").read_text())
    rows[0]["task"] = "onset@1"
    (models / "index.json").write_text(json.dumps(rows))
    assert zoo.list_models(task="onset") == zoo.list_models(task="onset@1") == ["test/register"]
    assert zoo.list_models(task="onset@2") == []


def test_an_unknown_id_names_close_matches(models: Path) -> None:
    with pytest.raises(UnknownModelError, match=r"test/tinny: .*Did you mean test/tiny"):
        zoo.load("test/tinny")
    with pytest.raises(UnknownModelError, match="See `zoo list`"):
        zoo.load("zzzzzz")


def test_a_bundled_model_that_changed_is_refused(models: Path) -> None:
    zoo.save(tiny_model(9), models / "test" / "tiny")  # whole and valid, but not the pinned one
    with pytest.raises(ModelError, match=r"SHA-256: expected .*index"):
        zoo.load("test/tiny")


def test_bundling_gives_the_id_and_keeps_the_record(models: Path, tmp_path: Path) -> None:
    folder = zoo.save(tiny_model(), tmp_path / "mine", extra={"training.csv": b"step,loss\n"})
    entry = bundle(folder, "bela/mine", ("host", "cortex-a8"), models)
    model = zoo.load("bela/mine")
    assert model.id == "bela/mine"
    assert model.circuit.digest() == entry.circuit_sha256 == tiny_model().circuit.digest()
    assert (entry.folder / "training.csv").read_bytes() == b"step,loss\n"
    assert (entry.folder / "README.md").read_text().count("bela/mine") == 2
    assert zoo.list_models(target="cortex-a8") == ["bela/mine"]
