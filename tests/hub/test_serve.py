"""`zoo hub serve` as a program: how it starts, refuses to, and ends."""

import signal
import socket
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.hub.conftest import HubServer, start_hub
from tests.hub.raw import commit_body, head, read_answer, send
from tests.hub.serving import serving
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


def test_a_damaged_list_of_tokens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tokens.json").write_text("[")
    assert run_command(["hub", "serve", str(tmp_path), "--port", "0"]) == 1
    assert "tokens.json: not a list of tokens" in one_line(capsys)


def test_no_tokens_and_no_such_user(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["hub", "token", "list", str(tmp_path)]) == 0
    assert "No tokens" in capsys.readouterr().out
    for user in ("models", "a/b", "API"):
        assert run_command(["hub", "token", "new", str(tmp_path / "new"), "--user", user]) == 1
        assert user in one_line(capsys)
    assert not (tmp_path / "new").exists()


@pytest.mark.slow  # it waits five seconds for the upload to end
def test_told_to_end_during_an_upload(tmp_path: Path) -> None:
    server = start_hub(tmp_path)
    port, token = int(server.endpoint.rpartition(":")[2]), server.tokens["bela"]
    assert send(port, "POST", "/api/repos/create", token, {"name": "x"}).status == 200
    body = commit_body({"a": b"1" * 1000})
    start = head("POST", "/api/models/bela/x/commit/main", token, Content_Length=str(len(body)))
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(start + body[:500])
        time.sleep(0.3)
        server.process.send_signal(signal.SIGINT)
        answer = read_answer(connection)
    assert server.process.wait(20) == 130
    assert answer.status == 503
    assert "being stopped" in answer.head
    assert "Traceback" not in (tmp_path / "stderr").read_text()
    assert list((tmp_path / "tmp").iterdir()) == []


def test_large_bodies_of_nobody_take_no_memory(tmp_path: Path) -> None:
    with serving(tmp_path / "hub") as hub:
        token = hub.token("bela")
        assert send(hub.port, "POST", "/api/repos/create", token, {"name": "x"}).status == 200
        address, before = "/api/models/bela/x/paths-info/main", hub.peak_memory()

        def ask(size: int) -> int:
            return send(hub.port, "POST", address, None, b'{"a":[' + b"{}," * (size // 3) + b"{}]}").status

        with ThreadPoolExecutor(40) as pool:
            assert set(pool.map(ask, [3_900_000] * 10 + [4_300_000] * 10)) == {413}
            assert set(pool.map(ask, [1_000_000] * 40)) == {200}
        assert hub.peak_memory() - before < 500 * 2**20
