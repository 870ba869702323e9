"""Names that lead elsewhere, or that some command would take for an option."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.hub.hostile.besieged import API, COMMIT, SECRET, Besieged, refused
from tests.hub.raw import commit_body, head, ndjson

pytestmark = pytest.mark.slow


TRAVERSALS = [
    "../canary.txt", "../../canary.txt", "../../../../canary.txt", "..%2fcanary.txt", "%2e%2e/canary.txt",
    "%2e%2e%2f%2e%2e%2fcanary.txt", "..%5c..%5ccanary.txt", "..\\..\\canary.txt",
    "%252e%252e%252fcanary.txt", "/etc/passwd", "//etc/passwd", "%2fetc%2fpasswd", "....//....//canary.txt",
    "a.txt/../../canary.txt", ".%00./canary.txt", "canary.txt%00", "a.txt%00.png", "..;/canary.txt",
    "%c0%ae%c0%ae/canary.txt", "%uff0e%uff0e/canary.txt", "．．/canary.txt", ".git/config", "%2egit/config",
    ".GIT/config", "config", "HEAD", "hub/settings.json", "../../../tokens.json",
    "%2e%2e/%2e%2e/%2e%2e/tokens.json", "C:\\canary.txt", "\\\\host\\share", "-", "--help",
    "a%0d%0aSet-Cookie:%20x=1", "a%0aLocation:%20x", "x" * 5_000, "a/" * 2_000 + "a",
]  # fmt: skip
READERS = [
    "/lab/precious/resolve/main/{}", "/lab/precious/raw/main/{}", "/lab/precious/blob/main/{}",
    "/lab/precious/resolve/{}/a.txt", "/lab/{}/resolve/main/a.txt", "/{}/precious/resolve/main/a.txt",
    "/{}/resolve/main/a.txt", API + "/tree/main/{}", API + "/tree/{}", API + "/revision/{}",
    API + "/commits/{}", API + "/discussions/{}", "/api/models/lab/{}", "/api/models/{}",
    "/api/models/{}/refs", "/api/datasets/{}/tree/main", "/datasets/lab/{}/resolve/main/a.txt", "/lab/{}",
    "/lab/precious/discussions/{}", "/assets/{}",
]  # fmt: skip


@pytest.mark.parametrize("place", READERS)
def test_no_name_leads_out_when_reading(place: str, besieged: Besieged) -> None:
    for traversal in TRAVERSALS:
        target = place.format(traversal)
        answer = besieged.raw(head("GET", target))
        said = answer.body + answer.head.encode("latin-1")
        harmless = answer.status == 200  # `HEAD` is a revision, `//` the front page
        assert answer.status in range(300, 500) or harmless, (target[:200], answer.status)
        for leak in (SECRET, b"root:x", b"sha256", b"bare = true", b"refs/heads/main\n", b"Traceback"):
            assert leak not in said, (target[:200], said[:300])
        for line in answer.head.lower().split("\r\n"):
            assert not line.startswith(("set-cookie", "location")), target[:200]


BAD_PATHS = [
    "../escaped", "a/../../escaped", "/escaped", "//escaped", "a//b", "./a", "a/.", "a/..", "", ".", "..",
    "a\\b", "..\\escaped", "C:\\escaped", "C:escaped", ".git/config", ".GIT/hooks/post-checkout",
    "a/.git/x", ".git", ".git.", ".git ", "git~1/config", "．git/x/../y", ".g\u200cit/config", "a\x00b",
    "a\nb", "a\rb", "a\x1b[2J", "x" * 300, "a/" * 600 + "a", "a\u202etxt.exe", "\ud800", "a.txt/inside",
    "con\x7f",
]  # fmt: skip


@pytest.mark.parametrize("key", ["file", "deletedFile", "deletedFolder", "lfsFile", "copyFile"])
def test_no_path_leads_out_when_writing(key: str, besieged: Besieged) -> None:
    for path in BAD_PATHS:
        value: dict[str, object] = {"path": path}
        if key == "file":
            value |= {"content": "", "encoding": "base64"}
        elif key == "lfsFile":
            value |= {"algo": "sha256", "oid": "0" * 64, "size": 3}
        elif key == "copyFile":
            value |= {"srcPath": "a.txt"}
        body = ndjson({"key": "header", "value": {"summary": "x"}}, {"key": key, "value": value})
        refused(besieged.send("POST", COMMIT, body, besieged.lab), 400, 404, 413, 422)


BAD_NAMES = [
    "../x", "..", ".", "", "-x", "--upload-pack=touch pwned", "a/b/c", "a\nb", "a b", "a..b", "a--b",
    "x.git", "x.lock", ".x", "a\x00b", "a\\b", "$(touch pwned)", "`touch pwned`", "a;touch pwned", "é",
    "x" * 200, "%2e%2e",
]  # fmt: skip


@pytest.mark.parametrize("name", BAD_NAMES)
def test_no_repository_has_a_name_that_is_none(name: str, besieged: Besieged) -> None:
    admin = besieged.lab
    refused(besieged.send("POST", "/api/repos/create", {"name": name, "organization": "lab"}, admin))
    refused(besieged.send("POST", "/api/repos/create", {"name": "x", "organization": name or "/"}, admin))
    moved = {"fromRepo": "lab/precious", "toRepo": f"lab/{name}", "type": "model"}
    refused(besieged.send("POST", "/api/repos/move", moved, admin))


OPTIONS = [
    "-x", "--upload-pack=touch pwned", "--output=pwned", "-uall", "a..b", "a b", "a\nb", "a~1", "a^", "a:b",
    "a?", "a*", "[a", "a\\b", "@{-1}", "HEAD", "a.lock", "refs/heads/../../config", "/a", "a//b", "a/",
    ".a", "a\x00b", "0" * 40, "x" * 300, "refs/pr/1",
]  # fmt: skip


@pytest.mark.parametrize("option", OPTIONS)
def test_no_reference_is_an_option_or_a_path(option: str, besieged: Besieged) -> None:
    name = quote(option, safe="")
    for kind in ("branch", "tag"):
        body = {"startingPoint": "main", "tag": option, "message": "x"}
        refused(besieged.send("POST", f"{API}/{kind}/{name}", body, besieged.lab))
        refused(
            besieged.send(
                "POST", f"{API}/{kind}/{name}", {"startingPoint": option, "tag": option}, besieged.lab
            )
        )
        refused(besieged.send("DELETE", f"{API}/{kind}/{name}", token=besieged.lab))
    refused(besieged.send("POST", f"{API}/commit/{name}", commit_body({"x": b"x"}), besieged.lab))
    refused(besieged.send("POST", COMMIT, commit_body({"x": b"x"}, parentCommit=option), besieged.lab))
    if option != "HEAD":  # which clients may say for main
        started = {"startingPoint": option}
        refused(besieged.send("POST", f"{API}/branch/from-there", started, besieged.lab))
