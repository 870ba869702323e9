"""Circuits as AIGER, binary (`aig`) or ASCII (`aag`): gates become ANDs, registers become latches."""

from __future__ import annotations

from zoo.circuit import Circuit
from zoo.interchange.netlist import Names, default_names

# How an operation of literals a, b is an AND: (invert a, invert b, invert the result).
_AS_AND = {
    1: (0, 0, 0), 2: (0, 1, 0), 4: (1, 0, 0), 8: (1, 1, 0),
    14: (0, 0, 1), 13: (0, 1, 1), 11: (1, 0, 1), 7: (1, 1, 1),
}  # fmt: skip


class AndGraph:
    """The circuit as ANDs and inverters.

    Args:
        circuit: What to convert.

    Attributes:
        n_leaves: Variables 1 to this are the inputs and registers, in the circuit's order.
        ands: Left-hand literal and two operands, the larger first; each operand is smaller than the left.
        literal: Of every node: 2 * variable + inverted; 0 is false and 1 true.
    """

    def __init__(self, circuit: Circuit) -> None:
        self.n_leaves = circuit.n_inputs + circuit.n_registers
        self.ands: list[tuple[int, int, int]] = []
        self._known: dict[tuple[int, int], int] = {}
        self.literal = literal = [2 * (i + 1) for i in range(self.n_leaves)]
        for op, a, b in zip(circuit.op.tolist(), circuit.a.tolist(), circuit.b.tolist(), strict=True):
            literal.append(self._gate(op, literal[a], literal[b]))

    def _gate(self, op: int, a: int, b: int) -> int:
        if op in _AS_AND:
            invert_a, invert_b, invert = _AS_AND[op]
            return self._and(a ^ invert_a, b ^ invert_b) ^ invert
        if op in (6, 9):
            both, neither = self._and(a, b), self._and(a ^ 1, b ^ 1)
            return self._and(both ^ 1, neither ^ 1) ^ (op == 9)
        return {0: 0, 15: 1, 3: a, 12: a ^ 1, 5: b, 10: b ^ 1}[op]

    def _and(self, a: int, b: int) -> int:
        """The literal of an AND; what is constant or there already needs none."""
        a, b = max(a, b), min(a, b)
        if b == 0 or a ^ 1 == b:
            return 0
        if b == 1 or a == b:
            return a
        known = self._known.get((a, b))
        if known is None:
            known = self._known[a, b] = 2 * (self.n_leaves + len(self.ands) + 1)
            self.ands.append((known, a, b))
        return known


def write_aiger(
    circuit: Circuit, names: Names | None = None, *, binary: bool = True, comment: str = ""
) -> bytes:
    """The content of an AIGER file.

    Args:
        circuit: What to write.
        names: For the symbol table; `default_names` when None.
        binary: `aig` rather than `aag`.
        comment: Text for its end.

    Raises:
        ZooError: The names do not fit the circuit.
    """
    names = names or default_names(circuit)
    names.check(circuit)
    graph = AndGraph(circuit)
    n_inputs, n_registers, n_ands = circuit.n_inputs, circuit.n_registers, len(graph.ands)
    head = f"{'aig' if binary else 'aag'} {graph.n_leaves + n_ands} {n_inputs} {n_registers}"
    lines = [f"{head} {circuit.n_outputs} {n_ands}"]
    if not binary:
        lines += [str(2 * (i + 1)) for i in range(n_inputs)]
    registers = zip(circuit.register_next.tolist(), circuit.register_init.tolist(), strict=True)
    for i, (after, start) in enumerate(registers):
        own = "" if binary else f"{2 * (n_inputs + i + 1)} "
        lines.append(f"{own}{graph.literal[after]}{' 1' if start else ''}")
    lines += [str(graph.literal[output]) for output in circuit.outputs.tolist()]
    if not binary:
        lines += [f"{left} {a} {b}" for left, a, b in graph.ands]
    symbols = [
        f"{kind}{i} {name}"
        for kind, group in (("i", names.inputs), ("l", names.registers), ("o", names.outputs))
        for i, name in enumerate(group)
    ]
    tail = "".join(f"{line}\n" for line in (*symbols, "c", *comment.splitlines()))
    return "".join(f"{line}\n" for line in lines).encode() + _deltas(graph, binary) + tail.encode()


def _deltas(graph: AndGraph, binary: bool) -> bytes:
    """The ANDs of the binary form: differences of the literals, seven bits a byte, low bits first."""
    out = bytearray()
    for left, a, b in graph.ands if binary else ():
        for delta in (left - a, a - b):
            while delta > 127:
                out.append(delta & 127 | 128)
                delta >>= 7
            out.append(delta)
    return bytes(out)
