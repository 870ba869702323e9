"""Large files outside git: each once, under its SHA-256, with the identity that git would give it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hub.files import sync, write_synced

MAX_IN_GIT = 2**20  # bytes; what is larger lies here, and a pointer in git

_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\nsize ([0-9]{1,15})\n?"
)
_ANY_POINTER = re.compile(rb"\s*version https?://(?:git-lfs|hawser)\.github\.com/spec")
_BLOCK = 2**20


@dataclass(frozen=True)
class Pointer:
    """What git keeps of a large file.

    Args:
        sha256: Of its content.
        size: Bytes.
    """

    sha256: str
    size: int

    def encode(self) -> bytes:
        """The pointer file of Git LFS."""
        lines = "version https://git-lfs.github.com/spec/v1", f"oid sha256:{self.sha256}", f"size {self.size}"
        return "".join(line + "\n" for line in lines).encode()

    @staticmethod
    def decode(data: bytes) -> Pointer | None:
        """The pointer that a small file is, if it is one."""
        found = _POINTER.fullmatch(data)
        return Pointer(found[1].decode(), int(found[2])) if found else None


def looks_like_pointer(start: bytes) -> bool:
    """Whether some reader might take a file for a pointer: a client could name any object by its digest."""
    return _ANY_POINTER.match(start) is not None


def git_sha1(path: Path) -> str:
    """The SHA-1 of a file as git's blob, hex."""
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


class ObjectStore:
    """The large files of a hub.

    Args:
        folder: Where they lie: `aa/bb/<sha256>`, and beside it `<sha256>.git`, its SHA-1 as git's blob.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, sha256: str) -> Path:
        """Where a file lies, or would."""
        return self._folder / sha256[:2] / sha256[2:4] / sha256

    def blob_id(self, sha256: str) -> str:
        """SHA-1 that git would give the file's content, hex."""
        return self.path(sha256).with_suffix(".git").read_text("ascii")

    def take(self, source: Path, pointer: Pointer) -> None:
        """Move a file in; nothing to do where it is here. The file is on the disk when this returns."""
        path = self.path(pointer.sha256)
        if not path.is_file() or path.stat().st_size != pointer.size:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_synced(path.with_suffix(".git"), git_sha1(source).encode())
            sync(source)
            source.replace(path)
        # Another upload may have put it there a moment ago, and not on the disk yet.
        for folder in (path.parent, path.parent.parent, self._folder):
            sync(folder)


def read_span(path: Path, start: int, stop: int) -> Iterator[bytes]:
    """The bytes of a file from `start` to before `stop`, in blocks."""
    with path.open("rb") as file:
        file.seek(start)
        while start < stop and (block := file.read(min(_BLOCK // 4, stop - start))):
            start += len(block)
            yield block
