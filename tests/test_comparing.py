"""What comparisons of classifiers share: only what a record lacks is measured, and tables add up."""

import json
from pathlib import Path
from typing import Any

import pytest

from scripts import comparing
from scripts.comparing import Files, confusion_table, score_table, table
from tasks.registry import get_task


def a_run(detector: str, seed: int | None, f1: float, digest: str) -> dict[str, Any]:
    sets = {"test": {"f1_mean": f1, "manifest_sha256": digest}}
    return {"detector": detector, "seed": seed, "command": None, "sets": sets}


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int | None]]:
    """A record of old gates and one GRU; what is run anew is noted, and nothing is trained."""
    task = get_task("drums")
    digest = task.manifest_digest("test")
    runs = [a_run("gates nano", seed, 0.1, digest) for seed in (1, 2, 3)]
    runs += [a_run("class-gru", 1, 0.5, digest), a_run("class-cnn", 1, 0.5, "other clips")]
    record = tmp_path / "drums.json"
    old = {"task": task.id, "runs": runs, "costs": {"gates nano": {"old": 1}, "class-gru": {"old": 1}}}
    record.write_text(json.dumps(old))
    noted: list[tuple[str, int | None]] = []

    def run(task: Any, label: str, seed: int | None, *others: Any) -> dict[str, Any]:
        noted.append((label, seed))
        return a_run(label, seed, 0.9, digest)

    def models(folders: list[Path]) -> list[Any]:
        return [(int(one.name), f"zoo train drums --size nano --seed {one}", None) for one in folders]

    monkeypatch.setattr(comparing, "files_of", lambda name: Files(record, record, record))
    monkeypatch.setattr(comparing, "trained_models", models)
    monkeypatch.setattr(comparing, "_run", run)
    monkeypatch.setattr(comparing, "_cost", lambda task, label, detector: {"new": 1})
    monkeypatch.setattr("tasks.baselines.build_baseline", lambda name, task, seed: None)
    return noted


def test_baselines_that_a_record_holds_are_not_run_again(measured: list[Any]) -> None:
    record = comparing.measure("drums", [], lambda task, result: {})
    assert ("class-gru", 1) not in measured
    assert {("class-gru", 2), ("class-gru", 3), ("class-cnn", 1), ("majority", None)} <= set(measured)
    assert not [label for label, _ in measured if label.startswith("gates")]
    assert record["costs"]["class-gru"] == {"old": 1}
    assert record["costs"]["class-cnn"] == {"new": 1}
    assert [run["detector"] for run in record["runs"]][:4] == ["gates nano"] * 3 + ["class-gru"]


def test_gates_that_are_given_replace_all_of_their_size(measured: list[Any]) -> None:
    record = comparing.measure("drums", [Path("2"), Path("1")], lambda task, result: {})
    nano = [run for run in record["runs"] if run["detector"] == "gates nano"]
    assert [(run["seed"], run["sets"]["test"]["f1_mean"]) for run in nano] == [(1, 0.9), (2, 0.9)]
    assert record["costs"]["gates nano"] == {"new": 1}


def test_tables_line_up_and_confusions_are_summed() -> None:
    assert table(["a", "b"], [["x", "1"]]) == "| a | b |\n|---|---:|\n| x | 1 |"
    summed = confusion_table("said", ("yes", "no"), [[[1, 2], [3, 4]], [[10, 20], [30, 40]]])
    assert summed.splitlines()[2:] == ["| yes | 11 | 22 |", "| no | 33 | 44 |"]


def test_means_are_over_seeds() -> None:
    record = {"runs": [a_run("class-gru", seed, f1, "") for seed, f1 in ((1, 0.25), (2, 0.75))]}
    assert score_table(record, {"f1_mean": "F1"}).splitlines()[-1] == "| GRU | 0.500 | 0.250 0.750 |"
