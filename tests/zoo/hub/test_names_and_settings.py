"""What a name may be, and what the environment may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from zoo import ZooError
from zoo.hub import settings
from zoo.hub.names import RepoId, check_revision, split_id


@pytest.mark.parametrize("id", ["bela/onset-gates", "A_/b_", "a/b.c-d_e", "x/" + "a" * 96])
def test_ids(id: str) -> None:
    assert str(RepoId.parse(id)) == id


@pytest.mark.parametrize(
    "id",
    [
        *("", "a", "a/", "/a", "a/b/c", "../a", "a/..", "a/.b", "a/b.", "-a/b", "a/b-", "a--b/c", "a..b/c"),
        *("a/b.git", "a/b\n", "a /b", "é/b", "a/b?x", "a/b#x", "a\\b/c", "x/" + "a" * 97, "a/b@main", "C:/a"),
    ],
)
def test_texts_that_are_no_ids(id: str) -> None:
    with pytest.raises(ZooError, match="expected owner/name"):
        RepoId.parse(id)


@pytest.mark.parametrize("text", ["main", "v1.0", "refs/pr/1", "a" * 40, "release-2+b", "x/y_z"])
def test_revisions(text: str) -> None:
    assert check_revision(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "..", "a..b", "/a", "a/", "a//b", "-a", "a/-b", ".a", "a/.b", "a.lock", "a b", "a\n", "a@{1}"),
        *("~1", "é", "a" * 201),
    ],
)
def test_texts_that_are_no_revisions(text: str) -> None:
    with pytest.raises(ZooError, match="expected a revision"):
        check_revision(text)


def test_a_revision_may_stand_in_the_id() -> None:
    assert split_id("a/b") == ("a/b", None)
    assert split_id("a/b@v1") == ("a/b", "v1")
    assert split_id("a/b@") == ("a/b", "")


def test_the_endpoint_is_read_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.endpoint() == "https://huggingface.co"
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:8000/sub/")
    assert settings.endpoint() == "http://127.0.0.1:8000/sub"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "hub",
            "ftp://a",
            "file://localhost/etc",
            "http://",
            "http://a:b",
            "http://a:99999",
            "http://me@a",
            "http://a?x",
        ),
        *("http://a#x", "http://a b", "http://a\n", "http://[", "http://é", "http://a\\b", "http://a:0"),
    ],
)
def test_addresses_of_no_hub(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("HF_ENDPOINT", text)
    with pytest.raises(ZooError, match="HF_ENDPOINT=.*Set or unset it"):
        settings.endpoint()


def test_a_password_in_the_address_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://me:secret@hub.lab")
    with pytest.raises(ZooError, match=r"HF_ENDPOINT='hub\.lab'"):
        settings.endpoint()


def test_the_token_is_that_of_the_environment_or_of_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert settings.token() is None
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    (tmp_path / "token").write_text("hf_file\n")
    assert settings.token() == "hf_file"
    monkeypatch.setenv("HF_TOKEN", " hf_variable\n")
    assert settings.token() == "hf_variable"
    monkeypatch.setenv("HF_TOKEN", "hf_secret\r\nX-Evil: 1")
    with pytest.raises(ZooError, match="HF_TOKEN: expected a token") as caught:
        settings.token()
    assert "secret" not in str(caught.value)


def test_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, means in [("", False), ("0", False), ("1", True), ("true", True), ("YES", True), ("no", False)]:
        monkeypatch.setenv("HF_HUB_OFFLINE", text)
        assert settings.offline() is means
