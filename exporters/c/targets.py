"""What an export can be made for: how wide a plane is, which gates are cheap, and who writes the gates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from exporters.asm.x86 import AVX2, SSE2, x86_source
from exporters.c.assembled import Assembler, FrameAssembler
from exporters.c.names import ExportError
from exporters.passes import A64, NEON, THUMB, WASM, X86, Basis


def arm(module: str, function: str) -> Callable[..., str]:
    """A function of an ARM emitter, imported when it runs: those modules build on this package."""

    def call(*arguments: Any) -> str:
        text: str = getattr(import_module(f"exporters.asm.{module}"), function)(*arguments)
        return text

    return call


THUMB_LANES, NEON_LANES, A64_LANES = (arm(module, "lane_file") for module in ("thumb", "neon", "a64"))
THUMB_FRAMES = FrameAssembler(arm("thumb", "frame_file"), {32: THUMB_LANES})
NEON_FRAMES = FrameAssembler(THUMB_FRAMES.flat, {32: THUMB_LANES, 128: NEON_LANES}, aligned=frozenset({128}))
A64_FRAMES = FrameAssembler(arm("a64", "frame_file"), {32: A64_LANES, 128: A64_LANES})


@dataclass(frozen=True)
class Target:
    """A kind of machine.

    Args:
        name: What `--target` calls it.
        words: 32-bit words of a plane in block mode.
        basis: Gates that are one instruction there.
        block: Writes `void SYMBOL(uint32_t *state, const uint32_t *in, uint32_t *out)` over planes; None
            leaves it to the C compiler.
        frame: Writes `$name_gates` of one frame; None leaves it to the C compiler.
        fused: `$name_values_block` counts inside the gates: where that code is long but the planes of many
            outputs would not fit the nearest cache.
        vectors: Vector instructions of the C around the gates: "sse2", "avx2" or none.
    """

    name: str
    words: int
    basis: Basis
    block: Assembler | None = None
    frame: FrameAssembler | None = None
    fused: bool = False
    vectors: str = ""


TARGETS = {
    target.name: target
    for target in (
        Target("portable", 1, THUMB),
        Target("portable-64", 2, THUMB),
        Target("cortex-a8", 1, THUMB, arm("thumb", "block_file"), THUMB_FRAMES),
        Target("cortex-a8-neon", 4, NEON, arm("neon", "block_file"), NEON_FRAMES),
        Target("cortex-a53", 2, A64, arm("a64", "block_file"), A64_FRAMES),
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
