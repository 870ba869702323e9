"""The page of onset results comes from its record, and the record from enough seeds of every detector."""

import json
from typing import Any

import pytest

import zoo
from scripts.compare_onset import LABELS, PAGE, RECORD, SEEDED, SEEDS, render
from tasks.comparison import mean


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    return json.loads(RECORD.read_text())


def test_the_page_is_rendered_from_the_record(record: dict[str, Any]) -> None:
    assert PAGE.read_text() == render(record), "run `python scripts/compare_onset.py --render`"


def test_a_changed_figure_would_be_noticed(record: dict[str, Any]) -> None:
    changed = json.loads(json.dumps(record))
    changed["runs"][0]["sets"]["test1"]["f_50ms"] -= 0.01
    assert PAGE.read_text() != render(changed)


@pytest.mark.parametrize("detector", LABELS)
def test_claims_rest_on_enough_seeds(record: dict[str, Any], detector: str) -> None:
    seeds = {run["seed"] for run in record["runs"] if run["detector"] == detector}
    assert len(seeds) >= (len(SEEDS) if detector in (*SEEDED, "gates") else 1)


def test_all_detectors_heard_the_same_sets(record: dict[str, Any]) -> None:
    for name in record["runs"][0]["sets"]:
        assert len({run["sets"][name]["manifest_sha256"] for run in record["runs"]}) == 1


def test_gates_hold_their_own_against_the_better_float_network(record: dict[str, Any]) -> None:
    """The claim of the page: level or better on two sets of three, within .01 on the third."""
    ahead = sorted(
        mean(record, "gates", name, "f_50ms") - max(mean(record, net, name, "f_50ms") for net in SEEDED)
        for name in record["runs"][0]["sets"]
    )
    assert ahead[1] >= 0
    assert ahead[0] >= -0.01


def test_the_model_that_ships_is_one_of_the_networks_compared(record: dict[str, Any]) -> None:
    shipped = json.loads((zoo.load("bela/onset-gates").folder / "record.json").read_text())
    compared = {run["seed"]: run["sets"] for run in record["runs"] if run["detector"] == "gates"}
    assert compared[shipped["model"]["seed"]] == shipped["sets"]
