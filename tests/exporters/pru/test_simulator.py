"""The simulator: what each instruction does and costs, two cores at once, limits and their messages."""

from __future__ import annotations

import time

import numpy as np
import pytest

from exporters.pru.assembler import assemble
from exporters.pru.devices import AM62X, AM335X, BELA, Device, study
from exporters.pru.simulator import PruError, Pruss


def ran(source: str, device: Device = AM335X, **registers: int) -> Pruss:
    """A subsystem on which PRU0 ran a program (`halt` is added)."""
    pruss = Pruss(device)
    pruss.load(0, assemble(source + "\nhalt"))
    for name, value in registers.items():
        pruss.registers[0, int(name[1:])] = value
    assert pruss.run(max_cycles=100_000).end == "stopped"
    return pruss


def cycles(line: str, **registers: int) -> int:
    """Cycles of one instruction, all else running smoothly."""
    pruss = ran(line, **registers)
    return int(pruss.profile(0).cycles[0])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("add r1, r2, r3", 1),
        ("ldi r1, 5", 1),
        ("lmbd r1, r2, 1", 1),
        ("mvid r4, *r1.b0++", 1),
        ("xout 11, &r0, 120", 1),
        ("xin 10, &r5, 4", 1),
        ("xchg 12, &r5, 4", 1),
        ("zero &r0, 120", 1),
        ("qba 1", 1),
        ("qbeq 1, r1, r2", 1),
        ("qbne 1, r1, r2", 1),
        ("jmp 1", 1),
        ("jal r3.w0, 1", 1),
        # Loads: 2 + words, in each RAM.
        ("lbbo &r5, r0, 0, 1", 3),
        ("lbbo &r5, r0, 0, 4", 3),
        ("lbbo &r5, r0, 0, 8", 4),
        ("lbbo &r5, r0, 0, 16", 6),
        ("lbbo &r1, r0, 0, 124", 33),
        ("lbco &r5, c24, 0, 8", 4),
        ("lbco &r5, c25, 0, 8", 4),
        ("lbbo &r5, r9, 0, 8", 4),
        # A word more where the bytes lie across one.
        ("lbbo &r5, r0, 2, 4", 4),
        ("lbbo &r5, r0, 3, 1", 3),
        # Stores: 1 + words.
        ("sbbo &r5, r0, 0, 4", 2),
        ("sbco &r5, c25, 0, 16", 5),
        ("sbbo &r5, r9, 1, 4", 3),
        # Control registers, 4 for a word; the configuration, 3.
        ("lbbo &r5, r10, 12, 4", 4),
        ("lbbo &r5, r11, 0, 4", 3),
    ],
)
def test_costs(line: str, expected: int) -> None:
    assert cycles(line, r9=0x10000, r10=0x22000, r11=0x26034) == expected


def test_a_loop_costs_one_cycle() -> None:
    pruss = ran("loop end, 100\nadd r1, r1, 1\nadd r2, r2, r1\nend:")
    assert pruss.registers[0, 2] == 5050
    assert pruss.profile(0).cycles.tolist() == [1, 100, 100, 1]


def test_a_loop_takes_its_count_from_a_register_and_may_run_no_time() -> None:
    assert ran("loop end, r3.w0\nadd r1, r1, 1\nend:", r3=0x10003).registers[0, 1] == 3
    assert ran("loop end, r3\nadd r1, r1, 1\nend:", r3=50_000).registers[0, 1] == 50_000
    assert ran("loop end, r3\nadd r1, r1, 1\nend:").registers[0, 1] == 0


def test_carry_and_parts() -> None:
    pruss = ran(
        "add r1.b0, r2.b0, r3.b0\nadc r4, r5, 0\nsub r6, r7, 1\nsuc r8, r9, 0", r2=0x80, r3=0x90, r1=0xABCD00
    )
    assert pruss.registers[0, 1] == 0xABCD10
    assert pruss.registers[0, 4] == 1
    assert pruss.registers[0, 6] == 0xFFFFFFFF
    assert pruss.registers[0, 8] == 0xFFFFFFFF


