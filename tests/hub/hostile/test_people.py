"""People who are not who they say, and text of theirs that others will read."""

from __future__ import annotations

import hashlib
import json
import time
from urllib.parse import quote

import pytest

from tests.hub.hostile.besieged import API, COMMIT, Besieged, refused
from tests.hub.raw import commit_body, head, ndjson

pytestmark = pytest.mark.slow


FORGED = [
    "hf_forged", "", "null", "undefined", "x" * 10_000, "'; DROP TABLE tokens; --", "../tokens.json",
    "0" * 40, "Ünïcödé", "*", "{}",
]  # fmt: skip


def everything_that_writes() -> list[tuple[str, str, object]]:
    return [
        ("POST", "/api/repos/create", {"name": "new", "organization": "lab"}),
        ("POST", COMMIT, commit_body({"a.txt": b"theirs"})),
        ("POST", f"{API}/preupload/main", {"files": [{"path": "x", "size": 1, "sample": ""}]}),
        ("POST", f"{API}/tag/main", {"tag": "theirs"}),
        ("POST", f"{API}/branch/theirs", {}),
        ("DELETE", f"{API}/branch/main", b""),
        ("PUT", f"{API}/settings", {"private": True}),
        ("POST", "/api/repos/move", {"fromRepo": "lab/precious", "toRepo": "eve/precious", "type": "model"}),
        ("DELETE", "/api/repos/delete", {"name": "precious", "organization": "lab"}),
    ]


@pytest.mark.parametrize("number", range(9))
def test_nobody_writes_where_he_may_not(number: int, besieged: Besieged) -> None:
    method, target, body = everything_that_writes()[number]
    for token in (None, besieged.reader, besieged.eve):
        refused(besieged.send(method, target, body, token), 401, 403)


@pytest.mark.parametrize("token", FORGED)
def test_a_forged_token_is_no_token(token: str, besieged: Besieged) -> None:
    for scheme in ("Bearer {}", "bearer  {}", "Basic {}", "{}"):
        said = scheme.format(token)
        answer = besieged.raw(head("GET", "/api/whoami-v2", Authorization=said))
        assert answer.status in (400, 401, 431), answer
        for method, target, body in everything_that_writes()[:2]:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            answer = besieged.raw(
                head(method, target, Authorization=said, Content_Length=str(len(data))) + data
            )
            assert answer.status in (400, 401, 403, 431), answer


def test_a_token_ends(besieged: Besieged) -> None:
    short = besieged.hub.token("lab", days=1e-5)
    time.sleep(1.1)
    assert besieged.send("GET", "/api/whoami-v2", token=short).status == 401
    refused(besieged.send("POST", COMMIT, commit_body({"x": b"x"}), short), 401)


def test_what_is_private_looks_like_nothing(besieged: Besieged) -> None:
    places = [
        "/api/models/{}", "/api/models/{}/tree/main", "/api/models/{}/refs", "/api/models/{}/commits/main",
        "/api/models/{}/discussions", "/{}/resolve/main/a.txt", "/{}", "/{}/discussions/1",
        "/{}/raw/main/a.txt",
    ]  # fmt: skip
    for place in places:
        for token in (None, besieged.eve):
            hidden = besieged.send("GET", place.format("lab/hidden"), token=token)
            absent = besieged.send("GET", place.format("lab/absent"), token=token)
            refused(hidden, 401, 404)
            assert (hidden.status, hidden.body.replace(b"hidden", b"absent")) == (
                absent.status,
                absent.body,
            ), place
    for token in (None, besieged.eve):
        assert b"hidden" not in besieged.send("GET", "/api/models", token=token).body
        assert b"hidden" not in besieged.send("GET", "/", token=token).body
        assert b"hidden" not in besieged.send("GET", "/?search=hidden", token=token).body.replace(
            b'"hidden"', b""
        )


def test_an_object_is_not_had_by_its_digest(besieged: Besieged) -> None:
    """A pointer file from a client would give whoever knows a digest the private file behind it."""
    large = b"hidden" * 200_000
    stored = hashlib.sha256(large).hexdigest()
    assert list((besieged.hub.folder / "objects").rglob(stored))
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{stored}\nsize {len(large)}\n".encode()
    refused(besieged.send("POST", COMMIT, commit_body({"mine.bin": pointer}), besieged.lab), 400)
    value = {"path": "mine.bin", "algo": "sha256", "oid": stored, "size": len(large)}
    body = ndjson({"key": "header", "value": {"summary": "x"}}, {"key": "lfsFile", "value": value})
    refused(besieged.send("POST", COMMIT, body, besieged.lab), 400, 404)


def test_text_of_strangers_is_shown_and_never_run(besieged: Besieged) -> None:
    """In the log as one line, on pages as text."""
    attack = "<script>alert(1)</script>\n\x1b[31mred"
    answer = besieged.send("GET", f"/api/models?search={quote(attack)}")
    assert answer.status == 200
    page = besieged.send("GET", f"/?search={quote(attack)}")
    assert b"<script" not in page.body
    assert "default-src 'none'" in page.head
    refused(besieged.send("GET", f"/lab/precious/resolve/main/{quote(attack)}"))
    log = besieged.hub.log
    assert "\x1b" not in log


def test_a_file_of_html_does_not_run_on_the_hubs_pages(besieged: Besieged) -> None:
    """Whoever opens it gets text or a download, in no page of the hub's origin."""
    answer = besieged.send("GET", "/lab/precious/resolve/main/a.txt")
    assert "x-content-type-options: nosniff" in answer.head.lower()
    assert "text/html" not in answer.head.lower()
    assert "attachment" in answer.head.lower() or "sandbox" in answer.head.lower()


def test_refusals_are_logged(besieged: Besieged) -> None:
    refused(besieged.send("POST", COMMIT, b"<mark-of-a-refusal/>", besieged.lab))
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        lines = [line for line in besieged.hub.log.splitlines() if " 400 " in line]
        if any("not a JSON object" in line and "/commit/main" in line for line in lines):
            break
        time.sleep(0.05)
    else:
        pytest.fail("no line of the log tells of the refusal")
    log = besieged.hub.log
    for token in (besieged.lab, besieged.reader, besieged.eve):
        assert token not in log
