"""Makes a commit of an upload: objects first, then tree and commit, then one reference moves under a lock."""

from __future__ import annotations

from hub.limits import Limits
from hub.names import folded
from hub.objects import MAX_IN_GIT, Pointer
from hub.refusal import Refusal
from hub.repository import Repository
from hub.store import Store
from hub.upload import Add, Content, Operation, Upload


def keep_contents(store: Store, repository: Repository, upload: Upload) -> dict[str, str]:
    """Put the files of an upload where they stay, seen by nobody yet.

    Returns:
        Path in the scratch folder to the id of git's blob.
    """
    blobs: dict[str, str] = {}
    for operation in upload.operations:
        if isinstance(operation, Add) and isinstance(operation.content, Content):
            content = operation.content
            if content.pointer.size <= MAX_IN_GIT:
                blobs[str(content.path)] = repository.blob(content.path)
            else:
                store.objects.take(content.path, content.pointer)
                blobs[str(content.path)] = repository.blob_of(content.pointer.encode())
    return blobs


def commit_upload(
    repository: Repository,
    upload: Upload,
    blobs: dict[str, str],
    user: str,
    ref: str,
    base: str | None,
    limits: Limits,
) -> str:
    """Make the commit and let the reference stand at it; the repository's lock is held.

    Args:
        repository: Where.
        upload: What.
        blobs: From `keep_contents`.
        user: By whom.
        ref: The reference.
        base: Where it must stand now; None makes it.
        limits: Caps.

    Returns:
        The commit's id; `base` itself where nothing changes.

    Raises:
        Refusal: 400, 412, 413.
    """
    start = base if base is not None else upload.parent
    old = {file.path: file.blob for file in repository.files(start)}
    files = dict(old)
    for operation in upload.operations:
        _apply(repository, files, operation, blobs)
    check_tree(files, set(files) - set(old), limits)
    tree = repository.tree(files)
    if base is not None and tree == repository.tree_of(base):
        return base
    commit = repository.commit(tree, [start], user, upload.message)
    repository.move(ref, base, commit)
    return commit


def check_parent(repository: Repository, upload: Upload, ref: str, tip: str) -> None:
    """Whoever names a parent wants to build on nothing else.

    Raises:
        Refusal: 412.
    """
    if upload.parent and upload.parent != tip:
        raise Refusal(
            412,
            f"{repository.repo.id}: {ref} stands at {tip}, not at the parent that you name; fetch it first",
        )


def check_tree(files: dict[str, str], added: set[str], limits: Limits) -> None:
    """Refuse what could not be checked out everywhere: a file that is a folder, names that differ in case only.

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


def _apply(
    repository: Repository, files: dict[str, str], operation: Operation, blobs: dict[str, str]
) -> None:
    if isinstance(operation, Add):
        content = operation.content
        files[operation.path] = (
            blobs[str(content.path)]
            if isinstance(content, Content)
            else _known(repository, content, operation.path)
        )
    elif operation.folder:
        inside = [path for path in files if path.startswith(operation.path + "/")]
        if not inside:
            raise Refusal(400, f"deletedFolder: there is no folder {operation.path!r}")
        for path in inside:
            del files[path]
    elif files.pop(operation.path, None) is None:
        raise Refusal(400, f"deletedFile: there is no file {operation.path!r}")


def _known(repository: Repository, sha256: str, path: str) -> str:
    """The pointer of a large file that this repository shows already: another's must not come by its digest."""
    for _, tip in repository.refs():
        for file in repository.files(tip):
            if file.pointer is not None and file.pointer.sha256 == sha256:
                return repository.blob_of(Pointer(sha256, file.pointer.size).encode())
    raise Refusal(400, f"{path}: this repository has no large file {sha256[:64]!r}; upload its content")
