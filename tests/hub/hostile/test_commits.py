"""Commits that are none."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.hub.hostile.besieged import API, COMMIT, Besieged, refused
from tests.hub.raw import head, ndjson

pytestmark = pytest.mark.slow


HEADER = {"key": "header", "value": {"summary": "x"}}
FILE = {"key": "file", "value": {"path": "x.txt", "content": "eA==", "encoding": "base64"}}


def with_value(**changes: object) -> bytes:
    return ndjson(HEADER, {"key": "file", "value": {**FILE["value"], **changes}})  # type: ignore[dict-item]


MALFORMED = {
    "nothing": b"",
    "blank lines": b"\n\n\n",
    "no JSON": b"<xml/>\n",
    "a list": b"[1, 2]\n",
    "cut off": ndjson(HEADER, FILE)[:-12],
    "no header": ndjson(FILE),
    "two headers": ndjson(HEADER, HEADER, FILE),
    "header last": ndjson(FILE, HEADER),
    "unknown key": ndjson(HEADER, {"key": "exec", "value": {"path": "x"}}),
    "no key": ndjson(HEADER, {"value": {}}),
    "value of text": ndjson(HEADER, {"key": "file", "value": "x"}),
    "no content": ndjson(HEADER, {"key": "file", "value": {"path": "x", "encoding": "base64"}}),
    "bad base64": with_value(content="@@@@"),
    "cut base64": with_value(content="eA="),
    "base64 and more": with_value(content="eA==eA=="),
    "content of numbers": with_value(content=[1, 2, 3]),
    "content of null": with_value(content=None),
    "wrong encoding": with_value(encoding="utf-16"),
    "encoding of numbers": with_value(encoding=7),
    "path of numbers": with_value(path=7),
    "path of a list": with_value(path=["x"]),
    "summary of numbers": ndjson({"key": "header", "value": {"summary": 7}}, FILE),
    "summary of a megabyte": ndjson({"key": "header", "value": {"summary": "x" * 1_000_000}}, FILE),
    "parent of numbers": ndjson({"key": "header", "value": {"summary": "x", "parentCommit": 7}}, FILE),
    "paths of one name": ndjson(HEADER, FILE, json.loads(json.dumps(FILE).replace("x.txt", "X.TXT"))),
    "file and folder": ndjson(HEADER, FILE, json.loads(json.dumps(FILE).replace("x.txt", "x.txt/y"))),
    "in a file": ndjson(HEADER, json.loads(json.dumps(FILE).replace("x.txt", "a.txt/y"))),
    "over a folder": ndjson(HEADER, json.loads(json.dumps(FILE).replace("x.txt", "folder"))),
    "delete what is not": ndjson(HEADER, {"key": "deletedFile", "value": {"path": "absent"}}),
    "deep": b'{"key":' + b"[" * 50_000 + b"]" * 50_000 + b"}\n",
    "not UTF-8": ndjson(HEADER, FILE).replace(b"x.txt", b"\xff\xfe"),
    "two contents": ndjson(HEADER, FILE).replace(b'"content"', b'"content": "eQ==", "content"'),
    "a long line": ndjson(HEADER, FILE | {"note": "x" * 1_000_000}),
    "NaN": ndjson(HEADER) + b'{"key":"file","value":NaN}\n',
    "huge number": ndjson(HEADER) + b'{"key":"file","value":' + b"9" * 5_000 + b"}\n",
}


@pytest.mark.parametrize("fault", MALFORMED)
def test_a_malformed_commit_is_refused_whole(fault: str, besieged: Besieged) -> None:
    answer = besieged.send("POST", COMMIT, MALFORMED[fault], besieged.lab)
    refused(answer, 400, 404, 409, 413, 422)
    assert answer.json()["error"]


@pytest.mark.parametrize("fault", ["no JSON", "a list", "deep", "not UTF-8"])
@pytest.mark.parametrize(
    "target", ["/api/repos/create", f"{API}/preupload/main", f"{API}/discussions", f"{API}/tag/main"]
)
def test_malformed_json_is_refused(target: str, fault: str, besieged: Besieged) -> None:
    refused(besieged.send("POST", target, MALFORMED[fault], besieged.lab))


def test_a_million_operations_are_refused_early(besieged: Besieged) -> None:
    line = ndjson({"key": "deletedFile", "value": {"path": "a.txt"}}) * 1_000
    length = len(ndjson(HEADER)) + 1_000 * len(line)

    def pieces() -> Iterator[bytes]:
        yield head("POST", COMMIT, besieged.lab, Content_Length=str(length)) + ndjson(HEADER)
        for _ in range(1_000):
            yield line

    begun = time.monotonic()
    refused(besieged.raw(pieces()), 0, 400, 413)
    assert time.monotonic() - begun < 10
