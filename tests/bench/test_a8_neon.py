"""Every rule of docs/cortex-a8-model.md for NEON and VFP on a few instructions with a known cycle count."""

import re

import pytest

from bench.a8_model import CortexA8Model
from bench.targets.machine import Program
from exporters.c.build import build, zig

FLAGS = ("-target", "thumb-freestanding-eabihf", "-mcpu=cortex_a8", "-g0", "-nostdlib", "-static")

DIVIDE = "vdiv.f32 s0, s1, s2"  # 20 cycles
CHAIN = "; ".join(["add r0, r0, r1"] * 30)

# (rule, Thumb-2, cycles)
NEON_CASES = [
    (16, "veor q0, q1, q2; add r0, r1, r2", 1),
    (16, "vmul.i32 q0, q1, q2; add r0, r1, r2; add r3, r4, r5; add r6, r7, r8", 4),
    (16, f"{DIVIDE}; {CHAIN}", 30),  # the core goes on
    (16, f"{DIVIDE}; {'; '.join(['vorr q8, q9, q10'] * 16)}; {CHAIN}", 8 + 30),
    (16, f"{DIVIDE}; {'; '.join(['vorr q8, q9, q10'] * 17)}; {CHAIN}", 20 + 30),  # until the queue is full
    (17, "vld1.64 {d0, d1}, [r0:128]; ldr r1, [r2]", 2),
    (17, "vld1.64 {d0, d1}, [r0]; ldr r1, [r2]", 3),
    (17, "vld1.64 {d0, d1}, [r0:128]!; vld1.64 {d2, d3}, [r0:128]!", 3),
    (17, "add r0, r1, r2; vldr d0, [r0]", 4),
    (18, "veor q0, q1, q2; veor q3, q4, q5", 2),
    (18, "veor q0, q1, q2; vld1.64 {d6, d7}, [r0:128]", 1),
    (18, "vld1.64 {d6, d7}, [r0:128]; veor q0, q1, q2", 1),
    (18, "vldr d0, [r0]; vldr d1, [r1]", 4),
    (18, "vldr d0, [r0]; veor q1, q2, q3", 2),  # beside the last cycle of the load
    (18, "veor q1, q2, q3; vldr d0, [r0]; veor q4, q5, q6", 2),  # and beside both
    (18, "veor q1, q2, q3; vmul.i32 q0, q4, q5; vdup.32 q6, d2[0]; vdup.32 q7, d2[1]", 6),
    (19, "veor q0, q1, q2; vand q3, q0, q4", 3),
    (19, "veor q0, q1, q2; vbsl q0, q3, q4", 3),
    (19, "vmov.i32 q0, #0; vorn q1, q2, q0", 3),
    (19, "veor q0, q1, q2; vsub.i32 q3, q0, q4", 3),
    (19, "veor q0, q1, q2; vsub.i32 q3, q4, q0", 4),
    (19, "vhadd.u8 q0, q1, q2; veor q3, q0, q4", 4),
    (20, "veor q0, q1, q2; vshl.i32 q3, q0, #3", 4),
    (20, "vshr.u32 q0, q1, #3; veor q3, q0, q4", 3),
    (20, "vsri.32 q0, q1, #3; veor q3, q0, q4", 4),
    (20, "vsri.32 d0, d2, #3; veor d3, d0, d4", 3),
    (20, "vsra.u32 q0, q1, #3; veor q3, q0, q4", 6),
    (20, "vqmovn.s32 d0, q1; veor d3, d0, d4", 4),
    (21, "vmull.s8 q0, d2, d3; veor q3, q0, q4", 6),
    (21, "vmull.s8 q0, d2, d3; vmull.s8 q2, d2, d3", 2),
    (21, "vmul.i16 q0, q1, q2; veor q3, q4, q5", 3),
    (21, "vmul.i32 q0, q1, q2; veor q3, q4, q5", 5),
    (21, "vmlal.s16 q0, d2, d3; vmlal.s16 q0, d4, d5; vmlal.s16 q0, d6, d7", 3),  # back to back
    (21, "vmull.s16 q1, d8, d9; vmlal.s16 q0, d2, d3", 6),  # a product is needed at N2
    (22, "vadd.f32 d0, d1, d2; vadd.f32 d3, d0, d4", 5),
    (22, "vadd.f32 q0, q1, q2; vadd.f32 q3, q0, q4", 5 + 2),
    (22, "vmul.f32 q0, q1, q2; vmul.f32 q3, q4, q5", 4),
    (22, "vmul.f32 d0, d1, d2; vmul.f32 d3, d4, d0", 6),
    (22, "vmla.f32 q0, q1, q2; vmla.f32 q0, q3, q4", 8 + 2),
    (22, "vmla.f32 q0, q1, q2; vmla.f32 q5, q3, q4", 4),
    (22, "vmla.f32 d0, d1, d2; vand d3, d4, d5; vand d3, d4, d5; vand d3, d4, d5; vadd.f32 d6, d7, d8", 6),
    (23, "vext.8 q0, q1, q2, #4; veor q3, q0, q4", 3),
    (23, "vext.8 d0, d1, d2, #4; veor d3, d0, d4", 2),
    (23, "vzip.8 q0, q1; veor q3, q4, q5", 3),
    (23, "vrev64.8 q0, q1; vrev64.8 q2, q3", 2),
    (23, "veor q0, q1, q2; vext.8 d6, d0, d2, #4", 4),
    (23, "vtbl.8 d0, {d1}, d2; vtbl.8 d3, {d4, d5, d6, d7}, d8", 5),
    (24, "vmov r0, s1; add r2, r0, r3", 21),
    (24, "vmov r0, r1, d2; add r2, r1, r3", 22),
    (24, "vdup.32 q0, r0; veor q1, q0, q2", 2),
    (24, "vcmp.f32 s0, s1; vmrs apsr_nzcv, fpscr; it eq; addeq r2, r3, r4", 28),
    (25, "vadd.f32 s0, s1, s2; vadd.f32 s4, s0, s6", 8),
    (25, "vadd.f32 s0, s2, s4; vld1.64 {d6, d7}, [r0:128]", 2),  # alone in its cycle
    (25, f"{DIVIDE}; veor q3, q4, q5", 21),
    (26, "vld1.64 {d0, d1}, [r0:128]; veor q1, q0, q2", 1),
    (26, "vld1.64 {d0, d1}, [r0]; veor q1, q0, q2", 2),
    (26, "vld1.64 {d0}, [r0:64]; vld1.64 {d1}, [r1:64]", 2),
    (26, "vld1.64 {d0-d3}, [r0:128]; veor q2, q3, q4", 2),
    (26, "vst1.64 {d0-d3}, [r0:256]; vst1.64 {d4-d7}, [r1:256]", 4),
    (26, "vst1.64 {d0-d3}, [r0:64]; vst1.64 {d4-d7}, [r1]", 6),
    (26, "veor q0, q1, q2; vst1.64 {d0, d1}, [r0:128]", 4),
    (27, "vldr d0, [r0]; vldr d1, [r0, #8]; vstr d2, [r1]", 6),
    (27, "vldmia r0!, {d0-d15}", 9),
    (27, "vpush {d8-d15}; vpop {d8-d15}", 10),
    (28, "vld4.8 {d0-d3}, [r0]; veor d4, d0, d5", 5),
    (28, "vld1.8 {d0[1]}, [r0]; veor d4, d0, d5", 4),
    (28, "vld1.32 {d0[]}, [r0]; veor d4, d0, d5", 3),
]


