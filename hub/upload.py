"""What a commit's body asks for; its files lie in a scratch folder until all of it is known to be good."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from hub.limits import Limits
from hub.names import COMMIT, check_path
from hub.ndjson import Scanner, Sink
from hub.objects import Pointer, looks_like_pointer
from hub.refusal import Refusal

_START = 200  # bytes of a file that are looked at


@dataclass(frozen=True)
class Content:
    """A file that has arrived.

    Args:
        path: Where it lies now.
        pointer: Its digest and size.
        start: Its first bytes.
    """

    path: Path
    pointer: Pointer
    start: bytes


@dataclass(frozen=True)
class Add:
    """Put a file here, `content` or one that the repository has already, by its digest."""

    path: str
    content: Content | str


@dataclass(frozen=True)
class Delete:
    """Take a file or a whole folder away."""

    path: str
    folder: bool


Operation = Add | Delete


class Upload:
    """Takes a commit's body.

    Args:
        scratch: Folder for the files.
        limits: Caps.
    """

    def __init__(self, scratch: Path, limits: Limits) -> None:
        self.summary, self.description, self.parent = "", "", ""
        self.operations: list[Operation] = []
        self._scratch, self._limits = scratch, limits
        self._scanner = Scanner(self._begin, self._line, limits.max_line)
        self._open: _Arriving | None = None
        self._total, self._files, self._header = 0, 0, False
        self._seen: set[tuple[str, bool]] = set()

    def feed(self, data: bytes) -> None:
        """Take the next bytes.

        Raises:
            Refusal: 400, 413.
            OSError: The disk.
        """
        self._scanner.feed(data)

    def finish(self) -> None:
        """The body has ended.

        Raises:
            Refusal: 400.
        """
        self._scanner.finish()
        if not self._header:
            raise Refusal(400, "commit body: the first line must be a header with a summary")

    def close(self) -> None:
        """Let go of a file that never came whole."""
        if self._open:
            with suppress(OSError):  # a full disk, which was told already
                self._open.file.close()

    @property
    def message(self) -> str:
        """Of the commit."""
        return f"{self.summary}\n\n{self.description}" if self.description else self.summary

    def _begin(self) -> Sink:
        if self._open is not None:
            raise Refusal(400, "commit body: a line has two contents")
        if self._files >= self._limits.max_operations:  # before the file is made
            raise self._too_many()
        self._files += 1
        path = self._scratch / str(self._files)
        self._open = _Arriving(path, path.open("wb"), self._limits.max_file)
        return self._take

    def _take(self, data: bytes) -> None:
        assert self._open is not None
        self._open.take(data)
        self._total += len(data)
        if self._total > self._limits.max_commit:
            raise Refusal(413, f"the commit is larger than {self._limits.max_commit} bytes; send it in parts")

    def _line(self, line: dict[str, Any]) -> None:
        content = self._open.done() if self._open else None
        self._open = None
        key, value = line.get("key"), line.get("value")
        if not isinstance(key, str) or not isinstance(value, dict):
            raise Refusal(400, "commit body: a line needs a key and a value")
        if (content is not None) != (key == "file") or (content and value.get("content") != ""):
            raise Refusal(400, f"commit body: content is for the value of a file, found in {key!r:.40}")
        if key == "header":
            self._take_header(value)
            return
        if len(self.operations) >= self._limits.max_operations:
            raise self._too_many()
        path = _text(value, "path")
        path = check_path(path.removesuffix("/") if key == "deletedFolder" else path)
        if (path, key.startswith("deleted")) in self._seen:
            raise Refusal(400, f"{path}: stands in the commit twice")
        self._seen.add((path, key.startswith("deleted")))
        if key == "file" and content is not None:
            if value.get("encoding") != "base64":
                raise Refusal(400, f"{path}: send content in base64, and say so in encoding")
            if looks_like_pointer(content.start):
                raise Refusal(400, f"{path}: this is a pointer of Git LFS; upload the file itself")
            self.operations.append(Add(path, content))
        elif key == "lfsFile":
            self.operations.append(Add(path, _text(value, "oid")))
        elif key in ("deletedFile", "deletedFolder"):
            self.operations.append(Delete(path, key == "deletedFolder"))
        else:
            raise Refusal(400, f"commit body: unknown key {key!r:.40}")

    def _take_header(self, value: dict[str, Any]) -> None:
        if self._header or self.operations:
            raise Refusal(400, "commit body: one header, in the first line")
        self._header = True
        self.summary = _text(value, "summary").strip() or "Update"
        self.description = _text(value, "description", "").strip()
        self.parent = _text(value, "parentCommit", "")
        if self.parent and not COMMIT.fullmatch(self.parent):
            raise Refusal(400, "parentCommit: give 40 hex digits")
        if "\0" in self.message:
            raise Refusal(400, "the commit's message holds a NUL")

    def _too_many(self) -> Refusal:
        return Refusal(
            413, f"the commit has more than {self._limits.max_operations} operations; send it in parts"
        )


class _Arriving:
    """A file on its way to the disk."""

    def __init__(self, path: Path, file: BinaryIO, max_file: int) -> None:
        self.path, self.file = path, file
        self._max = max_file
        self._digest = hashlib.sha256()
        self._size, self._start = 0, b""

    def take(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._max:
            raise Refusal(413, f"a file is larger than {self._max} bytes, the most that this hub takes")
        self._digest.update(data)
        self._start += data[: _START - len(self._start)]
        self.file.write(data)

    def done(self) -> Content:
        self.file.close()
        return Content(self.path, Pointer(self._digest.hexdigest(), self._size), self._start)


def _text(value: dict[str, Any], key: str, default: str | None = None) -> str:
    found = value.get(key, default)
    if found is None and default is not None:
        return default
    if not isinstance(found, str):
        raise Refusal(400, f"commit body: {key} must be text")
    try:
        found.encode()
    except UnicodeEncodeError:
        raise Refusal(400, f"commit body: {key} is not Unicode text") from None
    return found
