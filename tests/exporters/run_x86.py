"""Circuits through the SSE2 assembly, called on this machine."""

import ctypes
import platform

import pytest

from exporters.asm.x86 import SSE2, Vectors, x86_source
from exporters.c.build import HOST_FLAGS, build, zig
from exporters.passes import X86, optimise
from tests.exporters.planes import Bits, in_library, run_block
from zoo.circuit import Circuit


def run(circuits: list[Circuit], bits: list[Bits]) -> list[Bits]:
    """Bits (steps, streams, inputs) of each circuit -> (steps, streams, outputs)."""
    return run_vectors(circuits, bits, SSE2)


def run_vectors(circuits: list[Circuit], bits: list[Bits], vectors: Vectors) -> list[Bits]:
    """The same with any set of registers."""
    if platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip(f"x86-64 code does not run on this {platform.machine()}")
    optimised = [optimise(circuit, X86) for circuit in circuits]
    source = x86_source({f"c{i}": circuit for i, circuit in enumerate(optimised)}, vectors)
    library = ctypes.CDLL(str(build(zig(), HOST_FLAGS, {"gates.S": source}, "gates.so")))
    triples = enumerate(zip(optimised, bits, strict=True))
    words = vectors.bytes // 4
    return [run_block(in_library(library, f"c{i}"), circuit, x, words) for i, (circuit, x) in triples]
