"""Orders, registers, spills and addresses for in-order cores, on code small enough to follow by hand."""

import re

import pytest

from exporters.asm import thumb
from exporters.asm.addresses import AHEAD, addressed
from exporters.schedule.interleave import Core, Op, RegistersError, interleave
from exporters.schedule.spill import Home, Memory, spill
from tests.exporters.emulated import machine

DUAL = Core({"alu": 2, "memory": 1})


def lines(core: Core, ops: list[Op], registers: int = 4) -> list[str]:
    return interleave(ops, range(registers), core).lines


def test_interleaving_fills_waits_and_keeps_what_was_passed_over_possible() -> None:
    core = Core({"alu": 1, "memory": 1}, width=1, eager=0)
    load = [Op(f"load{n} {{0}}", "memory", (), ((n, 3),)) for n in range(3)]
    use = [Op(f"use{n} {{0}} {{1}}", "alu", ((n, 1),), ((10 + n, 1),)) for n in range(3)]
    mixed = [x for pair in zip(load, use, strict=True) for x in pair]
    order = [line.split()[0] for line in lines(core, mixed)]
    assert order == ["load0", "load1", "load2", "use0", "use1", "use2"]
    order = [line.split()[0] for line in lines(core, mixed, registers=2)]
    assert order.index("use0") < order.index("load2"), "a third register is not there"


def test_cycles_are_those_of_the_model() -> None:
    chain = [Op("{0}", "alu", (), ((0, 2),))]
    chain += [Op("{0} {1}", "alu", ((n, 2),), ((n + 1, 2),)) for n in range(4)]
    assert interleave(chain, range(2), DUAL).cycles == 5
    apart = [Op("{0}", "alu", (), ((n, 2),)) for n in range(6)]
    assert interleave(apart, range(6), DUAL).cycles == 3
    loads = [Op("{0}", "memory", (), ((n, 3),)) for n in range(6)]
    assert interleave(loads, range(6), DUAL).cycles == 6


def test_a_tied_result_replaces_its_operand_after_all_other_uses() -> None:
    ops = [
        Op("make {0}", "alu", (), ((0, 2),)),
        Op("read {0} {1}", "alu", ((0, 2),), ((1, 2),)),
        Op("change {0} {1} {2}", "alu", ((0, 2), (1, 2)), ((2, 2),), tied=True),
    ]
    _, target, first, _ = lines(DUAL, ops)[2].split()
    assert target == first


def test_an_instruction_waits_for_what_it_must_follow() -> None:
    ops = [
        Op("make {0}", "alu", (), ((0, 2),)),
        Op("store {0}", "memory", ((0, 3),)),
        Op("load {0}", "memory", (), ((1, 3),), after=((1, 3),)),
        Op("use {0}", "alu", ((1, 2),)),
    ]
    order = [line.split()[0] for line in lines(DUAL, ops)]
    assert order == ["make", "store", "load", "use"]
    assert interleave(ops, range(4), DUAL).cycles == 6


def test_code_that_fits_no_registers_is_refused() -> None:
    ops = [Op(f"make{n} {{0}}", "alu", (), ((n, 2),)) for n in range(5)]
    ops.append(Op("use {0}", "alu", tuple((n, 2) for n in range(5))))
    with pytest.raises(RegistersError, match="no register is left"):
        lines(DUAL, ops)


def test_the_value_needed_last_goes_to_memory_and_comes_back() -> None:
    memory = Memory(lambda slot: f"load{slot} {{0}}", lambda slot: f"store{slot} {{0}}")
    ops = [Op(f"make{n} {{0}}", "alu", (), ((n, 2),)) for n in range(3)]
    ops += [Op("use {0}", "alu", ((n, 2),)) for n in (2, 1, 0)]
    code, n_slots = spill(ops, 2, {}, memory, 100)
    assert [op.text.split()[0] for op in code] == [
        *("make0", "make1", "store0", "make2", "use", "use", "load0", "use")
    ]
    assert n_slots == 1
    assert code[-1].reads == ((100, 2),), "under another name"


def test_a_value_that_memory_holds_leaves_for_nothing() -> None:
    memory = Memory(lambda slot: "load {0}", lambda slot: "store {0}")
    homes = {n: Home(f"home{n} {{0}} {{1}}", (50, 1)) for n in range(3)}
    ops = [Op("use {0}", "alu", ((n, 2),)) for n in (0, 1, 2, 0, 1, 2)]
    code, n_slots = spill(ops, 2, homes, memory, 100, frozenset({50}))
    assert n_slots == 0
    assert sum("home" in op.text for op in code) == 4, "one of the three stays, by turns"


def test_addresses_are_made_ahead_kept_and_moved_along() -> None:
    accesses = ["@r1+32 load [@]", "@r1+48 load [@]", "@r1+32 store [@]", "@r1+0 load [@]"]
    found = addressed(["a", "b", "c", "d", *accesses], (7, 8))
    assert found[0] == "add r8, r1, #32" or found[0] == "add r7, r1, #32", "four instructions ahead"
    assert sum(line.startswith("add") for line in found) == 2, "48 is behind 32, then 32 again"
    assert found[-1] == "load [r1]"
    assert re.fullmatch(r"load \[r[78]\]!", next(line for line in found if line.startswith("load")))
    assert AHEAD == 4


def test_a_function_that_spoils_its_callers_registers_is_caught() -> None:
    bad = thumb.HEAD + thumb.function_text("f", ["mov r4, #1", "bx lr"]) + thumb.TAIL
    with pytest.raises(AssertionError, match="f spoils registers"):
        machine("thumb", bad, "f").invoke("f")
