"""The folder of a hub: which repositories there are, and who may touch one at a time."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from hub.files import read_json, sync, write_json
from hub.limits import Limits
from hub.names import KINDS, RepoId
from hub.objects import ObjectStore
from hub.refusal import Refusal, no_repository
from hub.repository import Repository
from zoo.errors import ZooError


@dataclass(frozen=True)
class Settings:
    """What is kept about a repository beside git.

    Args:
        private: Only its namespace may see it.
        created: Seconds since 1970.
        creator: The user.
    """

    private: bool
    created: int
    creator: str


class Store:
    """A hub's folder, owned by one process.

    Args:
        root: `repos/<kind>/<owner>/<name>.git` with `hub/` inside for settings and discussions, `objects/`,
            `tmp/` for what is on its way, `trash/` for what was deleted.
        limits: Caps.

    Raises:
        ZooError: Another server owns the folder, or it is somebody's and no hub's.
    """

    def __init__(self, root: Path, limits: Limits) -> None:
        self.root, self.limits = root, limits
        self._repos, self._tmp, self._trash = root / "repos", root / "tmp", root / "trash"
        folders = self._repos, self._tmp, self._trash, root / "objects"
        _check_own(root, folders)
        root.mkdir(parents=True, exist_ok=True)
        self._owner = os.open(root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._owner)
            raise ZooError(
                f"{root}: another server serves this folder; stop it or choose another folder"
            ) from None
        for folder in folders:
            folder.mkdir(exist_ok=True)
        self.objects = ObjectStore(root / "objects")
        self._locks: dict[RepoId, threading.RLock] = defaultdict(threading.RLock)
        self._names = threading.Lock()  # held while a repository appears, moves or goes
        self._clean()

    def close(self) -> None:
        """Let another server have the folder."""
        os.close(self._owner)

    def ids(self) -> list[RepoId]:
        """Every repository."""
        found = []
        for kind in KINDS:
            for folder in sorted((self._repos / kind).glob("*/*.git")):
                found.append(RepoId(kind, folder.parent.name, folder.name.removesuffix(".git")))
        return found

    def folder(self, repo: RepoId) -> Path:
        """Where a repository lies, or would."""
        return self._repos / repo.kind / repo.owner / f"{repo.name}.git"

    def exists(self, repo: RepoId) -> bool:
        """Whether it is there."""
        return self.folder(repo).is_dir()

    def identity(self, repo: RepoId) -> int | None:
        """What differs once another repository has this name; None where none has."""
        try:
            return self.folder(repo).stat().st_ino
        except FileNotFoundError:
            return None

    def open(self, repo: RepoId) -> Repository:
        """A repository for this thread.

        Raises:
            Refusal: 404.
        """
        if not self.exists(repo):
            raise no_repository(repo.id)
        return Repository(repo, self.folder(repo))

    def settings(self, repo: RepoId) -> Settings:
        """What is kept about it.

        Raises:
            Refusal: 404.
        """
        try:
            return Settings(**read_json(self._settings(repo)))
        except FileNotFoundError:
            raise no_repository(repo.id) from None

    def set_private(self, repo: RepoId, private: bool) -> None:
        """Show a repository to all, or to its namespace only."""
        with self.lock(repo):
            write_json(self._settings(repo), asdict(replace(self.settings(repo), private=private)))

    @contextmanager
    def lock(self, repo: RepoId) -> Iterator[None]:
        """Nobody else changes the repository meanwhile."""
        with self._names:
            lock = self._locks[repo]
        with lock:
            yield

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for what is on its way; gone at the end."""
        folder = self._tmp / secrets.token_hex(8)
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def create(self, repo: RepoId, user: str, private: bool) -> None:
        """Make an empty repository; it appears whole.

        Raises:
            Refusal: 409, where one has this name, in any case; 403, where there are too many.
        """
        with self.scratch() as scratch:
            Repository.create(repo, scratch / "new.git", user)
            (scratch / "new.git" / "hub").mkdir()
            settings = Settings(private, int(time.time()), user)
            write_json(scratch / "new.git" / "hub" / "settings.json", asdict(settings))
            for name in ("HEAD", "config", "."):  # libgit2 synced the rest
                sync(scratch / "new.git" / name)
            with self._names:
                if len(self.ids()) >= self.limits.max_repositories:
                    raise Refusal(
                        403, f"this hub keeps {self.limits.max_repositories} repositories; delete some first"
                    )
                self._appear(scratch / "new.git", repo)

    def move(self, old: RepoId, new: RepoId) -> None:
        """Give a repository another name.

        Raises:
            Refusal: 404, 409.
        """
        with self.lock(old), self._names:
            if not self.exists(old):
                raise no_repository(old.id)
            self._appear(self.folder(old), new)
            sync(self.folder(old).parent)

    def delete(self, repo: RepoId) -> None:
        """Take a repository away; it stays in `trash/` until a person removes it.

        Raises:
            Refusal: 404.
        """
        with self.lock(repo), self._names:
            if not self.exists(repo):
                raise no_repository(repo.id)
            stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
            name = f"{stamp}-{secrets.token_hex(4)}-{repo.kind}-{repo.owner}-{repo.name}.git"
            self.folder(repo).rename(self._trash / name)
            sync(self._trash)
            sync(self.folder(repo).parent)

    def _settings(self, repo: RepoId) -> Path:
        return self.folder(repo) / "hub" / "settings.json"

    def _appear(self, source: Path, repo: RepoId) -> None:
        """Rename a repository into place; `_names` is held."""
        target = self.folder(repo)
        owners = target.parent.parent
        owners.mkdir(parents=True, exist_ok=True)
        for folder, name in ((owners, repo.owner), (target.parent, target.name)):
            for other in folder.iterdir() if folder.is_dir() else ():
                same = other.name == name and folder == owners
                if other.name.lower() == name.lower() and not same:
                    raise Refusal(409, f"{repo.id}: {other.name.removesuffix('.git')} has this name already")
        target.parent.mkdir(exist_ok=True)
        source.rename(target)
        sync(target.parent)
        sync(owners)

    def _clean(self) -> None:
        """Remove what a killed server left: no other process writes here."""
        shutil.rmtree(self._tmp)
        self._tmp.mkdir()
        for pattern in ("*.lock", "refs/**/*.lock", "hub/**/.*.tmp", "objects/tmp_*"):
            for file in list(self._repos.glob(f"*/*/*.git/{pattern}")):
                file.unlink(missing_ok=True)
        for file in list((self.root / "objects").glob("*/*/.*.tmp")):
            file.unlink(missing_ok=True)


def _check_own(root: Path, folders: tuple[Path, ...]) -> None:
    """Refuse a folder where others have put something in a hub's places: what lies in `tmp/` is removed.

    Raises:
        ZooError: It is no hub's.
    """
    there = [folder.name for folder in folders if folder.exists()]
    if there and not (root / "lock").is_file():
        raise ZooError(
            f"{root}: this is no hub's folder, and {' and '.join(there)} in it would become the hub's; "
            "choose an empty folder, or if it is a copy of a hub's, make an empty file named lock in it"
        )
