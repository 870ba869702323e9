"""What a repository says of itself cannot break lists and pages, nor make them large or slow."""

import json
import time
from typing import Any

import pytest

from hub.catalog import MAX_TARGETS, describe
from hub.names import RepoId
from tests.hub.conftest import Caller

HUGE = int("9" * 400)
PAGES = ("/api/models", "/api/models?full=true", "/api/models/bela/onset", "/", "/bela/onset")


def record(value: Any) -> bytes:
    row = {"task": {"main_metric": "f1"}, "sets": {"a": {"f1": value}}, "cost": {"pru": {"cycles": value}}}
    return json.dumps(row).encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", json.dumps({"circuit": {"gates": HUGE}}).encode()),
        ("config.json", json.dumps({"circuit": {"gates": -HUGE}, "summary": "\ud800"}).encode()),
        ("record.json", record(HUGE)),
        ("record.json", record(1e300)),
        ("README.md", b"---\nx: 0x" + b"f" * 8000 + b"\n---\n"),
        ("README.md", b'---\nx: "\\ud800"\n"\\udfff": 1\n---\n'),
        ("README.md", b"---\nlicense: [mit]\ntags: {a: b}\npipeline_tag: {}\nlibrary_name: 7\n---\n"),
        (".eval_results/a.yaml", b'- {value: "\\ud800", dataset: {id: a, task_id: b}}\n'),
        (".eval_results/a.yaml", b"- {value: 0x" + b"f" * 8000 + b", dataset: {id: a, task_id: b}}\n"),
    ],
)
def test_a_strange_repository_is_listed_like_others(call: Caller, name: str, content: bytes) -> None:
    call.commit(call.make("good"), {"README.md": b"---\nlicense: mit\n---\nGood.\n"})
    assert call.commit(call.make(), {name: content}).status_code == 200
    for address in PAGES:
        answer = call("GET", address, "", headers={"Accept": "text/html"} if "api" not in address else {})
        assert answer.status_code == 200, address
        assert len(answer.content) < 20_000
    assert {row["id"] for row in call("GET", "/api/models", "").json()} == {"bela/good", "bela/onset"}


def test_a_repository_names_only_so_many_targets(call: Caller) -> None:
    repo = call.make()
    call.commit(repo, {f"prebuilt/{number:02}{'t' * 60}/a": b"1" for number in range(49)})
    holding = describe(call.hub.store.open(RepoId("models", "bela", "onset")), _head(call, repo))
    assert len(holding.targets) == MAX_TARGETS


def test_only_so_much_of_evaluation_results_is_read(call: Caller) -> None:
    repo = call.make()
    entry = b"- {value: 1, dataset: {id: a, task_id: b}, notes: " + b"n" * 9000 + b"}\n"
    call.commit(repo, {f".eval_results/{number:02}.yaml": entry for number in range(30)})
    whole = call("GET", repo, "").json()["evalResults"]
    assert 0 < len(whole) < 10
    repo = call.make("empty")
    call.commit(
        repo, {f".eval_results/{number:02}.yaml": b"[" + b"{}," * 5000 + b"]" for number in range(49)}
    )
    started = time.monotonic()
    assert call("GET", repo, "").status_code == 200
    assert time.monotonic() - started < 4


def _head(call: Caller, repo: str) -> str:
    return str(call("GET", repo).json()["sha"])


@pytest.mark.parametrize("text", ["---" + "\n" * 60_000, "---\n" + "\n---x" * 12_000, "--- \n" * 12_000])
def test_what_looks_like_front_matter_costs_no_time(call: Caller, text: str) -> None:
    call.commit(call.make(), {"README.md": text.encode()})
    started = time.monotonic()
    assert call("GET", "/bela/onset", "").status_code == 200
    assert time.monotonic() - started < 5


def test_long_markdown_is_not_parsed(call: Caller) -> None:
    call.commit(call.make(), {"README.md": b"![" * 130_000})
    for _ in range(8):
        call("POST", "/api/models/bela/onset/discussions", json={"title": "x", "description": "![" * 30_000})
        said = call("POST", "/api/models/bela/onset/discussions/1/comment", json={"comment": "![" * 30_000})
    assert said.status_code == 403
    started = time.monotonic()
    assert "too long to show" in call("GET", "/bela/onset", "").text
    assert "![![![" in call("GET", "/bela/onset/discussions/1", "").text
    assert time.monotonic() - started < 8
