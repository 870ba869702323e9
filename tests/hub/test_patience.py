"""Clients that send or take a byte at a time are left; others do not notice."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from hub import protocol
from hub.app import make_app
from hub.tokens import TokenBook
from tests.hub.raw import commit_body, head

PATIENCE = 0.4  # seconds


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, str]]:
    """A hub of little patience: its port, and a token of bela's."""
    root: Path = tmp_path_factory.mktemp("hub")
    token = TokenBook(root).new("bela")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(protocol, "HEADER_SECONDS", PATIENCE)
        patch.setattr(protocol, "TAKING_SECONDS", PATIENCE)
        app = make_app(root, silence=PATIENCE, min_rate=1000)
        listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(app, http=protocol.ImpatientProtocol, ws="none", log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        yield listener.getsockname()[1], token
        server.should_exit = True
        thread.join(20)


def talk(port: int, sent: bytes, drip: bytes = b"", pause: float = 0.05) -> tuple[bytes, float]:
    """What comes back until the server closes, and after how many seconds; `drip` goes a byte at a time."""
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(sent)
        try:
            for number in range(len(drip)):
                connection.sendall(drip[number : number + 1])
                time.sleep(pause)
        except OSError:
            pass
        back = b""
        try:
            while block := connection.recv(65536):
                back += block
        except OSError:
            pass
        return back, time.monotonic() - start


def make(port: int, token: str, name: str) -> None:
    body = b'{"name": "%s"}' % name.encode()
    sent = head("POST", "/api/repos/create", token, Content_Length=str(len(body))) + body
    assert talk(port, sent)[0].startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("drip", [b"", b"GET /api/models HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 50])
def test_a_header_that_never_ends(drip: bytes, hub: tuple[int, str]) -> None:
    back, seconds = talk(hub[0], b"", drip)
    assert back == b""
    assert PATIENCE * 0.9 < seconds < 8 * PATIENCE


def test_a_body_that_never_comes(hub: tuple[int, str]) -> None:
    port, token = hub
    make(port, token, "silent")
    start = head("POST", "/api/models/bela/silent/commit/main", token, Content_Length="1000")
    back, seconds = talk(port, start)
    assert back.startswith(b"HTTP/1.1 408")
    assert seconds < 10 * PATIENCE


def test_a_body_that_drips(hub: tuple[int, str]) -> None:
    port, token = hub
    make(port, token, "slow")
    start = head("POST", "/api/models/bela/slow/commit/main", token, Content_Length="100000")
    back, seconds = talk(port, start, b"x" * 40)
    assert back.startswith(b"HTTP/1.1 408") or back == b""  # the answer may be lost on who still sends
    assert seconds < 10 * PATIENCE


@pytest.mark.slow
def test_an_answer_goes_to_who_takes_it(hub: tuple[int, str]) -> None:
    port, token = hub
    make(port, token, "large")
    size = 30_000_000  # more than the system keeps for a connection
    body = commit_body({"large.bin": bytes(size)})
    sent = head("POST", "/api/models/bela/large/commit/main", token, Content_Length=str(len(body))) + body
    assert talk(port, sent)[0].startswith(b"HTTP/1.1 200")
    ask = head("GET", "/bela/large/resolve/main/large.bin")
    assert len(talk(port, ask)[0]) > size
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(ask)
        time.sleep(4 * PATIENCE)
        taken = 0
        try:
            while block := connection.recv(2**20):
                taken += len(block)
        except ConnectionResetError:
            pass
    assert taken < size
