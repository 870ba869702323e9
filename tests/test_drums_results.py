"""The page of drum classes says what its records say, and its records were measured on what ships."""

import json

import pytest

from scripts.compare_drums import FOLDS_RECORD, PAGE, RECORD, render
from scripts.comparing import FLOATS, LABELS, SEEDS, best_float
from tasks.comparison import mean
from tasks.registry import get_task

RUNS = json.loads(RECORD.read_text(encoding="utf-8"))


def test_the_page_is_rendered_from_the_record() -> None:
    wanted = render(RUNS)
    assert PAGE.read_text(encoding="utf-8") == wanted, "run `python -m scripts.compare_drums --render`"


def test_the_record_was_measured_on_the_shipped_clips() -> None:
    task = get_task("drums")
    assert RUNS["task"] == task.id
    assert {run["sets"]["test"]["manifest_sha256"] for run in RUNS["runs"]} == {task.manifest_digest("test")}


@pytest.mark.parametrize("detector", ["gates", "gates nano", *FLOATS])
def test_whatever_is_trained_was_measured_with_every_seed(detector: str) -> None:
    assert [run["seed"] for run in RUNS["runs"] if run["detector"] == detector] == list(SEEDS)


def test_everything_compared_beats_chance_and_has_a_label() -> None:
    for run in RUNS["runs"]:
        assert run["detector"] in LABELS
    floor = mean(RUNS, "random-classes", "test", "f1_mean")
    assert mean(RUNS, "gates nano", "test", "f1_mean") > 2 * floor


def test_gates_are_level_with_the_best_float_network_at_a_fifth_of_the_cycles() -> None:
    """The claim of the page: level over the four moments, and the small size cheap a second too."""
    best = best_float(RUNS, "f1_mean")
    for name in ("gates", "gates nano"):
        assert mean(RUNS, name, "test", "f1_mean") >= mean(RUNS, best, "test", "f1_mean")
        assert 5 * RUNS["costs"][name]["cycles_hop"] < RUNS["costs"][best]["cycles_hop"]
    assert 5 * RUNS["costs"]["gates nano"]["cycles_second"] < RUNS["costs"][best]["cycles_second"]


def test_the_folds_ask_every_hit_once() -> None:
    folds = json.loads(FOLDS_RECORD.read_text(encoding="utf-8"))
    assert sum(fold["hits"] for fold in folds["each"]) == folds["all"]["hits"]
