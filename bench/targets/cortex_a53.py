"""The target `cortex-a53`: A64 code in an emulator, its cycles from the core model."""

from __future__ import annotations

from bench.a53_model import CLOCK_HZ, ERROR, L1I_BYTES, VECTOR_ERROR, CortexA53Model
from bench.targets.emulated import Core, EmulatedTarget
from exporters.c.build import A53_FLAGS
from zoo.model import Model


class CortexA53(EmulatedTarget):
    """The processor of a PocketBeagle 2 (AM625), emulated."""

    name = "cortex-a53"
    core = Core(
        device="ARM Cortex-A53 at 1.4 GHz (emulated)",
        clock_hz=CLOCK_HZ,
        code_cache=L1I_BYTES,
        error=ERROR,
        rules="docs/cortex-a53-model.md",
        board="PocketBeagle 2",
        flags=A53_FLAGS,
        model=CortexA53Model,
    )

    def export(self, model: Model) -> str:
        """One export for all circuits."""
        return "cortex-a53"

    def error(self, model: Model) -> float:
        """Larger where the gates work on vectors."""
        lanes = model.circuit.lanes
        return VECTOR_ERROR if lanes is not None and lanes.width == 128 else ERROR
