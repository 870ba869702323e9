"""A repository as a source of recordings: one commit fetched from a local one, and clear where that fails."""

import subprocess
from pathlib import Path

import pytest

from tasks.data.repositories import Repository
from zoo.errors import ZooError


def git(folder: Path, *command: str) -> str:
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    done = subprocess.run(["git", "-C", str(folder), *who, *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def published(tmp_path: Path) -> Repository:
    """Two commits; the first is the one that is wanted."""
    origin = tmp_path / "origin"
    origin.mkdir()
    git(origin, "init", "--quiet")
    git(origin, "config", "uploadpack.allowReachableSHA1InWant", "true")
    for text in ("first", "second"):
        (origin / "sound.txt").write_text(text)
        git(origin, "add", "sound.txt")
        git(origin, "commit", "--quiet", "-m", text)
    return Repository("words", origin.as_uri(), git(origin, "rev-parse", "HEAD~1"))


def test_the_named_commit_is_fetched_once(published: Repository, tmp_path: Path) -> None:
    published.fetch(tmp_path / "packages")
    file = tmp_path / "packages" / "words" / "sound.txt"
    assert file.read_text() == "first"
    file.write_text("kept")
    published.fetch(tmp_path / "packages")
    assert file.read_text() == "kept"
    assert [path.name for path in (tmp_path / "packages").iterdir()] == ["words"]


def test_what_cannot_be_fetched_says_how_to_get_it(published: Repository, tmp_path: Path) -> None:
    gone = Repository("words", (tmp_path / "nowhere").as_uri(), published.commit)
    with pytest.raises(ZooError, match=rf"cannot fetch words: .*git clone file:.*checkout {gone.commit}"):
        gone.fetch(tmp_path / "packages")
    assert list((tmp_path / "packages").iterdir()) == []


def test_without_git_the_message_says_so(
    published: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ZooError, match=r"git: No such file.*with --packages"):
        published.fetch(tmp_path / "packages")


def test_it_is_found_beside_packages_or_named_itself(published: Repository, tmp_path: Path) -> None:
    published.fetch(tmp_path / "packages")
    inside = tmp_path / "packages" / "words"
    assert published.find(tmp_path / "packages", "sound.txt") == inside
    assert published.find(inside, "sound.txt") == inside
    with pytest.raises(ZooError, match=r"no words there \(sound\.txt is missing\)\. Get it by `git clone"):
        published.find(tmp_path, "sound.txt")
