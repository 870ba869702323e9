"""Discussions and pull requests, as clients open, fill, merge and close them."""

import json
import random
import time

import pygit2
import pytest

from tests.hub.conftest import Caller


@pytest.fixture
def repo(call: Caller) -> str:
    repo = call.make()
    call.commit(repo, {"a.txt": b"one\ntwo\nthree\nfour\nfive\n", "b.txt": b"b"})
    return repo


def files(call: Caller, repo: str) -> dict[str, bytes]:
    rows = call("GET", f"{repo}/tree/main?recursive=true").json()
    name = repo.removeprefix("/api/models")
    return {row["path"]: call("GET", f"{name}/resolve/main/{row['path']}").content for row in rows}


def propose(call: Caller, repo: str, changes: dict[str, bytes], **header: str) -> int:
    answer = call.commit(repo, changes, "eve", "main?create_pr=1", **header)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["pullRequestUrl"].rpartition("/")[2])


def test_a_stranger_proposes_and_the_owner_merges(call: Caller, repo: str) -> None:
    num = propose(call, repo, {"c.txt": b"c"}, description="why")
    assert files(call, repo).keys() == {"a.txt", "b.txt"}
    details = call("GET", f"{repo}/discussions/{num}?diff=1").json()
    assert (details["status"], details["author"]["name"], details["isPullRequest"]) == ("open", "eve", True)
    assert [event["type"] for event in details["events"]] == ["comment", "commit"]
    assert "+c" in details["diff"]
    assert details["filesWithConflicts"] == []
    assert call("POST", f"{repo}/discussions/{num}/merge", "eve", json={}).status_code == 403
    merged = call("POST", f"{repo}/discussions/{num}/merge", json={"comment": "thanks"})
    assert merged.status_code == 200
    assert files(call, repo)["c.txt"] == b"c"
    details = call("GET", f"{repo}/discussions/{num}").json()
    assert details["status"] == "merged"
    assert details["changes"]["mergeCommitId"] == merged.json()["commitOid"]
    git = pygit2.Repository(str(call.root / "repos/models/bela/onset.git"))
    assert len(git[merged.json()["commitOid"]].parents) == 2
    assert call("POST", f"{repo}/discussions/{num}/merge", json={}).status_code == 400


def test_a_draft_is_filled_by_its_author_alone(call: Caller, repo: str) -> None:
    body = {"title": "More", "description": "text", "pullRequest": True}
    num = call("POST", f"{repo}/discussions", "eve", json=body).json()["num"]
    assert call("GET", f"{repo}/discussions/{num}").json()["status"] == "draft"
    call.tokens["mallory"] = call.tokens["reader"]
    assert call.commit(repo, {"c": b"c"}, "mallory", f"refs%2Fpr%2F{num}").status_code == 403
    assert call.commit(repo, {"c": b"c"}, "eve", f"refs%2Fpr%2F{num}").status_code == 200
    assert call.commit(repo, {"d": b"d"}, "bela", f"refs%2Fpr%2F{num}").status_code == 200
    assert call("POST", f"{repo}/discussions/{num}/merge", json={}).status_code == 200
    assert files(call, repo).keys() == {"a.txt", "b.txt", "c", "d"}
    assert call.commit(repo, {"e": b"e"}, "eve", f"refs%2Fpr%2F{num}").status_code == 403


def test_both_sides_changed_different_lines(call: Caller, repo: str) -> None:
    num = propose(call, repo, {"a.txt": b"ONE\ntwo\nthree\nfour\nfive\n"})
    call.commit(repo, {"a.txt": b"one\ntwo\nthree\nfour\nFIVE\n"})
    assert call("POST", f"{repo}/discussions/{num}/merge", json={}).status_code == 200
    assert files(call, repo)["a.txt"] == b"ONE\ntwo\nthree\nfour\nFIVE\n"


