"""Reads a commit's body as it arrives: lines of JSON whose `content` strings may be larger than memory."""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Callable
from enum import Enum, auto
from typing import Any

from hub.refusal import Refusal

_CONTENT = b'"content"'
_STRING_END = re.compile(rb'["\\\n]')
_OUTSIDE_END = re.compile(rb'["\n:,{}\[\]]')

Sink = Callable[[bytes], None]


class _In(Enum):
    OUTSIDE = auto()  # between strings
    STRING = auto()
    ESCAPE = auto()  # after a backslash in a string
    CONTENT = auto()
    CONTENT_ESCAPE = auto()


class Scanner:
    """Splits a body into lines; the value of a key `content` is decoded from base64 into a sink on the way.

    Args:
        on_content: Called when a content begins; gives the sink for its decoded bytes.
        on_line: Called with each line's object, in which the content reads "".
        max_line: Bytes of a line without its content.
    """

    def __init__(
        self, on_content: Callable[[], Sink], on_line: Callable[[dict[str, Any]], None], max_line: int
    ) -> None:
        self._on_content, self._on_line, self._max_line = on_content, on_line, max_line
        self._state = _In.OUTSIDE
        self._line = bytearray()
        self._string = 0  # where the last string starts in the line
        self._key: bytes | None = None  # the string before the last colon, while its value has not begun
        self._base64: Base64 | None = None

    def feed(self, data: bytes) -> None:
        """Take the next bytes, however the body was cut.

        Raises:
            Refusal: 400.
        """
        at = 0
        while at < len(data):
            at = self._step(data, at)
            if len(self._line) > self._max_line:
                raise Refusal(
                    400, f"commit body: a line is longer than {self._max_line} bytes without its content"
                )

    def finish(self) -> None:
        """The body has ended; the last line may lack its newline.

        Raises:
            Refusal: 400, where it ends inside a line.
        """
        self._end_line()

    def _step(self, data: bytes, at: int) -> int:
        """Take what belongs to the present state; gives where the next begins."""
        if self._state is _In.CONTENT:
            return self._step_content(data, at)
        if self._state is _In.CONTENT_ESCAPE:
            if data[at : at + 1] != b"/":  # the one escape that base64 can need
                raise Refusal(400, "commit body: content is not base64")
            self._state = _In.CONTENT
            return at  # the slash is content
        if self._state is _In.ESCAPE:
            self._line += data[at : at + 1]
            self._state = _In.STRING
            return at + 1
        inside = self._state is _In.STRING
        found = (_STRING_END if inside else _OUTSIDE_END).search(data, at)
        end = found.end() if found else len(data)
        self._line += data[at:end]
        if found:
            (self._end_in_string if inside else self._end_outside)(found[0])
        return end

    def _end_in_string(self, mark: bytes) -> None:
        if mark == b"\n":
            raise Refusal(400, "commit body: a line ends inside a string")
        self._state = _In.ESCAPE if mark == b"\\" else _In.OUTSIDE

    def _end_outside(self, mark: bytes) -> None:
        if mark == b"\n":
            self._end_line()
        elif mark == b'"':
            content = self._key == _CONTENT
            self._state = _In.CONTENT if content else _In.STRING
            self._string, self._key = len(self._line) - 1, None
            if content:
                self._base64 = Base64(self._on_content())
        elif mark == b":":
            self._key = bytes(self._line[self._string : -1]).rstrip()
        else:
            self._key = None

    def _step_content(self, data: bytes, at: int) -> int:
        assert self._base64 is not None
        found = _STRING_END.search(data, at)
        self._base64.feed(data[at : found.start() if found else len(data)])
        if not found:
            return len(data)
        if found[0] == b"\n":
            raise Refusal(400, "commit body: a line ends inside its content")
        if found[0] == b"\\":
            self._state = _In.CONTENT_ESCAPE
        else:
            self._base64.finish()
            self._line += b'"'
            self._state = _In.OUTSIDE
        return found.end()

    def _end_line(self) -> None:
        line = bytes(self._line).strip()
        inside = self._state is not _In.OUTSIDE
        self._line.clear()
        self._string, self._key = 0, None
        if not line and not inside:
            return
        try:
            value = None if inside else json.loads(line)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise Refusal(400, "commit body: a line is not a JSON object; it may be cut off")
        self._on_line(value)


class Base64:
    """Decodes base64 that arrives in pieces, strictly.

    Args:
        sink: Takes the decoded bytes.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._rest = b""
        self._ended = False

    def feed(self, data: bytes) -> None:
        """Take the next characters.

        Raises:
            Refusal: 400.
        """
        data = self._rest + data
        whole = len(data) - len(data) % 4
        self._rest = data[whole:]
        if not whole:
            return
        if self._ended:
            raise Refusal(400, "commit body: content goes on after the end of its base64")
        try:
            decoded = binascii.a2b_base64(data[:whole], strict_mode=True)
        except binascii.Error:
            raise Refusal(400, "commit body: content is not base64") from None
        self._ended = data[whole - 1 : whole] == b"="
        self._sink(decoded)

    def finish(self) -> None:
        """The string has ended.

        Raises:
            Refusal: 400, where characters are missing.
        """
        if self._rest:
            raise Refusal(400, "commit body: content is not base64; characters are missing at its end")
