"""The page of note onsets comes from its record, and the record from enough seeds of every detector."""

import json
from typing import Any

import pytest

import zoo
from scripts.compare_notes import CHOICES, PAGE, RECORD, SEEDED, SEEDS, present, render
from tasks.registry import get_task

GATES = ("gates", "gates taught", "gates mixed", "gates nano")
SHIPPED = {"bela/note-gates": "gates", "bela/note-gates-nano": "gates nano"}


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    return json.loads(RECORD.read_text())


def test_the_page_is_rendered_from_the_record(record: dict[str, Any]) -> None:
    assert PAGE.read_text() == render(record), "run `python -m scripts.compare_notes --render`"


def test_a_changed_figure_would_be_noticed(record: dict[str, Any]) -> None:
    changed = json.loads(json.dumps(record))
    changed["runs"][0]["sets"]["bowed"]["f_50ms"] -= 0.01
    assert PAGE.read_text() != render(changed)


@pytest.mark.parametrize("detector", [*GATES, *SEEDED])
def test_claims_rest_on_enough_seeds(record: dict[str, Any], detector: str) -> None:
    assert {run["seed"] for run in record["runs"] if run["detector"] == detector} == set(SEEDS)


def test_every_baseline_is_there_and_all_heard_the_same_sets(record: dict[str, Any]) -> None:
    task = get_task("notes")
    assert set(task.baselines) | {"bela/onset-gates"} <= set(present(record))
    for name in task.sets:
        heard = {run["sets"][name]["manifest_sha256"] for run in record["runs"]}
        assert heard == {task.manifest_digest(name)}


def test_only_pupils_name_the_teacher(record: dict[str, Any]) -> None:
    assert record["teacher"] == get_task("notes").teacher.line
    for model in SHIPPED:
        training = zoo.load(model).config.training
        assert training is not None
        asked = any(f"--size {size}" in training.command for size in ("taught", "mixed"))
        assert training.teacher == (record["teacher"] if asked else None)


@pytest.mark.parametrize(("model", "detector"), SHIPPED.items())
def test_models_that_ship_are_among_those_compared(record: dict[str, Any], model: str, detector: str) -> None:
    loaded = zoo.load(model)
    assert loaded.folder is not None
    own = json.loads((loaded.folder / "record.json").read_text())
    compared = {run["seed"]: run["sets"] for run in record["runs"] if run["detector"] == detector}
    assert compared[own["model"]["seed"]] == own["sets"]


def test_what_was_tried_was_tried_on_the_clips_as_they_are(record: dict[str, Any]) -> None:
    choices = json.loads(CHOICES.read_text())
    training = zoo.load("bela/note-gates").config.training
    assert training is not None
    assert choices["data"]["train"] == training.data_manifest_sha256
