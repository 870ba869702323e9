"""The C that torchlogix's `Circuit.get_c_code` writes: bool or words of 8 to 64 bits, inlined or not."""

from __future__ import annotations

import re

from zoo.interchange.builder import Builder, Value, leaf
from zoo.interchange.c_text import body, expression
from zoo.interchange.netlist import Imported
from zoo.interchange.source import MAX_NODES, Source
from zoo.interchange.torchlogix import Sum, finish

_WORD = r"(?:bool|uint(?:8|16|32|64)_t)"
_HEADING = re.compile(
    rf"\bvoid\s+circuit\s*\(\s*const\s+({_WORD})\s+in\[([0-9]{{1,9}})\]\s*,"
    rf"\s*(?:{_WORD}|float)\s+out\[([0-9]{{1,9}})\]\s*\)\s*\{{"
)
_PACKED_OUTPUT = r"out\[p \* ([0-9]{1,9}) \+ ([0-9]{1,9})\]"
_FLOAT = r"(-?[0-9.]{1,16}(?:e[+-]?[0-9]{1,3})?)f"

_GATE = re.compile(rf"({_WORD}) (g[0-9]{{1,9}}) = (.*);")
_RAW_ARRAY = re.compile(rf"({_WORD}) raw\[([0-9]{{1,9}})\];")
_RAW = re.compile(r"raw\[([0-9]{1,9})\] = (.*);")
_OUTPUT = re.compile(rf"(?:out\[([0-9]{{1,9}})\]|{_PACKED_OUTPUT}) = (.*);")
_LANE_OF = re.compile(r"\(\w+\)\(\((.*) >> p\) & 1\)")
_CAST = re.compile(r"\(u?int[0-9]{1,2}_t\)(.*)|\(float\)(.*)")
_RANGE = re.compile(
    r"for \(int i = ([0-9]{1,9}); i < ([0-9]{1,9}); i\+\+\) "
    r"s \+= \(int\)(?:raw\[i\]|\(\(raw\[i\] >> p\) & 1\));"
)
_COUNT = re.compile(rf"s(?: \+ (-?[0-9]{{1,9}}))?|\(\(float\)s \+ {_FLOAT}\) / {_FLOAT}")
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_INPUT = re.compile(r"in\[([0-9]{1,9})\]")
_NOTHING = re.compile(r"(?://.*)?|[{}]|int s = 0;|for \(int p = 0; p < [0-9]{1,2}; p\+\+\) \{")


def read_torchlogix_c(source: Source) -> Imported:
    """Read the function `circuit`.

    Raises:
        FormatError: It is not what torchlogix writes; the line is named.
    """
    lines = source.lines()
    heading, first, last = body(source, lines, _HEADING, "circuit")
    if int(heading[2]) > MAX_NODES:
        raise source.error(first, "inputs", f"at most {MAX_NODES}", heading[2])
    reader = _Reader(source, heading[1], int(heading[2]))
    for number, text in enumerate(lines[first:last], first + 1):
        reader.statement(number, text.strip())
    return finish(source, reader.builder, reader.outputs)


class _Reader:
    """Statements, one after the other."""

    def __init__(self, source: Source, word: str, n_inputs: int) -> None:
        self.source = source
        self.word = word
        self.builder = Builder(n_inputs)
        self.outputs: list[int | Sum] = []
        self._nodes: dict[str, Value] = {}
        self._raw: list[int] = []
        self._range: tuple[int, int] | None = None

    def statement(self, line: int, text: str) -> None:
        """Take one line."""
        if _NOTHING.fullmatch(text) or ((match := _RAW_ARRAY.fullmatch(text)) and match[1] == self.word):
            return
        if (match := _GATE.fullmatch(text)) and match[1] == self.word:
            node = leaf(self.builder.own_gate(self._value(line, match[3])))
            if self._nodes.setdefault(match[2], node) != node:
                raise self.source.error(line, match[2], "one definition", "another")
        elif (match := _RAW.fullmatch(text)) and int(match[1]) == len(self._raw):
            self._raw.append(self.builder.node(self._value(line, match[2])))
            if len(self._raw) > MAX_NODES:
                raise self.source.error(line, "raw", f"at most {MAX_NODES}", "more")
        elif match := _RANGE.fullmatch(text):
            start, end = int(match[1]), int(match[2])
            if not start <= end <= len(self._raw):
                raise self.source.error(line, "sum", f"a part of raw[{len(self._raw)}]", f"{start} to {end}")
            self._range = start, end
        elif (match := _OUTPUT.fullmatch(text)) and int(match[1] or match[3]) == len(self.outputs):
            self.outputs.append(self._output(line, match[4]))
        else:
            expected = f"a statement of torchlogix such as `{self.word} g0 = ...;`"
            raise self.source.error(line, "statement", expected, text)

    def _output(self, line: int, text: str) -> int | Sum:
        """What is assigned to an output: a count, a number, or a bit."""
        if match := _COUNT.fullmatch(text):
            if self._range is None:
                raise self.source.error(line, "output", "a sum before it", "none")
            (start, end), self._range = self._range, None
            beta, tau = match[1] or match[2] or 0, match[3] or 1
            return Sum(self._raw[start:end], self._float(line, tau), self._float(line, beta))
        if _NUMBER.fullmatch(text):  # a sum that has no bits left
            return Sum([], 1.0, float(text))
        if match := _LANE_OF.fullmatch(text):
            text = match[1]
        elif match := _CAST.fullmatch(text):
            text = match[1] or match[2]
        return self.builder.node(self._value(line, text))

    def _value(self, line: int, text: str) -> Value:
        negation = "!" if self.word == "bool" else "~"
        return expression(self.source, line, text, self.builder, self._lookup, negation)

    def _lookup(self, name: str) -> Value | None:
        match = _INPUT.fullmatch(name)
        if match is None:
            return self._nodes.get(name)
        return leaf(int(match[1])) if int(match[1]) < self.builder.n_inputs else None

    def _float(self, line: int, text: object) -> float:
        try:
            return float(str(text))
        except ValueError:
            raise self.source.error(line, "number", "one", text) from None
