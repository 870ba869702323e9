"""`zoo hub serve` as a program: how it starts, refuses to, and ends."""

import signal
import socket
import urllib.request
from pathlib import Path

import pytest

from tests.hub.conftest import HubServer, start_hub
from zoo.cli import run_command


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    return said.err


def test_a_folder_that_another_serves(hub_server: HubServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["hub", "serve", str(hub_server.root), "--port", "0"]) == 1
    assert "another server serves this folder" in one_line(capsys)


def test_a_port_that_another_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert run_command(["hub", "serve", str(tmp_path), "--port", port]) == 1
    assert "--port" in one_line(capsys)


def test_a_folder_that_is_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert run_command(["hub", "serve", str(tmp_path / "file"), "--port", "0"]) == 1
    assert str(tmp_path / "file") in one_line(capsys)


def test_it_ends_when_told_to_and_starts_again(tmp_path: Path) -> None:
    for ending in (signal.SIGINT, signal.SIGTERM):
        server = start_hub(tmp_path, "--max-file", "1000", tokens={})
        with urllib.request.urlopen(f"{server.endpoint}/api/models") as answer:
            assert answer.read() == b"[]"
        server.process.send_signal(ending)
        server.process.wait(20)
        assert "Traceback" not in (tmp_path / "stderr").read_text()
    assert (tmp_path / "log").read_text()


def test_a_folder_of_somebody_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "tmp" / "thesis"
    mine.parent.mkdir()
    mine.write_text("years of work")
    assert run_command(["hub", "serve", str(tmp_path), "--port", "0"]) == 1
    assert "no hub's folder" in one_line(capsys)
    assert mine.read_text() == "years of work"
    assert [path.name for path in tmp_path.iterdir()] == ["tmp"]
