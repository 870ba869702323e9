"""Brings a pull request into `main`: a three-way merge by libgit2, or the list of what stands against it."""

from __future__ import annotations

from itertools import islice

import pygit2
from pygit2.enums import MergeFlag

from hub.commit import check_tree
from hub.discussions import Discussion, Discussions
from hub.limits import Limits
from hub.names import MAIN
from hub.refusal import Refusal
from hub.repository import Repository

MAX_DIFF = 2**18  # characters
MAX_PATCHES = 200  # files


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
    text = ""
    for patch in islice(found, MAX_PATCHES):
        if len(text) > MAX_DIFF:
            break
        text += patch.data.decode("utf-8", "replace") if patch is not None else ""
    return text[:MAX_DIFF]


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
    # Without a search for renamed files: it is a guess, and its time is the product of both sides' files.
    return repository.git.merge_commits(ours, theirs, flags=MergeFlag(0))


def _conflicting(index: pygit2.Index) -> list[str]:
    found: set[str] = set()
    for entries in index.conflicts or ():
        found.update(entry.path for entry in entries if entry is not None)
    return sorted(found)
