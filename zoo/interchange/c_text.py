"""Generated C, line by line: functions, and expressions of `&`, `|`, `^`, `~` and `!` over known names."""

from __future__ import annotations

import re
from collections.abc import Callable

from zoo.interchange.builder import AND, FALSE, OR, TRUE, XOR, Builder, Value, inverted
from zoo.interchange.source import Source

# Casts, literals, and names: v12, g12, in[12], inp[12].
_TOKEN = re.compile(
    r"\s*(?:(?P<cast>\(\s*(?:char|short|int|long long|bool|u?int(?:8|16|32|64)_t)\s*\))"
    r"|(?P<literal>(?:0|1)(?:LL|ULL|U)?\b|true\b|false\b)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]{0,31}(?:\[[0-9]{1,9}\])?)"
    r"|(?P<sign>[()&|^~!]))"
)
_BINARY = {"&": (3, AND), "^": (2, XOR), "|": (1, OR)}

MAX_TOKENS = 1 << 20  # of one expression


def expression(
    source: Source,
    line: int,
    text: str,
    builder: Builder,
    lookup: Callable[[str], Value | None],
    negation: str,
) -> Value:
    """What an expression computes, bit by bit.

    Args:
        source: For messages.
        line: Where it stands.
        text: The expression.
        builder: Takes the gates.
        lookup: The value of a name, or None.
        negation: The sign that inverts a value of this type: "~" for words, "!" for bool.

    Raises:
        FormatError: It is no such expression, or a name is unknown.
    """
    values: list[Value] = []
    signs: list[str] = []
    wants_value = True

    def fail(expected: str, found: object) -> Exception:
        return source.error(line, "expression", expected, found)

    def apply() -> None:
        sign = signs.pop()
        if sign == negation:
            values.append(inverted(values.pop()))
        else:
            other, one = values.pop(), values.pop()
            values.append(builder.combine(_BINARY[sign][1], one, other))

    place, end = 0, len(text.rstrip())
    for _ in range(MAX_TOKENS):
        if place >= end:
            break
        match = _TOKEN.match(text, place)
        if match is None:
            raise fail("names, & | ^ ( ) and " + negation, repr(text[place : place + 40]))
        place = match.end()
        kind, token = str(match.lastgroup), match.group().strip()
        if kind == "cast":
            if not wants_value:
                raise fail("an operator", token)
        elif kind in ("literal", "name"):
            if not wants_value:
                raise fail("an operator", token)
            value = lookup(token) if kind == "name" else _literal(token, negation)
            if value is None:
                raise fail("a value that is defined before", token)
            values.append(value)
            wants_value = False
            while signs and signs[-1] == negation:
                apply()
        elif token in ("(", "~", "!"):
            if not wants_value or token in ("~!".replace(negation, "")):
                raise fail(f"a value, or {negation} to invert" if wants_value else "an operator", token)
            signs.append(token)
        elif wants_value:
            raise fail("a value", token)
        elif token == ")":
            while signs and signs[-1] != "(":
                apply()
            if not signs:
                raise fail("as many ( as )", ")")
            signs.pop()
            while signs and signs[-1] == negation:
                apply()
        else:
            while signs and signs[-1] in _BINARY and _BINARY[signs[-1]][0] >= _BINARY[token][0]:
                apply()
            signs.append(token)
            wants_value = True
    if wants_value or place < end or "(" in signs:
        raise fail("a whole expression", repr(text[-40:]))
    while signs:
        apply()
    return values[0]


def _literal(token: str, negation: str) -> Value | None:
    """Zero, or one where values are bool; a word of 1 is no constant of every lane."""
    if token.startswith("0") or token == "false":
        return FALSE
    return TRUE if negation == "!" else None


def body(
    source: Source, lines: list[str], heading: re.Pattern[str], what: str
) -> tuple[re.Match[str], int, int]:
    """A function: the match of its heading, and its body as a range of lines, without the closing brace.

    Args:
        source: For messages.
        lines: Of the whole file.
        heading: Matches from its first character up to and with its opening brace; may span lines.
        what: The function's name, for messages.

    Raises:
        FormatError: There is no such function, or no end to it.
    """
    text = "\n".join(lines)
    match = heading.search(text)
    if match is None:
        raise source.error(None, "function", what, "none", "Give the C that the tool wrote, as it wrote it.")
    first = text.count("\n", 0, match.end()) + 1
    for number in range(first, len(lines)):
        if lines[number] == "}":
            return match, first, number
    raise source.error(len(lines), f"function {what}", "a closing brace", "the end of the file")
