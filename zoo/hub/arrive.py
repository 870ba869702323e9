"""A model on its way from a commit into the cache: files arrive, are put together, and loaded once."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zoo.errors import HubError, ModelError
from zoo.hub.cache import HubCache
from zoo.hub.progress import Progress
from zoo.hub.remote import Remote

Manifest = dict[str, dict[str, Any]]
Arrived = dict[Path, list[str]]  # a file -> its names in the model folder: several may have the same bytes


class Arrival:
    """One commit of a repository.

    Args:
        cache: Where the model is to be.
        remote: Where it comes from.
        commit: The commit.
    """

    def __init__(self, cache: HubCache, remote: Remote, commit: str) -> None:
        self.cache, self.remote, self.commit = cache, remote, commit
        self.name = f"{remote.repo}@{commit[:8]}"

    def read_manifest(self, data: bytes) -> Manifest:
        """What the commit's manifest names.

        Raises:
            ModelError: It is none, or not that of a model.
        """
        from zoo.manifest import MANIFEST, REQUIRED, parse_manifest

        path = Path(self.name, MANIFEST)
        with self._as_published(path.parent):
            manifest = parse_manifest(path, data)
            for name in REQUIRED:
                if name not in manifest:
                    raise ModelError(path, "files", f"a file {name}", "none", "")
        return manifest

    def receive(self, sha256: str, wanted: Manifest) -> Arrived:
        """Get files, each as its size and digest say.

        Args:
            sha256: Of the manifest.
            wanted: What it says of the files.

        Raises:
            HubError: They cannot be had, are others, or have no room.
        """
        folder = self.cache.partial(sha256)
        total = sum(entry["bytes"] for entry in wanted.values())
        arrived: Arrived = {}
        with _room(folder, total), Progress(self.name, total) as progress:
            for name, entry in sorted(wanted.items()):
                file = folder / entry["sha256"]
                self.remote.download(
                    self.commit, name, file, entry["bytes"], entry["sha256"], progress.advance
                )
                arrived.setdefault(file, []).append(name)
        return arrived

    def place(self, sha256: str, arrived: Arrived, own: dict[str, bytes]) -> Path:
        """Make the model folder and load it: what does not load is not kept.

        Args:
            sha256: Of the manifest.
            arrived: The files that it names.
            own: The files that it does not: itself and its signature.

        Raises:
            ModelError: It is refused.
        """
        from zoo.folder import load_folder

        def fill(staged: Path) -> None:
            for name, data in own.items():
                (staged / name).write_bytes(data)
            put(arrived, staged)
            with self._as_published(staged):
                load_folder(staged)

        return self.cache.place(sha256, fill)

    @contextmanager
    def _as_published(self, root: Path) -> Iterator[None]:
        """Say that a model was refused as it was published, not where it lay when it was."""
        try:
            yield
        except ModelError as error:
            path = str(error.path).replace(str(root), self.name)
            mend = "It was published so: tell who published it."
            raise ModelError(path, error.what, error.expected, error.found, mend) from None


def put(arrived: Arrived, folder: Path) -> None:
    """Move files to their names in a folder, each by one rename."""
    for partial, names in arrived.items():
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
        for name in names[1:]:  # the same bytes under several names
            copy = partial.with_suffix(".copy")
            shutil.copyfile(partial, copy)
            copy.rename(folder / name)
        partial.rename(folder / names[0])


@contextmanager
def _room(folder: Path, total: int) -> Iterator[None]:
    """Refuse early, and say what to do, where a disk is too full.

    Raises:
        HubError: It has no room for `total` bytes more, or became full.
    """
    here = sum(path.stat().st_size for path in folder.iterdir())
    mend = "Make room, see `zoo cache prune`, or set ZOO_CACHE to a folder on another disk."
    if (free := shutil.disk_usage(folder).free) < total - here:
        raise HubError(f"{folder}: the disk has {free:,} bytes left, {total - here:,} are needed. {mend}")
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise HubError(f"{folder}: the disk is full. {mend} What has arrived is gone on with.") from None
