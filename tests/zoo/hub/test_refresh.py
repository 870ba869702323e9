"""A newer index: signed, checked strictly, and never another meaning of what came with the package."""

from __future__ import annotations

import base64
import hashlib
import json
import warnings
from dataclasses import asdict, replace
from typing import Any

import pytest

import zoo
from tests.zoo.hub.conftest import LIMITS
from tests.zoo.hub.evil import COMMIT, Hub
from zoo import HubError, ModelError, SignatureError, ZooError
from zoo.cli import run_command
from zoo.folder import load_folder
from zoo.hub.cache import HubCache
from zoo.hub.index_file import parse_index, read_refreshed
from zoo.hub.keys import load_key, new_key, public_bytes, trust
from zoo.hub.names import RepoId
from zoo.hub.refresh import PURPOSE, SOURCE, refresh
from zoo.hub.trust import MODEL, sign_bytes
from zoo.index import INDEX, Entry, catalogue, entries, list_models, newer_of

BUNDLED = "bela/onset-gates"


def entry(hub: Hub, **changes: Any) -> Entry:
    """The entry of the hub's model."""
    model = Entry(
        id="test/tiny",
        task=None,
        targets=("host",),
        gates=128,
        circuit_sha256="1" * 64,
        manifest_sha256=hashlib.sha256(hub.files["manifest.json"]).hexdigest(),
        summary="A small model",
        repo="test/tiny",
        commit=COMMIT,
    )
    return replace(model, **changes)


def offer(hub: Hub, *offered: Entry, key: Any = None, purpose: str = PURPOSE) -> None:
    """Put an index of these entries on the hub."""
    data = json.dumps([asdict(one) for one in offered]).encode()
    hub.repo, hub.files = str(SOURCE), {**hub.files, "index.json": data}
    hub.files.pop("index.json.sig", None)
    if key is not None:
        hub.files["index.json.sig"] = sign_bytes(data, key, purpose)


@pytest.fixture
def key() -> Any:
    """A key that is trusted for the index."""
    new_key("keeper")
    made = load_key("keeper")
    trust(SOURCE.owner, base64.b64encode(public_bytes(made)).decode(), "keeper")
    return made


def test_a_signed_index_adds_models_that_load_at_their_commit(hub: Hub, key: Any) -> None:
    offer(hub, entry(hub), key=key)
    done = refresh(limits=LIMITS)
    assert (done.models, done.added, done.changed) == (1, ["test/tiny"], [])
    assert done.signed.startswith("signed by keeper")
    assert list_models("test/*") == list_models(where="hub") == ["test/tiny"]
    hub.repo = "test/tiny"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = zoo.load("test/tiny")
        assert hub.asked("/revision/main")[1:] == [], "the index says which commit"
        assert list_models(where="cached") == ["test/tiny"]
        hub.__exit__()
        assert zoo.load(f"test/tiny@{COMMIT}", offline=True).folder == model.folder


def test_an_index_cannot_give_a_pinned_namespace_what_its_keys_did_not_sign(hub: Hub, key: Any) -> None:
    trust("bela", base64.b64encode(public_bytes(key)).decode(), "bela")
    offer(hub, entry(hub, id="bela/new"))
    refresh(limits=LIMITS, unsigned=True)
    hub.repo = "test/tiny"
    for _ in range(2):  # from the hub, and from the cache
        with pytest.raises(SignatureError, match="expected a signature by bela"):
            zoo.load("bela/new")


@pytest.mark.parametrize("how", ["unsigned", "unknown", "another purpose", "changed"])
def test_an_index_without_a_trusted_signature_is_refused(hub: Hub, key: Any, how: str) -> None:
    new_key("stranger")
    offer(
        hub,
        entry(hub),
        key={"unsigned": None, "unknown": load_key("stranger")}.get(how, key),
        purpose=MODEL if how == "another purpose" else PURPOSE,
    )
    if how == "changed":
        hub.files["index.json"] += b"\n"
    with pytest.raises(SignatureError, match=r"index.json: expected a trusted signature; it is"):
        refresh(limits=LIMITS)
    assert read_refreshed() == {}
    if how in ("unsigned", "unknown"):
        assert refresh(unsigned=True, limits=LIMITS).models == 1
    else:
        with pytest.raises(SignatureError):
            refresh(unsigned=True, limits=LIMITS)


def test_a_bundled_id_keeps_its_meaning(hub: Hub, key: Any) -> None:
    here = entries()[BUNDLED]
    changed = entry(hub, id=BUNDLED, repo="test/tiny")
    offer(hub, changed, replace(entries()["bela/drum-gates"], repo="bela/drums", commit="d" * 40), key=key)
    refresh(limits=LIMITS)
    assert catalogue()[BUNDLED] == here
    assert newer_of(BUNDLED) == changed
    assert newer_of("bela/drum-gates") is None
    assert catalogue()["bela/drum-gates"].commit == "d" * 40
    assert zoo.load(BUNDLED).circuit.digest() == here.circuit_sha256
    assert zoo.load(f"bela/drum-gates@{'d' * 40}", offline=True).folder == entries()["bela/drum-gates"].folder
    hub.repo = "test/tiny"
    newer = zoo.load(BUNDLED, revision=COMMIT)
    assert newer.id == "test/tiny"
    with pytest.raises(HubError, match="test/tiny: commit eeeeeeee is not in the cache"):
        zoo.load(f"{BUNDLED}@{'e' * 40}", offline=True)


