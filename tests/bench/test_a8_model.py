"""Every rule of docs/cortex-a8-model.md on a few hand-written instructions with a known cycle count."""

import re
from pathlib import Path

import pytest

from bench.a8_model import MISPREDICT, CortexA8Model
from bench.pipeline import NoRuleError
from bench.targets.machine import EmulatedMachine, Program
from exporters.c.build import A8_FLAGS, build, zig
from tests.bench.test_a8_neon import NEON_CASES

DOC = Path(__file__).parents[2] / "docs" / "cortex-a8-model.md"

# (rule, Thumb-2, cycles); examples of the ARM manual are marked.
CASES = [
    (1, "add r0, r1, r2; add r3, r4, r5", 1),
    (1, "add r0, r1, r2; add r3, r4, r5; add r6, r7, r8", 2),
    (2, "add r0, r1, r2; add r3, r0, r4", 2),
    (2, "add r1, r2, r3; add r4, r1, r6; ldr r7, [r4]", 4),  # manual
    (3, "add r0, r1, r2; add.w r3, r4, r0, lsl #2", 3),
    (3, "add r0, r1, r2; eor.w r3, r0, r4, ror #7", 2),
    (3, "add r0, r1, r2; ubfx r3, r0, #4, #4", 3),
    (4, "mov r0, r1; add r3, r0, r4", 1),
    (4, "lsl.w r0, r1, #3; add r3, r0, r4", 1),
    (4, "add r0, r1, r2; mov r3, r0", 3),
    (5, "ldr r5, [r6]; str r7, [r8]; mov r9, r10", 2),  # manual
    (6, "ldr r0, [r1]; add r2, r0, r3", 3),
    (6, "ldr r0, [r1]; add.w r2, r3, r0, lsl #2", 4),
    (6, "ldr r0, [r1]; ldr r2, [r0]", 4),
    (6, "ldrd r0, r1, [r2]; ldrd r3, r4, [r5]", 2),
    (6, "add r0, r1, r2; str r0, [r3]", 1),
    (6, "add r0, r1, r2; str r3, [r0]", 3),
    (6, "ldr r0, [r1], #4; add r2, r1, r3", 2),
    (6, "ldr.w r0, [r1, r2, lsl #2]; add r3, r4, r5", 1),
    (6, "ldr.w r0, [r1, r2, lsl #1]; add r3, r4, r5", 2),
    (7, "mov r1, r2; ldm r3, {r4, r5, r6, r7}; add r8, r9, r10", 4),  # manual
    (7, "ldm r3, {r4, r5, r6, r7}; add r0, r5, r1", 4),
    (7, "push {r4, r5, r6, lr}", 3),
    (8, "ite eq; moveq r1, r2; movne r1, r3; ldr r5, [r6]", 2),  # manual, with the it
    (8, "cmp r0, r1; it eq; addeq r2, r3, r4", 2),
    (9, "cmp r0, r1; beq 1f; 1:", 1),
    (10, "cbz r0, 2f; cbz r1, 2f; nop; 2:", 2),
    (11, "mov r0, r1; mov r0, r2", 2),
    (12, "ldm r3, {r4, r5, r6}; add r8, r9, r10; add r0, r1, r2", 3),
    (13, "mul r0, r1, r2; add r3, r0, r4", 6),
    (13, "add r3, r4, r5; mul r0, r1, r2", 3),
    (15, "it eq; moveq r0, r1", 1),
    (15, "it eq; moveq r0, r1; add r2, r3, r4", 2),
]


def assemble(lines: str, name: str = "case") -> Program:
    text = ".syntax unified\n.thumb\n.text\n.globl case\n.type case, %function\n.thumb_func\ncase:\n"
    text += "\n".join(lines.split(";")) + "\nend:\nbx lr\n.size case, .-case\n"
    return Program(build(zig(), A8_FLAGS, {f"{name}.s": text}, "case.elf", ("-Wl,-e,case",)))


def blocks(program: Program) -> tuple[CortexA8Model, tuple[int, int]]:
    start, size = program.functions["case"]
    return CortexA8Model(program.timings()), (start, size - 2)  # without the bx


@pytest.fixture(scope="module")
def cases() -> Program:
    """One link for all cases: a function each."""
    text = ".syntax unified\n.thumb\n.text\n"
    for k, (_, lines, _) in enumerate(CASES):
        text += f".globl case{k}\n.type case{k}, %function\n.thumb_func\ncase{k}:\n"
        text += "\n".join(lines.split(";")) + f"\nbx lr\n.size case{k}, .-case{k}\n"
    return Program(build(zig(), A8_FLAGS, {"cases.s": text}, "cases.elf", ("-Wl,-e,case0",)))


@pytest.mark.parametrize(("k", "rule", "lines", "cycles"), [(k, *case) for k, case in enumerate(CASES)])
def test_rule(cases: Program, k: int, rule: int, lines: str, cycles: int) -> None:
    start, size = cases.functions[f"case{k}"]
    count, found = CortexA8Model(cases.timings()).run([(start, size - 2)])
    assert (count, found) == (len([x for x in re.split(r"[;:]", lines) if x.strip(" 12")]), cycles)


def test_every_rule_has_a_case() -> None:
    rules = {int(n) for n in re.findall(r"^\| (\d+) \|", DOC.read_text(), re.M)}
    assert rules == {rule for rule, _, _ in CASES + NEON_CASES} | {14}  # 14 is below


def test_rule_10_nothing_issues_behind_a_taken_branch() -> None:
    core, block = blocks(assemble("add r0, r1, r2; b end; 1:"))
    assert core.run([block]) == (2, 1)
    assert core.run([block, block]) == (4, 2)
    core, block = blocks(assemble("b end; 1:"))
    assert core.run([block, block, block]) == (3, 3)


def test_rule_14_a_loop_mispredicts_its_end_and_learns() -> None:
    program = assemble("mov r0, #10; 1: subs r0, #1; bne 1b")
    machine, core = EmulatedMachine(program), CortexA8Model(program.timings())
    first = core.run(machine.trace("case"))
    assert first[0] == 1 + 20 + 1
    assert first[1] == 1 + 10 + MISPREDICT + 1
    start = program.functions["case"][0]
    body = next(block for block in machine.trace("case") if block[0] != start)
    assert core.run([body] * 50)[1] == 50  # no end, no misprediction


def test_blocks_count_every_instruction() -> None:
    """The trace by blocks agrees with the emulator's own count, which leaves out what a condition skips."""
    program = assemble("mov r0, #100; 1: subs r0, #1; ite eq; moveq r1, #1; movne r2, #2; cmp r0, #0; bne 1b")
    machine = EmulatedMachine(program)
    passed = machine.count_instructions("case")
    skipped = 100  # one of the two moves in every turn
    assert CortexA8Model(program.timings()).run(machine.trace("case"))[0] == passed + skipped == 1 + 600 + 1


def test_a_function_that_ran_before_can_be_traced() -> None:
    machine = EmulatedMachine(assemble("mov r0, #3; 1: subs r0, #1; bne 1b"))
    first = machine.trace("case")
    machine.invoke("case")
    assert machine.trace("case") == first
    assert machine.count_instructions("case") == 1 + 6 + 1


def test_an_unknown_instruction_that_runs_is_named() -> None:
    program = assemble("add r0, r1, r2; smlad r0, r1, r2, r3")
    core, block = blocks(program)
    with pytest.raises(NoRuleError, match="no rule for 'smlad r0, r1, r2, r3'"):
        core.run([block])
