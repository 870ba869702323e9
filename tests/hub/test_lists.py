"""Lists and what they tell: search by task and target, pages, private repositories, strangers' cards."""

from pathlib import Path

import pytest

from hub.card import front_matter, read_yaml
from tests.hub.conftest import Caller

MODELS = Path(__file__).parents[2] / "zoo" / "models" / "bela"


def put_model(call: Caller, name: str, folder: str) -> str:
    """Upload a bundled model's small files under another name."""
    repo = call.make(name)
    names = "config.json", "record.json", "README.md", "model.safetensors"
    answer = call.commit(repo, {name: (MODELS / folder / name).read_bytes() for name in names})
    assert answer.status_code == 200
    return repo


def ids(call: Caller, query: str = "", user: str = "bela", kind: str = "models") -> list[str]:
    return [row["id"] for row in call("GET", f"/api/{kind}?{query}", user).json()]


def test_search_by_task_and_target(call: Caller) -> None:
    put_model(call, "onset", "onset-gates")
    put_model(call, "digits", "digit-gates-nano")
    call.make("empty")
    assert sorted(ids(call)) == ["bela/digits", "bela/empty", "bela/onset"]
    assert ids(call, "filter=task:onset&filter=target:host") == ["bela/onset"]
    assert ids(call, "filter=task:onset,license:mit") == ["bela/onset"]
    assert ids(call, "filter=task:onset&filter=task:digits") == []
    assert ids(call, "search=digits") == ["bela/digits"]
    assert ids(call, "search=percussive") == ["bela/onset"]
    assert ids(call, "author=eve") == []
    row = call("GET", "/api/models/bela/onset").json()
    assert {"task:onset", "task:onset@1", "target:host", "logic-gates", "license:mit"} <= set(row["tags"])
    assert row["library_name"] == "difflogic-zoo"
    assert row["cardData"]["license"] == "mit"


def test_what_the_catalog_knows_of_a_model(call: Caller) -> None:
    put_model(call, "onset", "onset-gates")
    hub = call.hub
    (listed,) = hub.catalog.all("models")
    holding = listed.holding
    assert (holding.task, holding.metric, holding.gates, holding.better) == ("onset@1", "f_50ms", 5120, True)
    assert holding.scores.keys() == {"test1", "test2", "test3"}
    assert holding.summary.startswith("Finds percussive onsets")
    record = b'{"cost": {"cortex-a8": {"cycles": 1200.5}, "pru": {"cycles": "many"}, "host": 7}}'
    call.commit("/api/models/bela/onset", {"config.json": b'{"task": "drums@2"}'})
    call.commit(call.make("priced"), {"record.json": record})
    onset, priced = (listed.holding for listed in hub.catalog.all("models"))
    assert (onset.task, priced.cycles) == ("drums@2", {"cortex-a8": 1200.5})


@pytest.mark.parametrize(
    "files",
    [
        {"config.json": b"[" * 10_000, "record.json": b'{"sets": 7, "task": []}', "README.md": b"\xff---\n"},
        {
            "config.json": b'{"task": {"a": 1}, "circuit": {"gates": true}}',
            "README.md": b"---\ntags: {a: b}\n---\n",
        },
        {"record.json": b'{"task": {"main_metric": "f"}, "sets": {"t": {"f": NaN}, "u": {"f": 1e999}}}'},
        {"README.md": b"---\na: &a [x]\nb: [*a, *a]\n---\n", "manifest.json": b""},
        {"README.md": b"---\ntags: [1, null, .nan, '\\x1b[31m', ok]\nlicense: [a]\ndate: 2026-01-01\n---\n"},
    ],
)
def test_strange_files_make_no_trouble(call: Caller, files: dict[str, bytes]) -> None:
    repo = call.make()
    assert call.commit(repo, files).status_code == 200
    assert ids(call) == ["bela/onset"]
    row = call("GET", repo).json()
    assert all(tag.isprintable() for tag in row["tags"])
    assert call("GET", "/bela/onset", headers={"Accept": "text/html"}).status_code == 200


