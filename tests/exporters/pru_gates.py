"""The gates of a circuit alone on the simulated PRU, without the limit on instructions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from exporters.pru.assembler import assemble
from exporters.pru.devices import AM335X, RAM_ADDRESS, study
from exporters.pru.gates import Gates
from exporters.pru.memory import MemoryMap
from exporters.pru.simulator import Pruss
from zoo.circuit import Circuit

Bits = npt.NDArray[np.uint8]
DEVICE = study(AM335X)


class GatesAlone:
    """Code of gates with a HALT after it, loaded with what memory starts with."""

    def __init__(self, gates: Gates, memory: MemoryMap) -> None:
        after = gates.after.text if gates.after else ""
        self.gates = gates
        self.program = assemble(f"{gates.code.text}    halt\n{after}")
        self.simulator = Pruss(memory.device)
        self.simulator.load(0, self.program)
        self._images = memory.images()
        self.load()

    def load(self) -> None:
        """Fill memory as it stands at the start."""
        for address, data in self._images:
            ram, start = self._ram(address)
            ram[start : start + len(data)] = np.frombuffer(data, np.uint8)

    def __call__(self, bits: Bits) -> Bits:
        """uint8 (frames, inputs) -> (frames, outputs), one run a frame."""
        return np.array([self._frame(frame) for frame in bits], np.uint8).reshape(len(bits), -1)

    def _frame(self, bits: Bits) -> Bits:
        inputs, outputs = self.gates.inputs, self.gates.outputs
        ram, start = self._ram(int(inputs[:, 0].min()))
        at = inputs[:, 0] - inputs[:, 0].min() + start
        values = np.bincount(at, (bits << inputs[:, 1].astype(np.uint8)).astype(np.float64))
        ram[np.unique(at)] = values[np.unique(at)]
        self.simulator.reset(0)
        self.simulator.run()
        found = np.zeros(len(outputs), np.uint8)
        for i, (address, bit) in enumerate(outputs.tolist()):
            ram, start = self._ram(address)
            found[i] = ram[start] >> bit & 1
        return found

    def _ram(self, address: int) -> tuple[Bits, int]:
        simulator = self.simulator
        if address >= RAM_ADDRESS["shared"]:
            return simulator.shared, address - RAM_ADDRESS["shared"]
        if address >= RAM_ADDRESS["other"]:
            return simulator.data[1], address - RAM_ADDRESS["other"]
        return simulator.data[0], address


def run_alone(
    circuits: list[Circuit], bits: list[Bits], gates: Callable[[Circuit, MemoryMap], Gates]
) -> list[Bits]:
    """Bits (steps, streams, inputs) of each circuit -> (steps, streams, outputs)."""
    found = []
    for circuit, x in zip(circuits, bits, strict=True):
        memory = MemoryMap(DEVICE)
        alone = GatesAlone(gates(circuit, memory), memory)
        streams = []
        for stream in range(x.shape[1]):
            alone.load()
            streams.append(alone(x[:, stream]))
        found.append(np.stack(streams, axis=1))
    return found
