"""Runs that are killed, interrupted, resumed, refused, and out of room."""

import hashlib
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from tasks.training.checkpoint import CURRENT, PREVIOUS, TrainingError, load_checkpoint, save_checkpoint
from tasks.training.trainer import Settings, Trainer
from tests.tasks.training.small_run import SmallLearner, run, settings

PROGRAM = Path(__file__).with_name("small_run.py")
STEPS = 400


def digest(tensors: dict[str, torch.Tensor]) -> str:
    sha = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        sha.update(name.encode() + tensor.numpy().tobytes())
    return sha.hexdigest()


def start(folder: Path, *options: str, **more: Any) -> subprocess.Popen[str]:
    command = [sys.executable, str(PROGRAM), str(folder), "--steps", str(STEPS), *options]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **more)


def wait_for_checkpoint(process: subprocess.Popen[str], folder: Path) -> None:
    while not (folder / PREVIOUS).exists():
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.002)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("whole")
    run(folder, STEPS, resume=False)
    return whole(folder)


def whole(folder: Path) -> dict[str, Any]:
    state = load_checkpoint(folder)
    assert state is not None
    digests = {name: digest(state[name]) for name in ("weights", "best_weights")}
    return {"step": state["step"], "csv": (folder / "metrics.csv").read_text(), **digests}


@pytest.mark.slow
def test_killed_again_and_again_it_ends_with_the_same_bits(
    tmp_path: Path, uninterrupted: dict[str, Any]
) -> None:
    first = start(tmp_path)
    wait_for_checkpoint(first, tmp_path)
    first.kill()
    assert first.wait() == -signal.SIGKILL
    reached = load_checkpoint(tmp_path)
    assert reached is not None
    assert 0 < reached["step"] < STEPS

    second = start(tmp_path, "--resume")
    before = (tmp_path / CURRENT).stat().st_mtime_ns
    while (tmp_path / CURRENT).exists() and (tmp_path / CURRENT).stat().st_mtime_ns == before:
        assert second.poll() is None
        time.sleep(0.002)
    second.kill()
    assert second.wait() == -signal.SIGKILL

    third = start(tmp_path, "--resume")
    said = third.communicate()[1]
    assert third.returncode == 0
    assert "Going on at step" in said
    assert whole(tmp_path) == uninterrupted
    assert sorted(p.name for p in tmp_path.iterdir()) == [PREVIOUS, CURRENT, "metrics.csv", "metrics.png"]


@pytest.mark.slow
def test_ctrl_c_saves_the_step_it_was_at(tmp_path: Path, uninterrupted: dict[str, Any]) -> None:
    process = start(tmp_path)
    wait_for_checkpoint(process, tmp_path)
    process.send_signal(signal.SIGINT)
    assert process.wait() == 0, "the run ends in order"
    state = load_checkpoint(tmp_path)
    assert state is not None
    assert 0 < state["step"] < STEPS
    run(tmp_path, STEPS, resume=True)
    assert whole(tmp_path) == uninterrupted


@pytest.mark.slow
def test_no_room_for_a_checkpoint_gives_one_message_and_keeps_the_last(tmp_path: Path) -> None:
    def small_files_only() -> None:  # what a full disk or a quota does, without needing one
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    run(tmp_path, 20, resume=False)
    kept = {name: (tmp_path / name).read_bytes() for name in (CURRENT, PREVIOUS)}
    command = [sys.executable, str(PROGRAM), str(tmp_path), "--steps", "20", "--resume"]
    patched = "import runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    fresh = tmp_path / "fresh"
    command = [sys.executable, "-c", patched, str(PROGRAM), str(fresh), "--steps", "50"]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=small_files_only)
    assert done.returncode == 1
    assert "no room for the checkpoint" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(fresh.iterdir()) == []
    assert kept == {name: (tmp_path / name).read_bytes() for name in (CURRENT, PREVIOUS)}


def test_an_interrupted_run_says_so_and_goes_on(tmp_path: Path) -> None:
    learner = SmallLearner()
    learner.after_validation = lambda: os.kill(os.getpid(), signal.SIGINT)
    outcome = Trainer(learner, tmp_path, settings(200)).run()
    assert outcome.interrupted
    assert outcome.steps == 50
    again = SmallLearner()
    outcome = Trainer(again, tmp_path, settings(200)).run(resume=True)
    assert not outcome.interrupted
    straight = SmallLearner()
    Trainer(straight, tmp_path / "straight", settings(200)).run()
    assert digest(again.module.state_dict()) == digest(straight.module.state_dict())


