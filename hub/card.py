"""YAML that strangers wrote: front matter of cards and evaluation results, read with caps."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Any

import yaml

MAX_CARD = 2**20  # characters of a README.md
MAX_YAML = 16 * 1024  # characters of YAML
MAX_DEPTH = 20
_MAX_INT = 2**63  # Python writes no number of more than 4,300 digits

_FRONT = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?)(?:^|\n)---[ \t]*(?:\r?\n|\Z)", re.S)


class _Loader(yaml.SafeLoader):
    """Without aliases, a few of which can stand for more than any memory holds, and of a bounded depth."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not allowed here")
        if self._depth > MAX_DEPTH:
            raise yaml.YAMLError("nested too deep")
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


def front_matter(text: str) -> dict[str, Any]:
    """The front matter of a card; empty where there is none.

    Raises:
        ValueError: It is no mapping, too long, too deep, or no YAML.
    """
    found = _FRONT.match(text[: MAX_YAML * 2])
    value = read_yaml(found[1]) if found else {}
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError("it must be keys with values")
    return value


def without_front_matter(text: str) -> str:
    """What people read of a card."""
    found = _FRONT.match(text)
    return text[found.end() :] if found else text


def read_yaml(text: str) -> Any:
    """YAML as JSON can hold it: dates become text, keys too.

    Raises:
        ValueError: It is too long, too deep, or no YAML.
    """
    if len(text) > MAX_YAML:
        raise ValueError(f"more than {MAX_YAML} characters of YAML")
    try:
        return _plain(yaml.load(text, _Loader))
    except (yaml.YAMLError, ValueError, TypeError, OverflowError) as error:
        raise ValueError(" ".join(str(error).split())[:300]) from None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):  # an escape may have made half a character, which no answer can hold
        return value.encode("utf-8", "replace").decode()
    if value is None or isinstance(value, float) or (isinstance(value, int) and abs(value) < _MAX_INT):
        return value
    raise ValueError(f"{type(value).__name__} is not allowed here")
