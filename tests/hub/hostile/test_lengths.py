"""Bodies that lie about their length, requests that are none, clients that hold on."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from tests.hub.hostile.besieged import API, COMMIT, Besieged, refused
from tests.hub.raw import commit_body, head, ndjson

pytestmark = pytest.mark.slow


HEADER = {"key": "header", "value": {"summary": "x"}}
HONEST = commit_body({"lie.txt": b"lies"})


def chunked(*chunks: bytes) -> bytes:
    return head("POST", COMMIT, None, Transfer_Encoding="chunked") + b"".join(chunks)


def test_an_honest_chunked_commit_would_be_taken(besieged: Besieged) -> None:
    """So that what is refused below is refused for its lie: here it is for its parent alone."""
    body = commit_body({"lie.txt": b"lies"}, parentCommit="0" * 40)
    sent = head("POST", COMMIT, besieged.lab, Transfer_Encoding="chunked")
    answer = besieged.raw(sent + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
    assert answer.status == 412


@pytest.mark.parametrize(
    "chunks",
    [
        b"zz\r\n" + HONEST + b"\r\n0\r\n\r\n",
        b"-1\r\n" + HONEST + b"\r\n0\r\n\r\n",
        b"ffffffffffffffffff\r\n" + HONEST,
        b"%x\r\n%s\r\n" % (len(HONEST) + 50, HONEST),
        b"%x\r\n%s\r\n0\r\n\r\n" % (len(HONEST) - 9, HONEST),
        b"%x;%s\r\n%s\r\n0\r\n\r\n" % (len(HONEST), b"x" * 3_000_000, HONEST),
    ],
    ids=["no number", "below zero", "beyond all", "too short", "too long", "endless extension"],
)
def test_lies_in_chunks(chunks: bytes, besieged: Besieged) -> None:
    sent = head("POST", COMMIT, besieged.lab, Transfer_Encoding="chunked") + chunks
    refused(besieged.raw(sent, shut=True), 0, 400, 408, 413)


@pytest.mark.parametrize("length", ["-5", "abc", "1e3", "99999999999999999999", "0x10", "+5", "5, 6", ""])
def test_lengths_that_are_none(length: str, besieged: Besieged) -> None:
    refused(
        besieged.raw(head("POST", COMMIT, besieged.lab, Content_Length=length) + HONEST, shut=True),
        0,
        400,
        413,
    )


def test_a_body_that_ends_too_early(besieged: Besieged) -> None:
    sent = head("POST", COMMIT, besieged.lab, Content_Length=str(len(HONEST) + 10)) + HONEST
    refused(besieged.raw(sent, shut=True), 0, 400, 408)
    for cut in range(1, len(HONEST), 7):
        sent = head("POST", COMMIT, besieged.lab, Content_Length=str(len(HONEST))) + HONEST[:cut]
        refused(besieged.raw(sent, shut=True), 0, 400, 408)


def test_a_body_behind_the_body_is_no_second_request_for_anyone(besieged: Besieged) -> None:
    smuggled = head("DELETE", "/api/repos/delete") + b'{"name": "precious", "organization": "lab"}'
    both = head("POST", COMMIT, besieged.lab, Content_Length="3", Transfer_Encoding="chunked")
    answer = besieged.raw(both + b"0\r\n\r\n" + smuggled)
    refused(answer, 0, 400)
    assert answer.body.count(b"HTTP/1.1") == 0
    twice = head("POST", COMMIT, besieged.lab, Content_Length="3") + b"\n\n\n"
    twice = twice.replace(b"Content-Length: 3", b"Content-Length: 3\r\nContent-Length: 30")
    refused(besieged.raw(twice + smuggled), 0, 400)


def test_an_endless_body_is_cut(besieged: Besieged) -> None:
    """A line without end, and content without end: the first is refused at once."""

    def line() -> Iterator[bytes]:
        yield head("POST", COMMIT, besieged.lab, Transfer_Encoding="chunked")
        for _ in range(2_000):
            yield b"10000\r\n" + b"x" * 65_536 + b"\r\n"

    refused(besieged.raw(line()), 0, 400, 413)


def test_a_file_beyond_the_limit_is_refused_before_it_is_sent(besieged: Besieged) -> None:
    sent = head("POST", COMMIT, besieged.lab, Content_Length=str(10**13)) + ndjson(HEADER)
    refused(besieged.raw(sent), 400, 413)


@pytest.mark.parametrize(
    "request_",
    [
        b"\r\n\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Y: z\r\n" * 20_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nBad Name: y\r\n\r\n",
        b"GET / HTTP/1.1\r\n Host: folded\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"TRACE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET http://example.org/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ],
    ids=range(13),
)
def test_requests_that_are_none(request_: bytes, besieged: Besieged) -> None:
    answer = besieged.raw(request_, shut=True)
    assert answer.status in (0, *range(400, 500), 200), answer
    assert answer.status != 200 or b"difflogic" in answer.body


def test_idle_and_dripping_clients_do_not_keep_others_waiting(besieged: Besieged) -> None:
    """Forty connections that send a byte now and then; others are served at once meanwhile."""
    started = head("POST", COMMIT, besieged.lab, Content_Length=str(10_000)) + ndjson(HEADER)
    drips = []
    for number in range(40):
        drip = socket.create_connection(("127.0.0.1", besieged.hub.port), 5)
        drip.sendall(started if number % 2 else started[:25])
        drips.append(drip)
    for _ in range(3):
        for drip in drips:
            drip.sendall(b" ")
        begun = time.monotonic()
        assert besieged.send("GET", f"{API}/tree/main").status == 200
        assert time.monotonic() - begun < 2
    for drip in drips:
        drip.close()
