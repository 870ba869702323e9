"""Circuits through the AVX2 assembly, called on this machine where it has AVX2."""

import ctypes

import pytest

from exporters.asm.x86 import AVX2, x86_source
from exporters.c.build import HOST_FLAGS, build, zig
from tests.exporters.planes import Bits
from tests.exporters.run_x86 import run_vectors
from zoo.circuit import Circuit


def run(circuits: list[Circuit], bits: list[Bits]) -> list[Bits]:
    """Bits (steps, streams, inputs) of each circuit -> (steps, streams, outputs)."""
    need_avx2()
    return run_vectors(circuits, bits, AVX2)


def need_avx2() -> None:
    """Skip where the exported check says no."""
    files = {"check.S": x86_source({}, AVX2, "can_run")}
    if not ctypes.CDLL(str(build(zig(), HOST_FLAGS, files, "check.so"))).can_run():
        pytest.skip("this processor or its system has no AVX2")
