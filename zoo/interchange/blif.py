"""BLIF read into circuits: one flat model of `.names` and `.latch`.

Registers that start as "don't care" or "unknown" start at 0. A clock is no input: all latches share it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from zoo.circuit import Circuit
from zoo.interchange.builder import AND, FALSE, OR, TRUE, Builder, Value, in_order, inverted, leaf
from zoo.interchange.netlist import Imported, Names
from zoo.interchange.source import MAX_NODES, SMALLER, Source

FLATTEN = (
    "Flatten it first, with ABC: `read FILE; strash; write_blif OUT`, or Yosys: `flatten; techmap; abc`."
)

_IGNORED = {".attr", ".param", ".cname"}
_EDGES = ("re", "fe")


@dataclass(frozen=True)
class _Statement:
    """One command with its operands, and the cover that follows it."""

    line: int
    words: list[str]
    rows: list[tuple[int, list[str]]]


@dataclass(frozen=True)
class _Cover:
    """The products of a `.names`, a text of 0, 1 and - each, and what they give."""

    line: int
    inputs: list[str]
    products: list[str]
    gives: str


@dataclass
class _Latch:
    line: int
    after: str
    name: str
    start: int


@dataclass
class _Model:
    """A model's signals."""

    inputs: list[str] = field(default_factory=list)
    outputs: list[tuple[int, str]] = field(default_factory=list)
    latches: list[_Latch] = field(default_factory=list)
    clocks: dict[str, int] = field(default_factory=dict)
    covers: dict[str, _Cover] = field(default_factory=dict)
    line: dict[str, int] = field(default_factory=dict)  # where each signal is defined


def read_blif(source: Source) -> Imported:
    """Read a model.

    Raises:
        FormatError: It is no BLIF, has parts, levels or several clocks, a signal has no definition or two, or
            a cycle.
    """
    model = _Model()
    for statement in _statements(source):
        if not _take(source, model, statement):
            break
    _drop_clock(source, model)
    if not model.outputs:
        raise source.error(None, ".outputs", "at least one", "none")
    circuit = _circuit(source, model)
    registers, outputs = (latch.name for latch in model.latches), (name for _, name in model.outputs)
    names = Names(tuple(model.inputs), tuple(registers), tuple(outputs))
    return Imported(circuit, names)


def _statements(source: Source) -> Iterator[_Statement]:
    """Commands with their covers; comments are dropped and continued lines joined."""
    current: _Statement | None = None
    words: list[str] = []
    first = 0
    for line, text in enumerate(source.lines(), 1):
        text = text.partition("#")[0].rstrip()
        continued = text.endswith("\\")
        words += (text[:-1] if continued else text).split()
        first = first or line
        if len(words) > MAX_NODES:
            raise source.error(first, "command", f"at most {MAX_NODES} words", "more", SMALLER)
        if continued:
            continue
        if words and words[0].startswith("."):
            if current is not None:
                yield current
            current = _Statement(first, words, [])
        elif words:
            if current is None or current.words[0] != ".names":
                raise source.error(first, "line", "a command such as .model or .names", " ".join(words))
            current.rows.append((first, words))
        words, first = [], 0
    if current is not None:
        yield current


def _take(source: Source, model: _Model, statement: _Statement) -> bool:
    """Enter a statement; False when the model ends."""
    command, *operands = statement.words
    if command == ".end":
        return False
    if command == ".inputs":
        for name in operands:
            _define(source, model, name, statement.line)
        model.inputs += operands
    elif command == ".outputs":
        model.outputs += [(statement.line, name) for name in operands]
    elif command == ".clock":
        model.clocks |= dict.fromkeys(operands, statement.line)
    elif command == ".latch":
        model.latches.append(_latch(source, model, statement.line, operands))
    elif command == ".names":
        if not operands:
            raise source.error(statement.line, ".names", "at least an output", "nothing")
        _define(source, model, operands[-1], statement.line)
        model.covers[operands[-1]] = _cover(source, statement)
    elif command == ".model":
        if statement.line != 1 and (model.line or model.outputs):
            raise source.error(statement.line, ".model", "one model", "another", FLATTEN)
    elif command not in _IGNORED:
        raise source.error(
            statement.line, "command", ".inputs, .outputs, .names, .latch or .end", command, FLATTEN
        )
    return True


