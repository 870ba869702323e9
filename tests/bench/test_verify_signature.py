"""`zoo verify` says who signed a model, and fails on a bad signature."""

import json
import sys
from pathlib import Path

import pytest

import zoo
from bench import verify_command
from tests.tiny import tiny_model
from zoo.cli import run_command
from zoo.hub import keys, trust


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model, of which nothing but the signature is looked at."""
    monkeypatch.setenv("ZOO_CONFIG", str(tmp_path / "config"))
    monkeypatch.setattr(verify_command, "verify", lambda *_: iter(()))
    return zoo.save(tiny_model(), tmp_path / "tiny")


def test_what_the_signature_says_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(code: int = 0) -> str:
        assert run_command(["verify", str(folder)]) == code
        return capsys.readouterr().out

    assert "Signature: unsigned." in said()
    private = keys.new_key("mine")
    trust.sign_folder(folder, keys.load_key())
    assert "signed by your key mine, SHA256:" in said()
    with monkeypatch.context() as patch:
        patch.setenv("ZOO_CONFIG", str(folder))
        assert "which you have not trusted." in said()
    keys.trust("test", keys.own_public(private) or "", "Tess")
    assert "Signature: signed by Tess, key SHA256:" in said()
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "cryptography", None)
        assert "signed; NOT checked" in said()
    signature = json.loads((folder / "manifest.sig").read_bytes())
    signature["signature"] = "A" * 86 + "=="
    (folder / "manifest.sig").write_text(json.dumps(signature))
    assert "test/tiny: bad signature" in said(1)
