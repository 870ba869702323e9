"""The forms that a lane circuit can take on a PRU, the fastest first."""

from __future__ import annotations

from collections.abc import Callable

from exporters.c.lane_program import LaneProgram, lane_program
from exporters.pru.gates import Gates
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
    return _WRITERS[circuit.lanes.width, form](lane_program(circuit), circuit, memory, free_inputs)
