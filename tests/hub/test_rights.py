"""Who may do what, over the interface; and revisions."""

import json
import re
from collections.abc import Iterator

import pytest

from hub.app import RULES
from tests.hub.conftest import Caller
from tests.hub.raw import commit_body


def test_who_am_i(call: Caller) -> None:
    answer = call("GET", "/api/whoami-v2").json()
    assert (answer["name"], [org["name"] for org in answer["orgs"]]) == ("bela", ["difflogic"])
    assert answer["auth"]["accessToken"]["role"] == "write"
    assert call("GET", "/api/whoami-v2", "").status_code == 401
    call.tokens["forged"] = "hf_" + "x" * 40
    for address in ("/api/whoami-v2", "/api/models"):
        refused = call("GET", address, "forged")
        assert refused.status_code == 401
        assert refused.headers["X-Error-Message"] == "Invalid credentials in Authorization header"


@pytest.mark.parametrize(("user", "status"), [("", 401), ("reader", 403), ("eve", 403)])
def test_only_the_namespace_writes(call: Caller, user: str, status: int) -> None:
    repo = call.make()
    call.commit(repo, {"a": b"1"})
    call("POST", f"{repo}/tag/main", json={"tag": "v1"})
    named = {"name": "onset", "organization": "bela"}
    moved = {"fromRepo": "bela/onset", "toRepo": "eve/onset", "type": "model"}
    tried = (
        call("POST", "/api/repos/create", user, json={"name": "x", "organization": "bela"}),
        call("DELETE", "/api/repos/delete", user, json=named),
        call("POST", "/api/repos/move", user, json=moved),
        call("PUT", f"{repo}/settings", user, json={"private": True}),
        call("POST", f"{repo}/preupload/main", user, json={"files": []}),
        call.commit(repo, {"a": b"2"}, user),
        call("POST", f"{repo}/branch/b", user, json={}),
        call("POST", f"{repo}/tag/main", user, json={"tag": "v2"}),
        call("DELETE", f"{repo}/tag/v1", user),
        call("GET", f"{repo}/auth-check/write", user),
    )
    assert [answer.status_code for answer in tried] == [status] * len(tried)
    assert call("GET", "/bela/onset/resolve/v1/a").content == b"1"
    assert call("GET", f"{repo}/auth-check", user).status_code == 200


def test_a_token_that_is_revoked_during_an_upload_changes_nothing(call: Caller) -> None:
    repo = call.make()

    def body() -> Iterator[bytes]:
        whole = commit_body({"a": b"1"})
        yield whole[:50]
        for token in call.hub.tokens.all():
            if (token.user, token.role) == ("bela", "write"):
                call.hub.tokens.revoke(token.name)
        yield whole[50:]

    assert call("POST", f"{repo}/commit/main", content=body()).status_code == 401
    assert len(call("GET", f"{repo}/commits/main", "").json()) == 1


