"""The hub's folder: one owner, no two names alike, nothing lost and nothing half made."""

import subprocess
from pathlib import Path

import pygit2
import pytest

from hub.commit import check_tree, keep_contents
from hub.limits import Limits
from hub.names import RepoId
from hub.refusal import Refusal
from hub.store import Store
from tests.hub.conftest import Caller
from zoo.errors import ZooError

ONSET = RepoId("models", "bela", "onset")


@pytest.fixture
def store(tmp_path: Path):
    store = Store(tmp_path, Limits())
    yield store
    store.close()


def status_of(call, *arguments: object) -> int:
    with pytest.raises(Refusal) as caught:
        call(*arguments)
    return caught.value.status


def test_one_server_owns_a_folder(store: Store) -> None:
    with pytest.raises(ZooError, match="another server"):
        Store(store.root, Limits())
    store.close()
    again = Store(store.root, Limits())
    store._owner = again._owner  # the fixture closes this one


def test_a_new_repository_has_a_commit(store: Store) -> None:
    store.create(ONSET, "bela", private=True)
    repository = store.open(ONSET)
    assert repository.files(repository.resolve("main")) == ()
    assert store.settings(ONSET).private
    assert store.ids() == [ONSET]
    assert list((store.root / "tmp").iterdir()) == []


def test_names_that_differ_in_case_only_are_refused(store: Store) -> None:
    store.create(ONSET, "bela", private=False)
    for owner, name in (("bela", "onset"), ("bela", "Onset"), ("Bela", "onset"), ("BELA", "other")):
        assert status_of(store.create, RepoId("models", owner, name), "bela", False) == 409
    store.create(RepoId("datasets", "bela", "onset"), "bela", private=False)
    assert len(store.ids()) == 2


def test_moving_takes_everything_along(store: Store) -> None:
    store.create(ONSET, "bela", private=True)
    tip = store.open(ONSET).resolve("main")
    there = RepoId("models", "lab", "onset")
    store.move(ONSET, there)
    assert store.ids() == [there]
    assert store.open(there).resolve("main") == tip
    assert store.settings(there).private
    assert status_of(store.open, ONSET) == 404
    store.create(ONSET, "bela", private=False)
    assert status_of(store.move, there, ONSET) == 409


def test_what_is_deleted_can_be_had_back(store: Store) -> None:
    store.create(ONSET, "bela", private=False)
    tip = store.open(ONSET).resolve("main")
    store.delete(ONSET)
    assert store.ids() == []
    assert status_of(store.delete, ONSET) == 404
    (kept,) = (store.root / "trash").iterdir()
    assert str(pygit2.Repository(str(kept)).references["refs/heads/main"].target) == tip


def test_a_start_removes_what_a_kill_left(store: Store) -> None:
    store.create(ONSET, "bela", private=False)
    tip = store.open(ONSET).resolve("main")
    folder = store.folder(ONSET)
    left = [
        folder / "refs" / "heads" / "main.lock",
        folder / "packed-refs.lock",
        folder / "hub" / ".settings.json.abc.tmp",
        folder / "objects" / "tmp_object_git2_abc",
        store.root / "tmp" / "abc" / "1",
    ]
    for file in left:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"half")
    store.close()
    again = Store(store.root, Limits())
    store._owner = again._owner
    assert [file for file in left if file.exists()] == []
    repository = again.open(ONSET)
    new = repository.commit(repository.tree_of(tip), [tip], "bela", "after")
    repository.move("refs/heads/main", tip, new)
    assert repository.resolve("main") == new


def test_a_reference_moves_from_where_it_stood_only(store: Store) -> None:
    store.create(ONSET, "bela", private=False)
    repository = store.open(ONSET)
    first = repository.resolve("main")
    second = repository.commit(repository.tree_of(first), [first], "bela", "second")
    repository.move("refs/heads/main", first, second)
    assert status_of(repository.move, "refs/heads/main", first, second) == 412
    assert status_of(repository.move, "refs/heads/gone", first, second) == 412
    repository.move("refs/heads/a/b", None, first)
    for taken in ("refs/heads/a/b", "refs/heads/a", "refs/heads/a/b/c"):
        assert status_of(repository.move, taken, None, first) == 409


def test_git_may_tidy_up_beside_the_server(call: Caller) -> None:
    """`git gc` packs objects and references; `git clone` takes the repository as any other."""
    repo = call.make()
    call.commit(repo, {"a.txt": b"one"})
    assert len(call("GET", "/api/models").json()) == 1
    folder = call.root / "repos" / "models" / "bela" / "onset.git"
    subprocess.run(["git", "-C", str(folder), "gc", "--quiet", "--prune=now"], check=True)
    assert not (folder / "refs" / "heads" / "main").exists()
    (row,) = call("GET", "/api/models").json()
    assert call.commit(repo, {"a.txt": b"two"}).status_code == 200
    (later,) = call("GET", "/api/models").json()
    assert row["sha"] != later["sha"]
    subprocess.run(["git", "clone", "--quiet", str(folder), str(call.root / "clone")], check=True)
    assert (call.root / "clone" / "a.txt").read_bytes() == b"two"


def test_what_goes_away_meanwhile_is_not_found(call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deleted while a commit to it arrives: that is no fault of the server, and nothing is made anew."""
    repo = call.make()

    def keep(*arguments: object) -> dict[Path, str]:
        call.hub.store.delete(ONSET)
        return keep_contents(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("hub.api.uploads.keep_contents", keep)
    answer = call.commit(repo, {"a.txt": b"one"})
    assert answer.status_code == 404
    assert answer.headers["X-Error-Code"] == "RepoNotFound"
    assert call("GET", "/api/models").json() == []


@pytest.mark.parametrize(
    "text", ["-x", "--upload-pack=touch pwned", "$(touch pwned)", "a\n\nb: c\n#d", "\x1b[2J"]
)
def test_texts_and_files_that_look_like_options_are_kept_as_they_are(call: Caller, text: str) -> None:
    """No name and no message is ever an argument of a command."""
    repo = call.make()
    path = "-rf" if text == "-x" else "--upload-pack=touch pwned"
    assert call.commit(repo, {path: text.encode()}, description=text).status_code == 200
    (change, _) = call("GET", f"{repo}/commits/main").json()
    assert change["message"] == text.strip()
    assert call("GET", f"{repo.removeprefix('/api/models')}/resolve/main/{path}").content == text.encode()
    call("POST", f"{repo}/tag/main", json={"tag": "v1", "message": text})
    assert list(call.root.parent.rglob("pwned")) == []
    assert not Path("pwned").exists()


def test_only_so_many_repositories(tmp_path: Path) -> None:
    store = Store(tmp_path, Limits(max_repositories=2))
    first, second, third = (RepoId("models", "bela", name) for name in "abc")
    for repo in (first, second):
        store.create(repo, "bela", False)
    with pytest.raises(Refusal, match="keeps 2 repositories"):
        store.create(third, "bela", False)
    store.delete(first)
    store.create(third, "bela", False)
    assert store.ids() == [second, third]
    store.close()


def test_only_so_many_folders() -> None:
    deep = {f"{number}/a/b/c": "" for number in range(5)}
    check_tree(deep, deep.keys(), Limits(max_files=10))
    with pytest.raises(Refusal, match="at most 9 folders"):
        check_tree(deep, deep.keys(), Limits(max_files=9))
