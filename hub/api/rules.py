"""Which function answers which address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from hub.names import KINDS
from hub.refusal import Refusal


@dataclass(frozen=True)
class Rule:
    """An address and its function.

    Args:
        method: Of HTTP; GET also answers HEAD.
        pattern: Segments between slashes. `{x}` takes one, `{kind}` one of `KINDS`, a last `{x*}` the rest.
        answer: Takes a `Call`, gives a response, or what becomes JSON. A coroutine function where the body is
            `stream`, else it runs in a thread.
        body: What is read before: `none`, `json`, `form` or `stream`.
        anyone: Whether who sends anything but GET needs no token: it changes nothing.
    """

    method: str
    pattern: str
    answer: Callable[..., Any]
    body: str = "none"
    anyone: bool = False

    def match(self, segments: Sequence[str]) -> dict[str, str] | None:
        """The parameters, where the address fits."""
        wanted = self.pattern.split("/")
        rest = wanted[-1].endswith("*}")
        if len(segments) < len(wanted) or (len(segments) > len(wanted) and not rest):
            return None
        params = {}
        for want, found in zip(wanted, segments, strict=False):
            if not want.startswith("{"):
                if want != found:
                    return None
            elif want == "{kind}" and found not in KINDS:
                return None
            elif not want.endswith("*}"):
                params[want[1:-1]] = found
        if rest:
            params[wanted[-1][1:-2]] = "/".join(segments[len(wanted) - 1 :])
        return params


def split(raw_path: bytes) -> list[str]:
    """The segments of an address, decoded one by one: a revision may hold an escaped slash.

    Raises:
        Refusal: 400.
    """
    try:
        text = raw_path.decode("ascii")
        return [unquote(part, errors="strict") for part in text.partition("?")[0].strip("/").split("/")]
    except UnicodeDecodeError:
        raise Refusal(400, "address: percent-encoded UTF-8 expected") from None


def find(rules: Sequence[Rule], method: str, segments: Sequence[str]) -> tuple[Rule, dict[str, str]]:
    """The first rule that fits.

    Raises:
        Refusal: 400, 404, 405.
    """
    if segments[0] == "spaces" or list(segments[:2]) == ["api", "spaces"]:
        raise Refusal(400, "this hub keeps models and datasets, no spaces")
    allowed = set()
    for rule in rules:
        params = rule.match(segments)
        if params is not None:
            if rule.method == method or (rule.method == "GET" and method == "HEAD"):
                return rule, params
            allowed.add(rule.method)
    if allowed:
        raise Refusal(405, f"{method} is not answered here", headers={"Allow": ", ".join(sorted(allowed))})
    raise Refusal(404, "this hub has nothing at this address")
