"""The page of sound event results comes from its record, the record from enough seeds of every detector."""

import json
from typing import Any

import pytest

import zoo
from scripts.compare_sound_events import PAGE, RECORD, render
from scripts.comparing import FLOATS, LABELS, SEEDS


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    return json.loads(RECORD.read_text())


def test_the_page_is_rendered_from_the_record(record: dict[str, Any]) -> None:
    assert PAGE.read_text() == render(record), "run `python -m scripts.compare_sound_events --render`"


def test_a_changed_figure_would_be_noticed(record: dict[str, Any]) -> None:
    changed = json.loads(json.dumps(record))
    changed["runs"][0]["sets"]["test"]["f1"] -= 0.01
    assert PAGE.read_text() != render(changed)


@pytest.mark.parametrize("detector", LABELS)
def test_claims_rest_on_enough_seeds(record: dict[str, Any], detector: str) -> None:
    seeds = {run["seed"] for run in record["runs"] if run["detector"] == detector}
    assert len(seeds) >= (len(SEEDS) if detector in FLOATS or detector.startswith("gates") else 1)


def test_all_detectors_heard_the_same_set(record: dict[str, Any]) -> None:
    assert len({run["sets"]["test"]["manifest_sha256"] for run in record["runs"]}) == 1


@pytest.mark.parametrize(
    ("model", "detector"),
    [("bela/sound-events-gates", "gates"), ("bela/sound-events-gates-nano", "gates nano")],
)
def test_the_models_that_ship_are_among_those_compared(
    record: dict[str, Any], model: str, detector: str
) -> None:
    shipped = json.loads((zoo.load(model).folder / "record.json").read_text())
    compared = {run["seed"]: run["sets"] for run in record["runs"] if run["detector"] == detector}
    assert compared[shipped["model"]["seed"]] == shipped["sets"]
