"""Block mode of any circuit: 64 frames in general and 128 in vector registers of the emulated Cortex-A53."""

from __future__ import annotations

import numpy as np

from tests.exporters.emulated import run_blocks
from zoo.circuit import Bits, Circuit


def run(circuits: list[Circuit], bits: list[Bits]) -> list[Bits]:
    """uint8 (steps, streams, inputs) of each circuit -> uint8 (steps, streams, outputs)."""
    found = run_blocks("a53", circuits, bits, 2, vectors=False)
    vectors = run_blocks("a53", circuits, bits, 4, vectors=True)
    for circuit, one, other in zip(circuits, found, vectors, strict=True):
        assert np.array_equal(one, other), f"general and vector registers differ on {circuit}"
    return found
