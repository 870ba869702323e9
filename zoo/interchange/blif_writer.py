"""Circuits as BLIF: a `.names` a gate and a `.latch` a register."""

from __future__ import annotations

import textwrap

from zoo.circuit import TRUTH, Circuit
from zoo.errors import ZooError
from zoo.interchange.netlist import Names, default_names

# Rows of the cover of each operation.
_ROWS = [[f"{i >> 1}{i & 1} 1" for i in range(4) if row[i]] for row in TRUTH.tolist()]
_ONE_INPUT = {3: "1 1", 12: "0 1", 5: "1 1", 10: "0 1"}

_SAME = (0, 3, 12, 15)  # the operation of a alone that gives f(0, 0) and f(1, 1)


def write_blif(circuit: Circuit, name: str = "circuit", names: Names | None = None, comment: str = "") -> str:
    """The text of a BLIF file.

    Args:
        circuit: What to write.
        name: Of the model.
        names: `default_names` when None; without white space, `#`, `=` and backslashes.
        comment: Text for its start.

    Raises:
        ZooError: The names do not fit the circuit or the format.
    """
    names = names or default_names(circuit)
    names.check(circuit)
    for each in (name, *names.inputs, *names.registers, *names.outputs):
        if not each.isascii() or set(each) & set(" #\\=") or each.startswith("."):
            raise ZooError(
                f"names in BLIF: expected no blank, `#`, `=`, backslash or leading dot, found {each!r}"
            )
    nodes = [*names.inputs, *names.registers, *_gate_names(circuit, names)]
    lines = [f"# {row}" for row in comment.splitlines()] + [f".model {name}"]
    lines += _list(".inputs", names.inputs) + _list(".outputs", names.outputs)
    registers = zip(
        names.registers, circuit.register_next.tolist(), circuit.register_init.tolist(), strict=True
    )
    lines += [f".latch {nodes[after]} {own} {start}" for own, after, start in registers]
    first = circuit.n_inputs + circuit.n_registers
    gates = zip(circuit.op.tolist(), circuit.a.tolist(), circuit.b.tolist(), strict=True)
    for node, (op, a, b) in enumerate(gates, first):
        lines += _gate(op, nodes[a], nodes[b], nodes[node])
    for output, node in zip(names.outputs, circuit.outputs.tolist(), strict=True):
        lines += [f".names {nodes[node]} {output}", "1 1"]
    return "".join(f"{line}\n" for line in (*lines, ".end"))


def _gate_names(circuit: Circuit, names: Names) -> list[str]:
    """`n0`, `n1` ... with as many more letters as keep them apart from the other names."""
    taken = {*names.inputs, *names.registers, *names.outputs}
    prefix = "n"
    while any(each.startswith(prefix) and each[len(prefix) :].isdecimal() for each in taken):
        prefix += "n"
    return [f"{prefix}{i}" for i in range(circuit.n_gates)]


def _gate(op: int, a: str, b: str, own: str) -> list[str]:
    """A gate's cover, over those operands that its operation depends on."""
    if a == b:
        op = _SAME[2 * int(TRUTH[op, 0]) + int(TRUTH[op, 3])]
    if op in (0, 15):
        return [f".names {own}", *(["1"] if op else [])]
    if op in _ONE_INPUT:
        return [f".names {a if op in (3, 12) else b} {own}", _ONE_INPUT[op]]
    return [f".names {a} {b} {own}", *_ROWS[op]]


def _list(command: str, names: tuple[str, ...]) -> list[str]:
    """A command with its operands, in lines that tools with short buffers can read."""
    rows = textwrap.wrap(" ".join((command, *names)), 100, break_long_words=False, break_on_hyphens=False)
    return [f"{row} \\" for row in rows[:-1]] + rows[-1:]
