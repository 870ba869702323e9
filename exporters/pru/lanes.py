"""The forms that a lane circuit can take on a PRU, the fastest first."""

from __future__ import annotations

from collections.abc import Callable

from exporters.c.lane_memory import lane_memory
from exporters.c.lane_program import LaneProgram, lane_program
from exporters.pru.gates import Gates
from exporters.pru.lanes_memory import keep_registers
from exporters.pru.lanes_table import table_gates
from exporters.pru.lanes_unrolled import unrolled_gates
from exporters.pru.lanes_wide import wide_gates
from exporters.pru.memory import MemoryMap
from zoo.circuit import Circuit

FORMS = ("unrolled", "table")
_WRITERS: dict[tuple[int, str], Callable[[LaneProgram, Circuit, MemoryMap, bool], Gates]] = {
    (32, "unrolled"): unrolled_gates,
    (128, "unrolled"): wide_gates,
    (32, "table"): table_gates,
    (128, "table"): table_gates,
}


def lane_gates(circuit: Circuit, form: str, memory: MemoryMap, free_inputs: bool) -> Gates:
    """A circuit with lanes in one of the `FORMS`.

    Args:
        circuit: With lanes.
        form: "unrolled" or "table".
        memory: Takes words, masks or records.
        free_inputs: The front end can put its bits in any order.

    Raises:
        DoesNotFitError: The data do not fit.
    """
    assert circuit.lanes is not None
    write = _WRITERS[circuit.lanes.width, form]
    if not circuit.n_registers:
        return write(lane_program(circuit), circuit, memory, free_inputs)
    kept = lane_memory(circuit)
    # Words that move stand as they are: no input and no next word is rotated.
    if write is unrolled_gates:
        gates = unrolled_gates(kept.program, kept.circuit, memory, False, kept.n_next)
    else:
        gates = write(kept.program, kept.circuit, memory, False)
    return keep_registers(gates, kept, memory)
