"""An honest hub: what is got, kept, and needs no network from then on."""

from __future__ import annotations

import base64
import hashlib
import warnings
from pathlib import Path
from typing import Any

import pytest

import zoo
from tests.tiny import tiny_model
from tests.zoo.hub.conftest import LIMITS
from tests.zoo.hub.evil import COMMIT, Hub, saying
from zoo import HubError, HubNote, ModelError, SignatureError, UnknownModelError, ZooError
from zoo.folder import load_folder
from zoo.hub.cache import HubCache
from zoo.hub.get import Extras, fetch
from zoo.hub.keys import load_key, new_key, public_bytes, trust
from zoo.hub.names import RepoId
from zoo.hub.trust import MODEL, sign_bytes

TINY = RepoId("test", "tiny")
OTHER = "f" * 40


def get(revision: str = "main", **options: Any) -> Path:
    """Get the model without any note."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", HubNote)
        return fetch(TINY, revision, limits=LIMITS, **options)


def own_key(name: str = "mine") -> Any:
    new_key(name)
    return load_key(name)


def needed(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if "prebuilt" not in name and "checkpoint" not in name}


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_model_is_got_once_and_kept_under_the_digest_of_its_manifest(hub: Hub, cache: HubCache) -> None:
    folder = get()
    assert folder == cache.model(hashlib.sha256(hub.files["manifest.json"]).hexdigest())
    assert content(folder) == needed(hub.files)
    before = len(hub.requests)
    assert get(COMMIT) == folder
    assert len(hub.requests) == before, "a commit never changes, so nobody is asked"
    assert get() == folder
    assert [request.path for request in hub.requests[before:]] == ["/api/models/test/tiny/revision/main"]
    assert (cache.leftovers(), list(cache.root.glob("locks/*"))) == ([], [])


def test_load_gives_the_model_and_says_that_nobody_vouches_for_it(hub: Hub) -> None:
    with pytest.warns(HubNote, match="not in the zoo's index"):
        model = zoo.load("test/tiny")
    assert model.circuit.digest() == tiny_model().circuit.digest()
    with pytest.warns(HubNote):
        again = zoo.load(f"test/tiny@{COMMIT}", offline=True)
    assert again.folder == model.folder
    with pytest.warns(HubNote):
        assert zoo.Model.from_pretrained("test/tiny", local_files_only=True).folder == model.folder


def test_a_model_without_such_a_revision_is_not_called_unknown(hub: Hub) -> None:
    with pytest.raises(HubError, match="there is no revision v9") as caught:
        zoo.load("test/tiny", revision="v9")
    assert "no bundled model" not in str(caught.value)


def test_a_model_that_calls_itself_otherwise_is_noted(hub: Hub) -> None:
    hub.repo = "test/other"
    with pytest.warns(HubNote, match="test/other: the model there calls itself test/tiny"):
        fetch(RepoId("test", "other"), limits=LIMITS)


@pytest.mark.parametrize("how", ["asked", "environment", "dead"])
def test_without_a_network_a_branch_is_what_it_was(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    folder = get()
    hub.__exit__()
    if how == "environment":
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert get(COMMIT, offline=how == "asked" or None) == folder
    with pytest.warns(HubNote, match=f"main: without the hub; commit {COMMIT[:8]}, as of 20"):
        assert fetch(TINY, limits=LIMITS, offline=how == "asked" or None) == folder
    if how == "dead":
        with pytest.raises(HubError, match=r"refused.*The cache has of test/tiny: main") as caught:
            fetch(TINY, limits=LIMITS, offline=False)
        assert caught.value.kind == "unreachable"


def test_without_a_network_what_was_never_got_is_refused(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    get()
    with pytest.raises(
        HubError, match=r"what v2 is now is not in the cache.*has of test/tiny: main.*`zoo get"
    ) as caught:
        get("v2", offline=True)
    assert caught.value.kind == "offline"
    with pytest.raises(HubError, match="commit ffffffff is not in the cache"):
        get(OTHER, offline=True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(
        HubError, match="what main is now is not in the cache, and the network may not be used"
    ):
        get(offline=False)
    with pytest.raises(UnknownModelError, match=r"no bundled model.*The cache has of no/such: nothing"):
        zoo.load("no/such")
    hub.__exit__()
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setattr("zoo.hub.get.Limits", lambda: LIMITS)
    with pytest.raises(HubError, match=r"no bundled model.*refused.*Check the network"):
        zoo.load("no/such")


def test_a_moved_tag_is_noted_and_the_commit_before_stays(hub: Hub, tiny_files: dict[str, bytes]) -> None:
    hub.revisions["v1"] = COMMIT
    first = get("v1")
    hub.revisions["v1"] = OTHER
    folder = zoo.save(tiny_model(7), first.parents[3] / "new")
    hub.files = content(folder)
    with pytest.warns(HubNote, match=f"v1 was commit {COMMIT[:8]} and is now {OTHER[:8]}"):
        second = fetch(TINY, "v1", limits=LIMITS)
    assert second != first
    assert load_folder(second).circuit.digest() == tiny_model(7).circuit.digest()
    assert get(COMMIT) == first


def test_what_the_index_pins_needs_no_hub_once_it_is_here(hub: Hub, cache: HubCache) -> None:
    pin = hashlib.sha256(hub.files["manifest.json"]).hexdigest()
    folder = get(COMMIT, manifest_sha256=pin)
    before = len(hub.requests)
    assert get(OTHER, manifest_sha256=pin, offline=True) == folder
    assert len(hub.requests) == before
    with pytest.raises(HubError, match=rf"expected {'0' * 64} \(index\), found {pin}"):
        get(COMMIT, manifest_sha256="0" * 64)


def test_from_a_namespace_with_a_key_nothing_unsigned_is_accepted(hub: Hub, cache: HubCache) -> None:
    key = own_key()
    trust("test", base64.b64encode(public_bytes(key)).decode(), "mine")
    with pytest.raises(SignatureError, match="this model is unsigned"):
        get()
    assert cache.models() == {}
    hub.files["manifest.sig"] = sign_bytes(hub.files["manifest.json"], key, MODEL)
    folder = get()
    assert (folder / "manifest.sig").read_bytes() == hub.files["manifest.sig"]
    (folder / "manifest.sig").unlink()
    with pytest.raises(SignatureError, match="this model is unsigned"):
        get(COMMIT)


def test_a_signature_that_comes_later_is_kept(hub: Hub) -> None:
    folder = get()
    hub.files["manifest.sig"] = sign_bytes(hub.files["manifest.json"], own_key(), MODEL)
    assert get(OTHER) == folder
    assert (folder / "manifest.sig").read_bytes() == hub.files["manifest.sig"]


def test_a_copy_elsewhere_cannot_spoil_a_signature(hub: Hub) -> None:
    """The same model in somebody else's repository, whose key is trusted for theirs, shares its folder."""
    key, other = own_key(), own_key("other")
    trust("test", base64.b64encode(public_bytes(key)).decode(), "mine")
    trust("eve", base64.b64encode(public_bytes(other)).decode(), "theirs")
    signature = sign_bytes(hub.files["manifest.json"], key, MODEL)
    hub.files["manifest.sig"] = signature
    folder = get()
    hub.repo, hub.files["manifest.sig"] = "eve/copy", sign_bytes(hub.files["manifest.json"], other, MODEL)
    with pytest.raises(SignatureError, match="expected a signature by theirs"):
        fetch(RepoId("eve", "copy"), limits=LIMITS)
    assert (folder / "manifest.sig").read_bytes() == signature
    assert get(COMMIT, offline=True) == folder


