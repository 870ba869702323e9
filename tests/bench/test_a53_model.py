"""Every rule of docs/cortex-a53-model.md on a few hand-written instructions with a known cycle count."""

import re
from pathlib import Path

import numpy as np
import pytest

from bench.a53_model import MISPREDICT, CortexA53Model
from bench.pipeline import NoRuleError
from bench.targets.machine import EmulatedMachine, Program
from exporters.c.build import A53_FLAGS, build, zig

DOC = Path(__file__).parents[2] / "docs" / "cortex-a53-model.md"

# (rule, A64, cycles)
CASES = [
    (1, "add x0, x1, x2; add x3, x4, x5", 1),
    (1, "add x0, x1, x2; add x3, x4, x5; add x6, x7, x8", 2),
    (2, "add x0, x1, x2; add x3, x0, x4", 2),
    (2, "eor x0, x1, x2; eon x3, x4, x0; orn x5, x3, x6", 3),
    (3, "add x0, x1, x2; add x3, x4, x0, lsl #3", 3),
    (3, "add x0, x1, x2; eor x3, x0, x4, ror #7", 2),
    (3, "add x0, x1, x2; ubfx x3, x0, #4, #4", 3),
    (4, "lsl x0, x1, #3; add x3, x0, x4", 1),
    (4, "mov x0, #5; add x3, x0, x4", 1),
    (4, "lsl x0, x1, #3; eor x3, x4, x0, ror #7", 2),
    (5, "ror x0, x1, #3; add x3, x4, x5", 2),
    (5, "add x3, x4, x5; ror x0, x1, #3", 1),
    (6, "lsl x0, x1, x2; lsl x3, x4, x5", 2),
    (6, "lsl x0, x1, x2; lsl x3, x4, #5", 1),
    (7, "ldr x0, [x1]; ldr x2, [x3]", 2),
    (7, "ldr x0, [x1]; add x3, x4, x5", 1),
    (7, "ldr x0, [x1]; add x2, x0, x3", 3),
    (7, "ldr x0, [x1]; add x2, x3, x0, lsl #2", 4),
    (7, "ldr x0, [x1]; ldr x2, [x0]", 4),
    (7, "add x0, x1, x2; ldr x3, [x0]", 4),
    (7, "add x0, x1, x2; str x0, [x3]", 1),
    (7, "ldr x0, [x1], #8; ldr x2, [x1], #8", 2),
    (7, "ldp x0, x1, [x2]; add x3, x4, x5; add x6, x7, x8", 3),
    (7, "add x6, x7, x8; ldp x0, x1, [x2]; add x3, x0, x5", 5),
    (7, "stp x0, x1, [x2]; str x3, [x4]", 3),
    (8, "cmp x0, x1; b.eq 1f; 1:", 1),
    (8, "add x0, x0, x1; cbz x0, 1f; 1:", 1),
    (8, "cmp x0, x1; csel x2, x3, x4, eq", 2),
    (10, "mul x0, x1, x2; add x3, x0, x4", 3),
    (10, "mul x0, x1, x2; mul x3, x4, x5", 2),
    (10, "mul x0, x1, x2; eor x3, x4, x5", 1),
    (11, "eor v0.16b, v1.16b, v2.16b; eor v3.16b, v4.16b, v5.16b", 2),
    (11, "eor v0.8b, v1.8b, v2.8b; eor v3.8b, v4.8b, v5.8b", 1),
    (11, "eor v0.16b, v1.16b, v2.16b; add x0, x1, x2", 1),
    (11, "add x0, x1, x2; eor v0.16b, v1.16b, v2.16b", 2),
    (11, "eor v0.8b, v1.8b, v2.8b; eor v3.16b, v4.16b, v5.16b", 2),
    (12, "eor v0.16b, v1.16b, v2.16b; orn v3.16b, v0.16b, v4.16b", 2),
    (12, "add v0.4s, v1.4s, v2.4s; eor v3.16b, v0.16b, v4.16b", 3),
    (12, "bsl v0.16b, v1.16b, v2.16b; eor v3.16b, v0.16b, v4.16b", 3),
    (12, "mul v0.4s, v1.4s, v2.4s; eor v3.16b, v0.16b, v4.16b", 5),
    (12, "fadd s0, s1, s2; fadd s3, s0, s4", 5),
    (12, "fmla v0.4s, v1.4s, v2.4s; fmla v0.4s, v3.4s, v4.4s", 5),
    (12, "fmla v0.4s, v1.4s, v2.4s; fmla v3.4s, v0.4s, v4.4s", 9),
    (13, "ldr q0, [x0]; ldr q1, [x0, #16]", 4),
    (13, "ldr q0, [x0]; eor v1.16b, v0.16b, v2.16b", 5),
    (13, "ldr d0, [x0]; eor v1.8b, v0.8b, v2.8b", 4),
    (13, "ldr d0, [x0]; ldr d1, [x1]", 2),
    (13, "ldp q0, q1, [x0]; add x1, x2, x3", 4),
    (13, "ld1 {v0.4s, v1.4s}, [x0]; eor v2.16b, v1.16b, v3.16b", 7),
    (13, "ld1 {v0.4s, v1.4s}, [x0]; eor v2.16b, v0.16b, v3.16b", 5),
    (14, "str q0, [x0]; str q1, [x0, #16]", 2),
    (14, "stp q0, q1, [x0]", 2),
    (14, "st1 {v0.4s, v1.4s, v2.4s, v3.4s}, [x0]", 4),
    (14, "str q0, [x0]; add x1, x2, x3", 1),
    (15, "fmov d0, x0; eor v1.8b, v0.8b, v2.8b", 3),
    (15, "umov w0, v0.s[1]; add w1, w0, w2", 6),
    (15, "mov v0.d[1], x0; fadd v1.2d, v0.2d, v2.2d", 3),
]

