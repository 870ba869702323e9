"""A file that arrives in pieces: kept when the connection breaks or the process dies, gone on with later."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from zoo.errors import HubError
from zoo.hub.http import Client, TransientError, guarded
from zoo.hub.wire import Answer

_RANGE = re.compile(r"bytes (\d{1,15})-\d{1,15}/(?:\d{1,15}|\*)")
_ETAG = re.compile(r'"[\x21\x23-\x7e]{1,128}"')  # strong, and short enough to be sent back
_BLOCK = 1 << 20
_POINTER = 200  # bytes that a Git LFS pointer has at the most


def download(
    client: Client, path: str, partial: Path, size: int, sha256: str, tell: Callable[[int], None]
) -> None:
    """Fill a file with exactly the bytes that are known by their size and digest.

    What lies in the file already is the beginning of an earlier download.

    Args:
        client: The hub.
        path: What to ask it for.
        partial: The file.
        size: Its bytes.
        sha256: Their digest.
        tell: Called with the number of bytes that came; a negative one when they came in vain.

    Raises:
        StatusError: The hub refuses.
        HubError: It gives other bytes, or none; or the file is a link.
        OSError: The file cannot be written.
    """
    with _Partial(partial, tell) as kept:
        client.tries(path, lambda: _attempt(client, path, kept, size, sha256))


class _Partial:
    """The beginning of a file, and the digest of what is there."""

    def __init__(self, path: Path, tell: Callable[[int], None]) -> None:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            raise HubError(f"{path}: expected a file, found a symbolic link. Remove it.") from None
        self._file = os.fdopen(handle, "r+b")
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            self._file.close()
            raise HubError(f"{path}: expected a file, found a special file. Remove it.")
        self._tell, self.size, self.digest, self.tag = tell, 0, hashlib.sha256(), ""
        while block := self._file.read(_BLOCK):
            self._count(block)

    def __enter__(self) -> _Partial:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, block: bytes) -> None:
        self._file.write(block)
        self._count(block)

    def restart(self) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._tell(-self.size)
        self.size, self.digest, self.tag = 0, hashlib.sha256(), ""

    def sync(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())

    def _count(self, block: bytes) -> None:
        self.size += len(block)
        self.digest.update(block)
        self._tell(len(block))


def _attempt(client: Client, path: str, kept: _Partial, size: int, sha256: str) -> None:
    """Get what is missing, then look at the whole."""
    resumed = kept.size > 0
    if kept.size > size:
        kept.restart()
    if kept.size < size:
        _receive(client, path, kept, size)
    found = kept.digest.hexdigest()
    if found == sha256:
        kept.sync()
        return
    kept.restart()
    if resumed:
        raise TransientError("what was kept of an earlier download is the beginning of another file")
    raise HubError(
        f"{client.endpoint}{path}: SHA-256: expected {sha256} (manifest.json), found {found}. The hub, or "
        "something on the way, gives other bytes than were published: nothing of it was kept."
    )


def _receive(client: Client, path: str, kept: _Partial, size: int) -> None:
    """Append what comes, at most up to `size` bytes."""
    headers = {"Range": f"bytes={kept.size}-"} if kept.size else {}
    if kept.tag:
        headers["If-Range"] = kept.tag
    with client.open(path, headers) as answer:
        if kept.size and not _goes_on(answer, kept.size):
            kept.restart()
            if answer.status != 200:
                raise TransientError("the hub does not go on where the download had ended")
        _check_length(client.endpoint + path, answer, size - kept.size)
        tag = answer.headers.get("ETag", "")
        kept.tag = tag if _ETAG.fullmatch(tag) else ""
        answer.expect(size - kept.size)
        while block := guarded(client.endpoint + path, answer.read_some):
            if kept.size + len(block) > size:
                kept.restart()
                raise HubError(
                    f"{client.endpoint}{path}: expected {size} bytes (manifest.json), found more. Nothing of "
                    "it was kept."
                )
            kept.write(block)
    if kept.size < size:
        raise TransientError(f"the answer ended after {kept.size} of {size} bytes")


def _goes_on(answer: Answer, start: int) -> bool:
    """Whether an answer is the rest of the file from byte `start`."""
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", "").strip())
    return answer.status == 206 and found is not None and int(found[1]) == start


def _check_length(url: str, answer: Answer, expected: int) -> None:
    """Refuse an answer of another length before it is read."""
    text = answer.headers.get("Content-Length", "").strip()
    if text.isascii() and text.isdigit() and text != str(expected):
        small = len(text) < 9 and int(text) < _POINTER < expected
        hint = " It may be a Git LFS pointer in the file's place." if small else ""
        raise HubError(
            f"{url}: expected {expected} bytes (manifest.json), found {text[:20]} announced.{hint} Nothing "
            "of it was kept."
        )
