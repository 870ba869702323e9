"""How much a client may ask for."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """Caps that keep one client from taking the machine; sizes in bytes, times in seconds.

    Args:
        max_file: One file.
        max_commit: The content of all files of one commit.
        max_operations: Files added and deleted by one commit.
        max_files: Files in one revision of a repository.
        max_repositories: Of the whole hub: a list reads them all, and remembers so many.
        max_line: One line of a commit's body, its file's content apart.
        max_json: Every other body; read as JSON it takes twenty times as much memory.
        max_open: A body of which nobody asks whose it is.
        silence: How long a client may send or take nothing.
        min_rate: Bytes a second below which an upload is cut, `silence` seconds after its start.
        workers: Threads that do what blocks.
        connections: Connections open at once; one more is answered 503.
    """

    max_file: int = 1024 * MIB
    max_commit: int = 2048 * MIB
    max_operations: int = 5_000
    max_files: int = 10_000
    max_repositories: int = 5_000
    max_line: int = 64 * 1024
    max_json: int = 4 * MIB
    max_open: int = MIB
    silence: float = 30.0
    min_rate: int = 1024
    workers: int = 16
    connections: int = 512

    @property
    def max_body(self) -> int:
        """A whole commit as it travels: base64 and its lines."""
        return self.max_commit // 3 * 4 + self.max_operations * 2048 + self.max_line
