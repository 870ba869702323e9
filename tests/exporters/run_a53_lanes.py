"""Frame mode of circuits with 32 or 128 lanes in A64 on the emulated Cortex-A53."""

from __future__ import annotations

from tests.exporters.emulated import run_lanes
from zoo.circuit import Bits, Circuit


def run(circuits: list[Circuit], bits: list[Bits]) -> list[Bits]:
    """uint8 (steps, streams, inputs) of each circuit -> uint8 (steps, streams, outputs)."""
    return run_lanes("a53", circuits, bits)
