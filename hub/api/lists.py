"""Lists of repositories: search, filter, sort, pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pygit2
from starlette.responses import JSONResponse, Response

from hub.api.call import Call
from hub.api.paging import cut
from hub.api.revisions import about, chosen
from hub.api.rules import Rule
from hub.catalog import Catalog, Listed
from hub.refusal import Refusal

_PAGE = 500
_FULL_PAGE = 100  # with every file of each
_SORTS: dict[str, Callable[[Listed], Any]] = {
    "lastModified": lambda listed: listed.holding.modified,
    "createdAt": lambda listed: listed.settings.created,
    "downloads": lambda listed: 0,
    "likes": lambda listed: 0,
    "trendingScore": lambda listed: listed.holding.modified,
    "id": lambda listed: listed.repo.id.lower(),
}


def matching(call: Call, catalog: Catalog, kind: str) -> list[Listed]:
    """What the caller may see and the address asks for: every filter must fit.

    Raises:
        Refusal: 400.
    """
    wanted = [word.lower() for name in ("filter", "tags", "other") for word in call.queries(name)]
    wanted += [word.lower() for word in call.queries("pipeline_tag")]
    words = call.query("search").lower().split()
    author = call.query("author")
    found = []
    for listed in catalog.all(kind):
        tags = {tag.lower() for tag in listed.holding.tags}
        text = f"{listed.repo.id} {listed.holding.summary} {' '.join(tags)}".lower()
        if (
            call.account.may_read(listed.repo, listed.settings.private)
            and (not author or author == listed.repo.owner)
            and tags.issuperset(wanted)
            and all(word in text for word in words)
        ):
            found.append(listed)
    sort = call.query("sort") or "lastModified"
    if sort not in _SORTS:
        raise Refusal(400, f"sort: choose one of {', '.join(_SORTS)}")
    upward = call.query("direction") == "1" or (sort == "id" and call.query("direction") != "-1")
    found.sort(key=lambda listed: listed.repo)
    found.sort(key=_SORTS[sort], reverse=not upward)
    return found


def listing(call: Call) -> Response:
    """Models or data sets."""
    wanted = call.queries("expand")
    full = call.flag("full") or "siblings" in wanted
    found = matching(call, call.hub.catalog, call.params["kind"])
    page, headers = cut(call, found, _FULL_PAGE if full else _PAGE)
    rows = [chosen(about(listed), wanted) for listed in page]
    if full:
        for row, listed in zip(rows, page, strict=True):
            row["siblings"] = [{"rfilename": path} for path in _paths(call, listed)]
    return JSONResponse(rows, headers=headers)


def _paths(call: Call, listed: Listed) -> list[str]:
    """Every file; none of a repository that went away meanwhile: the others are listed."""
    try:
        return [file.path for file in call.store.open(listed.repo).files(listed.holding.commit)]
    except (Refusal, pygit2.GitError, KeyError):
        return []


RULES = (Rule("GET", "api/{kind}", listing),)