def test_only_so_many_names(call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.repository._MAX_REFS", 3)
    repo = call.make()
    said = [call("POST", f"{repo}/tag/main", json={"tag": f"v{number}"}).status_code for number in range(4)]
    assert said == [200, 200, 403, 403]
    assert call("DELETE", f"{repo}/tag/v0").status_code == 200
    assert call("POST", f"{repo}/tag/main", json={"tag": "v9"}).status_code == 200


def test_without_a_token_nothing_is_changed_and_no_body_is_read(call: Caller) -> None:
    call.make()
    call.make("hidden", private=True)
    changing = [rule for rule in RULES if rule.method != "GET" and not rule.anyone]
    assert len(changing) >= 14
    for rule in changing:
        for name in ("onset", "hidden", "absent"):
            words = {"kind": "models", "owner": "bela", "name": name, "revision": "main", "num": "1"}
            answer = call(rule.method, "/" + rule.pattern.format(**words), "", content=b"no JSON")
            assert (answer.status_code, rule.pattern) == (401, rule.pattern)
    assert {rule.pattern.rpartition("/")[0] for rule in RULES if rule.anyone} == {
        "api",
        "api/{kind}/{owner}/{name}/paths-info",
    }


def test_what_is_private_is_answered_like_what_is_absent(call: Caller) -> None:
    repo = call.make("hidden", private=True)
    call.commit(repo, {"README.md": b"---\ntags: [secret]\n---\n"})
    call("POST", f"{repo}/discussions", json={"title": "secret"})
    words = {"kind": "models", "owner": "bela", "revision": "dev", "num": "1"}
    bodies = {"move": {"fromRepo": "bela/NAME", "toRepo": "eve/x"}, "delete": {"name": "bela/NAME"}}
    others = {"title": "t", "comment": "c", "tag": "t", "status": "open"}
    for rule in RULES:
        if "{name}" not in rule.pattern and rule.pattern.rpartition("/")[2] not in bodies:
            continue
        pattern = "/" + rule.pattern.replace("{path*}", "README.md")
        said = set()
        for name in ("hidden", "absent"):
            body = json.dumps(bodies.get(rule.pattern.rpartition("/")[2], others))
            address = pattern.format(**words, name=name)
            answer = call(rule.method, address, "eve", content=body.replace("NAME", name))
            assert answer.status_code == 404, (rule.pattern, answer.text)
            said.add((answer.text.replace(name, ""), answer.headers.get("X-Error-Code")))
        assert len(said) == 1, rule.pattern


def test_nobody_moves_into_anothers_namespace(call: Caller) -> None:
    call.make("mine", "eve")
    moved = {"fromRepo": "eve/mine", "toRepo": "bela/mine", "type": "model"}
    assert call("POST", "/api/repos/move", "eve", json=moved).status_code == 403
    back = {"fromRepo": "eve/mine", "toRepo": "eve/yours", "type": "model"}
    assert call("POST", "/api/repos/move", "eve", json=back).status_code == 200
    assert call("GET", "/api/models/eve/yours").status_code == 200


def test_making_twice(call: Caller) -> None:
    call.make()
    again = call("POST", "/api/repos/create", json={"name": "onset"})
    assert (again.status_code, again.json()["url"]) == (409, "http://testserver/bela/onset")
    assert call("POST", "/api/repos/create", json={"name": "Onset"}).status_code == 409
    team = call("POST", "/api/repos/create", json={"name": "x", "organization": "difflogic"})
    assert team.json()["url"] == "http://testserver/difflogic/x"
    assert (
        call("DELETE", "/api/repos/delete", json={"name": "absent"}).headers["X-Error-Code"] == "RepoNotFound"
    )


def test_revisions(call: Caller) -> None:
    repo = call.make()
    first = call.commit(repo, {"a": b"1"}, description="long\ntext").json()["commitOid"]
    assert call("POST", f"{repo}/tag/main", json={"tag": "v1"}).status_code == 200
    assert call("POST", f"{repo}/tag/main", json={"tag": "v1"}).status_code == 409
    assert call("POST", f"{repo}/branch/dev%2Fx", json={"startingPoint": first}).status_code == 200
    second = call.commit(repo, {"a": b"2"}, at="dev%2Fx").json()["commitOid"]
    for revision, commit in (("main", first), ("v1", first), ("dev%2Fx", second), (second, second)):
        assert call("GET", f"{repo}/revision/{revision}").json()["sha"] == commit
    refs = call("GET", f"{repo}/refs").json()
    assert refs["branches"] == [
        {"name": "dev/x", "ref": "refs/heads/dev/x", "targetCommit": second},
        {"name": "main", "ref": "refs/heads/main", "targetCommit": first},
    ]
    assert [tag["name"] for tag in refs["tags"]] == ["v1"]
    row = call("GET", f"{repo}/commits/main").json()[0]
    assert (row["id"], row["title"], row["message"], row["authors"]) == (
        first,
        "more",
        "long\ntext",
        [{"user": "bela"}],
    )
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["date"])
    assert call("DELETE", f"{repo}/branch/main").status_code == 403
    assert call("DELETE", f"{repo}/branch/dev%2Fx").status_code == 200
    assert call("GET", f"{repo}/revision/dev%2Fx").headers["X-Error-Code"] == "RevisionNotFound"
    assert call("GET", f"{repo}/revision/{second}").status_code == 200
    missing = call("GET", "/bela/onset/resolve/main/absent")
    assert (missing.headers["X-Error-Code"], missing.headers["X-Repo-Commit"]) == ("EntryNotFound", first)


def test_trees(call: Caller) -> None:
    repo = call.make()
    call.commit(repo, {"a": b"1", "f/b": b"22", "f/g/c": bytes(2**20 + 1)})
    top = call("GET", f"{repo}/tree/main").json()
    assert [(row["type"], row["path"]) for row in top] == [("file", "a"), ("directory", "f")]
    inside = call("GET", f"{repo}/tree/main/f?recursive=true").json()
    assert [row["path"] for row in inside] == ["f/b", "f/g", "f/g/c"]
    assert inside[2]["size"] == inside[2]["lfs"]["size"] == 2**20 + 1
    changed = call.commit(repo, {"f/b": b"3"}).json()["commitOid"]
    rows = call("GET", f"{repo}/tree/main?recursive=true&expand=true").json()
    last = {row["path"]: row["lastCommit"]["id"] for row in rows}
    assert {path for path, commit in last.items() if commit == changed} == {"f", "f/b"}
    assert last["a"] == last["f/g/c"] == last["f/g"]
    assert call("GET", f"{repo}/tree/main/absent").headers["X-Error-Code"] == "EntryNotFound"
    paths = {"paths": ["a", "f", "absent"], "expand": "False"}
    found = call("POST", f"{repo}/paths-info/main", data=paths).json()
    assert [(row["path"], row["type"]) for row in found] == [("a", "file"), ("f", "directory")]
    assert [row["path"] for row in call("POST", f"{repo}/paths-info/main", json={"paths": ["a"]}).json()] == [
        "a"
    ]


def test_refusals_are_logged_on_one_line(call: Caller, caplog: pytest.LogCaptureFixture) -> None:
    call.make(private=True)
    call("DELETE", "/api/repos/delete", "eve", json={"name": "onset", "organization": "bela"})
    call("GET", "/api/models/bela/a%0Ab%1b", "eve")
    lines = [record.getMessage() for record in caplog.records if "refused" in record.getMessage()]
    assert len(lines) == 2
    assert all("user=eve ip=testclient" in line and line.isprintable() for line in lines)
