"""Commits through the interface: what they make, and what is refused whole."""

import hashlib
import http.client
import json
import resource
from concurrent.futures import ThreadPoolExecutor

import pygit2
import pytest

from hub.repository import Repository
from tests.hub.conftest import Caller, HubServer
from tests.hub.raw import commit_body, ndjson

BIG = bytes(range(256)) * 5000  # 1.28 MB, kept outside git


def paths(call: Caller, repo: str, at: str = "main") -> list[str]:
    answer = call("GET", f"{repo}/revision/{at}")
    return [row["rfilename"] for row in answer.json()["siblings"]]


def test_what_was_sent_comes_back(call: Caller) -> None:
    repo = call.make()
    files = {"config.json": b"{}", "empty": b"", "a/b/c.bin": b"\0\xff", "big.bin": BIG}
    answer = call.commit(repo, files)
    assert answer.status_code == 200, answer.text
    commit = answer.json()["commitOid"]
    for path, data in files.items():
        got = call("GET", f"/bela/onset/resolve/main/{path}")
        assert got.content == data
        assert got.headers["X-Repo-Commit"] == commit
        headers = call("HEAD", f"/bela/onset/resolve/{commit}/{path}").headers
        assert headers["Content-Length"] == str(len(data))
        assert headers["ETag"] == got.headers["ETag"]
    assert got.headers["X-Linked-Etag"] == f'"{hashlib.sha256(BIG).hexdigest()}"'
    assert got.headers["X-Linked-Size"] == str(len(BIG))
    git = pygit2.Repository(str(call.root / "repos/models/bela/onset.git"))
    assert git[commit].tree["big.bin"].size < 200


@pytest.mark.parametrize("path", ["small.bin", "big.bin"])
def test_ranges(call: Caller, path: str) -> None:
    call.commit(call.make(), {"small.bin": BIG[:1000], "big.bin": BIG})
    data = BIG[:1000] if path == "small.bin" else BIG
    for asked, want in (("0-0", data[:1]), ("10-19", data[10:20]), ("990-", data[990:]), ("-5", data[-5:])):
        got = call("GET", f"/bela/onset/resolve/main/{path}", headers={"Range": f"bytes={asked}"})
        assert (got.status_code, got.content) == (206, want)
        assert got.headers["Content-Range"].endswith(f"/{len(data)}")
    whole = call("GET", f"/bela/onset/resolve/main/{path}", headers={"Range": "bytes=0-1,3-4"})
    assert (whole.status_code, whole.content) == (200, data)
    beyond = call("GET", f"/bela/onset/resolve/main/{path}", headers={"Range": f"bytes={len(data)}-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(data)}")


def test_unchanged_files_are_told_by_their_identity(call: Caller) -> None:
    repo = call.make()
    call.commit(repo, {"small": b"abc", "big": BIG})
    asked = [{"path": name, "size": 3, "sample": ""} for name in ("small", "big", "new")]
    rows = call("POST", f"{repo}/preupload/main", json={"files": asked}).json()["files"]
    assert [row["uploadMode"] for row in rows] == ["regular"] * 3
    assert [row["shouldIgnore"] for row in rows] == [False] * 3
    assert [row.get("oid") for row in rows] == [str(pygit2.hash(b"abc")), str(pygit2.hash(BIG)), None]


def test_a_commit_that_changes_nothing_is_none(call: Caller) -> None:
    repo = call.make()
    first = call.commit(repo, {"a": b"1"}).json()["commitOid"]
    assert call.commit(repo, {"a": b"1"}).json()["commitOid"] == first


def test_deleting(call: Caller) -> None:
    repo = call.make()
    call.commit(repo, {"a": b"1", "f/b": b"2", "f/g/c": b"3", "fg": b"4"})

    def delete(key: str, path: str) -> int:
        lines = {"key": "header", "value": {"summary": "less"}}, {"key": key, "value": {"path": path}}
        body = "\n".join(map(json.dumps, lines)).encode()
        return call("POST", f"{repo}/commit/main", content=body).status_code

    assert delete("deletedFolder", "f/") == 200
    assert paths(call, repo) == ["a", "fg"]
    assert delete("deletedFile", "a") == 200
    assert paths(call, repo) == ["fg"]
    assert [delete("deletedFile", "a"), delete("deletedFolder", "f"), delete("deletedFile", "../x")] == [
        400
    ] * 3


def test_a_stale_parent_is_told(call: Caller) -> None:
    repo = call.make()
    first = call.commit(repo, {"a": b"1"}).json()["commitOid"]
    assert call.commit(repo, {"b": b"2"}, parentCommit=first).status_code == 200
    assert call.commit(repo, {"c": b"3"}, parentCommit=first).status_code == 412
    assert paths(call, repo) == ["a", "b"]


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ({"A": b"x"}, 400),
        ({"F/new": b"x"}, 400),
        ({"a/inside": b"x"}, 400),
        ({"f": b"x"}, 400),
        ({"x": b"1", "x/y": b"2"}, 400),
        ({"x": b"1", "X": b"2"}, 400),
        ({".git/config": b"x"}, 400),
        (
            {
                "pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:"
                + b"0" * 64
                + b"\nsize 3\n"
            },
            400,
        ),
        ({"large": bytes(3 * 2**20 + 1)}, 413),
        ({f"f{number}": b"" for number in range(51)}, 413),
    ],
)
def test_refused_whole(call: Caller, files: dict[str, bytes], status: int) -> None:
    repo = call.make()
    call.commit(repo, {"a": b"1", "f/b": b"2"})
    before = sorted(call.root.rglob("*"))
    answer = call.commit(repo, {"good": b"good"} | files)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"] == answer.headers["X-Error-Message"]
    assert paths(call, repo) == ["a", "f/b"]
    assert sorted(call.root.rglob("*")) == before


