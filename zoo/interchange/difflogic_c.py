"""The C that difflogic's CompiledLogicNet writes, in words of 8 to 64 bits: gates, and their GroupSum.

Every statement of `logic_gate_net` becomes one gate, so the circuit has as many as the network.
"""

from __future__ import annotations

import re

from zoo.heads import GroupSum
from zoo.interchange.builder import Builder, Value, leaf
from zoo.interchange.c_text import body, expression
from zoo.interchange.netlist import Imported
from zoo.interchange.source import MAX_NODES, Source

_TYPE = r"(char|short|int|long long)"
_HEADING = re.compile(
    rf"\bvoid\s+logic_gate_net\s*\(\s*{_TYPE}\s+const\s*\*\s*inp\s*,\s*{_TYPE}\s*\*\s*out\s*\)\s*\{{"
)
_STATEMENT = re.compile(rf"\s*(?:const {_TYPE} v([0-9]{{1,9}})|out\[([0-9]{{1,9}})\]) = (.*);\s*")
_INPUT = re.compile(r"inp\[([0-9]{1,9})\]")

# What apply_logic_gate_net says about the network.
_COUNTS = {
    "inputs": re.compile(r"\*inp_temp = malloc\(([0-9]{1,9})\*sizeof"),
    "outputs": re.compile(r"\*out_temp = malloc\(([0-9]{1,9})\*sizeof"),
    "classes": re.compile(r"for\(size_t c = 0; c < ([0-9]{1,9}); \+\+c\)"),
}


def read_difflogic_c(source: Source, inputs: int | None = None) -> Imported:
    """Read the network.

    Args:
        source: The C.
        inputs: Input bits; None takes what `apply_logic_gate_net` says or, where it is missing, as many as
            are read.

    Raises:
        FormatError: It is not what difflogic writes; the line is named.
    """
    lines = source.lines()
    heading, first, last = body(source, lines, _HEADING, "logic_gate_net")
    counts = {name: _count(source, lines[last:], last, name) for name in _COUNTS}
    width = inputs or counts["inputs"] or _reach(lines[first:last])
    if not 1 <= width <= MAX_NODES:
        raise source.error(first, "inputs", f"1 to {MAX_NODES}", width, "A network needs inputs.")
    builder = Builder(width)
    nodes: dict[str, Value] = {}
    outputs: list[int] = []

    def lookup(name: str) -> Value | None:
        match = _INPUT.fullmatch(name)
        if match is not None:
            return leaf(int(match[1])) if int(match[1]) < width else None
        return nodes.get(name)

    for number, text in enumerate(lines[first:last], first + 1):
        if not text.strip():
            continue
        match = _STATEMENT.fullmatch(text)
        if match is None or (match[1] or heading[1]) != heading[1]:
            raise source.error(
                number, "statement", f"`const {heading[1]} v0 = ...;` or `out[0] = ...;`", text.strip()
            )
        node = builder.own_gate(expression(source, number, match[4], builder, lookup, "~"))
        if match[2] is not None:
            if nodes.setdefault(f"v{match[2]}", leaf(node)) != leaf(node):
                raise source.error(number, f"v{match[2]}", "one definition", "another")
        elif int(match[3]) != len(outputs):
            raise source.error(number, "output", f"out[{len(outputs)}]", f"out[{match[3]}]")
        else:
            outputs.append(node)
    if not outputs or counts["outputs"] not in (None, len(outputs)):
        expected = "at least one" if counts["outputs"] is None else counts["outputs"]
        raise source.error(last + 1, "outputs", expected, len(outputs))
    circuit, classes = builder.circuit(outputs), counts["classes"]
    if classes is None or classes < 2:
        return Imported(circuit)
    if len(outputs) % classes:
        raise source.error(None, "classes", f"a number that divides {len(outputs)}", classes)
    return Imported(circuit, head=GroupSum(classes))


def _count(source: Source, lines: list[str], before: int, name: str) -> int | None:
    """A number of `apply_logic_gate_net`, or None where that function is missing."""
    for number, text in enumerate(lines, before + 1):
        match = _COUNTS[name].search(text)
        if match is not None:
            if not 1 <= int(match[1]) <= MAX_NODES:
                raise source.error(number, name, f"1 to {MAX_NODES}", match[1])
            return int(match[1])
    return None


def _reach(lines: list[str]) -> int:
    """One more than the last input that is read."""
    return max((int(i) for text in lines for i in _INPUT.findall(text)), default=-1) + 1
