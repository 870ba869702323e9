"""Commands of upper packages: arguments reach them as their signatures want, exit codes come back."""

from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import pytest

from zoo.cli import run_command

CALLS: list[tuple[str, str, list[str], tuple[Any, ...], dict[str, Any]]] = [
    (
        "tasks.data.build", "build_command", ["data", "build", "drums", "--packages", "debs", "-o", "clips"],
        (["drums"],), {"packages": Path("debs"), "out": Path("clips")},
    ),
    (
        "tasks.run_training", "train_command",
        ["train", "onset", "-o", "runs/a", "--size", "nano", "--seed", "3", "--steps", "9", "--resume"],
        ("onset",),
        {
            "out": Path("runs/a"), "size": "nano", "seed": 3, "resume": True, "device": "cpu", "steps": 9,
            "data": None, "target": None, "init_from": None,
        },
    ),
    (
        "tasks.teach.command", "teach_command",
        ["teach", "sounds", "-o", "runs/a", "--record", "kick", "--record", "hat", "--seconds", "5"],
        (Path("sounds"), Path("runs/a")),
        {"record": ["kick", "hat"], "seconds": 5.0, "seed": 0, "licence": "NOASSERTION"},
    ),
    (
        "tasks.evaluate", "eval_command",
        ["eval", "runs/a", "--set", "kits", "--set", "loops", "-o", "r.json"],
        ("runs/a",), {"sets": ["kits", "loops"], "out": Path("r.json"), "data": None, "baselines": False},
    ),
    (
        "tasks.evaluate", "eval_command", ["eval", "runs/a", "--baselines", "--data", "clips"],
        ("runs/a",), {"sets": None, "out": None, "data": Path("clips"), "baselines": True},
    ),
    (
        "exporters.api", "export_command",
        ["export", "runs/a", "-o", "code", "--mode", "block", "--name", "hits"],
        ("runs/a",),
        {
            "to": "c", "out": Path("code"), "mode": "block", "name": "hits",
            "target": "portable", "device": "bela", "engine": None,
            "prebuilt": False, "headers": Path("/"), "bendable": False,
        },
    ),
    (
        "bench.api", "bench_command",
        ["bench", "runs/a", "--target", "host", "--html", "a.html", "--seconds", "2"],
        ("runs/a",), {"target": ["host"], "html": Path("a.html"), "seconds": 2.0},
    ),
    (
        "bench.verify_command", "verify_command",
        ["verify", "--all", "--seconds", "60", "-j", "2", "--record", "a.json"],
        (None,), {"all_": True, "seconds": 60.0, "jobs": 2, "record": Path("a.json")},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("module", "name", "line", "args", "kwargs"), CALLS, ids=[call[1] for call in CALLS])
def test_arguments_and_exit_codes_pass_through(
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    name: str,
    line: list[str],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    owner = import_module(module)
    command = create_autospec(
        getattr(owner, name), return_value=3
    )  # refuses what the signature does not take
    monkeypatch.setattr(owner, name, command)
    assert run_command(line) == 3
    command.assert_called_once_with(*args, **kwargs)
