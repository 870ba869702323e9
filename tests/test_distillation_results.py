"""The page of distillation results comes from its records, and the records from the models that ship."""

import json
from typing import Any

import pytest

import zoo
from scripts.compare_distillation import PAGE, RECORDS, goals, render


@pytest.fixture(scope="module")
def records() -> dict[str, dict[str, Any]]:
    return {name: json.loads(path.read_text()) for name, path in RECORDS.items()}


def test_the_page_is_rendered_from_the_records(records: dict[str, dict[str, Any]]) -> None:
    assert PAGE.read_text() == render(records), "run `python scripts/compare_distillation.py --render`"


def test_a_changed_figure_would_be_noticed(records: dict[str, dict[str, Any]]) -> None:
    changed = json.loads(json.dumps(records))
    changed["vad"]["runs"][0]["set"]["auc"] -= 0.01
    assert PAGE.read_text() != render(changed)


@pytest.mark.parametrize(
    ("model", "task", "detector"),
    [
        ("bela/voice-gates-large", "vad", "gates-large"),
        ("bela/voice-gates", "vad", "gates-standard"),
        ("bela/voice-gates-nano", "vad", "gates-nano"),
        ("bela/pitch-gates", "pitch", "gates-standard"),
        ("bela/pitch-gates-nano", "pitch", "gates-nano"),
    ],
)
def test_models_that_ship_are_among_those_compared(
    records: dict[str, dict[str, Any]], model: str, task: str, detector: str
) -> None:
    loaded = zoo.load(model)
    assert loaded.folder is not None
    own = json.loads((loaded.folder / "record.json").read_text())["sets"]["test"]["predictions_sha256"]
    compared = [run for run in records[task]["runs"] if run["detector"] == detector]
    assert own in {run["set"]["predictions_sha256"] for run in compared}
    assert loaded.config.training is not None
    assert (loaded.config.training.teacher or "") == records[task]["teacher"]


@pytest.mark.parametrize("task", RECORDS)
def test_all_detectors_heard_the_same_set(records: dict[str, dict[str, Any]], task: str) -> None:
    assert len({run["set"]["manifest_sha256"] for run in records[task]["runs"]}) == 1


def test_a_goal_is_reached_from_its_least_value_on(records: dict[str, dict[str, Any]]) -> None:
    changed = json.loads(json.dumps(records))
    for run in changed["pitch"]["runs"]:
        run["set"]["chroma"] = 0.9
    line = next(line for line in goals(changed).splitlines() if line.startswith("| pitch"))
    assert "reached" in line
    assert "missed" not in line
    for run in changed["pitch"]["runs"]:
        run["set"]["chroma"] = 0.899
    line = next(line for line in goals(changed).splitlines() if line.startswith("| pitch"))
    assert "missed" in line
    assert "reached" not in line