def test_pointers_to_registers() -> None:
    source = "mvib r5, *r1.b0++\nmvid *--r1.b1, r6\nmviw *r1.b2, *r1.b3++"
    pruss = ran(source, r1=3 | 40 << 8 | 44 << 16 | 50 << 24, r0=0x77000000, r6=0x12345678, r12=0xBEEF0000)
    assert pruss.registers[0, 5] == 0x77
    assert pruss.registers[0, 9] == 0x12345678
    assert pruss.registers[0, 11] == 0xBEEF
    assert pruss.registers[0, 1] == 4 | 36 << 8 | 44 << 16 | 52 << 24
    with pytest.raises(PruError, match=r"line 1: `mviw r5, \*r1.b0`: the pointer of MVI"):
        ran("mviw r5, *r1.b0", r1=3)


def test_what_was_stored_is_known() -> None:
    pruss = ran("sbco &r1, c25, 8, 6\nmov r5, 0x10100\nsbbo &r1, r5, 3, 1\nlbco &r1, c24, 0, 64")
    assert [pruss.stored(0, address, 4) for address in (0, 0x2004, 0x2008, 0x200C, 0x2010)] == [
        False, False, True, True, False,
    ]  # fmt: skip
    assert pruss.stored(1, 8, 4)
    assert pruss.stored(1, 0x10000, 0x101)
    assert not pruss.stored(1, 0x10104, 64)


def test_pins_and_events() -> None:
    pruss = Pruss()
    pruss.load(0, assemble("mov r1, r31\nset r30.t5\nldi r31.b0, 35\nmov r2, r31\nhalt"))
    pruss.registers[0, 31] = 0x40000001
    pruss.run()
    assert pruss.registers[0, 1] == pruss.registers[0, 2] == 0x40000001
    assert pruss.registers[0, 30] == 32
    assert pruss.events[0] == 35


def test_halt_goes_on_and_reset_starts_again() -> None:
    pruss = Pruss()
    pruss.load(0, assemble("add r1, r1, 1\nhalt\nadd r1, r1, 10\nslp 1\nadd r1, r1, 100\nhalt"))
    assert [pruss.run().instructions[0] for _ in range(3)] == [2, 2, 2]
    assert pruss.registers[0, 1] == 111
    pruss.reset(0)
    pruss.run()
    assert pruss.registers[0, 1] == 112
    assert pruss.profile(0).counts.tolist() == [1, 1, 0, 0, 0, 0]


def test_until_and_the_limit() -> None:
    pruss = Pruss()
    pruss.load(0, assemble("top: add r1, r1, 1\nqba top"))
    assert pruss.run(until={0: "top"}).end == "until"
    assert pruss.registers[0, 1] == 1
    assert pruss.run(until={0: "top"}).instructions == (2, 0)
    run = pruss.run(max_cycles=1000)
    assert (run.end, run.cycles) == ("limit", (1000, 0))


def test_the_profile_by_labels() -> None:
    pruss = ran("a: lbco &r1, c24, 0, 16\nb: add r1, r1, 1\nadd r1, r1, 1\nc: sbco &r1, c24, 0, 4")
    profile = pruss.profile(0)
    assert [profile.between("a", "b"), profile.between("b", "c"), profile.between("c")] == [6, 2, 3]
    assert profile.uncertain == 1  # the word that is stored


def test_the_counters_count_what_the_simulator_counts() -> None:
    source = """
        mov r2, 0x22000
        ldi r3, 0
        sbbo &r3, r2, 12, 4        // both to zero
        lbbo &r3, r2, 0, 4
        set r3.t3
        sbbo &r3, r2, 0, 4         // counting from the end of this on
        lbco &r10, c24, 0, 16
        add r4, r4, 1
        lbbo &r5, r2, 12, 8
    """
    pruss = ran(source)
    # The store's own 2 cycles, 6 of the burst, 1 of the sum; all but 3 of them stalls.
    assert pruss.registers[0, 5] == 2 + 6 + 1
    assert pruss.registers[0, 6] == 1 + 5


