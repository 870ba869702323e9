"""The index as a file from elsewhere: checked strictly, and kept in the cache."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

from zoo.errors import ModelError, ZooError
from zoo.hub.cache import HubCache
from zoo.hub.names import COMMIT, SHA256, RepoId
from zoo.index import Entry

FILE = "index.json"
MAX_BYTES = 4 << 20
MAX_ENTRIES = 10_000
_MEND = "Get it again with `zoo index refresh`, or remove it."

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}/[a-z0-9][a-z0-9._-]{0,63}")
_TASK = re.compile(r"[a-z0-9_-]{1,32}@[1-9][0-9]{0,3}")
_TARGET = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def read_refreshed(cache: HubCache | None = None) -> dict[str, Entry]:
    """The refreshed index by id; empty if there is none.

    Raises:
        ModelError: It is damaged.
    """
    path = (cache or HubCache()).root / FILE
    return parse_index(path, path.read_bytes()) if path.is_file() else {}


def parse_index(path: Path, data: bytes) -> dict[str, Entry]:
    """The entries of an index by id, in the order of the ids.

    Raises:
        ModelError: It is no index, or one of its entries is none.
    """
    from zoo.tensors import parse_json

    if len(data) > MAX_BYTES:
        raise ModelError(path, "size", f"at most {MAX_BYTES} bytes", len(data), _MEND)
    rows = parse_json(path, "index", data)
    if not isinstance(rows, list) or len(rows) > MAX_ENTRIES:
        found = len(rows) if isinstance(rows, list) else type(rows).__name__
        raise ModelError(path, "index", f"a list of at most {MAX_ENTRIES} entries", found, _MEND)
    entries: dict[str, Entry] = {}
    for number, row in enumerate(rows):
        entry = _parse_entry(path, f"entry {number}", row)
        if entry.id in entries:
            raise ModelError(path, f"entry {number}", "each id once", f"{entry.id} twice", _MEND)
        entries[entry.id] = entry
    return {id: entries[id] for id in sorted(entries)}


def _parse_entry(path: Path, where: str, row: Any) -> Entry:
    names = [field.name for field in fields(Entry)]
    optional = {"repo", "commit"}
    if not isinstance(row, dict) or not set(names) - optional <= row.keys() <= set(names):
        found = sorted(row)[:16] if isinstance(row, dict) else type(row).__name__
        raise ModelError(path, where, names, found, _MEND)
    for name, value in row.items():
        expected, fits = _RULES[name]
        if not fits(value):
            raise ModelError(path, f"{where}, {name}", expected, repr(value)[:80], _MEND)
    if (row.get("repo") is None) != (row.get("commit") is None):
        raise ModelError(path, where, "repo and commit, or neither", "one of them", _MEND)
    return Entry(**{**row, "targets": tuple(row["targets"])})


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _or_none(rule: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or rule(value)


def _is_repo(value: Any) -> bool:
    try:
        return isinstance(value, str) and str(RepoId.parse(value)) == value
    except ZooError:
        return False


# What each value must be, in words and as a test.
_RULES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "id": ("namespace/name in lower case", _matches(_ID)),
    "task": ("name@version or null", _or_none(_matches(_TASK))),
    "targets": (
        "at most 16 names",
        lambda v: isinstance(v, list) and len(v) <= 16 and all(map(_matches(_TARGET), v)),
    ),
    "gates": ("a number of gates", lambda v: type(v) is int and 0 <= v < 1 << 31),
    "circuit_sha256": ("64 hex digits", _matches(SHA256)),
    "manifest_sha256": ("64 hex digits", _matches(SHA256)),
    "summary": ("one line of text", lambda v: isinstance(v, str) and 0 < len(v) <= 300 and v.isprintable()),
    "repo": ("owner/name or null", _or_none(_is_repo)),
    "commit": ("40 hex digits or null", _or_none(_matches(COMMIT))),
}
