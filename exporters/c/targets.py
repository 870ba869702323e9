"""What an export can be made for: how wide a plane is, which gates are cheap, and who writes the gates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from exporters.asm.x86 import AVX2, SSE2, x86_source
from exporters.c.names import ExportError
from exporters.passes import THUMB, WASM, X86, Basis
from zoo.circuit import Circuit

# Symbol -> optimised circuit in, assembly file out.
Assembler = Callable[[Mapping[str, Circuit]], str]


@dataclass(frozen=True)
class Target:
    """A kind of machine.

    Args:
        name: What `--target` calls it.
        words: 32-bit words of a plane in block mode.
        basis: Gates that are one instruction there.
        block: Writes `void SYMBOL(uint32_t *state, const uint32_t *in, uint32_t *out)` over planes; None
            leaves it to the C compiler.
        fused: `$name_values_block` counts inside the gates: where that code is long but the planes of many
            outputs would not fit the nearest cache.
        vectors: Vector instructions of the C around the gates: "sse2", "avx2" or none.
    """

    name: str
    words: int
    basis: Basis
    block: Assembler | None = None
    fused: bool = False
    vectors: str = ""


TARGETS = {
    target.name: target
    for target in (
        Target("portable", 1, THUMB),
        Target("wasm", 4, WASM),
        Target("x86-64", 4, X86, lambda c: x86_source(c, SSE2), fused=True, vectors="sse2"),
        Target("avx2", 8, X86, lambda c: x86_source(c, AVX2, "$name_can_run"), fused=True, vectors="avx2"),
    )
}


def find_target(name: str) -> Target:
    """A target by its name.

    Raises:
        ExportError: No such target.
    """
    if name not in TARGETS:
        raise ExportError(f"target: expected one of {', '.join(TARGETS)}, found {name!r}")
    return TARGETS[name]
