"""Brings a pull request into `main`: a three-way merge by libgit2, or the list of what stands against it."""

from __future__ import annotations

import pygit2

from hub.commit import check_tree
from hub.discussions import Discussion, Discussions
from hub.limits import Limits
from hub.names import MAIN
from hub.refusal import Refusal
from hub.repository import Repository

MAX_DIFF = 2**18  # characters


def conflicts(repository: Repository, discussion: Discussion) -> list[str]:
    """Files that both sides changed, while a pull request can still be merged."""
    if discussion.status in ("merged", "closed"):
        return []
    return _conflicting(_merged(repository, *_sides(repository, discussion)))


def difference(repository: Repository, discussion: Discussion) -> str:
    """What a pull request changes, as text; the beginning where it is long."""
    git = repository.git
    tip = repository.tip(discussion.ref)
    if tip is None or discussion.base is None:
        return ""
    base = git.merge_base(discussion.base, tip)
    if base is None:
        return ""
    found = git.diff(str(base), tip)
    patches: list[str] = []
    left = MAX_DIFF
    for delta in found.deltas:
        if delta.old_file.size > MAX_DIFF or delta.new_file.size > MAX_DIFF:
            return f"{len(found)} files changed, some too large to show here\n"
    for patch in found:
        if patch is not None and left > 0:
            text = patch.data.decode("utf-8", "replace")
            patches.append(text[:left])
            left -= len(text)
    return "".join(patches)


def merge_pull(
    repository: Repository, discussion: Discussion, user: str, message: str, limits: Limits
) -> Discussion:
    """Merge, and keep that it was; the repository's lock is held.

    Raises:
        Refusal: 400, 409 with the files that both sides changed.
    """
    if not discussion.pull or discussion.status not in ("draft", "open"):
        raise Refusal(400, f"discussion {discussion.num} is no open pull request, it is {discussion.status}")
    ours, theirs = _sides(repository, discussion)
    commit = ours
    if (
        str(repository.git.merge_base(ours, theirs)) != theirs
    ):  # else it was merged and a kill came before the note
        index = _merged(repository, ours, theirs)
        against = _conflicting(index)
        if against:
            names = ", ".join(against[:5])
            why = f"pull request {discussion.num} conflicts with main in {names}; upload these files anew"
            raise Refusal(409, why, detail={"filesWithConflicts": against})
        files = {entry.path: str(entry.id) for entry in index}
        check_tree(files, set(files), limits)
        title = f"{message.strip() or discussion.title} (#{discussion.num})"
        commit = repository.commit(repository.tree(files), [ours, theirs], user, title)
        repository.move(MAIN, ours, commit)
    return Discussions(repository.folder).keep(discussion.with_status(user, "merged", merge=commit))


def _sides(repository: Repository, discussion: Discussion) -> tuple[str, str]:
    return repository.resolve("main"), repository.resolve(discussion.ref)


def _merged(repository: Repository, ours: str, theirs: str) -> pygit2.Index:
    return repository.git.merge_commits(ours, theirs)


def _conflicting(index: pygit2.Index) -> list[str]:
    found: set[str] = set()
    for entries in index.conflicts or ():
        found.update(entry.path for entry in entries if entry is not None)
    return sorted(found)
