"""What every page has: head, style, policy, and how numbers and dates are written."""

from __future__ import annotations

import hashlib
import time
from functools import cache, partial
from importlib.resources import files

from hub.web.html import Child, Html, element, join

# No script, nothing from elsewhere: a page shows what strangers wrote.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
STYLE = "assets/style.css"

a, code, div, h1, h2 = (partial(element, name) for name in ("a", "code", "div", "h1", "h2"))
p, pre, section, small, span = (partial(element, name) for name in ("p", "pre", "section", "small", "span"))
ul, li, table, tr, td, th = (partial(element, name) for name in ("ul", "li", "table", "tr", "td", "th"))


def page(title: str, *body: Child) -> bytes:
    """A whole page."""
    head = join(
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("link", rel="stylesheet", href=f"/{STYLE}?{_version()}"),
    )
    top = element("header", a("difflogic-zoo hub", href="/"), span("models made of logic gates"))
    foot = element(
        "footer", "Served by ", code("zoo hub serve"), ". Results are what each model's own record says."
    )
    whole = element(
        "html", element("head", head), element("body", top, element("main", *body), foot), lang="en"
    )
    return f"<!doctype html>\n{whole}\n".encode()


@cache
def style() -> bytes:
    """The one stylesheet."""
    return (files("hub.web") / "style.css").read_bytes()


@cache
def _version() -> str:
    """Changes with the stylesheet, so that browsers may keep it."""
    return hashlib.sha256(style()).hexdigest()[:8]


def chips(words: tuple[str, ...] | list[str]) -> Html:
    """Words side by side."""
    return join(*(join(span(word, class_="chip"), " ") for word in words))


def size(count: int) -> str:
    """Bytes, to read."""
    if count < 1000:
        return f"{count} B"
    for unit in ("kB", "MB"):
        count_of = count / 1000 ** (1 if unit == "kB" else 2)
        if count_of < 999.5:
            return f"{count_of:.3g} {unit}"
    return f"{count / 1e9:.3g} GB"


def day(seconds: int) -> str:
    """The date, UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
