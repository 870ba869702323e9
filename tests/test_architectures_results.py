"""The page of architectures comes from its record, the record from enough seeds at one number of gates."""

import json
from typing import Any

import pytest

from scripts.compare_architectures import ARCHITECTURES, PAGE, RECORD, SEEDS, SET, render

GATES = 2_048


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    return json.loads(RECORD.read_text())


def test_the_page_is_rendered_from_the_record(record: dict[str, Any]) -> None:
    assert PAGE.read_text() == render(record), "run `python -m scripts.compare_architectures --render`"


def test_a_changed_figure_would_be_noticed(record: dict[str, Any]) -> None:
    changed = json.loads(json.dumps(record))
    changed["runs"][0]["sets"][SET]["f1"] -= 0.01
    assert PAGE.read_text() != render(changed)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_has_all_seeds_or_the_page_says_so(record: dict[str, Any], name: str) -> None:
    seeds = [run["seed"] for run in record["runs"] if run["architecture"] == name]
    said = next((line for line in render(record).splitlines() if line.startswith("Not measured")), "")
    assert (sorted(seeds) == list(SEEDS)) == (f"{ARCHITECTURES[name].title} (" not in said)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_run_has_the_same_gates_and_the_recipe_that_stands_here(
    record: dict[str, Any], name: str
) -> None:
    runs = [run for run in record["runs"] if run["architecture"] == name]
    if not runs:
        pytest.skip(f"{name} is not measured, as the page says")
    assert {run["gates"] for run in runs} == {GATES}
    recipe = json.loads(json.dumps(ARCHITECTURES[name].recipe.to_json()))
    assert all(run["recipe"] == recipe for run in runs)
    assert len({run["sets"][SET]["manifest_sha256"] for run in record["runs"]}) == 1


def test_codes_have_all_seeds_and_baselines(record: dict[str, Any]) -> None:
    gates = [code for code in record["codes"] if "gates" in code]
    assert [code["seed"] for code in gates] == list(SEEDS)
    assert len(record["codes"]) == len(SEEDS) + 2