def test_pages(call: Caller) -> None:
    for name in "abcde":
        call.make(name)
    seen, address = [], "/api/models?sort=id&limit=2"
    while address:
        answer = call("GET", address)
        seen += [row["id"] for row in answer.json()]
        address = answer.links["next"]["url"] if "next" in answer.links else ""
    assert seen == [f"bela/{name}" for name in "abcde"]
    assert call("GET", "/api/models?sort=nonsense").status_code == 400
    for odd in ("limit=0", "limit=-1", "limit=x", "cursor=99999999999", "limit=%C2%B2"):
        assert call("GET", f"/api/models?{odd}").status_code == 200


def test_pages_with_all_files_are_shorter(call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.api.lists._FULL_PAGE", 2)
    for name in "abc":
        call.make(name)
    assert len(call("GET", "/api/models").json()) == 3
    for query in ("full=true", "expand=siblings", "full=1&limit=3"):
        answer = call("GET", f"/api/models?{query}")
        assert len(answer.json()) == 2
        assert [len(call("GET", answer.links["next"]["url"]).json())] == [1]


def test_only_what_is_asked_for(call: Caller) -> None:
    call.make()
    (row,) = call("GET", "/api/models?expand=tags&expand=lastModified").json()
    assert row.keys() == {"_id", "id", "tags", "lastModified"}
    assert call("GET", "/api/models/bela/onset?expand[]=sha").json().keys() == {"_id", "id", "sha"}
    assert "siblings" in call("GET", "/api/models?full=true").json()[0]


def test_private_repositories_are_seen_by_their_namespace(call: Caller) -> None:
    call.make("open")
    hidden = call.make("hidden", private=True)
    assert ids(call) == ids(call, user="reader") == ["bela/hidden", "bela/open"]
    for user in ("eve", ""):
        assert ids(call, user=user) == ["bela/open"]
        places = ("", "/revision/main", "/tree/main", "/refs", "/commits/main", "/discussions")
        for address in (*(hidden + place for place in places), "/bela/hidden/resolve/main/x", "/bela/hidden"):
            missing = call("GET", address.replace("hidden", "absent"), user)
            answer = call("GET", address, user)
            assert answer.status_code == missing.status_code == 404
            assert answer.text.replace("hidden", "absent") == missing.text
            assert answer.headers["X-Error-Code"] == "RepoNotFound"
    call("PUT", f"{hidden}/settings", json={"visibility": "public"})
    assert ids(call, user="") == ["bela/hidden", "bela/open"]


def test_datasets_are_apart(call: Caller) -> None:
    call.make()
    answer = call("POST", "/api/repos/create", json={"name": "bench", "type": "dataset"})
    assert answer.json()["url"].endswith("/datasets/bela/bench")
    call.commit("/api/datasets/bela/bench", {"eval.yaml": b"name: x\n"})
    assert ids(call, kind="datasets") == ["bela/bench"]
    assert ids(call) == ["bela/onset"]
    assert call("GET", "/datasets/bela/bench/resolve/main/eval.yaml").content == b"name: x\n"
    assert call("POST", "/api/repos/create", json={"name": "x", "type": "space"}).status_code == 400
    assert call("GET", "/api/spaces").status_code == 400


def test_evaluation_results(call: Caller) -> None:
    repo = call.make()
    good = b"- dataset: {id: lab/bench, task_id: f1}\n  value: 0.9\n  date: 2026-11-20\n"
    call.commit(repo, {".eval_results/a.yaml": good, ".eval_results/b.yaml": b"- value: 1\n"})
    first, second = call("GET", f"{repo}?expand=evalResults").json()["evalResults"]
    assert first["data"] == {
        "dataset": {"id": "lab/bench", "task_id": "f1"},
        "value": 0.9,
        "date": "2026-11-20",
    }
    assert "task_id" in second["error"]


def test_front_matter() -> None:
    assert front_matter("---\nlicense: mit\ntags: [a, b]\n---\ntext") == {
        "license": "mit",
        "tags": ["a", "b"],
    }
    assert front_matter("no") == front_matter("---\n---\n") == front_matter("---\nnever ends") == {}
    for bad in (
        "---\n- a\n---\n",
        "---\na: *b\n---\n",
        "---\n? {a: b}\n: c: d\n---\n",
        "---\na: !!binary AA==\n---\n",
    ):
        with pytest.raises(ValueError):
            front_matter(bad)
    with pytest.raises(ValueError, match="more than"):
        read_yaml("a" * 20_000)
