"""Brings a pull request into `main`: a three-way merge by libgit2, or the list of what stands against it."""

from __future__ import annotations

from itertools import islice

from pygit2.enums import MergeFlag

from hub.commit import check_tree
from hub.discussions import Discussion, Discussions
from hub.limits import Limits
from hub.names import MAIN
from hub.refusal import Refusal
from hub.repository import File, Repository

MAX_DIFF = 2**18  # characters
MAX_PATCHES = 200  # files
# Bytes of a file whose lines are compared, and of all files whose lines are merged: a megabyte of short lines
# takes libgit2 five seconds to compare, and nine to merge.
MAX_COMPARED = 2**17
MAX_MERGED = 2**19


def conflicts(repository: Repository, discussion: Discussion) -> list[str]:
    """Files that both sides changed, while a pull request can still be merged."""
    if discussion.status in ("merged", "closed"):
        return []
    return _against(repository, *_sides(repository, discussion))[0]


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
    sizes = {file.blob: file.size for commit in (str(base), tip) for file in repository.files(commit)}
    text = ""
    for number, delta in enumerate(islice(found.deltas, MAX_PATCHES)):
        if len(text) > MAX_DIFF:
            break
        if any(sizes.get(str(side.id), 0) > MAX_COMPARED for side in (delta.old_file, delta.new_file)):
            text += f"{delta.status_char()} {delta.new_file.path}: too large to show its lines\n"
        elif (patch := found[number]) is not None:
            text += patch.data.decode("utf-8", "replace")
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
    if _base(repository, ours, theirs) != theirs:  # else it was merged and a kill came before the note
        against, files = _against(repository, ours, theirs)
        if against:
            names = ", ".join(against[:5])
            why = f"pull request {discussion.num} conflicts with main in {names}; upload these files anew"
            raise Refusal(409, why, detail={"filesWithConflicts": against})
        check_tree(files, set(files), limits)
        title = f"{message.strip() or discussion.title} (#{discussion.num})"
        commit = repository.commit(repository.tree(files), [ours, theirs], user, title)
        repository.move(MAIN, ours, commit)
    return Discussions(repository.folder).keep(discussion.with_status(user, "merged", merge=commit))


def _sides(repository: Repository, discussion: Discussion) -> tuple[str, str]:
    return repository.resolve("main"), repository.resolve(discussion.ref)


def _base(repository: Repository, ours: str, theirs: str) -> str:
    return str(repository.git.merge_base(ours, theirs))


def _against(repository: Repository, ours: str, theirs: str) -> tuple[list[str], dict[str, str]]:
    """What stands against a merge, and the merged files, path to blob."""
    both = _changed_twice(repository, ours, theirs)
    if sum(file.size for file in both) > MAX_MERGED:
        return sorted({file.path for file in both}), {}
    # Without a search for renamed files: it is a guess, and its time is the product of both sides' files.
    index = repository.git.merge_commits(ours, theirs, flags=MergeFlag(0))
    against = {entry.path for entries in index.conflicts or () for entry in entries if entry is not None}
    return sorted(against), {entry.path: str(entry.id) for entry in index}


def _changed_twice(repository: Repository, ours: str, theirs: str) -> list[File]:
    """The files that each side has changed in its own way, as they are on either."""
    base = _base(repository, ours, theirs)
    old, one, other = ({file.path: file for file in repository.files(at)} for at in (base, ours, theirs))
    found = []
    for path in one.keys() & other.keys():
        sides = one[path], other[path]
        blobs = {file.blob for file in sides} | ({old[path].blob} if path in old else set())
        if one[path].blob != other[path].blob and len(blobs) == (3 if path in old else 2):
            found += [file for file in sides if file.pointer is None]
    return found
