"""What the cache keeps: a list of it, whether it is still what it was, and what may go."""

from __future__ import annotations

import hashlib
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from zoo.errors import MissingExtraError, ModelError, SignatureError
from zoo.hub.cache import HubCache

_STALE_S = 3600  # a folder that a process fills is put in its place sooner
_DAY_S = 86_400


@dataclass(frozen=True)
class Kept:
    """A model in the cache.

    Args:
        sha256: Of its manifest: the name of its folder.
        folder: Where it lies.
        repos: The repositories it was got from: `owner/name`.
        revisions: What was asked for: tags, branches, and the commits of all of them.
        size: Bytes on the disk.
        used: When it was last loaded, in seconds since 1970.
    """

    sha256: str
    folder: Path
    repos: tuple[str, ...]
    revisions: tuple[str, ...]
    size: int
    used: float


def kept_models(cache: HubCache) -> list[Kept]:
    """Every model in the cache, by the name of its first repository."""
    commits, revisions = cache.commits(), cache.revisions()
    found = []
    for sha256, folder in cache.models().items():
        own = [ref for ref in commits if ref.value == sha256]
        known = {(ref.endpoint, ref.repo, ref.name) for ref in own}
        names = [ref.name for ref in revisions if (ref.endpoint, ref.repo, ref.value) in known]
        used = folder.lstat().st_mtime
        repos = tuple(sorted({ref.repo for ref in own}))
        both = tuple(dict.fromkeys([*sorted(names), *(ref.name for ref in own)]))
        found.append(Kept(sha256, folder, repos, both, size_of(folder), used))
    return sorted(found, key=lambda kept: (kept.repos, kept.sha256))


def check(kept: Kept) -> ModelError | None:
    """What is wrong with a model, each of its bytes read again; None if nothing is."""
    from zoo.folder import read_files
    from zoo.manifest import MANIFEST

    try:
        read_files(kept.folder, partial=True)
        found = hashlib.sha256((kept.folder / MANIFEST).read_bytes()).hexdigest()
        if found != kept.sha256:
            raise ModelError(kept.folder / MANIFEST, "SHA-256", kept.sha256, found, "")
    except ModelError as error:
        return error
    return None


def signed(folder: Path) -> str:
    """What a model's signature says, for people."""
    from zoo.hub.trust import verify_model

    try:
        return str(verify_model(folder))
    except MissingExtraError:
        return "signed; NOT checked: pip install 'difflogic-zoo[hub]'"
    except (ModelError, SignatureError):
        return "damaged"


def prunable(
    cache: HubCache, older_than: float | None = None, everything: bool = False
) -> tuple[list[Kept], list[Path]]:
    """What may go: models and leftovers.

    Args:
        cache: The cache.
        older_than: Also models that were not used for so many days.
        everything: All models.
    """
    from zoo.index import catalogue

    listed = {entry.manifest_sha256 for entry in catalogue().values()}
    before = time.time() - (older_than or 0) * _DAY_S
    models = [
        kept
        for kept in kept_models(cache)
        if everything
        or (not kept.repos and kept.sha256 not in listed)
        or (older_than is not None and kept.used < before)
    ]
    stale = time.time() - _STALE_S
    left = [p for p in cache.leftovers() if not p.name.startswith(".") or p.lstat().st_mtime < stale]
    return models, left


def remove_model(cache: HubCache, kept: Kept) -> bool:
    """Take a model away, and what is remembered of its commits; False if a process gets it just now."""
    try:
        with cache.lock("model", kept.sha256, wait=False):
            if kept.folder.is_symlink():
                kept.folder.unlink()
            else:
                cache.remove(kept.sha256)
            cache.forget_manifest(kept.sha256)
    except BlockingIOError:
        return False
    return True


def remove_leftover(cache: HubCache, path: Path) -> bool:
    """Take away what is left of a download; False if a process goes on with it just now."""
    try:
        with cache.lock("model", path.name, wait=False):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    except BlockingIOError:
        return False
    return True


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; links are not followed."""
    if path.is_symlink() or not path.is_dir():
        return path.lstat().st_size
    return sum(p.lstat().st_size for p in path.rglob("*") if not p.is_dir())
