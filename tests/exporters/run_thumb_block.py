"""Block mode of any circuit: 32 frames in Thumb-2 on the emulated Cortex-A8."""

from __future__ import annotations

from tests.exporters.emulated import run_blocks
from zoo.circuit import Bits, Circuit


def run(circuits: list[Circuit], bits: list[Bits]) -> list[Bits]:
    """uint8 (steps, streams, inputs) of each circuit -> uint8 (steps, streams, outputs)."""
    return run_blocks("thumb", circuits, bits, 1)
