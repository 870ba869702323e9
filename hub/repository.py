"""One bare repository, read and written by libgit2 in this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pygit2
from pygit2.enums import FileMode, Option, RepositoryOpenFlag, SortMode

from hub.names import COMMIT, MAIN, MAX_REVISION, RepoId, branch_ref, pull_number
from hub.objects import Pointer
from hub.recent import Recent
from hub.refusal import Refusal, no_revision

pygit2.option(Option.ENABLE_FSYNC_GITDIR, True)
pygit2.option(Option.SET_OWNER_VALIDATION, False)  # the folder was named by whoever runs the server
for _level in pygit2.enums.ConfigLevel.SYSTEM, pygit2.enums.ConfigLevel.GLOBAL, pygit2.enums.ConfigLevel.XDG:
    pygit2.option(Option.SET_SEARCH_PATH, _level, "")  # nobody's settings


@dataclass(frozen=True)
class File:
    """A file of one revision.

    Args:
        path: In the repository.
        blob: SHA-1 of git's blob, which is the pointer of a large file, hex.
        size: Bytes of the content.
        pointer: Of a large file.
    """

    path: str
    blob: str
    size: int
    pointer: Pointer | None


@dataclass(frozen=True)
class Change:
    """One commit, as the history tells it.

    Args:
        id: 40 hex digits.
        user: Who made it.
        message: All of it.
        time: Seconds since 1970.
    """

    id: str
    user: str
    message: str
    time: int


_MAX_REFS = 2_000  # branches, tags and pull requests: whoever looks at a repository reads all of them
_MAX_LOOKED = 50_000  # paths looked up in search of their last changes

# The files of revisions, by folder and tree: what a tree holds never changes.
_FILES: Recent[tuple[str, str], tuple[File, ...]] = Recent(32)


class Repository:
    """A repository that is open for one request: libgit2's objects are not shared between threads.

    Args:
        repo: Its name, for messages.
        folder: The bare repository.
    """

    def __init__(self, repo: RepoId, folder: Path) -> None:
        self.repo = repo
        self.folder = folder
        flags = RepositoryOpenFlag.BARE | RepositoryOpenFlag.NO_SEARCH
        self.git = pygit2.Repository(str(folder), flags)

    @classmethod
    def create(cls, repo: RepoId, folder: Path, user: str) -> Repository:
        """A new one whose `main` is an empty commit: clients expect a revision from the start."""
        pygit2.init_repository(str(folder), bare=True, initial_head="main")
        made = cls(repo, folder)
        empty = made.git.TreeBuilder().write()
        made.move(MAIN, None, made.commit(str(empty), [], user, "initial commit"))
        return made

    # Reading

    def resolve(self, revision: str) -> str:
        """The commit of a branch, a tag, a pull request or a commit's id, 40 hex digits.

        Raises:
            Refusal: 404.
        """
        if len(revision) > MAX_REVISION:
            raise no_revision(self.repo.id, revision[:MAX_REVISION])
        if COMMIT.fullmatch(revision):
            found = self.git.get(revision)
            if isinstance(found, pygit2.Commit):
                return revision
            raise no_revision(self.repo.id, revision)
        if revision == "HEAD":  # JavaScript's client says so where nobody names a revision
            revision = MAIN
        names = [revision] if pull_number(revision) else [f"refs/heads/{revision}", f"refs/tags/{revision}"]
        if revision.startswith(("refs/heads/", "refs/tags/")):
            names = [revision]
        for name in names:
            if pygit2.reference_is_valid_name(name) and (tip := self.tip(name)):
                return tip
        raise no_revision(self.repo.id, revision)

    def tip(self, ref: str) -> str | None:
        """The commit that a reference stands at."""
        found = self.git.references.get(ref)
        return str(found.peel(pygit2.Commit).id) if found is not None else None

    def refs(self) -> Iterator[tuple[str, str]]:
        """Every reference with its commit."""
        for ref in sorted(self.git.references):
            tip = self.tip(ref)
            if ref != "HEAD" and tip is not None:
                yield ref, tip

    def files(self, commit: str) -> tuple[File, ...]:
        """Every file of a commit, in git's order."""
        tree = self._tree(commit)
        key = str(self.folder), str(tree.id)
        found = _FILES.get(key)
        return _FILES.put(key, tuple(self._walk(tree, ""))) if found is None else found

    def folders(self, commit: str) -> dict[str, str]:
        """Every folder of a commit with its tree's id."""
        found: dict[str, str] = {}
        todo = [("", self._tree(commit))]
        while todo:
            prefix, tree = todo.pop()
            for item in tree:
                if isinstance(item, pygit2.Tree):
                    found[prefix + str(item.name)] = str(item.id)
                    todo.append((f"{prefix}{item.name}/", item))
        return found

    def file(self, commit: str, path: str) -> File | None:
        """One file of a commit."""
        try:
            item = self._tree(commit)[path]
        except (KeyError, ValueError):
            return None
        return self._file(path, item) if isinstance(item, pygit2.Blob) else None

    def read(self, file: File) -> bytes:
        """The content of a file that lies in git."""
        return self._blob(file.blob).data

    def time(self, commit: str) -> int:
        """When it was made, seconds since 1970."""
        return self._commit(commit).commit_time

    def history(self, commit: str, skip: int, count: int) -> tuple[list[Change], int]:
        """Commits from this one back, newest first, and how many there are."""
        walk = list(self.git.walk(commit, SortMode.TOPOLOGICAL | SortMode.TIME))
        return [_change(found) for found in islice(walk, skip, skip + count)], len(walk)

    def last_changes(self, commit: str, paths: Iterable[str]) -> dict[str, Change]:
        """The newest commit that changed each path, as far as it is soon found."""
        left, found, looked = set(paths), dict[str, Change](), 0
        for made in self.git.walk(commit, SortMode.TOPOLOGICAL | SortMode.TIME):
            looked += len(left)
            if not left or looked > _MAX_LOOKED:
                break
            before = [parent.tree for parent in made.parents]
            for path in sorted(left):
                now = _entry(made.tree, path)
                if all(_entry(tree, path) != now for tree in before):
                    found[path] = _change(made)
            left -= found.keys()
        return found

    # Writing

    def blob(self, path: Path) -> str:
        """Keep a file's content; gives its id."""
        return str(self.git.create_blob_fromdisk(str(path)))

    def blob_of(self, data: bytes) -> str:
        """Keep bytes; gives their id."""
        return str(self.git.create_blob(data))

    def tree(self, blobs: dict[str, str]) -> str:
        """Write the tree of these files, path to blob; gives its id."""
        index = pygit2.Index()
        for path, blob in blobs.items():
            index.add(pygit2.IndexEntry(path, pygit2.Oid(hex=blob), FileMode.BLOB))
        return str(index.write_tree(self.git))

    def commit(self, tree: str, parents: list[str], user: str, message: str) -> str:
        """Write a commit that no reference shows yet; gives its id."""
        who = pygit2.Signature(user, f"{user}@users.noreply.hub")
        return str(self.git.create_commit(None, who, who, message, tree, list(parents)))

    def tree_of(self, commit: str) -> str:
        """The id of a commit's tree."""
        return str(self._tree(commit).id)

    def move(self, ref: str, old: str | None, new: str) -> None:
        """Let a reference stand at another commit, if it still stands at the old one; None makes it.

        Raises:
            Refusal: 412, 409.
        """
        found = self.git.references.get(ref)
        if old is None:
            names = list(self.git.references)
            if len(names) >= _MAX_REFS:
                raise Refusal(
                    403, f"{self.repo.id}: {len(names)} branches and tags are the most; delete some"
                )
            taken = [
                name for name in names if f"{name}/".startswith(f"{ref}/") or f"{ref}/".startswith(f"{name}/")
            ]
            if taken:
                raise Refusal(409, f"{self.repo.id}: {ref} cannot be made, there is {taken[0]}")
            self.git.create_reference_direct(ref, pygit2.Oid(hex=new), False)
        elif found is None or str(found.target) != old:
            raise Refusal(412, f"{self.repo.id}: {ref} has moved; fetch it and try again")
        else:
            found.set_target(pygit2.Oid(hex=new))  # libgit2 compares once more

    def remove(self, ref: str, missing_ok: bool = False) -> None:
        """Take a reference away; its commits stay.

        Raises:
            Refusal: 404.
        """
        if ref in self.git.references:
            self.git.references.delete(ref)
        elif not missing_ok:
            raise no_revision(self.repo.id, ref)

    def target(self, revision: str) -> tuple[str, str | None]:
        """The reference that a commit to this revision moves, and where it stands."""
        ref = branch_ref(revision)
        return ref, self.tip(ref)

    def _commit(self, commit: str) -> pygit2.Commit:
        found = self.git.get(commit)
        if not isinstance(found, pygit2.Commit):
            raise no_revision(self.repo.id, commit)
        return found

    def _tree(self, commit: str) -> pygit2.Tree:
        return self._commit(commit).tree

    def _blob(self, blob: str) -> pygit2.Blob:
        found = self.git[blob]
        assert isinstance(found, pygit2.Blob)
        return found

    def _walk(self, tree: pygit2.Tree, prefix: str) -> Iterator[File]:
        for item in tree:
            path = prefix + str(item.name)
            if isinstance(item, pygit2.Tree):
                yield from self._walk(item, path + "/")
            elif isinstance(item, pygit2.Blob):
                yield self._file(path, item)

    def _file(self, path: str, item: pygit2.Blob) -> File:
        pointer = Pointer.decode(item.data) if item.size < 200 else None
        return File(path, str(item.id), pointer.size if pointer else item.size, pointer)


def _change(commit: pygit2.Commit) -> Change:
    return Change(str(commit.id), commit.author.name, commit.message, commit.commit_time)


def _entry(tree: pygit2.Tree, path: str) -> pygit2.Oid | None:
    """The id of what lies at a path, if anything does."""
    return tree[path].id if path in tree else None
