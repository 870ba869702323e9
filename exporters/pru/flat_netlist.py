"""A circuit as ANDs, ORs and XORs of literals: what the PRU computes in one instruction each.

A literal is `2 * node + 1` for the complement of a node, `2 * node` for the node itself. The PRU has no AND-
NOT, so a complement costs a NOT wherever none is at hand; which phase of each node is computed decides how
many there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exporters.passes import ANY, optimise
from exporters.pru.flat_forms import AND, OR, XOR, Form, Gates, forms
from zoo.circuit import Circuit

NOT = 12

Gate = tuple[int, int, int]  # AND, OR or XOR, and the literals of both operands

SWEEPS, MOST_TRIES = 400, 2_000_000  # of the search for phases: tries for each node, and altogether
MOST_FORMS = 10_000  # gates of a circuit whose gates are looked at for other forms
SHARED = 0.3  # what another reader of a complement costs, in NOTs: it is not always still at hand


@dataclass(frozen=True)
class Netlist:
    """The gates of one step.

    Args:
        n_inputs: Nodes 0 to n_inputs - 1.
        n_registers: The nodes after them.
        gates: The nodes after those, in an order of evaluation.
        outputs: Literal of each output; of `constant` where the output is constant.
        register_next: Literal of each register's next value, the same.
        register_init: What each register starts with.
        live_gates: Two-input gates of the circuit that it was made from, after optimisation.
    """

    n_inputs: int
    n_registers: int
    gates: list[Gate]
    outputs: list[int]
    register_next: list[int]
    register_init: list[int]
    live_gates: int

    @property
    def n_leaves(self) -> int:
        """Inputs and registers."""
        return self.n_inputs + self.n_registers

    @property
    def constant(self) -> int:
        """The literal of the constant 0; it is no gate's operand."""
        return 2 * (self.n_leaves + len(self.gates))


def netlist(circuit: Circuit) -> Netlist:
    """Optimise a circuit and choose the form and the phase of every node."""
    best = optimise(circuit, ANY)
    gates, literals = _canonical(best)
    constant = 2 * (gates.leaves + len(gates.kinds))
    found = [literals[n] for n in (*best.outputs.tolist(), *best.register_next.tolist())]
    roots = [constant + x if x < 2 else x - 2 for x in found]
    chosen, phase = _choose(gates, [x for x in roots if x < constant])
    live_gates = best.n_gates - sum(best.op_histogram()[op] for op in (0, 12, 15))
    written: list[Gate] = []
    for i, (kind, a, b) in enumerate(chosen):
        own, x, y = phase[gates.leaves + i], a ^ phase[a >> 1], b ^ phase[b >> 1]
        if kind == XOR:
            written.append((XOR, x ^ own ^ (y & 1), y & ~1))
        else:
            written.append((kind ^ (AND ^ OR) if own else kind, x ^ own, y ^ own))
    roots = [x ^ phase[x >> 1] if x < constant else x for x in roots]
    written, roots = _without_dead(gates.leaves, written, roots)
    outputs, after = roots[: best.n_outputs], roots[best.n_outputs :]
    return Netlist(
        best.n_inputs, best.n_registers, written, outputs, after, best.register_init.tolist(), live_gates
    )


def _without_dead(leaves: int, gates: list[Gate], roots: list[int]) -> tuple[list[Gate], list[int]]:
    """The gates that roots still depend on, now that some have other forms, and the roots."""
    live = bytearray(leaves + len(gates) + 1)
    for root in roots:
        live[root >> 1] = 1
    for i in range(len(gates) - 1, -1, -1):
        if live[leaves + i]:
            live[gates[i][1] >> 1] = live[gates[i][2] >> 1] = 1
    kept = [i for i in range(len(gates)) if live[leaves + i]]
    number = {leaves + i: leaves + k for k, i in enumerate((*kept, len(gates)))}

    def renamed(literal: int) -> int:
        return 2 * number.get(literal >> 1, literal >> 1) + (literal & 1)

    new = [(kind, renamed(a), renamed(b)) for kind, a, b in (gates[i] for i in kept)]
    return new, [renamed(x) for x in roots]


def _roots(circuit: Circuit) -> list[int]:
    return [*circuit.outputs.tolist(), *circuit.register_next.tolist()]


def _canonical(circuit: Circuit) -> tuple[Gates, list[int]]:
    """Gates as ANDs and XORs of literals, and the literal of every node of the circuit.

    Of the latter 0 and 1 are the constants, and node n has 2n + 2 and 2n + 3. Operands of gates have 2 less.
    """
    leaves = circuit.n_inputs + circuit.n_registers
    literals = [2 * n + 2 for n in range(leaves)]
    kinds: list[int] = []
    a: list[int] = []
    b: list[int] = []
    for op, x, y in zip(circuit.op.tolist(), circuit.a.tolist(), circuit.b.tolist(), strict=True):
        if op in (0, 15):
            literals.append(op & 1)
        elif op == NOT:
            literals.append(literals[x] ^ 1)
        else:
            inverted = op >> 3
            kind = op ^ 15 if inverted else op
            kinds.append(XOR if kind == XOR else AND)
            a.append(literals[x] - 2 ^ (kind in (4, OR)))
            b.append(literals[y] - 2 ^ (kind in (2, OR)))
            literals.append(2 * (leaves + len(kinds)) + (inverted ^ (kind == OR)))
    return Gates(leaves, kinds, a, b), literals


def _choose(gates: Gates, roots: list[int]) -> tuple[list[Form], list[int]]:
    """The form of each gate, and 1 for each node that is computed as its complement."""
    nodes = gates.leaves + len(gates.kinds)
    if not gates.kinds:
        return [], [0] * (nodes + 1)
    from exporters.pru.flat_phases import Choices, anneal

    own = [[form] for form in zip(gates.kinds, gates.a, gates.b, strict=True)]
    ways = [[(AND, 0, 0)]] * gates.leaves + (forms(gates) if len(own) <= MOST_FORMS else own)
    table = np.array([form for way in ways for form in way], np.int64)
    starts = np.concatenate([[0], np.cumsum([len(way) for way in ways])]).astype(np.int64)
    owner = np.repeat(np.arange(nodes), np.diff(starts))
    xors = np.flatnonzero((table[:, 0] == XOR) & (owner >= gates.leaves))
    pairs = np.unique(np.stack([table[xors, 2] >> 1, owner[xors]], axis=1), axis=0)
    rows = np.concatenate([[0], np.cumsum(np.bincount(pairs[:, 0], minlength=nodes))]).astype(np.int64)
    wanted = np.zeros((nodes, 2), np.int64)
    np.add.at(wanted, (np.array(roots, np.int64) >> 1, np.array(roots, np.int64) & 1), 1)
    kind, a, b = (np.ascontiguousarray(column) for column in table.T)
    choices = Choices(gates.leaves, starts, kind, a, b, rows, np.ascontiguousarray(pairs[:, 1]))
    form, phase = anneal(choices, wanted, min(SWEEPS * len(own), MOST_TRIES), SHARED)
    chosen: list[Form] = [(int(kind[f]), int(a[f]), int(b[f])) for f in form[gates.leaves :]]
    return chosen, [*phase.tolist(), 0]