def test_the_best_weights_are_left_in_the_module(tmp_path: Path) -> None:
    learner = SmallLearner()
    outcome = Trainer(learner, tmp_path, settings(300)).run()
    best = max(row["accuracy"] for row in outcome.history)
    assert outcome.best["accuracy"] == best
    learner.module.eval()
    with torch.no_grad():
        assert learner.validate()["accuracy"] == best


def test_it_stops_early_when_nothing_improves(tmp_path: Path) -> None:
    outcome = Trainer(SmallLearner(rate=0.0), tmp_path, settings(1000, patience=2)).run()
    assert outcome.steps == 150
    assert outcome.best_step == 50
    assert not outcome.interrupted


def test_seeds_decide_the_run(tmp_path: Path) -> None:
    ends = []
    for number, seed in enumerate([3, 3, 4]):
        learner = SmallLearner()
        Trainer(learner, tmp_path / str(number), settings(60, seed=seed)).run()
        ends.append(digest(learner.module.state_dict()))
    assert ends[0] == ends[1] != ends[2]


def test_a_run_is_not_overwritten_unasked(tmp_path: Path) -> None:
    Trainer(SmallLearner(), tmp_path, settings(20)).run()
    with pytest.raises(TrainingError, match=r"an unfinished run is here. Add --resume"):
        Trainer(SmallLearner(), tmp_path, settings(20)).run()


@pytest.mark.parametrize(
    ("changed", "about", "message"),
    [
        (settings(40, seed=9), {"recipe": "a"}, r"started with settings.seed = 3, now it is 9"),
        (settings(50), {"recipe": "a"}, r"started with settings.steps = 40, now it is 50"),
        (settings(40), {"recipe": "b"}, r"started with recipe = 'a', now it is 'b'"),
        (settings(40), {}, r"started with recipe = 'a', now it is None"),
    ],
)
def test_another_configuration_does_not_resume(
    tmp_path: Path, changed: Settings, about: dict[str, str], message: str
) -> None:
    Trainer(SmallLearner(), tmp_path, settings(40), {"recipe": "a"}).run()
    with pytest.raises(TrainingError, match=message):
        Trainer(SmallLearner(), tmp_path, changed, about).run(resume=True)


def test_a_damaged_checkpoint_falls_back_to_the_one_before(tmp_path: Path) -> None:
    for step in (1, 2):
        save_checkpoint(tmp_path, {"step": step})
    current = tmp_path / CURRENT
    current.write_bytes(current.read_bytes()[:-40])
    assert load_checkpoint(tmp_path) == {"step": 1}
    (tmp_path / PREVIOUS).write_bytes(b"")
    with pytest.raises(TrainingError, match="not a whole checkpoint"):
        load_checkpoint(tmp_path)


def test_a_kill_between_the_two_renames_leaves_the_one_before(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, {"step": 1})
    (tmp_path / CURRENT).rename(tmp_path / PREVIOUS)
    assert load_checkpoint(tmp_path) == {"step": 1}


def test_a_checkpoint_never_runs_code(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (os.mkdir, (str(tmp_path / "ran"),))

    torch.save({"step": Evil()}, tmp_path / CURRENT)
    with pytest.raises(TrainingError, match="not a whole checkpoint"):
        load_checkpoint(tmp_path)
    assert not (tmp_path / "ran").exists()


def test_a_loss_that_blows_up_stops_the_run(tmp_path: Path) -> None:
    learner = SmallLearner()
    learner.x[0] = float("nan")
    learner.target[:] = float("nan")
    with pytest.raises(TrainingError, match=r"the loss became nan at step 0. Lower the learning rate"):
        Trainer(learner, tmp_path, settings(20)).run()


def test_the_rate_warms_up_and_falls() -> None:
    plan = Settings(steps=1000, warmup=10, final=0.1)
    assert plan.rate(0) == pytest.approx(0.1)
    assert plan.rate(9) == pytest.approx(1.0, abs=1e-3)
    assert plan.rate(999) == pytest.approx(0.1, abs=1e-3)