# (A64, cycles) measured on a Cortex-A53 by the project qsdr.
MEASURED = [
    ("add x0, x0, x0; add x1, x1, x1; add x2, x2, x2", 2),
    ("add x0, x0, x0; add x1, x1, x1; add x0, x0, x0; add x1, x1, x1; add x0, x0, x0; add x1, x1, x1", 3),
    ("ldr d0, [x9]; fadd v1.4s, v1.4s, v1.4s", 2),
    ("fadd v1.4s, v1.4s, v1.4s; ldr d0, [x9]", 2),
    ("ldr x0, [x9]; fadd v1.4s, v1.4s, v1.4s", 2),
    ("fadd v1.4s, v1.4s, v1.4s; ldr x0, [x9]", 1),
    ("ldr d0, [x9]; mov v1.d[1], x0", 1),
    ("mov v1.d[1], x0; ldr d0, [x9]", 1),
    ("ldr d0, [x9]; fadd v1.2s, v1.2s, v1.2s", 1),
    ("fadd v1.2s, v1.2s, v1.2s; ldr d0, [x9]", 1),
    ("ld1 {v0.d}[0], [x9]; mov v1.d[1], x0", 2),
    ("mov v1.d[1], x0; ld1 {v0.d}[0], [x9]", 2),
    ("fadd v0.4s, v0.4s, v0.4s; str q1, [x9]", 2),
    ("str q1, [x9]; fadd v0.4s, v0.4s, v0.4s", 2),
    ("mov v0.d[1], x0; str q1, [x9]", 2),
    ("str q1, [x9]; mov v0.d[1], x0", 2),
    ("ldr d0, [x9]; str d1, [x9, #64]", 2),
    ("fadd v0.4s, v0.4s, v0.4s; str x0, [x9]", 1),
    ("str x0, [x9]; fadd v0.4s, v0.4s, v0.4s", 2),
    ("fadd v0.4s, v0.4s, v0.4s; mov x0, v1.d[0]", 2),
    ("mov x0, v1.d[0]; fadd v0.4s, v0.4s, v0.4s", 2),
    ("mov v0.d[1], x0; fadd v0.4s, v0.4s, v0.4s", 3),
    ("ldr q0, [x9]", 2),
    ("ldr q0, [x9]; ldr q1, [x9]", 4),
    ("ldr q0, [x9]; fadd v0.4s, v0.4s, v0.4s", 5),
    ("ldr q0, [x9]; ldr q1, [x9]; fadd v0.4s, v0.4s, v0.4s", 5),
    ("ldr q0, [x9]; ldr q1, [x9]; fadd v1.4s, v1.4s, v1.4s", 7),
    ("ldp q0, q1, [x9]", 4),
    ("ldp q0, q1, [x9]; fadd v0.4s, v0.4s, v0.4s", 5),
    ("ldp q0, q1, [x9]; fadd v1.4s, v1.4s, v1.4s", 7),
    ("ldp q0, q1, [x9]; ldp q2, q3, [x9]; fadd v3.4s, v3.4s, v3.4s", 11),
    ("ldr d0, [x9]; fadd v0.4s, v0.4s, v0.4s", 4),
    ("ldr d0, [x9]; ldr d1, [x9]; fadd v1.4s, v1.4s, v1.4s", 5),
    ("ldp d0, d1, [x9]; ldp d2, d3, [x9]; fadd v2.4s, v2.4s, v2.4s", 6),
    ("ldp d0, d1, [x9]; ldp d2, d3, [x9]; fadd v3.4s, v3.4s, v3.4s", 7),
    ("str q0, [x9]; str q1, [x9]", 2),
    ("stp q0, q1, [x9]; stp q2, q3, [x9]", 4),
    ("stp q0, q1, [x9]; fadd v2.4s, v2.4s, v2.4s", 3),
    ("str d0, [x9]; str d1, [x9]", 2),
    ("st1 {v0.4s, v1.4s}, [x9]; st1 {v2.4s, v3.4s}, [x9]", 4),
    ("cmp x0, #42; b.eq 1f; fadd v2.4s, v2.4s, v2.4s; fadd v3.4s, v3.4s, v3.4s; 1:", 3),
]


