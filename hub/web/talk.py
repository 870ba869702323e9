"""Pages of discussions and pull requests."""

from __future__ import annotations

from typing import Any

from hub.discussions import Discussion
from hub.names import RepoId
from hub.web.html import Html, element, join
from hub.web.layout import a, code, div, h1, li, p, page, section, small, span, ul
from hub.web.markdown import MAX_MARKDOWN, to_html


def discussions_page(repo: RepoId, discussions: list[Discussion]) -> bytes:
    """All of a repository, the newest first."""
    shown = discussion_list(repo, discussions) if discussions else p("None yet.", class_="quiet")
    lead = p("Discussions and pull requests of ", a(repo.id, href=f"/{repo.address}"), class_="lead")
    return page(f"Discussions of {repo.id}", h1("Discussions"), lead, section(shown, class_="box"))


def discussion_list(repo: RepoId, discussions: list[Discussion]) -> Html:
    """Their titles, with what became of them."""
    rows = []
    for each in discussions:
        link = a(each.title, href=f"/{repo.address}/discussions/{each.num}")
        kind = "pull request" if each.pull else "discussion"
        said = f"#{each.num}, {kind} by {each.author}"
        rows.append(li(link, " ", span(each.status, class_="chip"), small(said)))
    return ul(*rows, class_="list")


def discussion_page(repo: RepoId, discussion: Discussion, diff: str) -> bytes:
    """One of them: what was said and done, and what would change."""
    kind = "Pull request" if discussion.pull else "Discussion"
    lead = p(
        f"{kind} {discussion.num} of ",
        a(repo.id, href=f"/{repo.address}"),
        f" by {discussion.author} ",
        span(discussion.status, class_="chip"),
        class_="lead",
    )
    events, left = [], MAX_MARKDOWN
    for event in discussion.events:
        if event["type"] == "comment":
            left -= len(event["data"]["latest"]["raw"])
        events.append(_event(repo, event, plain=left < 0))
    changes = (
        section(element("h2", "Changes"), element("pre", element("code", diff)), class_="box")
        if diff
        else None
    )
    how = (
        section(element("h2", "Try it"), element("pre", _try(repo, discussion)), class_="box")
        if discussion.pull
        else None
    )
    return page(f"{discussion.title}, {repo.id}", h1(discussion.title), lead, *events, changes, how)


def _try(repo: RepoId, discussion: Discussion) -> str:
    kind = "--type dataset " if repo.kind == "datasets" else ""
    return f"hf download {kind}{repo.id} --revision {discussion.ref}"


def _event(repo: RepoId, event: dict[str, Any], plain: bool) -> Html:
    """What happened; a comment as Markdown, or as it was typed."""
    who, when = event["author"]["name"], event["createdAt"][:10]
    head = p(element("strong", who), f", {when}", class_="quiet")
    kind, data = event["type"], event["data"]
    if kind == "comment":
        raw = data["latest"]["raw"]
        text = element("pre", raw) if plain else to_html(raw, f"/{repo.address}/resolve/main/")
        return section(head, div(text, class_="card"), class_="box")
    if kind == "commit":
        said = join("added the commit ", code(data["oid"][:12]), f": {data['subject']}")
    elif kind == "status-change":
        said = join(f"set this to {data['status']}")
    else:
        said = join(kind.replace("-", " "))
    return p(element("strong", who), " ", said, f", {when}", class_="quiet")
