"""A live hub for tests, in a process of its own as people run it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hub.tokens import TokenBook

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
    if tokens is None:
        book = TokenBook(root)
        tokens = {"bela": book.new("bela", ["difflogic"]), "eve": book.new("eve")}
    command = [sys.executable, "-m", "zoo.cli", "hub", "serve", str(root), "--port", "0", *options]
    with (root / "stderr").open("a") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT, env=os.environ
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
