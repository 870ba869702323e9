"""The part of a flat circuit that outputs and registers depend on, constants and copies resolved."""

from __future__ import annotations

from dataclasses import dataclass

from zoo.circuit import TRUTH, Circuit

# A value is a node id, or one of these.
ZERO, ONE = -1, -2

COPY_A, NOT_A = 3, 12


@dataclass(frozen=True)
class Netlist:
    """Gates in an order of evaluation.

    Args:
        circuit: Where they come from; node ids are its own.
        gates: (node, op, a, b): only what is needed, each right before its first use; a and b are node ids.
        outputs: Node id, ZERO or ONE of each output.
        register_next: The same for each register; None where nothing depends on the register.
    """

    circuit: Circuit
    gates: tuple[tuple[int, int, int, int], ...]
    outputs: tuple[int, ...]
    register_next: tuple[int | None, ...]


def live_netlist(circuit: Circuit) -> Netlist:
    """Fold constants and copies, then keep what outputs need, through registers too, depth first."""
    first_gate = circuit.n_inputs + circuit.n_registers
    value = list(range(first_gate))
    gates: dict[int, tuple[int, int, int]] = {}
    for node, (op, a, b) in enumerate(
        zip(circuit.op.tolist(), circuit.a.tolist(), circuit.b.tolist(), strict=True), first_gate
    ):
        op, a, b = _folded(op, value[a], value[b])
        if op in (0, 15):
            value.append(ONE if op else ZERO)
        elif op == COPY_A:
            value.append(a)
        else:
            value.append(node)
            gates[node] = op, a, b
    order: dict[int, None] = {}
    outputs = [value[node] for node in circuit.outputs.tolist()]
    nexts = [value[node] for node in circuit.register_next.tolist()]
    roots, registers = outputs[:], set[int]()
    for root in roots:  # grows on the way
        for register in _visit(root, gates, order, range(circuit.n_inputs, first_gate)):
            if register not in registers:
                registers.add(register)
                roots.append(nexts[register - circuit.n_inputs])
    return Netlist(
        circuit,
        tuple((node, *gates[node]) for node in order),
        tuple(outputs),
        tuple(n if circuit.n_inputs + r in registers else None for r, n in enumerate(nexts)),
    )


def _folded(op: int, a: int, b: int) -> tuple[int, int, int]:
    """The same function of what it really depends on: op 0 or 15 without operands, 3 or 12 with one, in a."""
    f = TRUTH[op].reshape(2, 2).tolist()  # f[a][b]
    if a < 0:
        f[0] = f[1] = f[a == ONE]
    if b < 0:
        f = [[row[b == ONE]] * 2 for row in f]
    if a == b:
        f = [[f[0][0]] * 2, [f[1][1]] * 2]
    if f[0] == f[1]:  # only b matters
        a, f = b, [[f[0][0]] * 2, [f[0][1]] * 2]
    if f[0][0] == f[0][1] and f[1][0] == f[1][1]:  # only a matters
        b = a
    return f[0][0] << 3 | f[0][1] << 2 | f[1][0] << 1 | f[1][1], a, b


def _visit(
    root: int, gates: dict[int, tuple[int, int, int]], order: dict[int, None], registers: range
) -> list[int]:
    """Append the gates under `root` to `order`, operands first; returns the registers they read."""
    found = [root] if root in registers else []
    stack = [root]
    while stack:
        node = stack[-1]
        if node not in gates or node in order:
            stack.pop()
            continue
        _, a, b = gates[node]
        found += [x for x in (a, b) if x in registers]
        missing = [x for x in (b, a) if x in gates and x not in order]
        if missing:
            stack += missing
        else:
            order[node] = None
            stack.pop()
    return found
