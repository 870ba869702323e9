"""A hub that a test starts where it wants, and what is known of its process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hub.tokens import TokenBook
from tests.hub.conftest import HubServer, start_hub


@dataclass
class Hub:
    """A running hub.

    Args:
        folder: What it serves.
        server: Its process.
    """

    folder: Path
    server: HubServer

    @property
    def url(self) -> str:
        return self.server.endpoint

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def log(self) -> str:
        """What it said so far."""
        return (self.folder / "stderr").read_text()

    def token(self, user: str, role: str = "write", days: float | None = None) -> str:
        return TokenBook(self.folder).new(user, role=role, days=days)

    def peak_memory(self) -> int:
        """The most memory it ever held, in bytes."""
        status = Path(f"/proc/{self.server.process.pid}/status").read_text()
        return 1024 * int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0])


@contextmanager
def serving(folder: Path) -> Iterator[Hub]:
    """A hub that runs while the block does."""
    folder.mkdir(parents=True)
    hub = Hub(folder, start_hub(folder, tokens={}))
    try:
        yield hub
    finally:
        hub.server.stop()
