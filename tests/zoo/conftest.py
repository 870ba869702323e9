"""A saved model folder, fresh for each test."""

from pathlib import Path

import pytest

import zoo
from tests.tiny import tiny_model


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """What no model has as its id is not looked for on a hub."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a saved model."""
    folder = zoo.save(tiny_model(), tmp_path_factory.mktemp("saved") / "tiny")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def folder(saved: dict[str, bytes], tmp_path: Path) -> Path:
    """A fresh copy of it."""
    root = tmp_path / "tiny"
    root.mkdir()
    for name, data in saved.items():
        (root / name).write_bytes(data)
    return root
