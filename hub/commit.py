"""Makes a commit of an upload: objects first, then tree and commit, then one reference moves under a lock."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from pathlib import Path

from hub.limits import Limits
from hub.names import folded
from hub.objects import MAX_IN_GIT
from hub.refusal import Refusal
from hub.repository import Repository
from hub.store import Store
from hub.upload import Add, Content, Operation, Upload


def keep_contents(store: Store, repository: Repository, upload: Upload) -> dict[Path, str]:
    """Put the files of an upload where they stay, seen by nobody yet.

    Returns:
        Path in the scratch folder to the id of git's blob.
    """
    blobs: dict[Path, str] = {}
    for operation in upload.operations:
        if isinstance(operation, Add) and isinstance(operation.content, Content):
            content = operation.content
            if content.pointer.size <= MAX_IN_GIT:
                blobs[content.path] = repository.blob(content.path)
            else:
                store.objects.take(content.path, content.pointer)
                blobs[content.path] = repository.blob_of(content.pointer.encode())
    return blobs


def plan(repository: Repository, start: str, upload: Upload, limits: Limits) -> dict[str, str | Content]:
    """The files that an upload makes of a commit: path to blob, or to what has arrived. Nothing is written.

    Args:
        repository: Where.
        start: The commit to build on.
        upload: What.
        limits: Caps.

    Raises:
        Refusal: 400, 413.
    """
    old: dict[str, str | Content] = {file.path: file.blob for file in repository.files(start)}
    files = dict(old)
    named = _named(repository, upload)
    for operation in upload.operations:
        _apply(files, named, operation)
    check_tree(files, files.keys() - old.keys(), limits)
    return files


def make_commit(
    repository: Repository, start: str, upload: Upload, blobs: dict[Path, str], user: str, limits: Limits
) -> str:
    """Make a commit that no reference shows yet; gives its id, or `start` where nothing changes.

    Args:
        repository: Where.
        start: As in `plan`.
        upload: As in `plan`.
        blobs: From `keep_contents`.
        user: By whom.
        limits: Caps.

    Raises:
        Refusal: 400, 413.
    """
    files = plan(repository, start, upload, limits)
    kept = {path: blobs[at.path] if isinstance(at, Content) else at for path, at in files.items()}
    tree = repository.tree(kept)
    if tree == repository.tree_of(start):
        return start
    return repository.commit(tree, [start], user, upload.message)


def check_tree(files: Collection[str], added: AbstractSet[str], limits: Limits) -> None:
    """Refuse what could not be checked out everywhere: files that are folders, names alike but for case.

    Raises:
        Refusal: 400, 413.
    """
    if len(files) > limits.max_files:
        raise Refusal(413, f"a revision holds at most {limits.max_files} files, this one {len(files)}")
    seen: dict[str, tuple[str, bool]] = {}
    for path in sorted(files, key=lambda path: path in added):  # what was there first
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            part, is_file = "/".join(parts[:depth]), depth == len(parts)
            other, other_is_file = seen.setdefault(folded(part), (part, is_file))
            if other != part:
                raise Refusal(400, f"path {path!r}: {other!r} differs from {part!r} in case only")
            if is_file != other_is_file:
                raise Refusal(400, f"path {path!r}: {part!r} is both a file and a folder")
    if len(seen) > 2 * limits.max_files:  # whoever lists the files walks through all folders
        raise Refusal(413, f"a revision holds at most {limits.max_files} folders beside as many files")


def _apply(files: dict[str, str | Content], named: dict[str, str], operation: Operation) -> None:
    if isinstance(operation, Add):
        at = operation.content
        files[operation.path] = at if isinstance(at, Content) else named[at]
    elif operation.folder:
        inside = [path for path in files if path.startswith(operation.path + "/")]
        if not inside:
            raise Refusal(400, f"deletedFolder: there is no folder {operation.path!r}")
        for path in inside:
            del files[path]
    elif files.pop(operation.path, None) is None:
        raise Refusal(400, f"deletedFile: there is no file {operation.path!r}")


def _named(repository: Repository, upload: Upload) -> dict[str, str]:
    """The pointers of large files that an upload names by their digests: this repository's, never another's.

    Raises:
        Refusal: 400.
    """
    operations = [each for each in upload.operations if isinstance(each, Add)]
    wanted = {each.content: each.path for each in operations if isinstance(each.content, str)}
    found: dict[str, str] = {}
    for _, tip in repository.refs():
        if found.keys() >= wanted.keys():
            break
        for file in repository.files(tip):
            if file.pointer is not None and file.pointer.sha256 in wanted:
                found[file.pointer.sha256] = file.blob
    for sha256, path in wanted.items():
        if sha256 not in found:
            raise Refusal(
                400, f"{path}: this repository has no large file {sha256[:64]!r}; upload its content"
            )
    return found
