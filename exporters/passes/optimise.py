"""The passes in order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exporters.passes.basis import ANY, Basis
from exporters.passes.convert import add_circuit, reachable
from exporters.passes.emit import circuit_of
from exporters.passes.graph import Graph
from exporters.passes.registers import CONSTANT, equal_registers, leaves
from zoo.circuit import Bits, Circuit, Int32

DEAD = -2


@dataclass(frozen=True)
class Optimised:
    """An optimised circuit and what became of its source's registers.

    Args:
        circuit: The result.
        register: int32 (registers of the source,): the register of `circuit` that always equals it, CONSTANT,
            or DEAD or less where no output depends on it; dead ones with the same number are equal.
        inverted: uint8 (registers of the source,): 1 where "equal" is opposite; of a constant its value.
    """

    circuit: Circuit
    register: Int32
    inverted: Bits


def optimise(circuit: Circuit, basis: Basis = ANY) -> Circuit:
    """A smaller circuit with the same outputs for every sequence of inputs from the start.

    Every gate is live and an operation of the basis; 0 and 15 appear only where an output or a register is
    constant. Registers that are dead, constant or like another one are gone, so states differ: see
    `optimise_traced`. Lanes are dropped.
    """
    return optimise_traced(circuit, basis).circuit


def optimise_traced(circuit: Circuit, basis: Basis = ANY) -> Optimised:
    """`optimise`, and what each register of the source became."""
    classes = equal_registers(circuit)
    graph = Graph(circuit.n_inputs + circuit.n_registers)
    literals = add_circuit(graph, circuit, leaves(graph, circuit, classes))
    outputs = [literals[node] for node in circuit.outputs.tolist()]
    after = [literals[node] for node in circuit.register_next.tolist()]
    kept = _live_registers(graph, circuit.n_inputs, outputs, after)
    init = circuit.register_init.tolist()
    registers = [(circuit.n_inputs + r, after[r], init[r]) for r in kept]
    if not circuit.n_inputs and not kept and circuit.n_registers:  # a constant gate must have a node to read
        registers = [(0, graph.leaf(0), 0)]
    result = circuit_of(graph, circuit.n_inputs, outputs, registers, basis)
    index = {register: i for i, register in enumerate(kept)} | {CONSTANT: CONSTANT}
    return Optimised(
        result,
        np.array([index.get(leader, DEAD - leader) for leader in classes.leader], np.int32),
        np.array(classes.differs, np.uint8),
    )


def _live_registers(graph: Graph, n_inputs: int, outputs: list[int], after: list[int]) -> list[int]:
    """Registers that outputs depend on, through other registers too, ascending."""
    kept: set[int] = set()
    roots = outputs
    while True:
        found = {
            node - 1 - n_inputs for node in reachable(graph, roots) if n_inputs < node < graph.first_gate
        }
        if found <= kept:
            return sorted(kept)
        roots = [after[register] for register in found - kept]
        kept |= found