def test_the_constant_table_moves() -> None:
    source = """
        mov r2, 0x22028            // CTPPR0: c28 to the shared RAM
        ldi r3, 0x0100
        sbbo &r3, r2, 0, 4
        mov r2, 0x22020            // CTBIR0: c24 to byte 0x300
        ldi r3, 3
        sbbo &r3, r2, 0, 4
        mov r4, 0xCAFE
        sbco &r4, c28, 8, 4
        sbco &r4, c24, 4, 4
        lbbo &r5, r2, 0, 4
    """
    pruss = ran(source)
    assert pruss.shared[8:12].view(np.uint32) == 0xCAFE
    assert pruss.data[0][0x304:0x308].view(np.uint32) == 0xCAFE
    assert pruss.registers[0, 5] == 3


def test_transfers_shift_where_the_register_spp_says_so() -> None:
    shifting = "mov r2, 0x26034\nldi r3, 2\nsbbo &r3, r2, 0, 4\n"
    there_and_back = "ldi r0, 25\nxout 11, &r4, 16\nldi r0, 10\nxin 11, &r20, 4"
    pruss = ran(shifting + there_and_back, r4=4, r5=5, r6=6, r7=7)
    assert pruss.scratchpad[1, [29, 0, 1, 2]].tolist() == [4, 5, 6, 7]
    assert pruss.registers[0, 20] == pruss.scratchpad[1, 0] == 5


def both(first: str, second: str, device: Device = AM335X) -> Pruss:
    """A subsystem with a program on each core."""
    pruss = Pruss(device)
    pruss.load(0, assemble(first))
    pruss.load(1, assemble(second))
    return pruss


def test_each_core_sees_its_own_ram_first() -> None:
    store = "ldi r1, {0}\nsbco &r1, c24, 0, 4\nsbco &r1, c25, 4, 4\nhalt"
    pruss = both(store.format(1), store.format(2))
    pruss.run(cores=(0, 1))
    assert pruss.data[0][:8].tolist() == [1, 0, 0, 0, 2, 0, 0, 0]
    assert pruss.data[1][:8].tolist() == [2, 0, 0, 0, 1, 0, 0, 0]


def test_a_ram_serves_one_core_at_a_time() -> None:
    pruss = both("lbco &r1, c24, 0, 16\nhalt", "lbco &r1, c25, 0, 16\nhalt")
    run = pruss.run(cores=(0, 1))
    assert run.cycles == (7, 11)  # PRU0's four words are in the way of PRU1's
    assert run.stalls == (5, 9)
    apart = both("lbco &r1, c24, 0, 16\nhalt", "lbco &r1, c24, 0, 16\nhalt")
    assert apart.run(cores=(0, 1)).cycles == (7, 7)
    later = both("lbco &r1, c24, 0, 16\nhalt", "add r0, r0, 1\n" * 5 + "lbco &r1, c25, 0, 16\nhalt")
    assert later.run(cores=(0, 1)).cycles == (7, 12)


def test_a_bank_of_the_scratchpad_serves_pru0_first() -> None:
    line = "xout {0}, &r1, 4\nhalt"
    same = both(line.format(10), line.format(10))
    same.registers[:, 1] = 7, 8
    assert same.run(cores=(0, 1)).cycles == (2, 3)
    assert same.scratchpad[0, 1] == 8  # PRU1 came after
    assert both(line.format(10), line.format(11)).run(cores=(0, 1)).cycles == (2, 2)
    other_way = both(
        "mov r2, 0x26034\nldi r3, 1\nsbbo &r3, r2, 0, 4\n" + line.format(10),
        "add r0, r0, 1\n" * 5 + line.format(10),
    )
    run = other_way.run(cores=(0, 1))
    assert run.stalls == (2, 0)  # one of them is the store's


def test_registers_of_one_core_into_the_other() -> None:
    pruss = both("ldi r5, 77\nxout 14, &r5, 4\nhalt", "add r0, r0, 1\n" * 10 + "xin 14, &r5, 4\nhalt")
    run = pruss.run(cores=(0, 1))
    assert pruss.registers[1, 5] == 77
    assert run.cycles == (12, 12)
    alone = ran("xout 14, &r5, 4")
    assert alone.profile(0).cycles[0] == 1024


