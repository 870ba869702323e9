"""`zoo keys`, `zoo sign`: private keys that stay private, public ones that people compare."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

import zoo
from tests.tiny import tiny_model
from zoo import SignatureError
from zoo.cli import run_command
from zoo.hub import keys


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_private_key_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = keys.new_key("mine")
    finally:
        os.umask(before)
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert path == tmp_path / "zoo_config" / "keys" / "mine.pem"
    assert path.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")
    assert keys.public_bytes(keys.load_key("mine")) == keys.decode_public(keys.own_public(path) or "")


def test_no_key_is_overwritten_and_none_that_others_read_is_used() -> None:
    path = keys.new_key("mine")
    before = path.read_bytes()
    with pytest.raises(SignatureError, match="none is ever overwritten"):
        keys.new_key("mine")
    assert path.read_bytes() == before
    path.chmod(0o640)
    with pytest.raises(SignatureError, match="chmod 600"):
        keys.load_key("mine")


@pytest.mark.parametrize("name", ["", "../mine", "a/b", ".hidden", "a" * 65, "mine\n"])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(SignatureError, match="Choose another name"):
        keys.new_key(name)


def test_a_password_is_asked_for_and_must_be_right(monkeypatch: pytest.MonkeyPatch) -> None:
    path = keys.new_key("mine", "open sesame")
    assert keys.is_encrypted(path)
    assert load_pem_private_key(path.read_bytes(), b"open sesame")
    assert keys.load_key("mine", "open sesame")
    with pytest.raises(SignatureError, match="ZOO_KEY_PASSWORD"):
        keys.load_key("mine")
    with pytest.raises(SignatureError, match="not its password"):
        keys.load_key("mine", "wrong")
    monkeypatch.setenv("ZOO_KEY_PASSWORD", "open sesame")
    assert keys.load_key("mine")
    assert keys.load_key(str(keys.new_key("plain")))


def test_other_files_are_no_keys(tmp_path: Path) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    path = tmp_path / "other.pem"
    path.touch(0o600)
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(SignatureError, match="expected an Ed25519 key"):
        keys.load_key(str(path))
    path.write_bytes(b"-----BEGIN NONSENSE-----\n")
    with pytest.raises(SignatureError, match="not a private key"):
        keys.load_key(str(path))
    with pytest.raises(SignatureError, match="no private key"):
        keys.load_key("unknown")


def test_a_public_key_is_given_as_text_or_in_a_file(tmp_path: Path) -> None:
    private = keys.new_key("mine")
    public = keys.own_public(private) or ""
    pem = tmp_path / "public.pem"
    pem.write_bytes(
        keys.load_key("mine").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    assert {keys.public_of(given) for given in (public, str(private.with_suffix(".pub")), str(pem))} == {
        public
    }
    for wrong in (public[:-2], public + "AAAA", "ssh-ed25519 AAAA", ""):
        with pytest.raises(SignatureError, match="expected a public key"):
            keys.public_of(wrong)
    with pytest.raises(SignatureError, match="private key. Keep it"):
        keys.public_of(str(private))


def test_of_several_keys_one_is_chosen() -> None:
    with pytest.raises(SignatureError, match="no private key"):
        keys.find_key()
    one = keys.new_key("one")
    assert keys.find_key() == one
    keys.new_key("two")
    with pytest.raises(SignatureError, match="choose one with --key: one, two"):
        keys.find_key()


def test_the_commands_from_a_new_key_to_a_trusted_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_KEY_PASSWORD", "secret")
    folder = zoo.save(tiny_model(), tmp_path / "tiny")
    assert run_command(["keys", "list"]) == 0
    assert "No keys." in capsys.readouterr().out
    assert run_command(["keys", "new", "--name", "mine"]) == 0
    public, fingerprint = (line.split()[-1] for line in capsys.readouterr().out.splitlines()[1:3])
    assert run_command(["sign", str(folder)]) == 0
    assert f"signed by your key mine, {fingerprint}" in capsys.readouterr().out
    assert run_command(["keys", "trust", "Test", public, "--name", "Tess"]) == 0
    assert fingerprint in capsys.readouterr().out
    assert run_command(["keys", "list"]) == 0
    listed = capsys.readouterr().out
    assert listed.count(fingerprint) == 2
    assert "test (trusted)" in listed
    assert run_command(["sign", str(folder), "--key", "mine"]) == 0
    assert f"signed by Tess, key {fingerprint}" in capsys.readouterr().out
    assert run_command(["keys", "remove", "test", "--key", "Nobody"]) == 1
    assert run_command(["keys", "remove", "test", "--key", fingerprint]) == 0
    assert "pinned to no key any more" in capsys.readouterr().out
    assert keys.trusted() == []


def test_a_folder_that_is_refused_is_not_signed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = zoo.save(tiny_model(), tmp_path / "tiny")
    keys.new_key("mine")
    (folder / "model.safetensors").write_bytes(b"changed")
    assert run_command(["sign", str(folder)]) == 1
    assert "model.safetensors" in capsys.readouterr().err
    assert not (folder / "manifest.sig").exists()
