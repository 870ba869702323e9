"""Discussions and pull requests of a repository, one JSON file each inside its folder."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from hub.files import read_json, sync, write_json
from hub.recent import Recent
from hub.refusal import Refusal

MAX_TITLE = 200
MAX_TEXT = 65_536
MAX_BYTES = 2**19  # of one discussion
MAX_COUNT = 1_000  # of a repository


def stamp(seconds: float) -> str:
    """A time as clients read it: milliseconds and a Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds % 1 * 1000):03d}Z"


@dataclass(frozen=True)
class Discussion:
    """What people say about a repository, and in a pull request what they would change.

    Args:
        num: From 1; pull requests count along.
        title: One line.
        author: Who opened it.
        status: `draft`, `open`, `closed` or `merged`.
        pull: Whether it is a pull request; then `refs/pr/<num>` is its reference.
        created: Seconds since 1970.
        base: The commit that the pull request started from.
        merge: The commit that merged it.
        events: As clients read them.
    """

    num: int
    title: str
    author: str
    status: str
    pull: bool
    created: float
    base: str | None = None
    merge: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ref(self) -> str:
        """The reference of a pull request."""
        return f"refs/pr/{self.num}"

    def with_event(self, kind: str, author: str, data: dict[str, Any], **changes: Any) -> Discussion:
        """The same with one more thing that happened.

        Raises:
            Refusal: 403, where it has grown too large; a merge is noted all the same, for it has been done.
        """
        event = {
            "id": secrets.token_hex(12),
            "type": kind,
            "createdAt": stamp(time.time()),
            "author": {"name": author, "type": "user"},
            "data": data,
        }
        events = [*self.events, event]
        if len(json.dumps(events)) > MAX_BYTES and changes.get("status") != "merged":
            raise Refusal(403, f"discussion {self.num} is full; open another")
        return replace(self, events=events, **changes)

    def with_comment(self, author: str, text: str) -> Discussion:
        """The same with a comment.

        Raises:
            Refusal: 400, 403.
        """
        text = check_text(text, "comment", MAX_TEXT)
        latest = {"raw": text, "html": "", "updatedAt": stamp(time.time()), "author": {"name": author}}
        return self.with_event(
            "comment", author, {"edited": False, "hidden": False, "latest": latest, "history": []}
        )

    def with_status(self, author: str, status: str, **changes: Any) -> Discussion:
        """The same with another status."""
        return self.with_event("status-change", author, {"status": status}, status=status, **changes)


def check_text(text: object, what: str, longest: int) -> str:
    """Text from a client.

    Raises:
        Refusal: 400.
    """
    if not isinstance(text, str) or not text.strip() or len(text) > longest or "\0" in text:
        raise Refusal(400, f"{what}: give 1 to {longest} characters of text")
    return text.encode("utf-8", "replace").decode()


# By file, so that a list does not read every discussion anew.
_HEADS: Recent[tuple[str, int, int], Discussion] = Recent(20_000)


class Discussions:
    """The discussions of one repository; whoever changes them holds its lock.

    Args:
        folder: The bare repository.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "hub" / "discussions"

    def all(self) -> Iterator[Discussion]:
        """Every discussion without its events, the newest first."""
        for num in sorted(self._numbers(), reverse=True):
            file = self._folder / f"{num}.json"
            status = file.stat()
            key = str(file), status.st_ino, status.st_mtime_ns
            yield _HEADS.get(key) or _HEADS.put(key, replace(self.get(num), events=[]))

    def get(self, num: int) -> Discussion:
        """One of them.

        Raises:
            Refusal: 404.
        """
        try:
            return Discussion(**read_json(self._folder / f"{num}.json"))
        except FileNotFoundError:
            raise Refusal(404, f"no discussion {num}") from None

    def numbered(self, num: str) -> Discussion:
        """The one whose number an address names.

        Raises:
            Refusal: 404.
        """
        if not (num.isascii() and num.isdigit() and len(num) < 9):
            raise Refusal(404, f"no discussion {num[:20]!r}")
        return self.get(int(num))

    def open(self, title: str, author: str, status: str, base: str | None) -> Discussion:
        """A new one, not yet kept; a pull request where it has a base.

        Raises:
            Refusal: 403, where there are too many.
        """
        numbers = self._numbers()
        if len(numbers) >= MAX_COUNT:
            raise Refusal(403, f"this repository has {len(numbers)} discussions, the most that it may have")
        num = max(numbers, default=0) + 1
        return Discussion(num, title, author, status, base is not None, time.time(), base)

    def keep(self, discussion: Discussion) -> Discussion:
        """Write it to the disk."""
        if not self._folder.is_dir():
            self._folder.mkdir()
            sync(self._folder.parent)
        write_json(self._folder / f"{discussion.num}.json", asdict(discussion))
        return discussion

    def _numbers(self) -> list[int]:
        return [int(file.stem) for file in self._folder.glob("[0-9]*.json")]
