"""Plain C of a network on the emulated Cortex-A8 with NEON: its answers, and what a frame costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.a8_model import CortexA8Model
from bench.targets.base import Spread
from bench.targets.machine import EmulatedMachine, Program
from exporters.c.build import build, zig

# As Bela builds: -O3 -ffast-math, NEON, hard float. clang keeps vmla off this core by default; GCC, which
# Bela uses, does not, and it is worth a third of the cycles. Bela switches RunFast on, as the model assumes.
PEER_FLAGS = (
    *("-target", "thumb-freestanding-eabihf", "-mcpu=cortex_a8-slowfpvmlx-vmlx_hazards", "-std=c99", "-O3"),
    *("-ffast-math", "-ffp-contract=off", "-g0"),
    *("-fomit-frame-pointer", "-ffreestanding", "-fno-builtin", "-nostdlib", "-static"),
)
FRAMES = 50  # whose every instruction is followed


@dataclass(frozen=True)
class PeerCost:
    """What a frame costs.

    Args:
        instructions: Exact.
        cycles: By the core model.
        code: Bytes of machine code.
        constants: Bytes of weights and tables.
    """

    instructions: Spread
    cycles: Spread
    code: int
    constants: int


class EmulatedPeer:
    """A peer's program.

    Args:
        source: C that defines `peer_init`, `peer_hop` and `peer_run`.
        outputs: Numbers it answers a frame.
    """

    def __init__(self, source: str, outputs: int = 1) -> None:
        self.outputs = outputs
        links = ("-Wl,-e,peer_run",)
        self.program = Program(build(zig(), PEER_FLAGS, {"peer.c": source}, "peer.elf", links))

    def run(self, features: npt.NDArray[Any], answers: npt.DTypeLike) -> npt.NDArray[Any]:
        """(frames, inputs) from a fresh state -> (frames,), or (frames, outputs) of more than one."""
        found = np.zeros((len(features), self.outputs) if self.outputs > 1 else len(features), answers)
        EmulatedMachine(self.program).call("peer_run", np.ascontiguousarray(features), len(features), found)
        return found

    def cost(self, features: npt.NDArray[Any]) -> PeerCost:
        """What the last of the first `FRAMES` frames cost, after two that warm the branch history."""
        machine, core = EmulatedMachine(self.program), CortexA8Model(self.program.timings())
        answer = machine.place(np.zeros(self.outputs, np.int32))
        machine.invoke("peer_init")
        counts = [
            core.run(machine.trace("peer_hop", machine.place(frame), answer))
            for frame in np.ascontiguousarray(features[: FRAMES + 2])
        ][2:]
        return PeerCost(
            Spread.of(n for n, _ in counts),
            Spread.of(n for _, n in counts),
            sum(size for _, size in self.program.functions.values()),
            self.program.constant_bytes,
        )
