"""Frame mode of any circuit in A64 on the emulated Cortex-A53."""

from __future__ import annotations

from tests.exporters.emulated import run_frames
from zoo.circuit import Bits, Circuit


def run(circuits: list[Circuit], bits: list[Bits]) -> list[Bits]:
    """uint8 (steps, streams, inputs) of each circuit -> uint8 (steps, streams, outputs)."""
    return run_frames("a53", circuits, bits)
