"""Discussions and pull requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.api.call import Call
from hub.api.rules import Rule
from hub.discussions import MAX_TEXT, MAX_TITLE, Discussion, Discussions, check_text, stamp
from hub.merge import conflicts, difference, merge_pull
from hub.names import RepoId
from hub.refusal import Refusal

_PAGE = 50


def listing(call: Call) -> dict[str, Any]:
    """Discussions, the newest first, in pages."""
    repo = call.repo()
    kind, status, author = call.query("type"), call.query("status"), call.query("author")
    found = [
        discussion
        for discussion in Discussions(call.store.folder(repo)).all()
        if kind in ("", "all", "pull_request" if discussion.pull else "discussion")
        and status
        in ("", "all", "closed" if discussion.status in ("closed", "merged") else "open", discussion.status)
        and author in ("", discussion.author)
    ]
    start = call.number("p", 0, 10**6) * _PAGE
    rows = [_row(repo, discussion) for discussion in found[start : start + _PAGE]]
    return {"discussions": rows, "count": len(found), "start": start}


def details(call: Call) -> dict[str, Any]:
    """One discussion with all that happened."""
    repo = call.repo()
    discussion = _get(call, repo)
    row = _row(repo, discussion) | {"events": discussion.events}
    if discussion.pull:
        repository = call.store.open(repo)
        row["changes"] = {"base": "refs/heads/main", "mergeCommitId": discussion.merge}
        row["filesWithConflicts"] = conflicts(repository, discussion)
        row["diff"] = difference(repository, discussion) if call.flag("diff") else None
    return row


def make(call: Call) -> dict[str, Any]:
    """Open a discussion, or a pull request as a draft that its author commits to."""
    call.need_proposer()
    repo = call.repo()
    title = check_text(call.text("title"), "title", MAX_TITLE)
    pull = call.data.get("pullRequest") is True
    with call.store.lock(repo):
        repository = call.store.open(repo)
        base = repository.resolve("main") if pull else None
        discussions = Discussions(repository.folder)
        status = "draft" if pull else "open"
        discussion = discussions.open(title, call.account.user, status, base)
        if text := call.text("description", ""):
            discussion = discussion.with_comment(call.account.user, text)
        if base is not None:
            repository.remove(discussion.ref, missing_ok=True)  # a kill may have left it
            repository.move(discussion.ref, None, base)
        discussions.keep(discussion)
    return _row(repo, discussion) | {"url": f"{call.endpoint}/{repo.address}/discussions/{discussion.num}"}


def comment(call: Call) -> dict[str, Any]:
    """Say something."""
    text = call.text("comment")
    kept = _change(call, lambda discussion: discussion.with_comment(call.account.user, text), anyone=True)
    return {"newMessage": kept.events[-1]}


def status(call: Call) -> dict[str, Any]:
    """Close it, or open it again."""
    wanted = call.text("status")
    if wanted not in ("open", "closed"):
        raise Refusal(400, "status: choose open or closed")

    def change(discussion: Discussion) -> Discussion:
        if discussion.status == "merged":
            raise Refusal(400, f"pull request {discussion.num} is merged; open another")
        if text := call.text("comment", ""):
            discussion = discussion.with_comment(call.account.user, text)
        return discussion.with_status(call.account.user, wanted)

    return {"newStatus": _change(call, change).events[-1]}


def title(call: Call) -> dict[str, Any]:
    """Give it another title."""
    wanted = check_text(call.text("title"), "title", MAX_TITLE)

    def change(discussion: Discussion) -> Discussion:
        data = {"from": discussion.title, "to": wanted}
        return discussion.with_event("title-change", call.account.user, data, title=wanted)

    return {"newTitle": _change(call, change).events[-1]}


def merge(call: Call) -> dict[str, Any]:
    """Bring a pull request into main."""
    repo = call.writable()
    with call.store.lock(repo):
        discussion = _get(call, repo)
        message = call.text("comment", "")
        if message:
            message = check_text(message, "comment", MAX_TEXT)
        kept = merge_pull(call.store.open(repo), discussion, call.account.user, message, call.hub.limits)
    return {"success": True, "commitOid": kept.merge, "newStatus": kept.events[-1]}


def _change(call: Call, change: Callable[[Discussion], Discussion], anyone: bool = False) -> Discussion:
    """Keep a changed discussion; unless anyone may, its author or who may write in the repository."""
    call.need_proposer()
    repo = call.repo()
    with call.store.lock(repo):
        discussion = _get(call, repo)
        if not anyone and discussion.author != call.account.user:
            call.need_write(repo.owner)
        return Discussions(call.store.folder(repo)).keep(change(discussion))


def _get(call: Call, repo: RepoId) -> Discussion:
    return Discussions(call.store.folder(repo)).numbered(call.params["num"])


def _row(repo: RepoId, discussion: Discussion) -> dict[str, Any]:
    return {
        "num": discussion.num,
        "title": discussion.title,
        "status": discussion.status,
        "isPullRequest": discussion.pull,
        "author": {"name": discussion.author, "type": "user"},
        "createdAt": stamp(discussion.created),
        "repo": {"name": repo.id, "type": repo.type},
    }


_ALL = "api/{kind}/{owner}/{name}/discussions"
_ONE = f"{_ALL}/{{num}}"
RULES = (
    Rule("GET", _ALL, listing),
    Rule("POST", _ALL, make, "json"),
    Rule("GET", _ONE, details),
    Rule("POST", f"{_ONE}/comment", comment, "json"),
    Rule("POST", f"{_ONE}/status", status, "json"),
    Rule("POST", f"{_ONE}/title", title, "json"),
    Rule("POST", f"{_ONE}/merge", merge, "json"),
)
