"""Making, moving, showing, hiding and deleting repositories."""

from __future__ import annotations

from typing import Any

from hub.api.call import Call
from hub.api.rules import Rule
from hub.names import RepoId
from hub.refusal import Refusal, no_repository


def create(call: Call) -> dict[str, Any]:
    """Make one; a name without a namespace goes into the user's own."""
    repo = _named(call)
    call.need_write(repo.owner)
    answer = {"url": f"{call.endpoint}/{repo.address}", "name": repo.id, "id": repo.id}
    if call.store.exists(repo):
        raise Refusal(409, f"{repo.id}: you have this repository already", detail=answer)
    call.store.create(repo, call.account.user, _private(call, False))
    return answer


def delete(call: Call) -> dict[str, Any]:
    """Take one away."""
    repo = _visible(call, _named(call))
    call.need_write(repo.owner)
    call.store.delete(repo)
    return {}


def move(call: Call) -> dict[str, Any]:
    """Give one another name, in another namespace too."""
    kind = _kind(call)
    old, new = (_parsed(kind, call.text(name)) for name in ("fromRepo", "toRepo"))
    _visible(call, old)
    call.need_write(old.owner)
    call.need_write(new.owner)
    call.store.move(old, new)
    return {"url": f"{call.endpoint}/{new.address}"}


def settings(call: Call) -> dict[str, Any]:
    """Show it to all, or hide it."""
    repo = call.writable()
    if call.data.get("gated"):
        raise Refusal(400, "this hub has no gated repositories; make it private")
    private = _private(call, call.store.settings(repo).private)
    call.store.set_private(repo, private)
    return {"private": private, "visibility": "private" if private else "public"}


def auth_check(call: Call) -> dict[str, Any]:
    """Whether the caller may read."""
    call.repo()
    return {}


def auth_check_write(call: Call) -> dict[str, Any]:
    """Whether the caller may write."""
    call.writable()
    return {}


def _named(call: Call) -> RepoId:
    name = call.text("name")
    owner = call.text("organization", "")
    if not owner and "/" in name:
        owner, _, name = name.partition("/")
    return RepoId.parse(_kind(call), owner or call.account.user, name)


def _parsed(kind: str, id: str) -> RepoId:
    owner, _, name = id.partition("/")
    return RepoId.parse(kind, owner, name)


def _kind(call: Call) -> str:
    """From the body's type, which is singular."""
    return call.text("type", "model") + "s"


def _visible(call: Call, repo: RepoId) -> RepoId:
    if not call.account.may_read(repo, call.store.settings(repo).private):
        raise no_repository(repo.id)
    return repo


def _private(call: Call, default: bool) -> bool:
    """From `visibility`, or `private` of older clients."""
    visibility, private = call.data.get("visibility"), call.data.get("private")
    if visibility is not None:
        if visibility not in ("public", "private"):
            raise Refusal(400, "visibility: choose public or private")
        return visibility == "private"
    if private is not None and not isinstance(private, bool):
        raise Refusal(400, "private: give true or false")
    return default if private is None else private


_REPO = "api/{kind}/{owner}/{name}"
RULES = (
    Rule("POST", "api/repos/create", create, "json"),
    Rule("DELETE", "api/repos/delete", delete, "json"),
    Rule("POST", "api/repos/move", move, "json"),
    Rule("PUT", f"{_REPO}/settings", settings, "json"),
    Rule("GET", f"{_REPO}/auth-check", auth_check),
    Rule("GET", f"{_REPO}/auth-check/write", auth_check_write),
)
