"""The page of digits says what its records say, and its records were measured on what ships."""

import json

import pytest

import zoo
from scripts.compare_digits import FOLDS_RECORD, PAGE, RECORD, render
from scripts.comparing import FLOATS, SEEDS
from tasks.comparison import mean
from tasks.data.digits import SPEAKERS
from tasks.registry import get_task

RUNS = json.loads(RECORD.read_text(encoding="utf-8"))


def test_the_page_is_rendered_from_the_record() -> None:
    wanted = render(RUNS)
    assert PAGE.read_text(encoding="utf-8") == wanted, "run `python -m scripts.compare_digits --render`"


def test_a_changed_figure_would_be_noticed() -> None:
    changed = json.loads(json.dumps(RUNS))
    changed["runs"][0]["sets"]["test"]["f1_mean"] -= 0.01
    assert PAGE.read_text(encoding="utf-8") != render(changed)


def test_the_record_was_measured_on_the_shipped_clips() -> None:
    task = get_task("digits")
    assert RUNS["task"] == task.id
    assert {run["sets"]["test"]["manifest_sha256"] for run in RUNS["runs"]} == {task.manifest_digest("test")}


@pytest.mark.parametrize("detector", ["gates", "gates nano", *FLOATS])
def test_whatever_is_trained_was_measured_with_every_seed(detector: str) -> None:
    assert [run["seed"] for run in RUNS["runs"] if run["detector"] == detector] == list(SEEDS)


def test_what_the_page_says_in_words_holds() -> None:
    f1 = {name: mean(RUNS, name, "test", "f1_mean") for name in ("gates", "gates nano", *FLOATS)}
    assert f1["class-gru"] > f1["gates"] > f1["class-cnn"] > f1["gates nano"] > f1["class-mlp"]
    cycles = {name: RUNS["costs"][name]["cycles_second"] for name in f1}
    assert cycles["gates"] < min(cycles[name] for name in FLOATS)


def test_gates_are_far_above_chance() -> None:
    floor = mean(RUNS, "random-classes", "test", "f1_mean")
    for name in ("gates", "gates nano"):
        assert mean(RUNS, name, "test", "f1_mean") > 2 * floor


@pytest.mark.parametrize(
    ("model", "detector"), [("bela/digit-gates", "gates"), ("bela/digit-gates-nano", "gates nano")]
)
def test_the_models_that_ship_are_among_those_compared(model: str, detector: str) -> None:
    folder = zoo.load(model).folder
    assert folder is not None
    shipped = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    compared = {run["seed"]: run["sets"] for run in RUNS["runs"] if run["detector"] == detector}
    assert compared[shipped["model"]["seed"]] == shipped["sets"]


def test_every_speaker_was_held_out_once() -> None:
    folds = json.loads(FOLDS_RECORD.read_text(encoding="utf-8"))
    assert [fold["held_out"] for fold in folds["each"]] == list(SPEAKERS)
    assert sum(fold["hits"] for fold in folds["each"]) == folds["all"]["hits"]
