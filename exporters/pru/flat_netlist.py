"""A circuit as ANDs, ORs and XORs of literals: what the PRU computes in one instruction each.

A literal is `2 * node + 1` for the complement of a node, `2 * node` for the node itself. The PRU has no AND-NOT, so a
complement costs a NOT wherever none is at hand; which phase of each node is computed decides how many there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from exporters.passes import ANY, optimise
from zoo.circuit import Circuit

AND, XOR, OR, NOT = 1, 6, 7, 12

Gate = tuple[int, int, int]  # AND, OR or XOR, and the literals of both operands

SWEEPS = 400  # tries per node of the search for phases
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
    """Optimise a circuit and choose the phase of every node."""
    best = optimise(circuit, ANY)
    leaves = best.n_inputs + best.n_registers
    kinds, a, b, literals = _canonical(best)
    constant = 2 * (leaves + len(kinds))
    roots = [constant + (x & 1) if x < 2 else x - 2 for x in (literals[n] for n in _roots(best))]
    phase = _phases(leaves, kinds, a, b, [x for x in roots if x < constant])
    gates: list[Gate] = []
    for i, kind in enumerate(kinds):
        own, x, y = phase[leaves + i], a[i] ^ phase[a[i] >> 1], b[i] ^ phase[b[i] >> 1]
        if kind == XOR:
            gates.append((XOR, x ^ own ^ (y & 1), y & ~1))
        else:
            gates.append((OR if own else AND, x ^ own, y ^ own))
    roots = [x ^ phase[x >> 1] if x < constant else x for x in roots]
    outputs, after = roots[: best.n_outputs], roots[best.n_outputs :]
    live = best.n_gates - sum(best.op_histogram()[op] for op in (0, 12, 15))
    return Netlist(best.n_inputs, best.n_registers, gates, outputs, after, best.register_init.tolist(), live)


def _roots(circuit: Circuit) -> list[int]:
    return [*circuit.outputs.tolist(), *circuit.register_next.tolist()]


def _canonical(circuit: Circuit) -> tuple[list[int], list[int], list[int], list[int]]:
    """Gates as ANDs and XORs of literals, and the literal of every node of the circuit.

    Here 0 and 1 are the constants, and node n has the literals 2n + 2 and 2n + 3; operands count from node 0.
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
            no_a, no_b = int(kind in (4, 7)), int(kind in (2, 7))
            inverted ^= int(kind == OR)
            kinds.append(XOR if kind == XOR else AND)
            a.append(literals[x] - 2 ^ no_a)
            b.append(literals[y] - 2 ^ no_b)
            literals.append(2 * (leaves + len(kinds)) + inverted)
    return kinds, a, b, literals


def _phases(leaves: int, kinds: list[int], a: list[int], b: list[int], roots: list[int]) -> list[int]:
    """1 for each node that is computed as its complement; the constant's entry, one more, is 0."""
    if not kinds:
        return [0] * (leaves + 1)
    from exporters.pru.flat_phases import anneal

    count = leaves + len(kinds)
    pad = [0] * leaves
    nodes: list[npt.NDArray[np.int64]] = [np.array(pad + x, np.int64) for x in (kinds, a, b)]
    operands = np.concatenate([nodes[1][leaves:] >> 1, nodes[2][leaves:] >> 1])
    readers = np.tile(np.arange(leaves, count), 2)[np.argsort(operands, kind="stable")]
    starts = np.zeros(count + 1, np.int64)
    starts[1:] = np.cumsum(np.bincount(operands, minlength=count))
    wanted = np.zeros((count, 2), np.int64)
    np.add.at(wanted, (np.array(roots, np.int64) >> 1, np.array(roots, np.int64) & 1), 1)
    phase = anneal(*nodes, leaves, wanted, starts, readers, SWEEPS * len(kinds), SHARED)
    return [*phase.tolist(), 0]
