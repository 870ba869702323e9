"""Signatures: what they prove, and everything that is not one."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import zoo
from tests.tiny import tiny_model
from zoo import MissingExtraError, ModelError, SignatureError
from zoo.folder import amend_folder, read_files
from zoo.hub import keys, trust
from zoo.hub.trust import MODEL, check_policy, require_trusted, sign_bytes, verify_bytes, verify_model

DATA = b'{"files": {}}\n'


def public(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(keys.public_bytes(key)).decode()


@pytest.fixture
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture
def signature(key: Ed25519PrivateKey) -> bytes:
    return sign_bytes(DATA, key, MODEL)


@pytest.fixture
def pinned(key: Ed25519PrivateKey) -> keys.PinnedKey:
    return keys.trust("test", public(key), "Tess")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return zoo.save(tiny_model(), tmp_path / "tiny", extra={"prebuilt/armv7-pd/tiny~.pd_linux": b"\x7fELF"})


def test_the_bytes_signed_are_those_that_the_documents_say(key: Ed25519PrivateKey, signature: bytes) -> None:
    said = json.loads(signature)
    assert said.keys() == {"format", "key", "signature"}
    key.public_key().verify(base64.b64decode(said["signature"]), b"difflogic-zoo/manifest/1\n" + DATA)
    assert sign_bytes(DATA, key, MODEL) == signature, "the same each time, so that a push can be a no-op"


def test_good_of_a_key_that_is_pinned_or_not(pinned: keys.PinnedKey, signature: bytes) -> None:
    trusted = verify_bytes(DATA, signature, "test", MODEL)
    assert (trusted.status, trusted.key, trusted.name) == ("trusted", pinned.fingerprint, "Tess")
    assert verify_bytes(DATA, signature, "TEST", MODEL).status == "trusted", "hubs do not tell cases apart"
    other = verify_bytes(DATA, signature, "tes", MODEL)
    assert (other.status, other.key, other.name) == ("unknown-key", pinned.fingerprint, None)
    assert verify_bytes(DATA, None, "test", MODEL).status == "unsigned"


def test_a_signature_for_something_else_is_bad(pinned: keys.PinnedKey, signature: bytes) -> None:
    assert verify_bytes(DATA, signature, "test", "index").status == "bad"
    assert verify_bytes(DATA + b" ", signature, "test", MODEL).status == "bad"
    assert verify_bytes(b"", signature, "test", MODEL).status == "bad"


def test_a_swapped_key_does_not_help(pinned: keys.PinnedKey, signature: bytes) -> None:
    """The pinned public key over another's signature is bad; another's own key is not trusted."""
    mallory = sign_bytes(DATA, Ed25519PrivateKey.generate(), MODEL)
    forged = json.dumps({**json.loads(mallory), "key": pinned.key}).encode()
    assert verify_bytes(DATA, forged, "test", MODEL).status == "bad"
    assert verify_bytes(DATA, mallory, "test", MODEL).status == "unknown-key"


GARBAGE: list[Callable[[bytes], bytes]] = [
    lambda good: b"",
    lambda good: good[:-20],
    lambda good: good + b"{}",
    lambda good: good + b" " * 5000,
    lambda good: b"\xff" + good,
    lambda good: b"[" * 4000,
    lambda good: b"null",
    lambda good: good.replace(b"signature/1", b"signature/2"),
    lambda good: good.replace(b'"key"', b'"kay"'),
    lambda good: good.replace(b"{", b'{"more": 1,', 1),
    lambda good: good.replace(b"{", b'{"format": "difflogic-zoo/signature/1",', 1),
    lambda good: json.dumps({**json.loads(good), "key": ""}).encode(),
    lambda good: json.dumps({**json.loads(good), "key": None}).encode(),
    lambda good: json.dumps({**json.loads(good), "signature": "A" * 88}).encode(),
    lambda good: json.dumps({**json.loads(good), "signature": json.loads(good)["signature"] + "\n"}).encode(),
    lambda good: json.dumps({**json.loads(good), "key": json.loads(good)["key"].replace("=", "é")}).encode(),
]


@pytest.mark.parametrize("damage", GARBAGE)
def test_garbage_is_bad_and_never_an_error_of_another_kind(
    damage: Callable[[bytes], bytes], signature: bytes
) -> None:
    verdict = verify_bytes(DATA, damage(signature), "test", MODEL)
    assert verdict.status == "bad"
    assert verdict.why
    assert "\n" not in str(verdict)
    with pytest.raises(SignatureError, match="do not use it"):
        check_policy(DATA, damage(signature), "nobody")


def test_a_pinned_namespace_accepts_nothing_else(pinned: keys.PinnedKey, signature: bytes) -> None:
    mallory = sign_bytes(DATA, Ed25519PrivateKey.generate(), MODEL)
    assert check_policy(DATA, signature, "test").status == "trusted"
    for wrong, said in ((None, "is unsigned"), (mallory, "you have not trusted")):
        with pytest.raises(SignatureError, match=said) as caught:
            check_policy(DATA, wrong, "Test")
        assert pinned.fingerprint in str(caught.value)
        assert check_policy(DATA, wrong, "other").status in ("unsigned", "unknown-key")


def test_shipped_keys_count_and_none_is_shipped_yet(
    key: Ed25519PrivateKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keys.all_pinned() == []
    shipped = {"format": keys.FORMAT, "keys": [{"namespace": "bela", "key": public(key), "name": "Bela"}]}
    (tmp_path / "keys.json").write_text(json.dumps(shipped))
    monkeypatch.setattr(keys, "SHIPPED", tmp_path / "keys.json")
    assert check_policy(DATA, sign_bytes(DATA, key, MODEL), "bela").name == "Bela"
    with pytest.raises(SignatureError):
        check_policy(DATA, None, "bela")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": "difflogic-zoo/keys/1", "keys": [{"namespace": "a"}]}']
)
def test_a_damaged_list_of_trusted_keys_does_not_mean_that_none_is(text: str) -> None:
    keys.config_folder().mkdir()
    (keys.config_folder() / "trusted.json").write_text(text)
    with pytest.raises(SignatureError, match="no list of trusted keys"):
        check_policy(DATA, None, "test")


def test_an_old_signed_model_stays_signed(key: Ed25519PrivateKey, pinned: keys.PinnedKey) -> None:
    """A signature does not say that there is nothing newer: only a pinned commit or digest does."""
    old, new = b'{"version": 1}', b'{"version": 2}'
    signatures = {data: sign_bytes(data, key, MODEL) for data in (old, new)}
    assert all(check_policy(data, sig, "test").status == "trusted" for data, sig in signatures.items())
    assert verify_bytes(new, signatures[old], "test", MODEL).status == "bad", "but they cannot be mixed"


def test_a_folder_is_signed_loaded_and_no_longer_signed_once_it_changes(
    folder: Path, key: Ed25519PrivateKey, pinned: keys.PinnedKey
) -> None:
    assert verify_model(folder).status == "unsigned"
    trust.sign_folder(folder, key)
    assert verify_model(folder).status == "trusted"
    assert zoo.load(folder).id == "test/tiny"
    assert "manifest.sig" not in json.loads((folder / "manifest.json").read_bytes())["files"]
    kept = (folder / "manifest.sig").read_bytes()
    amend_folder(folder, {"record.json": b"{}"})
    assert verify_model(folder).status == "unsigned", "it was over another manifest"
    (folder / "manifest.sig").write_bytes(kept)
    assert verify_model(folder).status == "bad"
    (folder / "manifest.sig").write_bytes(bytes(5000))
    with pytest.raises(ModelError, match=r"manifest\.sig: size: expected at most 4096"):
        zoo.load(folder)


def test_a_config_of_another_namespace_does_not_borrow_its_key(
    folder: Path, key: Ed25519PrivateKey, pinned: keys.PinnedKey
) -> None:
    """Whose key counts is read from a config that the manifest names, not from one put there later."""
    trust.sign_folder(folder, Ed25519PrivateKey.generate())
    config = (folder / "config.json").read_text()
    keys.trust("mallory", json.loads((folder / "manifest.sig").read_bytes())["key"], "Mallory")
    (folder / "config.json").write_text(config.replace("test/tiny", "mallory/tiny"))
    with pytest.raises(ModelError, match="SHA-256"):
        verify_model(folder)


def test_code_needs_a_trusted_signature_or_the_users_word(folder: Path, key: Ed25519PrivateKey) -> None:
    what = "prebuilt/armv7-pd"
    with pytest.raises(SignatureError, match="is code, and this model is unsigned.*--unsigned"):
        require_trusted(folder, what)
    assert require_trusted(folder, what, unsigned=True).status == "unsigned"
    trust.sign_folder(folder, key)
    with pytest.raises(SignatureError, match="you have not trusted"):
        require_trusted(folder, what)
    keys.trust("test", public(key), "Tess")
    assert require_trusted(folder, what).status == "trusted"
    (folder / "manifest.sig").write_bytes(b"{}")
    with pytest.raises(SignatureError, match="bad signature"):
        require_trusted(folder, what, unsigned=True)


def test_prebuilt_files_may_be_missing_but_are_never_lost(folder: Path) -> None:
    (folder / "prebuilt" / "armv7-pd" / "tiny~.pd_linux").unlink()
    assert zoo.load(folder).id == "test/tiny"
    assert "prebuilt/armv7-pd/tiny~.pd_linux" not in read_files(folder, partial=True)
    with pytest.raises(ModelError, match=r"tiny~\.pd_linux.*only in the manifest.*--prebuilt armv7-pd`"):
        amend_folder(folder, {"record.json": b"{}"})


def test_without_cryptography_a_signature_is_said_to_be_unchecked(
    folder: Path, key: Ed25519PrivateKey, signature: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust.sign_folder(folder, key)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    assert "NOT checked" in str(verify_model(folder))
    assert check_policy(DATA, signature, "test").status == "unchecked"
    assert check_policy(DATA, None, "test").status == "unsigned"
    with pytest.raises(MissingExtraError, match=r"difflogic-zoo\[hub\]"):
        require_trusted(folder, "prebuilt/armv7-pd")
    keys.trust("test", public(key), "Tess")
    with pytest.raises(MissingExtraError, match=r"difflogic-zoo\[hub\]"):
        check_policy(DATA, signature, "test")
    with pytest.raises(SignatureError, match="is unsigned"):
        check_policy(DATA, None, "test")


def test_cryptography_loads_only_where_there_is_a_signature(folder: Path) -> None:
    code = (
        "import sys; from zoo.hub.trust import verify_model, check_policy;"
        f"verify_model({str(folder)!r}); check_policy(b'', None, 'test');"
        "print('cryptography' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