def test_conflicts_are_named_and_change_nothing(call: Caller, repo: str) -> None:
    num = propose(call, repo, {"b.txt": b"theirs", "new": b"x"})
    call.commit(repo, {"b.txt": b"ours"})
    assert call("GET", f"{repo}/discussions/{num}").json()["filesWithConflicts"] == ["b.txt"]
    answer = call("POST", f"{repo}/discussions/{num}/merge", json={})
    assert answer.status_code == 409
    assert answer.json()["filesWithConflicts"] == ["b.txt"]
    assert files(call, repo)["b.txt"] == b"ours"
    assert call("GET", f"{repo}/discussions/{num}").json()["status"] == "open"


def test_a_merge_cannot_make_what_a_commit_may_not(call: Caller, repo: str) -> None:
    num = propose(call, repo, {"Name": b"x"})
    call.commit(repo, {"name": b"y"})
    assert call("POST", f"{repo}/discussions/{num}/merge", json={}).status_code == 400
    assert "Name" not in files(call, repo)


def short_lines(seed: int, count: int) -> bytes:
    return "".join(line + "\n" for line in random.Random(seed).choices("abcdefghij", k=count)).encode()


def test_what_takes_long_to_compare_is_not_compared(call: Caller, repo: str) -> None:
    call.commit(repo, {"big": short_lines(0, 400_000)})
    num = propose(call, repo, {"big": short_lines(1, 400_000), "c": b"new words"})
    call.commit(repo, {"big": short_lines(2, 400_000), "d": b"d"})
    started = time.monotonic()
    details = call("GET", f"{repo}/discussions/{num}?diff=1", "").json()
    assert time.monotonic() - started < 3
    assert details["filesWithConflicts"] == ["big"]
    assert "big: too large" in details["diff"]
    assert "+new words" in details["diff"]
    assert call("POST", f"{repo}/discussions/{num}/merge", json={}).status_code == 409
    call.commit(repo, {"big": short_lines(1, 400_000)})  # the same on both sides
    assert call("POST", f"{repo}/discussions/{num}/merge", json={}).status_code == 200
    assert files(call, repo).keys() == {"a.txt", "b.txt", "big", "c", "d"}


def test_a_large_file_that_one_side_changed_is_merged(call: Caller, repo: str) -> None:
    call.commit(repo, {"big": short_lines(0, 400_000)})
    num = propose(call, repo, {"big": short_lines(1, 400_000)})
    call.commit(repo, {"d": b"d"})
    assert call("POST", f"{repo}/discussions/{num}/merge", json={}).status_code == 200
    assert files(call, repo)["big"] == short_lines(1, 400_000)


def test_a_merge_that_a_kill_cut_short_is_noted_later(call: Caller, repo: str) -> None:
    num = propose(call, repo, {"c": b"c"})
    kept = call.root / "repos/models/bela/onset.git/hub/discussions" / f"{num}.json"
    before = kept.read_bytes()
    assert call("POST", f"{repo}/discussions/{num}/merge", json={}).status_code == 200
    kept.write_bytes(before)  # as if the server died between the reference and the note
    assert call("POST", f"{repo}/discussions/{num}/merge", json={}).status_code == 200
    assert call("GET", f"{repo}/discussions/{num}").json()["status"] == "merged"
    assert len(call("GET", f"{repo}/commits/main").json()) == 4


def test_a_reference_without_its_discussion_is_in_nobodys_way(call: Caller, repo: str) -> None:
    git = pygit2.Repository(str(call.root / "repos/models/bela/onset.git"))
    git.create_reference_direct("refs/pr/1", git.references["refs/heads/main"].target, False)
    assert propose(call, repo, {"c": b"c"}) == 1


