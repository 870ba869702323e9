"""AIGER, format 1.9, ASCII (`aag`) and binary (`aig`), read into circuits.

Latches are registers; a latch that may start as either starts at 0. Bad states are outputs, after the others:
ABC writes the outputs of a circuit with latches that way. Constraints, justice and fairness are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from zoo.circuit import Circuit
from zoo.interchange.builder import AND, FALSE, Builder, Value, in_order, inverted, leaf
from zoo.interchange.netlist import Imported, Names
from zoo.interchange.source import MAX_NODES, Source

_HEADER = re.compile(rb"(aag|aig)((?: [0-9]{1,10}){5,9})")
_NUMBERS = re.compile(rb"[0-9]{1,10}(?: [0-9]{1,10})*")
_SYMBOL = re.compile(rb"([ilob])([0-9]{1,10}) (.+)")

FLATTEN = "Write it with aiger's own tools, or with ABC: `read FILE; strash; write_aiger -s OUT`."


@dataclass
class _Graph:
    """A file's content; literals are 2 * variable + inverted."""

    inputs: list[int] = field(default_factory=list)
    latches: list[tuple[int, int, int]] = field(default_factory=list)  # variable, next literal, start
    outputs: list[int] = field(default_factory=list)
    n_bad: int = 0  # of the outputs, the last
    ands: dict[int, tuple[int, int]] = field(default_factory=dict)
    line: dict[int, int] = field(default_factory=dict)  # of the variable, in ASCII


