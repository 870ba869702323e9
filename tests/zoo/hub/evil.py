"""A hub in a thread, on raw sockets: honest, but for what a test tells it to do."""

from __future__ import annotations

import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import unquote

COMMIT = "c0ffee" + "0" * 34


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]


# What a test puts in an honest answer's place: pieces of bytes, sent as they come.
Pieces = Iterator[bytes]
Behaviour = Callable[[Request], Pieces | bytes]


@dataclass
class Hub:
    """Serves one repository.

    Args:
        files: Name -> content, at every commit.
        repo: `owner/name`.
        revisions: Revision -> commit.
        evil: End of a path -> behaviours, one a request; the last one stays, None is honest.
        gap_s: Seconds between pieces.
    """

    files: dict[str, bytes]
    repo: str = "test/tiny"
    revisions: dict[str, str] = field(default_factory=lambda: {"main": COMMIT})
    evil: dict[str, list[Behaviour | None]] = field(default_factory=dict)
    gap_s: float = 0.0
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)

    def __enter__(self) -> Hub:
        self._stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @property
    def endpoint(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    def asked(self, end: str) -> list[Request]:
        """The requests whose path ends so."""
        return [request for request in self.requests if request.path.endswith(end)]

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ssl.SSLError), connection:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            request = _read_request(connection)
            self.requests.append(request)
            pieces = self._answer(request)
            for piece in (pieces,) if isinstance(pieces, bytes) else pieces:
                if self._stopped.is_set():
                    return
                connection.sendall(piece)
                if self.gap_s:
                    time.sleep(self.gap_s)
            if self.tls:
                connection.unwrap()

    def _answer(self, request: Request) -> Pieces | bytes:
        for end, behaviours in self.evil.items():
            if request.path.endswith(end):
                chosen = behaviours.pop(0) if len(behaviours) > 1 else behaviours[0]
                if chosen is not None:
                    return chosen(request)
        return self.honest(request)

    def honest(self, request: Request) -> bytes:
        """What a good hub answers."""
        if found := re.fullmatch(rf"/api/models/{self.repo}/revision/(.+)", request.path):
            commit = self.revisions.get(unquote(found[1]))
            if commit is None:
                return answer(b"", status=404, headers={"X-Error-Code": "RevisionNotFound"})
            return answer(json.dumps({"id": self.repo, "sha": commit}).encode())
        found = re.fullmatch(rf"/{self.repo}/resolve/[0-9a-f]{{40}}/(.+)", request.path)
        if found is None:
            return answer(b"", status=404, headers={"X-Error-Code": "RepoNotFound"})
        body = self.files.get(unquote(found[1]))
        if body is None:
            return answer(b"", status=404, headers={"X-Error-Code": "EntryNotFound"})
        tag = f'"{len(body)}-{hash(body)}"'
        start = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        if start and request.headers.get("if-range", tag) == tag and int(start[1]) < len(body):
            first = int(start[1])
            span = {"Content-Range": f"bytes {first}-{len(body) - 1}/{len(body)}", "ETag": tag}
            return answer(body[first:], status=206, headers=span)
        return answer(body, headers={"ETag": tag})


def answer(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> bytes:
    """A whole answer; a header that is None is left out."""
    lines = {"Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
    return f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode("latin-1") + body


def saying(status: int, **headers: str) -> Behaviour:
    """Always the same answer without a body."""
    whole = answer(b"", status, {name.replace("_", "-"): value for name, value in headers.items()})
    return lambda _: whole


def giving(body: bytes, **headers: str) -> Behaviour:
    """Always these bytes."""
    whole = answer(body, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return lambda _: whole


def raw(*pieces: bytes) -> Behaviour:
    """These pieces, with the hub's gap after each."""
    return lambda _: iter(pieces)


def _read_request(connection: socket.socket) -> Request:
    text = b""
    while b"\r\n\r\n" not in text:
        block = connection.recv(4096)
        if not block:
            raise ConnectionError
        text += block
    first, *lines = text.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Request(first.split(" ")[1], {name.lower(): value.strip() for name, _, value in pairs})