def test_the_signature_of_the_models_own_repository_comes_into_the_place_of_anothers(hub: Hub) -> None:
    key = own_key()
    hub.repo, hub.files["manifest.sig"] = (
        "eve/copy",
        sign_bytes(hub.files["manifest.json"], own_key("x"), MODEL),
    )
    with pytest.warns(HubNote, match="calls itself test/tiny"):
        folder = fetch(RepoId("eve", "copy"), limits=LIMITS)
    hub.repo, hub.files["manifest.sig"] = "test/tiny", sign_bytes(hub.files["manifest.json"], key, MODEL)
    assert get() == folder
    trust("test", base64.b64encode(public_bytes(key)).decode(), "mine")
    assert get(COMMIT, offline=True) == folder


def test_binaries_come_when_asked_for_and_signed_or_wanted_unsigned(hub: Hub) -> None:
    with pytest.raises(SignatureError, match=r"prebuilt/armv7-pd is code, and this model is unsigned"):
        get(extras=Extras(prebuilt="armv7-pd"))
    assert not hub.asked("pd_linux")
    folder = get(extras=Extras(prebuilt="armv7-pd", unsigned=True, checkpoint=True))
    assert content(folder) == hub.files
    before = len(hub.requests)
    assert get(COMMIT, extras=Extras(prebuilt="armv7-pd", unsigned=True), offline=True) == folder
    assert len(hub.requests) == before
    load_folder(folder)
    with pytest.raises(HubError, match=r"nothing prebuilt for wasm. It has armv7-pd"):
        get(extras=Extras(prebuilt="wasm", unsigned=True))


