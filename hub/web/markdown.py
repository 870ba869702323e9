"""Markdown that strangers wrote, as HTML that can neither run nor reach anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from hub.card import without_front_matter
from hub.web.html import Html

MAX_MARKDOWN = 2**16  # characters of a page that are shown as Markdown: the worst of them take two seconds

_ELSEWHERE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|[/#?]")


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def to_html(text: str, base: str, title: str = "") -> Html:
    """Markdown as HTML: tags in it are shown as text, links to scripts are none.

    Args:
        text: Markdown; a card's front matter is left out.
        base: Address that its relative links and pictures start from, with a slash at its end.
        title: What the page is called already: a first heading that says the same is left out.
    """
    parser = _parser()
    tokens = parser.parse(without_front_matter(text))
    if title and [token.type for token in tokens[:1]] == ["heading_open"] and tokens[1].content == title:
        tokens = tokens[3:]
    for token in _all(tokens):
        _place(token, base)
    return Html(parser.renderer.render(tokens, parser.options, {}))


def _all(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _all(token.children or [])


def _place(token: Token, base: str) -> None:
    """Point relative addresses at the repository; styles become classes, as the page's policy wants."""
    for name in ("src", "href"):
        address = token.attrGet(name)
        if isinstance(address, str) and not _ELSEWHERE.match(address):
            token.attrSet(name, base + address)
    if token.tag == "a":
        token.attrSet("rel", "nofollow noopener")
    if token.attrs.pop("style", None) == "text-align:right":
        token.attrSet("class", "number")
