"""Fewer gates: passes over circuits, and proofs that they kept every output."""

from exporters.passes.basis import A64, ANY, BASES, NEON, PRU, THUMB, WASM, X86, X86_64, Basis
from exporters.passes.group_sum import outputs_per_class, sum_groups
from exporters.passes.optimise import DEAD, Optimised, optimise, optimise_traced
from exporters.passes.registers import CONSTANT

__all__ = [
    "A64",
    "ANY",
    "BASES",
    "CONSTANT",
    "DEAD",
    "NEON",
    "PRU",
    "THUMB",
    "WASM",
    "X86",
    "X86_64",
    "Basis",
    "Optimised",
    "optimise",
    "optimise_traced",
    "outputs_per_class",
    "sum_groups",
]
