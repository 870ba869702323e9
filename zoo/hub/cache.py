"""What was got, kept under names of our own making.

    models/<sha256 of manifest.json>/    a whole model folder, put there by one rename
    partial/<sha256 of manifest.json>/   files that are still arriving, each named by its SHA-256
    refs/revisions/, refs/commits/       which commit a revision was, which manifest a commit has
    locks/                               held while something is got or removed

No name in it comes from a server, and what a folder is called is what it must hold.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from zoo.cache import cache_folder
from zoo.errors import HubError
from zoo.hub.names import COMMIT, SHA256

_POLL_S = 0.05
_PATIENCE_S = 2.0


@dataclass(frozen=True)
class Ref:
    """What a hub once said.

    Args:
        endpoint: The hub.
        repo: `owner/name`.
        name: A revision, or a commit.
        value: The commit that the revision was, or the SHA-256 of the commit's manifest.
        time: When it said so, in seconds since 1970.
    """

    endpoint: str
    repo: str
    name: str
    value: str
    time: float = 0.0


class HubCache:
    """The cache of hubs.

    Args:
        root: Its folder; `hub` in the cache folder when None.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = (cache_folder() / "hub" if root is None else root).absolute()

    def model(self, manifest_sha256: str) -> Path:
        """Where the model with this manifest lies, or will."""
        if not SHA256.fullmatch(manifest_sha256):
            raise ValueError(f"expected a SHA-256, found {manifest_sha256!r}")
        return self.root / "models" / manifest_sha256

    def find(self, manifest_sha256: str | None) -> Path | None:
        """The folder of a model if it is here.

        Raises:
            HubError: Something else lies in its place.
        """
        if manifest_sha256 is None:
            return None
        folder = self.model(manifest_sha256)
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise HubError(f"{folder}: expected a folder, found a link or a file. Remove it.")
        return folder if folder.is_dir() else None

    def touch(self, folder: Path) -> None:
        """Remember that a model is used now."""
        with suppress(OSError):  # somebody else's cache can be read as well
            os.utime(folder)

    def models(self) -> dict[str, Path]:
        """Every model here, by the SHA-256 of its manifest."""
        folders = sorted(self._within("models"))
        return {path.name: path for path in folders if SHA256.fullmatch(path.name)}

    def partial(self, manifest_sha256: str) -> Path:
        """A folder for the files of a model that are still arriving."""
        return self._folder("partial", self.model(manifest_sha256).name)

    def place(self, manifest_sha256: str, fill: Callable[[Path], None]) -> Path:
        """Fill a folder beside the models, then put it in its place by one rename.

        Args:
            manifest_sha256: Of the manifest in it.
            fill: Writes the files, and raises if it is not to be put there.
        """
        target = self.model(manifest_sha256)
        try:
            with self.staging() as staged:
                fill(staged)
                staged.rename(target)
        finally:
            shutil.rmtree(self.root / "partial" / manifest_sha256, ignore_errors=True)
        return target

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A folder beside the models that is gone afterwards, unless it was renamed."""
        staged = Path(tempfile.mkdtemp(prefix=".", dir=self._folder("models")))
        try:
            yield staged
        finally:
            shutil.rmtree(staged, ignore_errors=True)

    def remove(self, manifest_sha256: str) -> None:
        """Take a model away: at once from where models are looked for, then from the disk."""
        with self.staging() as staged:
            self.model(manifest_sha256).rename(staged / "gone")

    def leftovers(self) -> list[Path]:
        """Files still arriving, and folders of processes that died."""
        return [*self._within("partial"), *(p for p in self._within("models") if p.name.startswith("."))]

    def note_commit(self, endpoint: str, repo: str, revision: str, commit: str) -> None:
        """Remember which commit a revision is."""
        self._write_ref("revisions", Ref(endpoint, repo, revision, commit))

    def commit_of(self, endpoint: str, repo: str, revision: str) -> Ref | None:
        """Which commit a revision was when the hub was last asked."""
        ref = self._read_ref(self._ref_path("revisions", endpoint, repo, revision))
        known = ref is not None and (ref.endpoint, ref.repo, ref.name) == (endpoint, repo, revision)
        return ref if known and ref is not None and COMMIT.fullmatch(ref.value) else None

    def note_manifest(self, endpoint: str, repo: str, commit: str, manifest_sha256: str) -> None:
        """Remember which manifest a commit has."""
        self._write_ref("commits", Ref(endpoint, repo, commit, manifest_sha256))

    def manifest_of(self, endpoint: str, repo: str, commit: str) -> str | None:
        """The SHA-256 of the manifest that a commit has."""
        ref = self._read_ref(self._ref_path("commits", endpoint, repo, commit))
        known = ref is not None and (ref.endpoint, ref.repo, ref.name) == (endpoint, repo, commit)
        return ref.value if known and ref is not None and SHA256.fullmatch(ref.value) else None

    def revisions(self) -> list[Ref]:
        """Every revision that is remembered, with its commit."""
        return self._refs("revisions")

    def commits(self) -> list[Ref]:
        """Every commit that is remembered, with the SHA-256 of its manifest."""
        return self._refs("commits")

    def forget_manifest(self, manifest_sha256: str) -> None:
        """Forget every commit with this manifest, and every revision that was one of them."""
        gone = [ref for ref in self.commits() if ref.value == manifest_sha256]
        for ref in gone:
            self._ref_path("commits", ref.endpoint, ref.repo, ref.name).unlink(missing_ok=True)
        commits = {(ref.endpoint, ref.repo, ref.name) for ref in gone}
        for ref in self.revisions():
            if (ref.endpoint, ref.repo, ref.value) in commits:
                self._ref_path("revisions", ref.endpoint, ref.repo, ref.name).unlink(missing_ok=True)

    @contextmanager
    def lock(self, *key: str, note: Callable[[str], None] | None = None, wait: bool = True) -> Iterator[None]:
        """Hold the lock of a thing; one process at a time does, and who dies holds nothing.

        Args:
            key: What names the thing.
            note: Called with a line when another process makes this one wait.
            wait: Whether to wait at all.

        Raises:
            BlockingIOError: Another process holds it, and `wait` is off.
        """
        path = self._folder("locks") / _digest(*key)
        handle = _acquire(path, note, wait)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)  # while it is held: who waits for it looks whether it is still there
            os.close(handle)

    def _folder(self, *parts: str) -> Path:
        folder = self.root
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for part in parts:
            folder /= part
            if folder.is_symlink():
                raise HubError(f"{folder}: expected a folder, found a symbolic link. Remove it.")
            folder.mkdir(exist_ok=True)
        return folder

    def _within(self, name: str) -> list[Path]:
        folder = self.root / name
        return list(folder.iterdir()) if folder.is_dir() else []

    def _ref_path(self, kind: str, *key: str) -> Path:
        return self.root / "refs" / kind / _digest(*key)

    def _refs(self, kind: str) -> list[Ref]:
        found = [self._read_ref(path) for path in sorted(self._within(f"refs/{kind}"))]
        return [ref for ref in found if ref is not None]

    def _read_ref(self, path: Path) -> Ref | None:
        """What a file says; nothing if it is damaged, for then the hub is asked again."""
        try:
            row = json.loads(path.read_bytes()[:4096])
            texts = [row[name] for name in ("endpoint", "repo", "name", "value")]
            if not all(isinstance(text, str) for text in texts):
                return None
            return Ref(texts[0], texts[1], texts[2], texts[3], path.stat().st_mtime)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _write_ref(self, kind: str, ref: Ref) -> None:
        folder = self._folder("refs", kind)
        row = {"endpoint": ref.endpoint, "repo": ref.repo, "name": ref.name, "value": ref.value}
        handle, temporary = tempfile.mkstemp(prefix=".", dir=folder)
        try:
            with os.fdopen(handle, "w") as file:
                json.dump(row, file)
            Path(temporary).replace(self._ref_path(kind, ref.endpoint, ref.repo, ref.name))
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def _acquire(path: Path, note: Callable[[str], None] | None, wait: bool) -> int:
    """An open handle that holds the lock of a file that is there."""
    started, told = time.monotonic(), False
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(handle), path.lstat()):
                return handle
        except BlockingIOError:
            if not wait:
                os.close(handle)
                raise
        except FileNotFoundError:
            pass  # its holder removed it since it was opened here
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
        if note is not None and not told and time.monotonic() - started > _PATIENCE_S:
            note("Waiting for another process that gets the same.")
            told = True
        time.sleep(_POLL_S)


def _digest(*key: str) -> str:
    return hashlib.sha256("\n".join(key).encode()).hexdigest()
