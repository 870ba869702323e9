"""One HTTP request over one connection of which every byte and every second is counted.

The standard library's client bounds a line and the number of headers, but neither the number of interim
answers nor the time that a server takes to send them drop by drop. Here the socket itself counts: so many
bytes and seconds for the headers, then so many bytes for the body, and a least number of them in every window
of time.
"""

from __future__ import annotations

import base64
import http.client
import io
import os
import socket
import ssl
import time
import urllib.request
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from zoo.errors import HubError


@dataclass(frozen=True)
class Limits:
    """What a server may cost.

    Args:
        connect_s: Seconds to connect to one address, TLS included.
        answer_s: Seconds from the request to the last header.
        window_s: Then, in every window of so many seconds ...
        window_bytes: ... at least so many bytes arrive.
        header_bytes: Bytes of status line and headers, interim answers included.
        redirects: Redirects followed in a row.
        tries: Attempts at one request.
        pause_s: Seconds before the second attempt, give or take a half; each next pause is twice as long.
        longest_pause_s: No pause is longer, whatever a server asks for.
    """

    connect_s: float = 10.0
    answer_s: float = 30.0
    window_s: float = 20.0
    window_bytes: int = 20_000
    header_bytes: int = 64 << 10
    redirects: int = 5
    tries: int = 4
    pause_s: float = 0.5
    longest_pause_s: float = 60.0


class TooSlowError(OSError):
    """Fewer bytes came than must come in the time."""


class TooMuchError(Exception):
    """More bytes came than may come."""


class Answer:
    """Status and headers of an answer, and its body to read; leaving it closes the connection."""

    def __init__(self, connection: http.client.HTTPConnection, guard: _Guard, limits: Limits) -> None:
        self._response = connection.getresponse()
        self._guard, self._limits = guard, limits
        self.status = self._response.status
        self.headers = self._response.headers

    def __enter__(self) -> Answer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._response.close()
        self._guard.shut()

    def expect(self, limit: int) -> None:
        """Begin to read a body of at most so many bytes, and as many for what frames it."""
        spare = self._limits.header_bytes
        self._guard.allow(2 * limit + spare, self._limits.window_s, self._limits.window_bytes)

    def read_some(self) -> bytes:
        """The next bytes of the body, at most 16 KiB; none at its end."""
        return self._response.read(16 << 10)

    def read(self, limit: int) -> bytes:
        """The whole body.

        Raises:
            TooMuchError: It has more than `limit` bytes.
            OSError, http.client.HTTPException: It does not come, or not whole.
        """
        self.expect(limit)
        body = self._response.read(limit + 1)
        if len(body) > limit:
            raise TooMuchError(f"more than {limit} bytes")
        if self._response.length:  # read(n) takes an early end for the end
            raise http.client.IncompleteRead(body, self._response.length)
        return body


def request(url: str, headers: dict[str, str], limits: Limits) -> Answer:
    """Send a GET and wait for the headers of its answer.

    Args:
        url: Absolute, http or https.
        headers: Added to Host and Connection.
        limits: What the server may cost.

    Raises:
        TooSlowError, TooMuchError, OSError, http.client.HTTPException: No such answer.
    """
    connection, target, more = _connection(urlsplit(url), limits)
    try:
        connection.connect()
        guard = _Guard(connection.sock)
    except BaseException:
        connection.close()
        raise
    try:
        guard.allow(limits.header_bytes, limits.answer_s, limits.header_bytes + 1)  # so there is one window
        connection.sock = guard
        connection.request("GET", target, headers={**headers, **more, "Connection": "close"})
        return Answer(connection, guard, limits)
    except BaseException:
        guard.shut()
        raise


class _Guard:
    """A connected socket, as `http.client` uses one, that counts what it receives."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def allow(self, size: int, window_s: float, window_bytes: int) -> None:
        """From now on so many bytes may come, and in every window at least so many must."""
        self._size = self._left = size
        self._window_s, self._window_bytes = window_s, window_bytes
        self._begin_window()

    def makefile(self, *_: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self))

    def sendall(self, data: bytes) -> None:
        self._socket.settimeout(self._window_s)
        self._socket.sendall(data)

    def close(self) -> None:
        """Nothing: `http.client` closes its socket while the body is still to be read from it."""

    def shut(self) -> None:
        self._socket.close()

    def receive_into(self, buffer: Any) -> int:
        if self._left <= 0:
            raise TooMuchError(f"more than {self._size} bytes of headers or framing")
        while True:
            try:
                self._socket.settimeout(max(0.001, self._end - time.monotonic()))
                count = self._socket.recv_into(buffer, min(len(buffer), self._left))
                break
            except TimeoutError:
                self._next_window()
        self._got += count
        self._left -= count
        if time.monotonic() > self._end:
            self._next_window()
        return count

    def _begin_window(self) -> None:
        self._end, self._got = time.monotonic() + self._window_s, 0

    def _next_window(self) -> None:
        if self._got < self._window_bytes:
            raise TooSlowError(f"too slow: {self._got} bytes in {self._window_s:g} s")
        self._begin_window()


class _Reader(io.RawIOBase):
    """What `http.client` reads from."""

    def __init__(self, guard: _Guard) -> None:
        self._guard = guard

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._guard.receive_into(buffer)


def _connection(parts: SplitResult, limits: Limits) -> tuple[http.client.HTTPConnection, str, dict[str, str]]:
    """A connection yet to be opened, what to ask for on it, and headers for a proxy."""
    host, port = parts.hostname or "", parts.port
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    proxy = _proxy(parts)
    if parts.scheme == "https":
        secure = http.client.HTTPSConnection
        context = _tls(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        if proxy is None:
            return secure(host, port, timeout=limits.connect_s, context=context), target, {}
        through = secure(proxy.hostname or "", proxy.port or 80, timeout=limits.connect_s, context=context)
        through.set_tunnel(host, port or 443, _proxy_headers(proxy))
        return through, target, {}
    plain = http.client.HTTPConnection
    if proxy is None:
        return plain(host, port, timeout=limits.connect_s), target, {}
    through_plain = plain(proxy.hostname or "", proxy.port or 80, timeout=limits.connect_s)
    return through_plain, f"http://{parts.netloc}{target}", _proxy_headers(proxy)


def _proxy(parts: SplitResult) -> SplitResult | None:
    """The proxy that the environment names for this address (`https_proxy`, `no_proxy` ...)."""
    known = urllib.request.getproxies()
    text = known.get(parts.scheme) or known.get("all")
    if not text or urllib.request.proxy_bypass(parts.netloc):
        return None
    proxy = urlsplit(text if "://" in text else f"http://{text}")
    if proxy.scheme != "http" or not proxy.hostname:
        raise HubError(
            f"{parts.scheme}_proxy: expected http://host:port, found {proxy.scheme}://{proxy.hostname}. "
            "Set or unset it."
        )
    return proxy


def _proxy_headers(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


@cache
def _tls(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """The system's certificates, or those that the environment names: read once, for it takes a while."""
    return ssl.create_default_context()
