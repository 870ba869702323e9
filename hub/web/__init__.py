"""Pages for people: every model, one model, what is said about it. Nothing runs, nothing is written."""

from __future__ import annotations

from itertools import islice

from starlette.responses import Response

from hub.api.call import Call
from hub.api.files import resolve
from hub.api.rules import Rule
from hub.catalog import describe
from hub.discussions import Discussion, Discussions
from hub.merge import difference
from hub.refusal import Refusal
from hub.web.front import Wanted, front_page
from hub.web.layout import HEADERS, STYLE, a, h1, p, page, style
from hub.web.model import SHOWN, model_page
from hub.web.talk import discussion_page, discussions_page

MAX_DIFF = 100_000  # characters of a pull request's changes that are shown
MAX_TALK = 200  # discussions in the list


def front(call: Call) -> Response:
    """All models that the visitor may see; datasets are for clients."""
    seen = [
        listed
        for listed in call.hub.catalog.all("models")
        if call.account.may_read(listed.repo, listed.settings.private)
    ]
    words = call.query("search")[:200]
    wanted = Wanted(words, call.query("task"), call.query("target"), call.number("p", 0, 10_000))
    return _shown(front_page(seen, wanted))


def model(call: Call) -> Response:
    """One repository, at the revision of the address or at `main`."""
    repo = call.repo()
    repository = call.store.open(repo)
    commit = repository.resolve(call.params.get("revision", "main"))
    talk = _newest(call, SHOWN)
    private = call.store.settings(repo).private
    return _shown(model_page(repository, describe(repository, commit), private, talk, call.endpoint))


def discussions(call: Call) -> Response:
    """All discussions and pull requests of a repository."""
    return _shown(discussions_page(call.repo(), _newest(call, MAX_TALK)))


def discussion(call: Call) -> Response:
    """One of them."""
    repo = call.repo()
    repository = call.store.open(repo)
    found = Discussions(repository.folder).numbered(call.params["num"])
    diff = difference(repository, found)[:MAX_DIFF] if found.pull else ""
    return _shown(discussion_page(repo, found, diff))


def stylesheet(call: Call) -> Response:
    """The one stylesheet; its address changes with it."""
    return Response(style(), headers=HEADERS | {"Cache-Control": "max-age=86400"}, media_type="text/css")


def refused(refusal: Refusal, headers: dict[str, str]) -> Response:
    """What a visitor sees instead of a page."""
    body = page("Not shown", h1("Not shown"), p(refusal.message, class_="lead"), p(a("All models", href="/")))
    return Response(body, refusal.status, HEADERS | headers, "text/html")


def _newest(call: Call, count: int) -> list[Discussion]:
    return list(islice(Discussions(call.store.folder(call.repo())).all(), count))


def _shown(body: bytes) -> Response:
    return Response(body, headers=HEADERS, media_type="text/html")


RULES = (
    Rule("GET", "", front),
    Rule("GET", STYLE, stylesheet),
    *(
        Rule("GET", prefix + address, answer)
        for prefix in ("{kind}/{owner}/{name}", "{owner}/{name}")
        for address, answer in (
            ("", model),
            ("/tree/{revision}", model),
            ("/tree/{revision}/{path*}", model),
            ("/blob/{revision}/{path*}", resolve),
            ("/commit/{revision}", model),
            ("/discussions", discussions),
            ("/discussions/{num}", discussion),
        )
    ),
)
