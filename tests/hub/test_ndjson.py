"""The scanner of commit bodies: what it reads does not depend on how the body was cut."""

import base64
import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.ndjson import Scanner
from hub.refusal import Refusal


class Seen:
    """Everything a scanner gave, contents in the order of their beginning."""

    def __init__(self, max_line: int = 4096) -> None:
        self.lines: list[dict[str, object]] = []
        self.contents: list[bytearray] = []
        self.scanner = Scanner(self._begin, self.lines.append, max_line)

    def _begin(self):
        self.contents.append(bytearray())
        return self.contents[-1].extend

    def read(self, pieces: list[bytes]) -> "Seen":
        for piece in pieces:
            self.scanner.feed(piece)
        self.scanner.finish()
        return self


def file_line(path: str, content: bytes, first: bool, gap: str, escaped: bool) -> str:
    encoded = base64.b64encode(content).decode()
    encoded = encoded.replace("/", "\\/") if escaped else encoded
    parts = [f'"content"{gap}:{gap}"{encoded}"', f'"path":{json.dumps(path)}']
    value = ",".join(parts if first else parts[::-1])
    return f'{{"key":"file","value":{{{value},"encoding":"base64"}}}}'


# Paths that look like the end of a string, like the key, like an escape.
PATHS = st.text(st.sampled_from('ab/\\"content:{}\u00e9\u20ac '), max_size=12) | st.just('\\"content\\":\\"')
LINES = st.builds(
    file_line, PATHS, st.binary(max_size=40), st.booleans(), st.sampled_from(["", " ", "\t  "]), st.booleans()
)


def cut(body: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(body), *(place % (len(body) + 1) for place in places)})
    return [body[start:stop] for start, stop in pairwise(edges)]


@given(st.lists(LINES, max_size=4), st.lists(st.integers(0, 10**6), max_size=12), st.booleans())
@settings(deadline=None)
def test_every_cut_reads_the_same(lines: list[str], places: list[int], newline: bool) -> None:
    body = ("\n".join(lines) + ("\n" if newline else "")).encode()
    seen = Seen().read(cut(body, places))
    parsed = [json.loads(line) for line in lines]
    assert [bytes(content) for content in seen.contents] == [
        base64.b64decode(line["value"]["content"]) for line in parsed
    ]
    for line in parsed:
        line["value"]["content"] = ""
    assert seen.lines == parsed


def verdict(pieces: list[bytes]) -> object:
    try:
        seen = Seen(200).read(pieces)
    except Refusal as refusal:
        return refusal.status
    return seen.lines, [bytes(content) for content in seen.contents]


@given(
    st.lists(
        st.sampled_from([b'"', b"\\", b'"content"', b":", b"{", b"}", b"\n", b"AA==", b"AAA", b'"x"', b" "])
    ),
    st.lists(st.integers(0, 10**6), max_size=8),
)
@settings(deadline=None)
def test_nonsense_is_judged_the_same_however_it_is_cut(tokens: list[bytes], places: list[int]) -> None:
    body = b"".join(tokens)
    assert verdict(cut(body, places)) == verdict([body])


@pytest.mark.parametrize(
    "body",
    [
        b'{"key":"file","value":{"content":"AAA',
        b'{"key":"file","value":{"content":"AAA"}}\n',
        b'{"key":"file","value":{"content":"AA==AAAA"}}\n',
        b'{"key":"file","value":{"content":"AA\\u0041A"}}\n',
        b'{"key":"file","value":{"content":"A*AA"}}\n',
        b'{"key":"file","value":{"content":"AAAA\n"}}\n',
        b'{"key":"he\nader"}\n',
        b"[]\n",
        b'{"a":1',
        b'{"a":' + b"[" * 3000 + b"]" * 3000 + b"}\n",
        b'{"a":"\xff\xfe"}\n',
        b'{"a":"' + b"x" * 5000 + b'"}\n',
    ],
)
def test_what_is_no_body_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        Seen().read([body])
    assert caught.value.status == 400


def test_the_content_of_a_long_line_does_not_count_as_its_length() -> None:
    content = bytes(100_000)
    seen = Seen(200).read([file_line("a", content, True, "", False).encode()])
    assert seen.contents == [content]
