"""The page about encoders says what its record says, and its words follow from its figures."""

import copy
import json

import pytest

from scripts.encoder_plan import Trial, chosen, study, trial_of, tuning
from scripts.encoder_statistics import Interval, Results, interval
from scripts.render_encoders import PAGE, PLOTS, load, render
from tasks.registry import get_task


def test_the_page_is_rendered_from_the_record() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(load()), "run `python -m scripts.render_encoders`"
    assert all(plot.exists() for plot in PLOTS.values())


def test_a_changed_figure_would_be_noticed() -> None:
    record = copy.deepcopy(load())
    record["runs"][0]["hard"][{"drums": "test", "onset": "test1"}[record["runs"][0]["task"]]] += 0.1
    assert render(record) != PAGE.read_text(encoding="utf-8")


def test_every_run_is_a_trial_of_the_plan_and_none_is_there_twice() -> None:
    record = load()
    runs, plan = [trial_of(row) for row in record["runs"]], list(study(record))
    assert len(set(runs)) == len(runs)
    assert set(runs) <= set(plan)
    assert [trial_of(row) for row in record["tuning"]] == list(tuning())
    assert ("Unfinished" in render(record)) == (len(runs) < len(plan))


def test_nothing_was_chosen_on_test_clips() -> None:
    assert all(row["hard"].keys() == {"val"} for row in load()["tuning"])


def test_it_was_measured_on_the_shipped_clips() -> None:
    for name, about in load()["data"].items():
        task = get_task(name)
        assert about["task"] == task.id
        shipped = {split: len(task.load(split, task.shipped)) for split in task.sets}
        whole = [split for split, clips in shipped.items() if about["clips"].get(split) == clips]
        assert whole  # of the real loops some join only once they are built
        for split in whole:
            assert about["manifests"][split] == task.manifest_digest(split, task.shipped)


def test_only_soft_and_noisy_bits_have_another_training_mode() -> None:
    named = {row["encoder"] for row in load()["runs"] if "training_mode" in row}
    assert named == {"soft", "noisy"}


def test_intervals_are_students() -> None:
    found = interval([1.0, 2.0, 3.0, 4.0, 5.0])
    assert found.mean == 3
    assert found.half == pytest.approx(1.963, abs=0.001)
    verdicts = [Interval(mean, 2.0, 5).verdict for mean in (1, 3, -3)]
    assert verdicts == ["not separable", "better", "worse"]
    assert interval([1.0, 2.0]) == Interval(1.5, None, 2)
    assert interval([1.0, 2.0]).verdict == "too few seeds"


def test_differences_are_paired_by_seed() -> None:
    def rows(encoder: str, extra: float) -> list[dict]:
        return [
            {"task": "drums", "before": "nothing", "encoder": encoder, "channels": 0, "bits": 8, "seed": seed,
             "hard": {"test": seed + extra, "train": seed + 1.0}}
            for seed in (5, 4, 3, 2, 1)
        ]  # fmt: skip

    results = Results({"runs": rows("gray", 0.25) + rows("fixed", 0)})
    found = results.difference("drums", ("nothing", "gray", 0, 8), ("nothing", "fixed", 0, 8))
    assert found == Interval(0.25, 0.0, 5)
    assert results.generalisation("drums", ("nothing", "gray", 0, 8)).mean == 0.75
    assert results.hardening("drums", ("nothing", "gray", 0, 8)) is None


def test_the_temperature_with_the_best_validation_is_taken() -> None:
    record = load()
    for row in record["tuning"]:
        row["hard"]["val"] = float(row["temperature"] == 0.3)
    assert set(chosen(record).values()) == {0.3}
    assert json.loads(json.dumps(record["tuning"]))
    assert isinstance(next(iter(study(record))), Trial)
