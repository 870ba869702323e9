"""The page of onset results comes from its records, and the records from enough seeds of every detector."""

import json
from typing import Any

import pytest

import zoo
from scripts.compare_onset import PAGE, PAIR, RECORD, SEEDS, difference_of, render, seeds_of, verdict
from tasks.comparison import mean

SIZES = {
    "gates large": "bela/onset-gates-large",
    "gates": "bela/onset-gates",
    "gates nano": "bela/onset-gates-nano",
}
FLOATS = [f"causal-{kind}{heard}" for kind in ("gru", "cnn", "mlp") for heard in ("", " plain")]
REPEATED = (*SIZES, *FLOATS)


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    return json.loads(RECORD.read_text())


def test_the_page_is_rendered_from_the_record(record: dict[str, Any]) -> None:
    assert PAGE.read_text() == render(record), "run `python scripts/compare_onset.py --render`"


def test_a_changed_figure_would_be_noticed(record: dict[str, Any]) -> None:
    for index in range(len(record["runs"])):
        changed = json.loads(json.dumps(record))
        changed["runs"][index]["sets"]["test1"]["f_50ms"] -= 0.01
        assert PAGE.read_text() != render(changed)
    changed = json.loads(json.dumps(record))
    changed["trials"][0]["plain"]["f_50ms"] -= 0.01
    assert PAGE.read_text() != render(changed)


@pytest.mark.parametrize("detector", REPEATED)
def test_claims_rest_on_enough_seeds(record: dict[str, Any], detector: str) -> None:
    assert set(seeds_of(record, detector)) >= set(SEEDS)


def test_the_verdict_says_how_many_seeds_it_rests_on(record: dict[str, Any]) -> None:
    counts = [len(seeds_of(record, one)) for one in PAIR]
    assert "Seeds behind it: {} of the gates, {} of the GRU.".format(*counts) in verdict(record)


def test_all_detectors_heard_the_same_sets(record: dict[str, Any]) -> None:
    for name in record["runs"][0]["sets"]:
        assert len({run["sets"][name]["manifest_sha256"] for run in record["runs"]}) == 1


def test_scores_of_clips_make_the_scores_of_sets(record: dict[str, Any]) -> None:
    for run in record["runs"]:
        for name, each in run.get("clips", {}).items():
            assert sum(each) / len(each) == pytest.approx(run["sets"][name]["f_50ms"], abs=1e-5)


def test_the_interval_holds_the_difference_and_the_verdict_says_it(record: dict[str, Any]) -> None:
    for name in record["runs"][0]["sets"]:
        low, difference, high = difference_of(record, *PAIR, name)
        assert low <= difference <= high
        means = [mean(record, one, name, "f_50ms") for one in PAIR]
        assert difference == pytest.approx(means[0] - means[1], abs=1e-5)
        assert f"{difference:+.3f}" in verdict(record)


def test_a_worse_network_would_lose_the_verdict(record: dict[str, Any]) -> None:
    changed = json.loads(json.dumps(record))
    for run in changed["runs"]:
        if run["detector"] == "gates large":
            run["clips"]["test1"] = [f - 0.1 for f in run["clips"]["test1"]]
    told = verdict(changed)
    assert "does not hold" in next(line for line in told.splitlines() if line.startswith("* held-out kits"))


@pytest.mark.parametrize("detector", SIZES)
def test_the_models_that_ship_are_networks_compared(record: dict[str, Any], detector: str) -> None:
    folder = zoo.load(SIZES[detector]).folder
    assert folder is not None
    shipped = json.loads((folder / "record.json").read_text())
    compared = {run["seed"]: run["sets"] for run in record["runs"] if run["detector"] == detector}
    assert compared[shipped["model"]["seed"]] == shipped["sets"]
