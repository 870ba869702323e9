"""Long lists, a page at a time."""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import quote

from hub.api.call import Call

T = TypeVar("T")


def cut(call: Call, rows: list[T], most: int) -> tuple[list[T], dict[str, str]]:
    """One page of a list, and the header that names the next."""
    count = call.number("limit", most, most) or most
    start = call.number("cursor", 0, 10**8)
    more = start + count < len(rows)
    return rows[start : start + count], {"Link": next_page(call, cursor=start + count)} if more else {}


def next_page(call: Call, **params: int) -> str:
    """The header that names the next page of a list."""
    address = call.request.url.include_query_params(**params)
    return f'<{quote(str(address), safe=":/?&=%[]@")}>; rel="next"'