def test_a_full_pull_request_takes_no_commit_and_can_be_merged(call: Caller, repo: str) -> None:
    num = propose(call, repo, {"c": b"1"})
    said = [
        call("POST", f"{repo}/discussions/{num}/comment", "eve", json={"comment": "x" * 60_000}).status_code
        for _ in range(9)
    ]
    assert said == [200] * 8 + [403]
    for left in (20_000, 1_000):
        while call("POST", f"{repo}/discussions/{num}/comment", json={"comment": "x" * left}).is_success:
            pass
    for _ in range(9):
        call("POST", f"{repo}/discussions/{num}/title", json={"title": "x" * 190})
    assert call.commit(repo, {"c": b"2"}, "eve", f"refs%2Fpr%2F{num}").status_code == 403
    assert call("GET", f"/bela/onset/resolve/refs%2Fpr%2F{num}/c").content == b"1"
    assert call("POST", f"{repo}/discussions/{num}/merge", json={}).status_code == 200
    assert call("GET", f"{repo}/discussions/{num}").json()["status"] == "merged"


def test_half_a_character_is_not_kept(call: Caller, repo: str) -> None:
    def say(address: str, **more: str) -> int:
        body = {"title": "x\ud800", "description": "x\ud800", "comment": "x\ud800", **more}
        content = json.dumps(body).encode()
        return int(call("POST", f"{repo}/discussions{address}", content=content).status_code)

    num = propose(call, repo, {"c": b"1"})
    said = [say(""), say("/2/comment"), say("/2/title"), say("/2/status", status="closed")]
    assert [*said, say(f"/{num}/merge")] == [200] * 5
    assert call("GET", f"{repo}/discussions/2").json()["title"] == "x?"
    assert say("/2/comment", comment="\0") == 400
    assert call("POST", f"{repo}/discussions/1/merge", json={"comment": "a\0"}).status_code == 400


def test_talk(call: Caller, repo: str) -> None:
    num = call("POST", f"{repo}/discussions", "eve", json={"title": "Hello", "description": "?"}).json()[
        "num"
    ]
    assert call("POST", f"{repo}/discussions/{num}/comment", json={"comment": "Hi"}).status_code == 200
    renamed = call("POST", f"{repo}/discussions/{num}/title", "eve", json={"title": "Bye"}).json()["newTitle"]
    assert renamed["data"] == {"from": "Hello", "to": "Bye"}
    closed = call("POST", f"{repo}/discussions/{num}/status", json={"status": "closed"}).json()["newStatus"]
    assert closed["data"] == {"status": "closed"}
    details = call("GET", f"{repo}/discussions/{num}", "").json()
    said = [event["data"]["latest"]["raw"] for event in details["events"] if event["type"] == "comment"]
    assert (details["title"], details["status"], said) == ("Bye", "closed", ["?", "Hi"])


def test_discussions_are_listed_by_kind_status_and_author(call: Caller, repo: str) -> None:
    propose(call, repo, {"c": b"c"})
    call("POST", f"{repo}/discussions", json={"title": "Talk"})
    call("POST", f"{repo}/discussions/2/status", json={"status": "closed"})

    def nums(query: str) -> list[int]:
        found = call("GET", f"{repo}/discussions?{query}").json()
        assert found["count"] == len(found["discussions"])
        return [row["num"] for row in found["discussions"]]

    assert nums("p=0") == [2, 1]
    assert nums("type=pull_request") == [1] == nums("status=open") == nums("author=eve")
    assert nums("type=discussion") == [2] == nums("status=closed")


def test_who_may_not_talk(call: Caller, repo: str) -> None:
    for user, status in (("", 401), ("reader", 403)):
        assert call("POST", f"{repo}/discussions", user, json={"title": "x"}).status_code == status
        assert call.commit(repo, {"x": b"x"}, user, "main?create_pr=1").status_code == status
    call("POST", f"{repo}/discussions", json={"title": "x"})
    assert call("POST", f"{repo}/discussions/1/status", "eve", json={"status": "closed"}).status_code == 403
    for bad in ({"title": ""}, {"title": "x" * 201}, {"title": 7}, {}):
        assert call("POST", f"{repo}/discussions", json=bad).status_code == 400
    for num in ("0", "2", "x", "-1", "9" * 30):
        assert call("GET", f"{repo}/discussions/{num}").status_code == 404