def link(cases: list[str]) -> Program:
    text = ".text\n"
    for k, lines in enumerate(cases):
        text += f".globl case{k}\n.type case{k}, %function\ncase{k}:\n"
        text += "\n".join(lines.split(";")) + f"\nret\n.size case{k}, .-case{k}\n"
    return Program(build(zig(), A53_FLAGS, {"cases.s": text}, "cases.elf", ("-Wl,-e,case0",)))


@pytest.fixture(scope="module")
def cases() -> Program:
    """One link for all cases: a function each."""
    return link([lines for _, lines, _ in CASES])


@pytest.mark.parametrize(("k", "rule", "lines", "cycles"), [(k, *case) for k, case in enumerate(CASES)])
def test_rule(cases: Program, k: int, rule: int, lines: str, cycles: int) -> None:
    start, size = cases.functions[f"case{k}"]
    count, found = CortexA53Model(cases.timings()).run([(start, size - 4)])  # without the ret
    assert (count, found) == (len([x for x in lines.split(";") if x.strip(" 12:")]), cycles)


@pytest.fixture(scope="module")
def measured() -> Program:
    return link([lines for lines, _ in MEASURED])


@pytest.mark.parametrize("k", range(len(MEASURED)), ids=[lines for lines, _ in MEASURED])
def test_what_was_measured_on_silicon(measured: Program, k: int) -> None:
    start, size = measured.functions[f"case{k}"]
    assert CortexA53Model(measured.timings()).run([(start, size - 4)])[1] == MEASURED[k][1]


def test_every_rule_has_a_case() -> None:
    rules = {int(n) for n in re.findall(r"^\| (\d+) \|", DOC.read_text(), re.M)}
    assert rules == {rule for rule, _, _ in CASES} | {9, 16}  # 9 and 16 are below


def test_rule_9_nothing_issues_behind_a_taken_branch() -> None:
    program = link(["add x0, x1, x2; b 1f; 1:"])
    start, size = program.functions["case0"]
    block, core = (start, size - 4), CortexA53Model(program.timings())
    assert core.run([block]) == (2, 1)
    assert core.run([block, block]) == (4, 2)


def test_rule_16_a_loop_mispredicts_its_end() -> None:
    program = link(["mov x0, #10; 1: subs x0, x0, #1; b.ne 1b"])
    machine, core = EmulatedMachine(program), CortexA53Model(program.timings())
    assert core.run(machine.trace("case0")) == (1 + 20 + 1, 1 + 10 + MISPREDICT + 1)
    assert MISPREDICT == 7  # measured by qsdr


def test_calls_read_and_write_64_bits() -> None:
    program = link(["add x0, x0, x1, lsl #8; str x0, [x2]"])
    machine = EmulatedMachine(program)
    at = machine.place(np.zeros(1, np.uint64))
    assert machine.invoke("case0", 5, 1 << 40, at) == (1 << 48) + 5
    assert machine.read(at, np.uint64, (1,))[0] == (1 << 48) + 5


def test_an_unknown_instruction_that_runs_is_named() -> None:
    program = link(["add x0, x1, x2; crc32w w0, w1, w2"])
    start, size = program.functions["case0"]
    with pytest.raises(NoRuleError, match="Cortex-A53 model has no rule for 'crc32w w0, w1, w2'"):
        CortexA53Model(program.timings()).run([(start, size)])
