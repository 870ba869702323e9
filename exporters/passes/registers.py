"""Registers that are constant, or always equal or opposite to another: found by a fixed point.

A register's difference from its start value is 0 in the first frame. Suppose the registers of a class have
equal differences in some frame: if their next values then come out with equal differences too, they are equal
for ever. So start with classes that a simulation could not tell apart and split whatever the supposition does
not keep together; what is left is an induction proof. The class of the constant is the one with difference 0.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from exporters.passes.convert import add_circuit
from exporters.passes.graph import FALSE, Graph
from zoo.circuit import Circuit

CONSTANT = -1
_SIMULATED_GATES = 50_000_000
_PATIENCE = 50  # rounds; a long delay line that a simulation never reached would split once a round


@dataclass(frozen=True)
class Classes:
    """What each register always equals.

    Args:
        leader: Of each register, the register that stands for it (itself, if it leads), or CONSTANT.
        differs: 1 where the register is its leader's complement; of a constant its value.
    """

    leader: list[int]
    differs: list[int]


def equal_registers(circuit: Circuit) -> Classes:
    """The coarsest classes that structural hashing can prove; coarse ones where these are long in coming."""
    init = circuit.register_init.tolist()
    classes = _grouped([CONSTANT] * len(init), _traces(circuit), init)
    rounds = 0
    while init:
        graph = Graph(circuit.n_inputs + circuit.n_registers)
        literals = add_circuit(graph, circuit, leaves(graph, circuit, classes))
        after = [
            literals[node] ^ start for node, start in zip(circuit.register_next.tolist(), init, strict=True)
        ]
        finer = _grouped(classes.leader, after, init)
        if finer == classes:
            break
        rounds += 1
        if rounds > _PATIENCE:
            finer = _grouped(_torn_apart(classes, finer), after, init)
        classes = finer
    return classes


def _torn_apart(classes: Classes, finer: Classes) -> list[Hashable]:
    """Groups in which a class that is no class after all is given up whole, not member by member."""
    torn = {old for old, new in zip(classes.leader, finer.leader, strict=True) if old != new}
    return [("alone", register) if old in torn else old for register, old in enumerate(classes.leader)]


def leaves(graph: Graph, circuit: Circuit, classes: Classes) -> list[int]:
    """Literals for the circuit's inputs and registers, each register replaced by what it equals."""
    inputs = [graph.leaf(i) for i in range(circuit.n_inputs)]
    return inputs + [
        differs if leader == CONSTANT else graph.leaf(circuit.n_inputs + leader) ^ differs
        for leader, differs in zip(classes.leader, classes.differs, strict=True)
    ]


def _grouped(groups: Sequence[Hashable], values: Sequence[Hashable], init: Sequence[int]) -> Classes:
    """Registers of one group and one value stay together; constants of value 0 stay constants."""
    leader: list[int] = []
    first: dict[tuple[Hashable, Hashable], int] = {(CONSTANT, FALSE): CONSTANT}
    for register, key in enumerate(zip(groups, values, strict=True)):
        leader.append(first.setdefault(key, register))
    return Classes(
        leader, [start ^ (0 if at == CONSTANT else init[at]) for at, start in zip(leader, init, strict=True)]
    )


def _traces(circuit: Circuit) -> list[Hashable]:
    """Each register's differences from its start over random frames; 0 where there is none."""
    if not circuit.n_registers:
        return []
    frames = int(np.clip(_SIMULATED_GATES // (circuit.n_gates + 1), 64, 256 + 2 * circuit.n_registers))
    bits = np.random.default_rng(0).integers(0, 2, (frames, circuit.n_inputs), np.uint8)
    states = replace(circuit, outputs=circuit.register_next, lanes=None).evaluate(bits)
    differences = np.packbits(states ^ circuit.register_init, axis=0)
    return [column.tobytes() if column.any() else FALSE for column in differences.T]
