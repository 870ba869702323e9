"""Circuits through the portable C of block mode, compiled for this machine."""

import ctypes

from exporters.c.build import build, zig
from exporters.c.gates_flat import QUALIFIERS, block_code
from exporters.passes import THUMB, optimise
from tests.exporters.planes import Bits, in_library, run_block
from tests.exporters.run_c_frame import FLAGS, c_files
from zoo.circuit import Circuit


def run(circuits: list[Circuit], bits: list[Bits]) -> list[Bits]:
    """Bits (steps, streams, inputs) of each circuit -> (steps, streams, outputs)."""
    optimised = [optimise(circuit, THUMB) for circuit in circuits]
    texts = [QUALIFIERS + block_code(circuit, f"c{i}", "uint32_t") for i, circuit in enumerate(optimised)]
    files = {name: text.replace("$NAME", "C") for name, text in c_files(texts).items()}
    library = ctypes.CDLL(str(build(zig(), FLAGS, files, "block.so")))
    triples = enumerate(zip(optimised, bits, strict=True))
    return [run_block(in_library(library, f"c{i}"), circuit, x, 1) for i, (circuit, x) in triples]
