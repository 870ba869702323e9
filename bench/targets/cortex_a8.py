"""The target `cortex-a8`: Thumb-2 code in an emulator, its cycles from the core model."""

from __future__ import annotations

from bench.a8_model import CLOCK_HZ, ERROR, L1I_BYTES, NEON_ERROR, CortexA8Model
from bench.targets.emulated import Core, EmulatedTarget
from exporters.c.build import A8_FLAGS
from zoo.model import Model


class CortexA8(EmulatedTarget):
    """The processor of a Bela on a BeagleBone Black, emulated."""

    name = "cortex-a8"
    core = Core(
        device="ARM Cortex-A8 at 1 GHz (emulated)",
        clock_hz=CLOCK_HZ,
        code_cache=L1I_BYTES,
        error=ERROR,
        rules="docs/cortex-a8-model.md",
        board="Bela",
        flags=A8_FLAGS,
        model=CortexA8Model,
    )

    def export(self, model: Model) -> str:
        """Words of 128 lanes fit NEON's registers; all other frames are for the core's own."""
        lanes = model.circuit.lanes
        return "cortex-a8-neon" if lanes is not None and lanes.width == 128 else "cortex-a8"

    def error(self, model: Model) -> float:
        """Larger where the gates run in the NEON unit."""
        return NEON_ERROR if self.export(model) == "cortex-a8-neon" else ERROR
