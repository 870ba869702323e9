"""The page of drum classes says what its records say, and its records were measured on what ships."""

import json

from scripts.compare_drums import FLOATS, FOLDS_RECORD, LABELS, PAGE, RECORD, SEEDS, render
from tasks.comparison import mean
from tasks.registry import get_task

RUNS = json.loads(RECORD.read_text(encoding="utf-8"))


def test_the_page_is_rendered_from_the_record() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(RUNS), "run `python scripts/compare_drums.py --render`"


def test_the_record_was_measured_on_the_shipped_clips_with_every_seed() -> None:
    task = get_task("drums")
    assert RUNS["task"] == task.id
    assert {run["sets"]["test"]["manifest_sha256"] for run in RUNS["runs"]} == {task.manifest_digest("test")}
    for name, seeds in {"gates": SEEDS, "gates nano": SEEDS, **FLOATS}.items():
        assert sorted(run["seed"] for run in RUNS["runs"] if run["detector"] == name) == list(seeds)


def test_everything_compared_beats_chance_and_has_a_label() -> None:
    for run in RUNS["runs"]:
        assert run["detector"] in LABELS
    floor = mean(RUNS, "random-classes", "test", "f1_mean")
    assert mean(RUNS, "gates nano", "test", "f1_mean") > 2 * floor


def test_gates_hold_their_own_at_a_fifth_of_the_cycles() -> None:
    """The claim of the page: level over the four moments, and the small size cheap a second too."""
    best = max(FLOATS, key=lambda name: mean(RUNS, name, "test", "f1_mean"))
    for name in ("gates", "gates nano"):
        assert mean(RUNS, name, "test", "f1_mean") > mean(RUNS, best, "test", "f1_mean") - 0.02
        assert 5 * RUNS["costs"][name]["cycles_hop"] < RUNS["costs"][best]["cycles_hop"]
    assert 5 * RUNS["costs"]["gates nano"]["cycles_second"] < RUNS["costs"][best]["cycles_second"]


def test_the_folds_ask_every_hit_once() -> None:
    folds = json.loads(FOLDS_RECORD.read_text(encoding="utf-8"))
    assert sum(fold["hits"] for fold in folds["each"]) == folds["all"]["hits"]
