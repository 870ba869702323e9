"""Any circuit as straight-line PRU code in the simulator, 32 streams at a time."""

import numpy as np

from exporters.pru.assembler import assemble
from exporters.pru.devices import AM335X, RAM_ADDRESS, study
from exporters.pru.flat import FlatCode, flat_code
from exporters.pru.memory import MemoryMap
from exporters.pru.simulator import Pruss
from tests.exporters.planes import Bits
from zoo.circuit import Circuit

LANES = 32


class FlatAlone:
    """The code of one step, and a simulated PRU that runs it."""

    def __init__(self, flat: FlatCode, memory: MemoryMap) -> None:
        self.flat, self.memory = flat, memory
        self.program = assemble(f"{flat.setup.text}step:\n{flat.code.text}    halt\n")
        self.simulator = Pruss(memory.device)
        self.simulator.load(0, self.program)
        self.cycles = 0

    def start(self) -> None:
        """Memory as before the first step, the rest as left over from something else."""
        for ram in (*self.simulator.data, self.simulator.shared):
            ram[:] = 0xA5
        self.simulator.registers[:, :30] = 0x5A5A5A5A
        self.simulator.scratchpad[:] = 0x12345678
        for address, data in self.memory.images():
            ram, at = self._ram(address)
            ram[at : at + len(data)] = np.frombuffer(data, np.uint8)
        self.simulator.reset(0)
        self.simulator.run(until={0: "step"}) if self.flat.setup.words else None

    def step(self, bits: Bits) -> Bits:
        """uint8 (streams up to 32, inputs) -> (streams, outputs)."""
        streams = len(bits)
        weights = np.uint32(1) << np.arange(streams, dtype=np.uint32)
        for address, plane in zip(self.flat.inputs.tolist(), bits.T.astype(np.uint32) @ weights, strict=True):
            self._word(address)[0] = plane
        self.simulator.reset(0)
        if self.flat.setup.words:
            self.simulator.run(until={0: "step"})
        self.cycles = self.simulator.run().cycles[0] - 1
        planes = np.array([self._word(address)[0] for address in self.flat.outputs.tolist()], np.uint32)
        return (planes[None, :] >> np.arange(streams, dtype=np.uint32)[:, None] & 1).astype(np.uint8)

    def _word(self, address: int) -> np.ndarray:
        ram, at = self._ram(address)
        return ram[at : at + 4].view("<u4")

    def _ram(self, address: int) -> tuple[Bits, int]:
        if address >= RAM_ADDRESS["shared"]:
            return self.simulator.shared, address - RAM_ADDRESS["shared"]
        if address >= RAM_ADDRESS["other"]:
            return self.simulator.data[1], address - RAM_ADDRESS["other"]
        return self.simulator.data[0], address


def run(circuits: list[Circuit], bits: list[Bits]) -> list[Bits]:
    """Bits (steps, streams, inputs) of each circuit -> (steps, streams, outputs)."""
    return [_run(i, circuit, x) for i, (circuit, x) in enumerate(zip(circuits, bits, strict=True))]


def _run(index: int, circuit: Circuit, bits: Bits) -> Bits:
    """Every fourth circuit with more ways tried, every other with its outputs in order."""
    memory = MemoryMap(study(AM335X))
    flat = flat_code(circuit, memory, ordered=index % 2 == 1, effort=int(index % 4 > 1))
    alone = FlatAlone(flat, memory)
    steps, streams, _ = bits.shape
    found = np.empty((steps, streams, circuit.n_outputs), np.uint8)
    for first in range(0, streams, LANES):
        alone.start()
        for t in range(steps):
            found[t, first : first + LANES] = alone.step(bits[t, first : first + LANES])
            assert alone.cycles == flat.cycles
    return found
