"""HTTP by hand: what no well-meant library would send."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TIMEOUT = 20.0  # seconds


@dataclass(frozen=True)
class Answer:
    """What a server said. Status 0: it closed the connection without a word."""

    status: int
    head: str
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def head(method: str, target: str, token: str | None = None, **headers: str) -> bytes:
    """The start of a request, every byte as given."""
    lines = [f"{method} {target} HTTP/1.1", "Host: hub", "Connection: close"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")


def exchange(port: int, sent: bytes | Iterable[bytes], *, shut: bool = False) -> Answer:
    """Send these bytes, whatever they are; what comes back until the server closes.

    Args:
        port: Where.
        sent: All of it, or pieces; a server that stops listening before the end is no error.
        shut: Whether to say that no more comes.
    """
    with socket.create_connection(("127.0.0.1", port), TIMEOUT) as connection:
        try:
            for piece in [sent] if isinstance(sent, bytes) else sent:
                connection.sendall(piece)
            if shut:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has heard enough
        return read_answer(connection)


def read_answer(connection: socket.socket) -> Answer:
    """All until the end of the connection."""
    data = bytearray()
    try:
        while block := connection.recv(65_536):
            data += block
    except ConnectionResetError:
        pass
    top, _, body = bytes(data).partition(b"\r\n\r\n")
    found = re.match(rb"HTTP/1\.1 (\d{3})", top)
    return Answer(int(found[1]) if found else 0, top.decode("latin-1"), body)


def send(
    port: int, method: str, target: str, token: str | None = None, body: bytes | object = b"", **headers: str
) -> Answer:
    """One request with an honest length; what is no bytes travels as JSON."""
    if not isinstance(body, bytes):
        body, headers = json.dumps(body).encode(), {"Content_Type": "application/json", **headers}
    return exchange(port, head(method, target, token, Content_Length=str(len(body)), **headers) + body)


def commit_body(files: dict[str, bytes], summary: str = "A commit", **header: Any) -> bytes:
    """An honest commit's body."""
    lines: list[Any] = [{"key": "header", "value": {"summary": summary, "description": "", **header}}]
    for path, data in files.items():
        content = base64.b64encode(data).decode()
        lines.append({"key": "file", "value": {"path": path, "content": content, "encoding": "base64"}})
    return ndjson(*lines)


def ndjson(*lines: Any) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def digest_of(folder: Path) -> str:
    """SHA-256 over the names and contents of every file below a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(folder)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