def test_two_cores_hand_over_through_shared_memory() -> None:
    first = "mov r2, 0x10000\nldi r1, 1\nadd r3, r3, 200\nsbbo &r3, r2, 4, 4\nsbbo &r1, r2, 0, 4\nhalt"
    second = "mov r2, 0x10000\nwait: lbbo &r4, r2, 0, 8\nqbeq wait, r4, 0\nhalt"
    pruss = both(first, second)
    assert pruss.run(cores=(0, 1), max_cycles=1000).end == "stopped"
    assert pruss.registers[1, 5] == 200


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("add r1, r1, 1", "PRU0, address 1, outside program: no instruction stands there"),
        ("qba 9", "address 9, outside program"),
        (".word 0xa0000000", "line 1: `.word 0xa0000000`: the word there is no instruction"),
        (
            "halt\nldi r1, 8190\nlbbo &r2, r1, 0, 4",
            "line 3: `lbbo &r2, r1, 0, 4`: 0x1ffe is in no memory of am335x",
        ),
        ("mov r1, 0x13000\nsbbo &r2, r1, 0, 4", "0x13000 is in no memory"),
        ("mov r1, 0x22000\nsbbo &r2, r1, 4, 4", "control registers take whole words"),
        ("ldi r0.b0, 20\nlbco &r29, c24, 0, b0", "past the last register"),
        ("loop a, 2\nadd r1, r1, 1\nloop b, 2\nadd r1, r1, 1\nb: add r1, r1, 1\na: halt", "one loop counter"),
        ("xin 13, &r0, 4", "13 is no simulated device"),
        ("xin 10, &r29, 8", "registers r0 to r29"),
    ],
)
def test_faults(source: str, message: str) -> None:
    pruss = Pruss()
    pruss.load(0, assemble(source))
    with pytest.raises(PruError) as caught:
        while True:
            assert pruss.run(max_cycles=1000).end == "stopped"
    assert message in str(caught.value)


def test_what_belongs_to_bela_is_not_written() -> None:
    ran("mov r1, 0x10800\nsbbo &r0, r1, 0, 124\nxout 11, &r0, 120\nxout 10, &r18, 48", BELA)
    for source, message in (
        ("sbco &r2, c25, 0, 4", "a store to 0x2000; on bela a program may write 0x0-0x1fff, 0x10800-0x10fff"),
        ("mov r1, 0x10fff\nsbbo &r2, r1, 0, 4", "a store to 0x10fff"),
        (
            "xout 10, &r17, 8",
            "a register of bank 10; on bela a program may write 10: r18-r29, 11: r0-r29, 12: r5",
        ),
    ):
        with pytest.raises(PruError) as caught:
            ran(source, BELA)
        assert message in str(caught.value)


def test_instruction_memory_has_an_end() -> None:
    long = assemble("add r1, r1, 1\n" * 2999 + "halt")
    for device in (AM335X, BELA):
        with pytest.raises(
            PruError, match=r"3000 instructions; a core of \w+ holds 2048, so 952 are too many"
        ):
            Pruss(device).load(0, long)
    for device in (AM62X, study(BELA)):
        pruss = Pruss(device)
        pruss.load(0, long)
        assert pruss.run().instructions == (3000, 0)


def test_it_is_fast() -> None:
    pruss = Pruss()
    body = "and r1, r1, r3\nxor r3.w0, r1.w2, r2.b1\nsub r2, r2, 1\nqbne top, r2, 0"
    pruss.load(0, assemble(f"mov r2, 500000\ntop: {body}\nhalt"))
    pruss.run(max_cycles=1)  # compiles
    speeds = []
    for _ in range(5):
        pruss.reset(0)
        begin = time.process_time()
        run = pruss.run()
        speeds.append(run.instructions[0] / (time.process_time() - begin))
    assert max(speeds) > 20e6