def test_binaries_of_a_trusted_key_need_no_further_word(hub: Hub) -> None:
    key = own_key()
    hub.files["manifest.sig"] = sign_bytes(hub.files["manifest.json"], key, MODEL)
    with pytest.raises(SignatureError, match=r"is code, and this model is signed by your key mine"):
        get(extras=Extras(prebuilt="armv7-pd"))
    trust("test", base64.b64encode(public_bytes(key)).decode(), "mine")
    folder = get(extras=Extras(prebuilt="armv7-pd"))
    assert (folder / "prebuilt/armv7-pd/tiny~.pd_linux").read_bytes() == b"\x7fELF"


def test_the_token_goes_to_the_hub(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    get()
    assert {request.headers["authorization"] for request in hub.requests} == {"Bearer hf_secret"}
    assert {request.headers["accept-encoding"] for request in hub.requests} == {"identity"}
    hub.requests.clear()
    get(token="hf_other")
    assert {request.headers["authorization"] for request in hub.requests} == {"Bearer hf_other"}
    with pytest.raises(ZooError, match="token: expected a token: one word"):
        get(token="hf_x\r\nX-Evil: 1")


@pytest.mark.parametrize(
    ("refusal", "token", "kind", "says"),
    [
        (saying(401, X_Error_Code="RepoNotFound"), None, "missing", "it is private (then set HF_TOKEN)"),
        (saying(401), None, "denied", "wants to know who asks. Set HF_TOKEN"),
        (saying(401), "hf_old", "denied", "does not accept HF_TOKEN: make a new token"),
        (saying(403, X_Error_Code="GatedRepo"), "hf_me", "denied", "gated. Your token may not read it yet"),
        (saying(403, X_Error_Message="No\x1b[31m"), "hf_me", "denied", "may not read it (HTTP 403: No?[31m)"),
        (saying(404, X_Error_Code="RevisionNotFound"), None, "lacking", "there is no revision main"),
        (saying(404), "hf_me", "missing", "no such repository, or it is hidden from your token"),
        (saying(451), None, "wrong", "HTTP 451"),
    ],
)
def test_refusals_say_what_to_do(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, refusal: Any, token: str | None, kind: str, says: str
) -> None:
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    hub.evil["/revision/main"] = [refusal]
    with pytest.raises(HubError) as caught:
        get()
    assert caught.value.kind == kind
    assert says in str(caught.value)
    assert len(hub.requests) == 1, "a refusal is not tried again"


def test_a_repository_without_a_model_is_named(hub: Hub) -> None:
    hub.files = {"README.md": b"hello"}
    with pytest.raises(HubError, match="has no manifest.json: it is no model folder"):
        get()


def test_a_damaged_model_of_the_cache_is_refused_with_the_command_that_mends(hub: Hub) -> None:
    folder = get()
    (folder / "model.safetensors").write_bytes(b"x" * len(hub.files["model.safetensors"]))
    with pytest.raises(ModelError, match="zoo cache verify --delete"), pytest.warns(HubNote):
        zoo.load("test/tiny")
    (folder / "manifest.json").write_bytes(b"{}")
    with pytest.raises(ModelError, match=r"name of the folder.*zoo cache verify --delete"):
        get(COMMIT)
