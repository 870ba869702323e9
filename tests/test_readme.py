"""The README's numbers come from a record, and the record from the model that ships."""

import json
from typing import Any

import pytest

import zoo
from scripts.render_readme import MODEL, README, RECORD, measure, render, with_numbers


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    return json.loads(RECORD.read_text())


def test_the_readme_is_rendered_from_the_record(record: dict[str, Any]) -> None:
    text = README.read_text()
    assert text == with_numbers(text, render(record)), "run `make readme`"


def test_a_changed_figure_would_be_noticed(record: dict[str, Any]) -> None:
    record = json.loads(json.dumps(record))
    next(iter(record["sets"].values()))["f_50ms"] -= 0.01
    text = README.read_text()
    assert text != with_numbers(text, render(record))


def test_the_record_is_of_the_model_that_ships(record: dict[str, Any]) -> None:
    assert record["model"]["revision"] == zoo.load(MODEL).circuit.digest(), "run `make readme`"


def test_the_models_own_record_says_the_same(record: dict[str, Any]) -> None:
    """But for the real loops, of which it has more than ship."""
    folder = zoo.load(MODEL).folder
    assert folder is not None
    own = json.loads((folder / "record.json").read_text())
    assert own["model"]["revision"] == record["model"]["revision"]
    for name in ("test1", "test2"):
        assert own["sets"][name] == record["sets"][name]


@pytest.mark.slow
def test_measuring_again_finds_the_same_numbers(record: dict[str, Any]) -> None:
    assert json.loads(json.dumps(measure())) == record
