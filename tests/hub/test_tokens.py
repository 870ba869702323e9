"""Tokens: only digests are kept, and a change is seen at once."""

import json
import re
import time
from pathlib import Path

import pytest

from hub.names import RepoId
from hub.tokens import NOBODY, TokenBook
from zoo.cli import run_command
from zoo.errors import ZooError

MODEL = RepoId("models", "bela", "onset")


def test_a_token_is_seen_once(tmp_path: Path) -> None:
    book = TokenBook(tmp_path)
    token = book.new("bela", ["difflogic"])
    assert re.fullmatch(r"hf_[A-Za-z0-9]{34,}", token)
    kept = (tmp_path / "tokens.json").read_text()
    assert token not in kept
    assert token[3:] not in kept
    assert (tmp_path / "tokens.json").stat().st_mode & 0o777 == 0o600
    account = book.account(token)
    assert account is not None
    assert (account.user, account.namespaces, account.role) == ("bela", ("bela", "difflogic"), "write")
    for other in ("", token[:-1], token + "x", token.upper(), "hf_", "\udcff"):
        assert book.account(other) is None


def test_roles(tmp_path: Path) -> None:
    book = TokenBook(tmp_path)
    who = [NOBODY]
    for user, role in (("eve", "write"), ("bela", "read"), ("bela", "write"), ("root", "admin")):
        account = book.account(book.new(user, role=role))
        assert account
        who.append(account)
    assert all(account.may_read(MODEL, False) for account in who)
    assert [account.may_read(MODEL, True) for account in who] == [False, False, True, True, True]
    assert [account.may_write("bela") for account in who] == [False, False, False, True, True]
    assert [account.may_propose() for account in who] == [False, True, False, True, True]


def test_another_process_changes_them(tmp_path: Path) -> None:
    serving, other = TokenBook(tmp_path), TokenBook(tmp_path)
    first, second = other.new("bela"), other.new("eve")
    assert serving.account(first)
    assert serving.account(second)
    other.revoke(serving.all()[0].name)
    assert serving.account(first) is None
    assert serving.account(second)


def test_time_runs_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = TokenBook(tmp_path)
    token = book.new("bela", days=1)
    assert book.account(token)
    later = time.time() + 86_401
    monkeypatch.setattr(time, "time", lambda: later)
    assert book.account(token) is None


def test_what_is_no_token_request(tmp_path: Path) -> None:
    book = TokenBook(tmp_path)
    for wrong in ({"user": "../x"}, {"user": "a", "namespaces": ["b/c"]}, {"user": "a", "role": "root"}):
        with pytest.raises(ZooError):
            book.new(**wrong)  # type: ignore[arg-type]
    for days in (0, -1, float("nan"), 1e9):
        with pytest.raises(ZooError):
            book.new("a", days=days)
    assert book.all() == ()


def test_a_damaged_file_lets_nobody_in(tmp_path: Path) -> None:
    book = TokenBook(tmp_path)
    token = book.new("bela")
    for damage in ("", "{", "[]", json.dumps({"tokens": [{"user": "x"}]})):
        (tmp_path / "tokens.json").write_text(damage)
        with pytest.raises(ZooError, match=re.escape("tokens.json")):
            book.account(token)


def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hub = str(tmp_path)
    assert (
        run_command(["hub", "token", "new", hub, "--user", "bela", "--namespace", "lab", "--role", "read"])
        == 0
    )
    token = capsys.readouterr().out.strip()
    assert TokenBook(tmp_path).account(token)
    assert run_command(["hub", "token", "list", hub]) == 0
    listed = capsys.readouterr().out
    assert token not in listed
    name = listed.splitlines()[1].split()[0]
    assert run_command(["hub", "token", "revoke", hub, name]) == 0
    assert TokenBook(tmp_path).account(token) is None
    capsys.readouterr()
    assert run_command(["hub", "token", "revoke", hub, name]) == 1
    error = capsys.readouterr().err
    assert "zoo hub token list" in error
    assert len(error.splitlines()) == 1


def test_names_that_differ_in_case_only_are_one_persons(tmp_path: Path) -> None:
    book = TokenBook(tmp_path)
    book.new("bela", ["difflogic"])
    book.new("bela", ["band"])
    for user, spaces in (("Bela", []), ("eve", ["DiffLogic"])):
        with pytest.raises(ZooError, match="take for the same name"):
            book.new(user, spaces)
    assert {token.user for token in book.all()} == {"bela"}