@pytest.fixture(scope="module")
def cases() -> Program:
    """One link for all cases: a function each."""
    text = ".syntax unified\n.thumb\n.fpu neon\n.text\n"
    for k, (_, lines, _) in enumerate(NEON_CASES):
        text += f".globl case{k}\n.type case{k}, %function\n.thumb_func\ncase{k}:\n"
        text += "\n".join(lines.split(";")) + f"\nbx lr\n.size case{k}, .-case{k}\n"
    return Program(build(zig(), FLAGS, {"cases.s": text}, "cases.elf", ("-Wl,-e,case0",)))


@pytest.mark.parametrize(("k", "rule", "lines", "cycles"), [(k, *case) for k, case in enumerate(NEON_CASES)])
def test_rule(cases: Program, k: int, rule: int, lines: str, cycles: int) -> None:
    start, size = cases.functions[f"case{k}"]
    count, found = CortexA8Model(cases.timings()).run([(start, size - 2)])
    assert (count, found) == (len(re.split(";", lines)), cycles)


def test_a_loop_ends_in_a_steady_state(cases: Program) -> None:
    """What the queue still holds at the end of a turn counts in the next, not twice."""
    at = next(k for k, (_, lines, _) in enumerate(NEON_CASES) if lines.startswith("veor q0, q1, q2; veor q3"))
    start, size = cases.functions[f"case{at}"]
    core = CortexA8Model(cases.timings())
    assert core.run([(start, size - 2)] * 1000)[1] == 2000
