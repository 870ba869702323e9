"""Straight-line code of a circuit in the simulator, step by step."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from exporters.pru.assembler import assemble
from exporters.pru.devices import RAM_ADDRESS
from exporters.pru.flat import FlatCode, check_size
from exporters.pru.memory import MemoryMap
from exporters.pru.simulator import Pruss

UInt8 = npt.NDArray[np.uint8]
LANES = 32


class FlatRunner:
    """A simulated core with the code of one step, and a HALT after it.

    Args:
        flat: The code.
        memory: Where its planes were placed.

    Attributes:
        cycles: What the last step took, without the HALT.

    Raises:
        DoesNotFitError: There are more instructions than the device has.
    """

    def __init__(self, flat: FlatCode, memory: MemoryMap) -> None:
        check_size(flat, memory.device, others=1)
        self.flat, self.memory = flat, memory
        self.program = assemble(f"{flat.setup.text}step:\n{flat.code.text}    halt\n")
        self.simulator = Pruss(memory.device)
        self.simulator.load(memory.device.core, self.program)
        self.cycles = 0
        self.start()

    def start(self) -> None:
        """Before the first step: planes as they must start; the rest as something else may have left it."""
        for ram in (*self.simulator.data, self.simulator.shared):
            ram[:] = 0xA5
        self.simulator.registers[:, :30] = 0x5A5A5A5A
        self.simulator.scratchpad[:] = 0x12345678
        for address, data in self.memory.images():
            self._bytes(address, len(data))[:] = np.frombuffer(data, np.uint8)

    def step(self, bits: UInt8) -> UInt8:
        """One step of up to 32 streams: uint8 (streams, n_inputs) of 0 and 1 -> (streams, n_outputs)."""
        core, simulator = self.memory.device.core, self.simulator
        lanes = np.arange(len(bits), dtype=np.uint32)
        planes = np.bitwise_or.reduce(bits.astype(np.uint32) << lanes[:, None], axis=0)
        for address, plane in zip(self.flat.inputs.tolist(), planes, strict=True):
            self._word(address)[0] = plane
        simulator.reset(core)
        if self.flat.setup.words:
            simulator.run((core,), until={core: "step"})
        self.cycles = simulator.run((core,)).cycles[core] - 1
        found = np.array([self._word(address)[0] for address in self.flat.outputs.tolist()], np.uint32)
        return (found >> lanes[:, None] & 1).astype(np.uint8)

    def _word(self, address: int) -> npt.NDArray[np.uint32]:
        return self._bytes(address, 4).view(np.uint32)

    def _bytes(self, address: int, size: int) -> UInt8:
        """A view of memory as the core sees it."""
        simulator, core = self.simulator, self.memory.device.core
        if address >= RAM_ADDRESS["shared"]:
            ram, at = simulator.shared, address - RAM_ADDRESS["shared"]
        elif address >= RAM_ADDRESS["other"]:
            ram, at = simulator.data[1 - core], address - RAM_ADDRESS["other"]
        else:
            ram, at = simulator.data[core], address
        return ram[at : at + size]
