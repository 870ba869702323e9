"""Any circuit as straight-line PRU code in the simulator, 32 streams at a time."""

import numpy as np

from exporters.pru.devices import AM335X, study
from exporters.pru.flat import flat_code
from exporters.pru.flat_runner import LANES, FlatRunner
from exporters.pru.memory import MemoryMap
from tests.exporters.planes import Bits
from zoo.circuit import Circuit


def run(circuits: list[Circuit], bits: list[Bits]) -> list[Bits]:
    """Bits (steps, streams, inputs) of each circuit -> (steps, streams, outputs)."""
    return [run_one(i, circuit, x) for i, (circuit, x) in enumerate(zip(circuits, bits, strict=True))]


def run_one(index: int, circuit: Circuit, bits: Bits) -> Bits:
    """One circuit. By its index: outputs in order or not, inputs too, one or several ways tried."""
    memory = MemoryMap(study(AM335X))
    flat = flat_code(
        circuit,
        memory,
        ordered=index % 2 == 1,
        inputs_in_order=index % 3 == 1,
        windows={24: 0, 28: 256} if index % 5 == 1 else None,
        effort=1 + (index % 8 == 7) if index % 4 > 1 else 0,
    )
    runner = FlatRunner(flat, memory)
    steps, streams, _ = bits.shape
    found = np.empty((steps, streams, circuit.n_outputs), np.uint8)
    for first in range(0, streams, LANES):
        runner.start()
        for t in range(steps):
            found[t, first : first + LANES] = runner.step(bits[t, first : first + LANES])
            assert runner.cycles == flat.cycles
    return found
