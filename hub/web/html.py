"""HTML whose every string is escaped, because only an element is not."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TypeAlias

VOID = frozenset(("br", "hr", "img", "input", "link", "meta"))


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


Child: TypeAlias = "str | int | Iterable[Child] | None"


def join(*children: Child) -> Html:
    """HTML of everything, one after the other; plain strings and numbers are escaped, None is left out."""
    return Html("".join(_pieces(children)))


def element(tag: str, /, *children: Child, **attributes: str | int | bool | None) -> Html:
    """One element.

    Args:
        tag: Its name.
        children: What stands in it.
        attributes: Its attributes; an underscore at the end of a name goes, one inside is a dash. True stands
            alone, False and None leave the attribute out.
    """
    said = []
    for key, value in attributes.items():
        key = key.rstrip("_").replace("_", "-")
        if value is True:
            said.append(f" {key}")
        elif value is not None and value is not False:
            said.append(f' {key}="{escape(str(value))}"')
    opening = f"<{tag}{''.join(said)}>"
    return Html(opening if tag in VOID else f"{opening}{join(*children)}</{tag}>")


def _pieces(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if isinstance(child, Html):
            yield child
        elif isinstance(child, str | int):
            yield escape(str(child))
        elif child is not None:
            yield from _pieces(child)
