"""Lane circuits of 32 and 128 lanes through the PRU emitter, as straight code, in the simulator."""

from exporters.pru.lanes import lane_gates
from tests.exporters.pru_gates import Bits, run_alone
from zoo.circuit import Circuit


def run(circuits: list[Circuit], bits: list[Bits]) -> list[Bits]:
    """Bits (steps, streams, inputs) of each circuit -> (steps, streams, outputs)."""
    return run_alone(circuits, bits, lambda circuit, memory: lane_gates(circuit, "unrolled", memory, True))