def test_a_large_file_is_not_had_by_its_digest(call: Caller) -> None:
    secret, other = call.make("secret", private=True), call.make("mine", "eve")
    call.commit(secret, {"big": BIG})
    value = {"path": "copy", "algo": "sha256", "oid": hashlib.sha256(BIG).hexdigest(), "size": len(BIG)}
    lines = {"key": "header", "value": {"summary": "copy"}}, {"key": "lfsFile", "value": value}
    body = "\n".join(map(json.dumps, lines)).encode()
    assert call("POST", f"{other}/commit/main", "eve", content=body).status_code == 400
    assert call("POST", f"{secret}/commit/main", content=body).status_code == 200
    assert call("GET", "/bela/secret/resolve/main/copy").content == BIG


def test_many_large_files_are_found_by_their_digests_in_one_search(
    call: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo, oid = call.make(), hashlib.sha256(BIG).hexdigest()
    call.commit(repo, {"big": BIG})
    searches = []
    found = Repository.refs
    monkeypatch.setattr(Repository, "refs", lambda self: searches.append(1) or found(self))
    copies = [
        {"key": "lfsFile", "value": {"path": f"copy{number}", "oid": oid, "size": len(BIG)}}
        for number in range(40)
    ]
    body = ndjson({"key": "header", "value": {"summary": "copies"}}, *copies)
    assert call("POST", f"{repo}/commit/main", content=body).status_code == 200
    assert len(searches) == 2  # before anything is written, and under the lock
    assert len(paths(call, repo)) == 41


def test_a_proposal_is_compared_with_the_revision_that_it_starts_from(call: Caller) -> None:
    repo = call.make()
    call.commit(repo, {"a": b"1"})
    call("POST", f"{repo}/branch/dev", json={})
    call.commit(repo, {"a": b"2"}, at="dev")
    asked = {"files": [{"path": "a", "sample": "", "size": 1}]}
    for revision, content in (("main", b"1"), ("dev", b"2")):
        answer = call("POST", f"{repo}/preupload/{revision}?create_pr=1", "eve", json=asked)
        assert answer.json()["files"][0]["oid"] == hashlib.sha1(b"blob 1\0" + content).hexdigest()


def test_a_full_disk_changes_nothing(call: Caller) -> None:
    repo = call.make()
    call.commit(repo, {"a": b"1"})
    before = sorted(call.root.rglob("*"))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (2**20, limits[1])
    )  # no file may grow further, as on a full disk
    try:
        answer = call.commit(repo, {"b": b"2", "big": BIG})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert answer.status_code == 507
    assert "full" in answer.json()["error"]
    assert sorted(call.root.rglob("*")) == before
    assert call.commit(repo, {"b": b"2", "big": BIG}).status_code == 200


def test_cards_are_checked(call: Caller) -> None:
    def errors(content: str) -> object:
        answer = call("POST", "/api/validate-yaml", "", json={"content": content, "repoType": "model"})
        return answer.status_code, bool(answer.json()["errors"])

    assert errors("---\nlicense: mit\n---\n# x") == (200, False)
    assert errors("# no front matter") == (200, False)
    for bad in ("a: [1", "- 1", "a: &x 1\nb: *x", "a: " + "[" * 5000, "a: !!python/object:os.system x"):
        assert errors(f"---\n{bad}\n---\n") == (400, True)


def test_sixteen_at_once_all_land(hub_server: HubServer) -> None:
    host, token = hub_server.endpoint.removeprefix("http://"), hub_server.tokens["bela"]

    def post(address: str, body: bytes) -> int:
        connection = http.client.HTTPConnection(host, timeout=60)
        connection.request("POST", address, body, {"Authorization": f"Bearer {token}"})
        return connection.getresponse().status

    assert post("/api/repos/create", b'{"name": "busy"}') == 200
    with ThreadPoolExecutor(16) as pool:
        bodies = [commit_body({f"{number}.txt": b"%d" % number}) for number in range(16)]
        assert (
            list(pool.map(lambda body: post("/api/models/bela/busy/commit/main", body), bodies)) == [200] * 16
        )
    git = pygit2.Repository(str(hub_server.root / "repos/models/bela/busy.git"))
    commits = list(git.walk(git.references["refs/heads/main"].target))
    assert len(commits) == 17
    assert sorted(entry.name for entry in commits[0].tree) == sorted(f"{number}.txt" for number in range(16))
