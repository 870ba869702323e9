"""A file in another tool's format: read once, within limits, with errors that name the line."""

from __future__ import annotations

import os
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from zoo.errors import FormatError

MAX_BYTES = 64 << 20
MAX_LINES = 1 << 21
MAX_LINE = 8 << 20  # characters
MAX_NODES = 1 << 20  # inputs, registers and gates of a circuit that is read

DAMAGED = "The file is damaged, or in another format."
SMALLER = "Make the circuit smaller with the tool it comes from."


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
        """The text's lines, without their ends.

        Raises:
            FormatError: It is no text, or there are too many lines, or one is too long.
        """
        count = self.data.count(b"\n")
        if count > MAX_LINES:
            raise self.error(None, "lines", f"at most {MAX_LINES}", count, SMALLER)
        lines = self.text().replace("\r\n", "\n").split("\n")
        long = next((i for i, line in enumerate(lines, 1) if len(line) > MAX_LINE), None)
        if long is not None:
            raise self.error(long, "line", f"at most {MAX_LINE} characters", len(lines[long - 1]), SMALLER)
        return lines


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
            raise FormatError(place, None, "size", f"at most {limit} bytes", size, SMALLER)
        return Source(place, file.read(limit + 1)[:limit])
