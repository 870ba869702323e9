"""A flat circuit as runs of one operation each: an interpreter then decides once a run, not once a gate."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from exporters.schedule.code import CONSTANTS, NOT
from zoo.circuit import Circuit

DELAY = 16  # the op of a register that only delays; the others are truth tables
SWAPPED = {4: 2, 13: 11}  # the same gate with its operands the other way round
PASSING = {3: 7, 5: 7, 10: 12}  # what passes an operand on, or its opposite: its "or" with itself, a "not"
ONLY_B = (5, 10)

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RunProgram:
    """Nodes are numbered: inputs, registers that hear themselves, then what the runs make, in order.

    Args:
        n_inputs: Inputs.
        runs: (op, how many) of consecutive nodes.
        operands: int64 (nodes made, 2): what each reads, a smaller number than its own.
        delays: Start bit of each delay, in the order in which the runs make them.
        loops: Start bit of each register that hears itself.
        loop_next: int64 (loops,): the node that each of them holds in the next frame.
        outputs: int64 (outputs,): nodes.
        gates: int64 (gates,): the node of each gate of the circuit.
    """

    n_inputs: int
    runs: tuple[tuple[int, int], ...]
    operands: Ints
    delays: tuple[int, ...]
    loops: tuple[int, ...]
    loop_next: Ints
    outputs: Ints
    gates: Ints


def run_program(circuit: Circuit) -> RunProgram:
    """The runs of a circuit.

    Registers are delays, planes shifted by a frame, unless one hears itself: then all are state that is kept
    from frame to frame, and frames must be taken one by one.
    """
    order = _Order(circuit, delays=True)
    if not order.complete:
        order = _Order(circuit, delays=False)
    first = circuit.n_inputs + circuit.n_registers
    init, following = circuit.register_init.tolist(), circuit.register_next.tolist()
    number = {node: node for node in range(circuit.n_inputs)}
    loops = [] if order.delays else list(range(circuit.n_inputs, first))
    for node in loops:
        number[node] = len(number)
    for _, nodes in order.runs:
        for node in nodes:
            number[node] = len(number)
    operands = [[number[other] for other in order.pair(node)] for _, nodes in order.runs for node in nodes]
    return RunProgram(
        circuit.n_inputs,
        tuple((op, len(nodes)) for op, nodes in order.runs),
        np.array(operands, np.int64).reshape(-1, 2),
        tuple(init[n - circuit.n_inputs] for op, nodes in order.runs if op == DELAY for n in nodes),
        tuple(init[n - circuit.n_inputs] for n in loops),
        np.array([number[following[n - circuit.n_inputs]] for n in loops], np.int64),
        np.array([number[node] for node in circuit.outputs.tolist()], np.int64),
        np.array([number[first + g] for g in range(circuit.n_gates)], np.int64),
    )


class _Order:
    """Always runs the operation of which most gates are ready, until none of it is left."""

    def __init__(self, circuit: Circuit, delays: bool) -> None:
        self.circuit, self.delays = circuit, delays
        self.first = circuit.n_inputs + circuit.n_registers
        self.runs: list[tuple[int, list[int]]] = []
        waiting: dict[int, int] = {}
        readers: dict[int, list[int]] = defaultdict(list)
        start = circuit.n_inputs if delays else self.first
        for node in range(start, self.first + circuit.n_gates):
            needs = {other for other in self._reads(node) if other >= start}
            waiting[node] = len(needs)
            for other in needs:
                readers[other].append(node)
        self.complete = self._run(waiting, readers) == len(waiting)

    def op(self, node: int) -> int:
        """What makes a node; the operands of some gates are swapped so that there are fewer kinds."""
        if node < self.first:
            return DELAY
        op = int(self.circuit.op[node - self.first])
        return SWAPPED.get(op, PASSING.get(op, op))

    def pair(self, node: int) -> tuple[int, int]:
        """Both operands; what needs only one, or none, reads it twice, or node 0."""
        reads = self._reads(node) or [0]
        if node >= self.first and int(self.circuit.op[node - self.first]) in SWAPPED:
            reads = reads[::-1]
        return reads[0], reads[-1]

    def _reads(self, node: int) -> list[int]:
        circuit = self.circuit
        if node < self.first:
            return [int(circuit.register_next[node - circuit.n_inputs])]
        gate = node - self.first
        op = int(circuit.op[gate])
        if op in CONSTANTS:
            return []
        if op in PASSING:
            return [int((circuit.b if op in ONLY_B else circuit.a)[gate])]
        return [int(circuit.a[gate])] if op == NOT else [int(circuit.a[gate]), int(circuit.b[gate])]

    def _run(self, waiting: dict[int, int], readers: dict[int, list[int]]) -> int:
        """Make the runs; how many nodes they hold."""
        ready: dict[int, list[int]] = defaultdict(list)
        for node, left in waiting.items():
            if not left:
                ready[self.op(node)].append(node)
        made = 0
        while any(ready.values()):
            op = max(ready, key=lambda kind: (len(ready[kind]), -kind))
            run: list[int] = []
            while ready[op]:
                nodes, ready[op] = ready[op], []
                for node in nodes:
                    run.append(node)
                    for reader in readers[node]:
                        waiting[reader] -= 1
                        if not waiting[reader]:
                            ready[self.op(reader)].append(reader)
            self.runs.append((op, run))
            made += len(run)
        return made