class _Lines:
    """The lines of a file whose middle may be binary."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.place = 0
        self.line = 0

    def next(self) -> bytes | None:
        """The next line without its end; None after the last."""
        if self.place >= len(self.source.data):
            return None
        end = self.source.data.find(b"\n", self.place)
        end = len(self.source.data) if end < 0 else end
        text = self.source.data[self.place : end].removesuffix(b"\r")
        self.place, self.line = end + 1, self.line + 1
        return text

    def numbers(self, what: str, counts: tuple[int, ...], largest: int) -> list[int]:
        """A line of so many numbers, none above `largest`."""
        text = self.next()
        expected = f"{' or '.join(map(str, counts))} numbers of at most {largest}"
        if text is None:
            raise self.source.error(self.line + 1, what, expected, "the end of the file")
        if len(text) <= 64 and _NUMBERS.fullmatch(text):
            numbers = [int(word) for word in text.split(b" ")]
            if len(numbers) in counts and max(numbers) <= largest:
                return numbers
        raise self.source.error(self.line, what, expected, shown(text))


def shown(data: bytes) -> str:
    """Bytes of a file for a message."""
    return repr(data[:80])[1:]


def read_aiger(source: Source) -> Imported:
    """Read either form.

    Raises:
        FormatError: Anything that is no AIGER, an unknown or doubly defined variable, a cycle.
    """
    lines = _Lines(source)
    binary, sizes = _header(lines)
    graph = _binary(lines, *sizes[:5]) if binary else _ascii(lines, *sizes[:5])
    graph.n_bad = sizes[5]
    names = _symbols(lines, graph)
    return Imported(_circuit(source, graph), names)


def _header(lines: _Lines) -> tuple[bool, tuple[int, int, int, int, int, int]]:
    """Whether the file is binary, and M I L O A B, where O counts bad states too."""
    source = lines.source
    text = lines.next() or b""
    match = _HEADER.fullmatch(text)
    if match is None:
        raise source.error(1, "header", "`aag M I L O A` or `aig M I L O A`", shown(text))
    binary = match[1] == b"aig"
    most, inputs, latches, outputs, ands, *properties = (int(word) for word in match[2].split())
    bad, *others = properties or [0]
    if any(others):
        raise source.error(1, "header", "no constraints, justice or fairness (C J F)", others, FLATTEN)
    outputs += bad
    nodes = inputs + latches + ands
    if most > MAX_NODES or outputs > MAX_NODES:
        raise source.error(1, "header", f"at most {MAX_NODES} variables and outputs", shown(text))
    if nodes > most or (binary and nodes != most):
        relation = "exactly" if binary else "at least"
        raise source.error(1, "header", f"M {relation} I + L + A = {nodes}", most)
    if outputs == 0:
        raise source.error(1, "header", "at least one output", 0, "A circuit needs an output.")
    return binary, (most, inputs, latches, outputs, ands, bad)


def _ascii(lines: _Lines, most: int, n_inputs: int, n_latches: int, n_outputs: int, n_ands: int) -> _Graph:
    graph, largest = _Graph(), 2 * most + 1
    for i in range(n_inputs):
        (literal,) = lines.numbers(f"input {i}", (1,), largest)
        graph.inputs.append(_defined(lines, graph, f"input {i}", literal))
    for i in range(n_latches):
        literal, after, *start = lines.numbers(f"latch {i}", (2, 3), largest)
        variable = _defined(lines, graph, f"latch {i}", literal)
        graph.latches.append((variable, after, _start(lines, i, literal, start)))
    for i in range(n_outputs):
        graph.outputs += lines.numbers(f"output {i}", (1,), largest)
    for i in range(n_ands):
        literal, one, other = lines.numbers(f"AND {i}", (3,), largest)
        graph.ands[_defined(lines, graph, f"AND {i}", literal)] = one, other
    return graph


def _defined(lines: _Lines, graph: _Graph, what: str, literal: int) -> int:
    """The variable of a literal on the left, which nothing has defined before."""
    if literal < 2 or literal & 1:
        raise lines.source.error(lines.line, what, "an even literal of at least 2", literal)
    if literal >> 1 in graph.line:
        before = f"also defined in line {graph.line[literal >> 1]}"
        raise lines.source.error(lines.line, what, "a variable of its own", f"{literal}, {before}")
    graph.line[literal >> 1] = lines.line
    return literal >> 1


def _start(lines: _Lines, index: int, literal: int, start: list[int]) -> int:
    """0 or 1 from the reset value of a latch, where its own literal means either."""
    if start and start[0] not in (0, 1, literal):
        expected = f"0, 1 or {literal}"
        raise lines.source.error(lines.line, f"reset of latch {index}", expected, start[0])
    return int(start == [1])


def _binary(lines: _Lines, most: int, n_inputs: int, n_latches: int, n_outputs: int, n_ands: int) -> _Graph:
    source, largest = lines.source, 2 * most + 1
    graph = _Graph(list(range(1, n_inputs + 1)))
    for i in range(n_latches):
        variable = n_inputs + 1 + i
        after, *start = lines.numbers(f"latch {i}", (1, 2), largest)
        graph.latches.append((variable, after, _start(lines, i, 2 * variable, start)))
    for i in range(n_outputs):
        graph.outputs += lines.numbers(f"output {i}", (1,), largest)
    data, place = source.data, lines.place
    for i in range(n_ands):
        variable = n_inputs + n_latches + 1 + i
        operands: list[int] = []
        left = 2 * variable
        for _ in range(2):
            begin, delta, shift = place, 0, 0
            while True:
                if place >= len(data) or shift > 28:
                    found = "the end of the file" if place >= len(data) else "a number that is too long"
                    raise source.error(None, f"AND {i} at byte {begin}", "two differences", found)
                byte = data[place]
                place += 1
                delta |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    break
            if delta > left or (not operands and delta == 0):
                raise source.error(None, f"AND {i} at byte {begin}", f"a difference up to {left}", delta)
            left -= delta
            operands.append(left)
        graph.ands[variable] = operands[0], operands[1]
    lines.place = place
    return graph


def _symbols(lines: _Lines, graph: _Graph) -> Names | None:
    """The symbol table, up to the comments; names that it leaves out are `i0`, `l0`, `o0` ..."""
    n_outputs = len(graph.outputs) - graph.n_bad
    counts = {"i": len(graph.inputs), "l": len(graph.latches), "o": n_outputs, "b": graph.n_bad}
    found: dict[tuple[str, int], str] = {}
    while (text := lines.next()) is not None and text != b"c":
        match = _SYMBOL.fullmatch(text)
        if match is None:
            raise lines.source.error(
                lines.line, "symbol", "i, l, o or b with a number and a name, or c", shown(text)
            )
        kind, index, name = match[1].decode(), int(match[2]), match[3].decode("utf-8", "replace")
        if index >= counts[kind] or (kind, index) in found:
            expected = f"{kind}0 to {kind}{counts[kind] - 1}, each once" if counts[kind] else f"no {kind}"
            raise lines.source.error(lines.line, "symbol", expected, f"{kind}{index}")
        if not name.isprintable():
            raise lines.source.error(lines.line, f"name of {kind}{index}", "printable text", shown(match[3]))
        found[kind, index] = name
    if not found:
        return None
    inputs, registers, outputs, bad = (
        tuple(found.get((kind, i), f"{kind}{i}") for i in range(count)) for kind, count in counts.items()
    )
    return Names(inputs, registers, outputs + bad)


def _circuit(source: Source, graph: _Graph) -> Circuit:
    """Gates for the ANDs that are needed, in an order that works."""
    builder = Builder(len(graph.inputs), len(graph.latches))
    leaves = [*graph.inputs, *(variable for variable, _, _ in graph.latches)]
    values: dict[int, Value] = {0: FALSE} | {variable: leaf(i) for i, variable in enumerate(leaves)}
    ands = graph.ands
    wanted = [*graph.outputs, *(after for _, after, _ in graph.latches)]
    for literal in (*wanted, *(literal for pair in ands.values() for literal in pair)):
        if literal >> 1 not in values and literal >> 1 not in ands:
            raise source.error(None, "variables", f"a definition of {literal & ~1}", "none")
    order, again = in_order(list(ands), lambda variable: [x >> 1 for x in ands[variable] if x >> 1 in ands])
    if again is not None:
        raise source.error(graph.line.get(again), f"AND {2 * again}", "no cycle", "one that leads back to it")

    def value(literal: int) -> Value:
        known = values[literal >> 1]
        return inverted(known) if literal & 1 else known

    for variable in order:
        one, other = ands[variable]
        values[variable] = builder.combine(AND, value(one), value(other))
    nodes = [builder.node(value(literal)) for literal in wanted]
    n_outputs = len(graph.outputs)
    return builder.circuit(nodes[:n_outputs], nodes[n_outputs:], [start for _, _, start in graph.latches])
