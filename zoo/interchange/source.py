"""A file in another tool's format: read once, within limits, with errors that name the line."""

from __future__ import annotations

import os
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from zoo.errors import FormatError

MAX_BYTES = 64 << 20
MAX_NODES = 1 << 20  # inputs, registers and gates of a circuit that is read

DAMAGED = "The file is damaged, or in another format."


@dataclass(frozen=True)
class Source:
    """The content of a file.

    Args:
        path: Where it is, for messages.
        data: All of it.
    """

    path: Path
    data: bytes

    def error(
        self, line: int | None, what: str, expected: object, found: object, mend: str = DAMAGED
    ) -> FormatError:
        """The error to raise; see `FormatError`."""
        return FormatError(self.path, line, what, expected, found, mend)

    def text(self) -> str:
        """The content as text.

        Raises:
            FormatError: It is not UTF-8; the line of the first wrong byte is named.
        """
        try:
            return self.data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = self.data.count(b"\n", 0, error.start) + 1
            raise self.error(line, "text", "UTF-8", f"byte {self.data[error.start]:#04x}") from None

    def lines(self) -> list[str]:
        """The text's lines, without their ends."""
        return self.text().replace("\r\n", "\n").split("\n")


def read_source(path: str | PathLike[str], limit: int = MAX_BYTES) -> Source:
    """Read a file of at most `limit` bytes.

    Raises:
        FormatError: It is longer, or no regular file.
        OSError: It cannot be read.
    """
    place = Path(path)
    with place.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if not place.is_file():
            raise FormatError(place, None, "file", "a regular file", "something else", "Give a file.")
        if size > limit:
            mend = "Make the circuit smaller with the tool it comes from."
            raise FormatError(place, None, "size", f"at most {limit} bytes", size, mend)
        return Source(place, file.read(limit + 1)[:limit])
