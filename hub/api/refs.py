"""Branches, tags, pull requests' references, and the history behind them."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from hub.api.call import Call
from hub.api.paging import next_page
from hub.api.rules import Rule
from hub.discussions import stamp
from hub.names import check_branch
from hub.refusal import Refusal


def refs(call: Call) -> dict[str, Any]:
    """Branches, tags and, if asked for, pull requests."""
    found: dict[str, Any] = {"branches": [], "converts": [], "tags": [], "pullRequests": []}
    groups = {"refs/heads/": "branches", "refs/tags/": "tags", "refs/pr/": "pullRequests"}
    for ref, commit in call.repository().refs():
        for prefix, group in groups.items():
            if ref.startswith(prefix):
                row = {"name": ref.removeprefix(prefix), "ref": ref, "targetCommit": commit}
                found[group].append(row)
    if not call.flag("include_prs"):
        del found["pullRequests"]
    return found


def commits(call: Call) -> Response:
    """The history, newest first, in pages."""
    repository, commit = call.at_revision()
    count = call.number("limit", 50, 1000) or 50
    page = call.number("p", 0, 10**6)
    found, total = repository.history(commit, page * count, count)
    rows = [
        {
            "id": change.id,
            "title": change.message.partition("\n")[0],
            "message": change.message.partition("\n")[2].strip(),
            "date": stamp(change.time),
            "authors": [{"user": change.user}],
        }
        for change in found
    ]
    headers = {"X-Total-Count": str(total)}
    if (page + 1) * count < total:
        headers["Link"] = next_page(call, p=page + 1, limit=count)
    return JSONResponse(rows, headers=headers)


def make_branch(call: Call) -> dict[str, Any]:
    """A branch at a revision, `main` where none is named."""
    start = call.text("startingPoint", "main")
    return _make(call, "refs/heads/" + check_branch(call.params["revision"]), start)


def make_tag(call: Call) -> dict[str, Any]:
    """A tag at the revision of the address; a commit keeps it for ever, a tag until it is deleted."""
    return _make(call, "refs/tags/" + check_branch(call.text("tag")), call.params["revision"])


def remove_branch(call: Call) -> dict[str, Any]:
    """Take a branch away, `main` never."""
    name = check_branch(call.params["revision"])
    if name == "main":
        raise Refusal(403, "the branch main stays; delete the repository instead")
    return _remove(call, f"refs/heads/{name}")


def remove_tag(call: Call) -> dict[str, Any]:
    """Take a tag away."""
    return _remove(call, "refs/tags/" + check_branch(call.params["revision"]))


def _make(call: Call, ref: str, start: str) -> dict[str, Any]:
    repo = call.writable()
    with call.store.lock(repo):
        repository = call.store.open(repo)
        repository.move(ref, None, repository.resolve(start))
    return {}


def _remove(call: Call, ref: str) -> dict[str, Any]:
    repo = call.writable()
    with call.store.lock(repo):
        call.store.open(repo).remove(ref)
    return {}


_REPO = "api/{kind}/{owner}/{name}"
RULES = (
    Rule("GET", f"{_REPO}/refs", refs),
    Rule("GET", f"{_REPO}/commits/{{revision}}", commits),
    Rule("POST", f"{_REPO}/branch/{{revision}}", make_branch, "json"),
    Rule("DELETE", f"{_REPO}/branch/{{revision}}", remove_branch),
    Rule("POST", f"{_REPO}/tag/{{revision}}", make_tag, "json"),
    Rule("DELETE", f"{_REPO}/tag/{{revision}}", remove_tag),
)