def _define(source: Source, model: _Model, name: str, line: int) -> None:
    if name in model.line:
        found = f"a definition in line {model.line[name]} too"
        raise source.error(line, f"signal {name}", "one definition", found)
    if len(model.line) >= MAX_NODES:
        raise source.error(line, "signals", f"at most {MAX_NODES}", "more")
    model.line[name] = line


def _latch(source: Source, model: _Model, line: int, operands: list[str]) -> _Latch:
    """`.latch input output [type control] [start]`."""
    start = "3"
    if len(operands) in (3, 5):
        start = operands.pop()
    if len(operands) not in (2, 4) or start not in ("0", "1", "2", "3"):
        raise source.error(line, ".latch", "input output [type control] [0-3]", " ".join([*operands, start]))
    after, name, *clock = operands
    if clock:
        kind, control = clock
        if kind not in _EDGES:
            mend = "Only registers that take a value at a clock's edge have a place here."
            raise source.error(line, "type of .latch", "re or fe", kind, mend)
        if control != "NIL":
            model.clocks.setdefault(control, line)
    _define(source, model, name, line)
    return _Latch(line, after, name, int(start == "1"))


def _drop_clock(source: Source, model: _Model) -> None:
    """The one clock is taken out of the inputs; nothing may compute with it."""
    if len(model.clocks) > 1:
        line = max(model.clocks.values())
        raise source.error(
            line, "clocks", "one", sorted(model.clocks), "Registers of a circuit step together."
        )
    for clock in model.clocks:
        used = [(latch.line, latch.after) for latch in model.latches] + model.outputs
        used += [(cover.line, name) for cover in model.covers.values() for name in cover.inputs]
        where = next((line for line, name in used if name == clock), None)
        if where is not None:
            raise source.error(
                where, f"clock {clock}", "no other use", "one", "A clock is no signal of a circuit."
            )
        model.inputs = [name for name in model.inputs if name != clock]


def _circuit(source: Source, model: _Model) -> Circuit:
    builder = Builder(len(model.inputs), len(model.latches))
    leaves = [*model.inputs, *(latch.name for latch in model.latches)]
    values = {name: leaf(i) for i, name in enumerate(leaves)}
    wanted = [*model.outputs, *((latch.line, latch.after) for latch in model.latches)]
    covers = model.covers
    roots = [name for _, name in wanted if name in covers]
    order, again = in_order(roots, lambda name: [x for x in covers[name].inputs if x in covers])
    used = [*wanted, *((covers[name].line, x) for name in order for x in covers[name].inputs)]
    for line, name in used:
        if name not in values and name not in covers:
            raise source.error(line, f"signal {name}", "a definition", "none")
    if again is not None:
        found = "one that leads back to it"
        raise source.error(covers[again].line, f"signal {again}", "no cycle without a latch", found)
    for name in order:
        values[name] = _value(builder, covers[name], [values[x] for x in covers[name].inputs])
    nodes = [builder.node(values[name]) for _, name in wanted]
    n_outputs = len(model.outputs)
    return builder.circuit(nodes[:n_outputs], nodes[n_outputs:], [latch.start for latch in model.latches])


def _cover(source: Source, statement: _Statement) -> _Cover:
    """The rows below a `.names`, checked."""
    inputs, gives = statement.words[1:-1], "1"
    products: list[str] = []
    for line, words in statement.rows:
        product, result = (words[0], words[1]) if len(words) == 2 else ("", words[-1])
        fits = len(words) == (2 if inputs else 1) and len(product) == len(inputs)
        if not fits or set(product) - set("01-") or result not in ("0", "1"):
            expected = f"{len(inputs)} of 0, 1 and -, then 0 or 1"
            raise source.error(line, "row of .names", expected, " ".join(words))
        if products and result != gives:
            raise source.error(line, "row of .names", f"{gives} as in the rows before", result)
        gives = result
        products.append(product)
    return _Cover(statement.line, inputs, products, gives)


def _value(builder: Builder, cover: _Cover, inputs: list[Value]) -> Value:
    """The sum of the products, or its opposite where they give 0."""
    sums = []
    for product in cover.products:
        literals = [
            value if bit == "1" else inverted(value)
            for bit, value in zip(product, inputs, strict=True)
            if bit != "-"
        ]
        sums.append(builder.tree(AND, literals) if literals else TRUE)
    value = builder.tree(OR, sums) if sums else FALSE
    return value if cover.gives == "1" else inverted(value)