def test_what_the_hub_has_instead_of_the_pinned_model_is_refused(hub: Hub, key: Any) -> None:
    offer(hub, entry(hub, manifest_sha256="2" * 64), key=key)
    refresh(limits=LIMITS)
    hub.repo = "test/tiny"
    with pytest.raises(HubError, match=rf"SHA-256: expected {'2' * 64} \(index\)"):
        zoo.load("test/tiny")
    assert HubCache().models() == {}


def test_refreshing_again_says_what_changed(hub: Hub, key: Any) -> None:
    offer(hub, entry(hub), entry(hub, id="test/two"), key=key)
    refresh(limits=LIMITS)
    offer(hub, entry(hub, commit="e" * 40), entry(hub, id="test/two"), entry(hub, id="test/three"), key=key)
    done = refresh(limits=LIMITS)
    assert (done.models, done.added, done.changed) == (3, ["test/three"], ["test/tiny"])


def test_another_repository_may_keep_an_index(hub: Hub) -> None:
    offer(hub, entry(hub))
    hub.repo = "me/index"
    assert refresh(RepoId("me", "index"), unsigned=True, limits=LIMITS).models == 1
    hub.files = {}
    with pytest.raises(HubError, match="me/index: it has no index.json"):
        refresh(RepoId("me", "index"), unsigned=True, limits=LIMITS)


def test_offline_nothing_is_refreshed(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(HubError, match="HF_HUB_OFFLINE is set"):
        refresh(limits=LIMITS)
    assert hub.requests == []


def test_a_damaged_refreshed_index_stops_no_bundled_model(hub: Hub, cache: HubCache) -> None:
    cache.root.mkdir(parents=True)
    (cache.root / "index.json").write_text("[")
    assert zoo.load(BUNDLED).id == BUNDLED
    with pytest.raises(ModelError, match=r"index.json: index: expected JSON.*download"):
        zoo.list_models()


WRONG: dict[str, Any] = {
    "id": ["x", "A/b", "a/b\n", 3, None, "../x"],
    "task": ["onset", "", 1, "onset@0"],
    "targets": ["host", ["a b"], [1], ["a"] * 17],
    "gates": [-1, 1.5, True, "9", 1 << 40],
    "circuit_sha256": ["x", "A" * 64, None],
    "manifest_sha256": ["../" * 21 + "x", None],
    "summary": ["", "two\nlines", "x" * 301, "\x1b[31m"],
    "repo": ["x", 5, "a/b/c", None],
    "commit": ["main", "a" * 39, None],
    "folder": ["/etc"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in WRONG for value in WRONG[name]])
def test_entries_that_are_none(hub: Hub, tmp_path: Any, name: str, value: Any) -> None:
    rows = [{**asdict(entry(hub)), name: value}]
    with pytest.raises(ModelError, match="entry 0"):
        parse_index(tmp_path / "index.json", json.dumps(rows).encode())


@pytest.mark.parametrize("text", ["", "{}", "[[]]", "[" * 5_000, '[{"id": 1, "id": 2}]', "[]" * 2, "null"])
def test_files_that_are_no_index(tmp_path: Any, text: str) -> None:
    with pytest.raises(ModelError):
        parse_index(tmp_path / "index.json", text.encode())


def test_an_id_stands_once_and_an_index_has_an_end(hub: Hub, tmp_path: Any) -> None:
    row = asdict(entry(hub))
    with pytest.raises(ModelError, match="test/tiny twice"):
        parse_index(tmp_path, json.dumps([row, row]).encode())
    with pytest.raises(ModelError, match="at most 10000 entries"):
        parse_index(tmp_path, json.dumps([0] * 10_001).encode())


def test_the_bundled_index_has_the_form_of_one_from_elsewhere() -> None:
    assert parse_index(INDEX, INDEX.read_bytes()) == entries()
    for one in entries().values():
        folder = load_folder(one.folder)
        assert (folder.id, folder.circuit.n_gates) == (one.id, one.gates)
        assert one.where == "bundled"


def test_an_entry_without_a_commit_is_not_sought(hub: Hub, key: Any) -> None:
    offer(hub, entry(hub, repo=None, commit=None), key=key)
    refresh(limits=LIMITS)
    with pytest.raises(ZooError, match="this model is not published"):
        zoo.load("test/tiny")


def test_the_commands_refresh_and_show_where_each_model_is(
    hub: Hub, key: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    offer(hub, entry(hub), entry(hub, id=BUNDLED), key=key)
    assert run_command(["index", "refresh"]) == 0
    out = capfd.readouterr().out
    assert out.startswith(f"new: {BUNDLED}\nnew: test/tiny\n2 models, signed by keeper")
    assert run_command(["list"]) == 0
    lines = {line.split()[0]: line for line in capfd.readouterr().out.splitlines()}
    assert lines["test/tiny"].split()[2] == "hub"
    assert f"bundled, newer @{COMMIT}" in lines[BUNDLED]
    assert lines["bela/drum-gates"].split()[2] == "bundled"
    assert run_command(["list", "test/*", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)[0]["where"] == "hub"
    assert run_command(["index", "refresh", "--from", "nonsense"]) == 1
    assert "nonsense: expected owner/name" in capfd.readouterr().err
