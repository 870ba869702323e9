import inspect
import json
import sys
from pathlib import Path

import numpy as np
import pytest

import zoo
from tasks.base import Audio, Task
from tasks.baselines import BASELINES
from tasks.data.clip import Clip
from tasks.detectors import ScoreDetector, fit_threshold
from tasks.evaluate import eval_command, evaluate, record, table
from tasks.onset import PercussiveOnset
from tasks.registry import TASKS, get_task
from tests.tasks.built import build
from tests.tiny import tiny_model
from zoo.errors import ZooError
from zoo.heads import OnsetScore
from zoo.model import Model

RATE, HOP = 44_100, 128


class Clicks(PercussiveOnset):
    """Two clips of single-sample clicks."""

    def load(self, split: str, data: Path | None = None) -> list[Clip]:
        clips = []
        for number in range(2):
            onsets = np.arange(1, 6) * (0.3 + 0.1 * number)
            samples = np.zeros(4 * RATE, np.int16)
            samples[np.rint(onsets * RATE).astype(int)] = 30_000
            clips.append(Clip(f"{split}-{number}", samples, onsets, "clicks", "CC0-1.0"))
        return clips

    def manifest_digest(self, split: str, data: Path | None = None) -> str:
        return "0" * 64


def loudest(samples: np.ndarray) -> np.ndarray:
    frames = samples[: len(samples) // HOP * HOP].reshape(-1, HOP).astype(np.int32)
    return np.abs(frames).max(axis=1)


CLICK_DETECTOR = ScoreDetector("clicks", RATE, HOP, loudest, OnsetScore(1000, 1000, 10))


def test_a_detector_that_hears_clicks_finds_them_all_within_a_hop() -> None:
    results = evaluate(CLICK_DETECTOR, Clicks(), ["test1"])
    assert [result.name for result in results] == ["test1"]
    m = results[0].metrics
    assert m["f_50ms"] == m["f_25ms"] == 1.0
    assert m["delay_max_ms"] is not None
    assert 0 < m["delay_max_ms"] <= 1000 * HOP / RATE
    assert results[0].to_json()["onsets"] == 10


def test_fitting_chooses_on_the_clips_it_is_given() -> None:
    clips = [(clip.samples, clip.onsets) for clip in Clicks().load("val")]
    deaf = ScoreDetector("clicks", RATE, HOP, loudest, OnsetScore(65_000, 1, 10))
    fitted, choice = fit_threshold(deaf, clips)
    assert choice.f == 1.0
    assert fitted.head.refractory in (10, 13, 17)  # never shorter than the task's
    assert evaluate(fitted, Clicks(), ["test2"])[0].metrics["f_50ms"] == 1.0


def test_sets_run_once_in_the_tasks_order_and_unknown_ones_are_named() -> None:
    results = evaluate(CLICK_DETECTOR, Clicks(), ["test3", "test1", "test3"])
    assert [result.name for result in results] == ["test1", "test3"]
    with pytest.raises(ZooError, match=r"no test set 'test9'. There are test1, test2, test3"):
        evaluate(CLICK_DETECTOR, Clicks(), ["test9"])
    slow = ScoreDetector("slow", 16_000, HOP, loudest, OnsetScore(1, 1, 0))
    with pytest.raises(ZooError, match="at 44100 Hz, this detector at 16000 Hz"):
        evaluate(slow, Clicks())


def test_a_record_keeps_what_was_measured_and_nulls_what_was_not() -> None:
    model = tiny_model()
    results = evaluate(model, Clicks())
    written = json.loads(json.dumps(record(model, Clicks(), results)))
    assert written["model"]["revision"] == model.circuit.digest()
    assert written["task"]["id"] == "onset@1"
    assert set(written["sets"]) == set(Clicks.sets)
    silent = evaluate(ScoreDetector("deaf", RATE, HOP, loudest, OnsetScore(65_000, 1, 0)), Clicks())
    assert silent[0].to_json()["delay_median_ms"] is None
    assert silent[0].to_json()["f_50ms"] == 0.0
    assert table({"tiny": results, "deaf": silent}).row_count == 8


def tiny_onset_model() -> Model:
    tiny = tiny_model()
    about = {"id": "test/tiny", "summary": "tiny", "licence": "MIT", "task": "onset@1"}
    return Model.from_parts(tiny.frontend, tiny.circuit, tiny.head, **about)


def test_the_command_writes_a_record_of_the_shipped_sets(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    zoo.save(tiny_onset_model(), tmp_path / "model")
    out = tmp_path / "record.json"
    assert eval_command(str(tmp_path / "model"), sets=["test3"], out=out, data=tmp_path) == 0
    written = json.loads(out.read_text())
    assert written["sets"]["test3"]["clips"] == 13
    assert 0 <= written["sets"]["test3"]["f_50ms"] < 1
    shown = capsys.readouterr().out
    assert "real loops" in shown
    assert max(map(len, shown.splitlines()[:3])) <= 80, "the table fits a terminal"


def test_a_record_in_the_models_own_folder_is_part_of_the_model(tmp_path: Path) -> None:
    folder = zoo.save(tiny_onset_model(), tmp_path / "model")
    for _ in range(2):  # the second replaces the first
        assert eval_command(str(folder), sets=["test3"], out=folder / "record.json", data=tmp_path) == 0
        assert zoo.load(folder).circuit.digest() == tiny_onset_model().circuit.digest()
    assert json.loads((folder / "record.json").read_text())["sets"]["test3"]["clips"] == 13
    assert "real loops" in (folder / "README.md").read_text()


def test_the_command_shows_the_baselines_in_the_same_table(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    zoo.save(tiny_onset_model(), tmp_path / "model")
    with pytest.raises(ZooError, match="is not built. Run `zoo data build onset`"):
        eval_command(str(tmp_path / "model"), data=tmp_path / "empty", baselines=True)
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "tasks.baselines.float_networks", raising=False)
    data, out = build(tmp_path / "data"), tmp_path / "record.json"
    assert eval_command(str(tmp_path / "model"), ["test3"], out, data, baselines=True) == 0
    said, _, shown = capsys.readouterr().out.partition("detector,")
    assert said.count("left out: torch is not installed") == 3
    names = ("test/tiny", "random-gates", "spectral-flux")
    rows = [line.split() for line in shown.splitlines() if line.startswith((*names, "real loops"))]
    assert [row[0] for row in rows[::2]] == list(names)
    assert [row[:3] for row in rows[1::2]] == [["real", "loops", "322"]] * 3
    flux, tiny = float(rows[5][3]), float(rows[1][3])
    assert flux > 0.5 > tiny
    written = json.loads(out.read_text())
    assert written["model"]["id"] == "test/tiny", "the record is the model's"
    assert f"{written['sets']['test3']['f_50ms']:.3f}" == rows[1][3]


@pytest.mark.slow
def test_float_networks_that_the_cache_holds_join_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tasks.baselines import float_networks

    monkeypatch.setattr(float_networks.build, "__defaults__", (0, None, 40))
    monkeypatch.setattr(PercussiveOnset, "baselines", ("causal-gru",))
    zoo.save(tiny_onset_model(), tmp_path / "model")
    assert eval_command(str(tmp_path / "model"), ["test3"], None, build(tmp_path / "data"), True) == 0
    shown = capsys.readouterr()
    assert "causal-gru" in shown.out
    assert "40/40" in shown.err, "training shows its progress"


def test_the_command_refuses_before_it_works(tmp_path: Path) -> None:
    zoo.save(tiny_model(), tmp_path / "model")
    with pytest.raises(ZooError, match="it belongs to no task"):
        eval_command(str(tmp_path / "model"))
    zoo.save(tiny_onset_model(), tmp_path / "onset")
    with pytest.raises(ZooError, match="there is no folder"):
        eval_command(str(tmp_path / "onset"), out=tmp_path / "none" / "record.json")


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.id)
def test_every_task_is_a_whole_data_sheet(task: Task) -> None:
    assert get_task(task.id) is task
    assert isinstance(task.input, Audio)
    assert set(task.baselines) <= set(BASELINES)
    assert task.columns[0].key == task.main_metric
    assert set(task.intervals) <= {column.key for column in task.columns}
    assert all((task.summary, task.explanation, task.sets))
    sheet = Path(inspect.getfile(type(task)))
    assert len(sheet.read_text().splitlines()) <= 60


def test_the_shown_metrics_are_measured() -> None:
    task = Clicks()
    assert task.answer.refractory(task.input.rate, task.input.hop) == 10
    assert {column.key for column in task.columns} <= set(
        evaluate(CLICK_DETECTOR, task, ["test1"])[0].metrics
    )


def test_unknown_tasks_and_versions_are_named() -> None:
    with pytest.raises(ZooError, match=r"task 'onsets': there is none\. Choose onset"):
        get_task("onsets")
    with pytest.raises(ZooError, match="this release has onset@1"):
        get_task("onset@2")
