"""Hubs for tests: one in a process of its own as people run it, one in this process without a socket."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from hub.api.call import Hub
from hub.app import make_app
from hub.tokens import TokenBook
from tests.hub.raw import commit_body
from tests.signals import listen_to_ctrl_c

ROOT = Path(__file__).parents[2]


@dataclass
class HubServer:
    """A running hub: `endpoint`, its folder `root`, `tokens` by user, and the process."""

    endpoint: str
    root: Path
    tokens: dict[str, str]
    process: subprocess.Popen[str]
    options: tuple[str, ...] = field(default=())

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def start_hub(root: Path, *options: str, tokens: dict[str, str] | None = None) -> HubServer:
    """Start `zoo hub serve` on a free port; without tokens, make them for bela (also difflogic) and eve."""
    root.mkdir(parents=True, exist_ok=True)
    if tokens is None:
        book = TokenBook(root)
        tokens = {"bela": book.new("bela", ["difflogic"]), "eve": book.new("eve")}
    command = [sys.executable, "-m", "zoo.cli", "hub", "serve", str(root), "--port", "0", *options]
    with (root / "stderr").open("a") as errors:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=ROOT,
            env=os.environ,
            preexec_fn=listen_to_ctrl_c,
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.startswith(f"Serving {root} at http://"):
        process.wait(20)
        raise AssertionError(f"no hub: {line!r} {(root / 'stderr').read_text()}")
    return HubServer(line.split(" at ")[1].strip(), root, tokens, process, options)


@pytest.fixture(scope="module")
def hub_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    """One hub for the tests of a module."""
    server = start_hub(tmp_path_factory.mktemp("hub"))
    yield server
    server.stop()


class Caller:
    """Calls an application in this process, as bela or as somebody else."""

    def __init__(self, client: TestClient, hub: Hub) -> None:
        self.client, self.hub, self.root = client, hub, hub.store.root
        book = hub.tokens
        self.tokens = {"bela": book.new("bela", ["difflogic"]), "eve": book.new("eve")}
        self.tokens["reader"] = book.new("bela", role="read")

    def __call__(self, method: str, address: str, user: str = "bela", **more: Any) -> Any:
        """The answer to one request; `user` may be empty."""
        headers = {"Authorization": f"Bearer {self.tokens[user]}"} if user else {}
        return self.client.request(method, address, headers=headers | more.pop("headers", {}), **more)

    def make(self, name: str = "onset", user: str = "bela", **settings: Any) -> str:
        """A new repository; gives the address of its interface."""
        answer = self("POST", "/api/repos/create", user, json={"name": name, **settings})
        assert answer.status_code == 200, answer.text
        return "/api/models/" + answer.json()["name"]

    def commit(
        self, repo: str, files: dict[str, bytes], user: str = "bela", at: str = "main", **header: str
    ) -> Any:
        """Upload files in one commit."""
        return self("POST", f"{repo}/commit/{at}", user, content=commit_body(files, "more", **header))


@pytest.fixture
def call(tmp_path: Path) -> Iterator[Caller]:
    """The application itself, without a socket."""
    app = make_app(tmp_path / "hub", max_file=3 * 2**20, max_operations=50)
    with TestClient(app) as client:
        yield Caller(client, app.state.hub)
