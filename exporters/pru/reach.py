"""What simulated cores reach beyond their ALU: RAM, control registers, scratchpad, registers by pointer."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from zoo.compiled import compiled

# Columns of a decoded instruction: operation; destination register, shift and mask; the same of the first and
# second source, and the second's immediate; two numbers more. Register 32 takes what is written to r31,
# register 33 is zero.
OP, D, D_SHIFT, D_MASK, A, A_SHIFT, A_MASK, B, B_SHIFT, B_MASK, IMM, X, Y, COLUMNS = range(14)
# Columns of a core's state.
(
    PC, CLOCK, CYCLES, COUNT, CARRY, TOP, END, LEFT, RUNNING,
    COUNTING, CYCLE, STALL, CYCLE_0, STALL_0, WAITING, SINCE, EVENTS, STATES,
) = range(18)  # fmt: skip
# Faults.
(
    OUTSIDE, UNKNOWN, NO_MEMORY, PAST_R31, NESTED, NO_DEVICE, PAST_R29, NOT_OURS, SPLIT, NOT_OUR_SCRATCH,
) = range(1, 11)  # fmt: skip

OTHER_RAM, SHARED_RAM, CONTROL, CONTROL_1, SPP = 0x2000, 0x10000, 0x22000, 0x24000, 0x26034
SHIFTED, FIRST_1 = 2, 1  # bits of the register SPP: transfers are shifted by r0.b0; PRU1 goes first


class Parts(NamedTuple):
    """The arrays of a simulated subsystem, one row a core where that makes sense.

    Args:
        code: Decoded instructions, uint32 (2, n, COLUMNS).
        lengths: How many there are, int64 (2,).
        registers: uint32 (2, 34).
        state: int64 (2, STATES).
        ram: Data RAM of PRU0, of PRU1, shared RAM, one after the other, uint8.
        ours: Which of its words each core may write, bool (2, words).
        stored: Which of them a core has written, bool (words,).
        scratch: uint32 (3, 30).
        free: Which of its registers may be written, bool (3, 30).
        constants: The constant table, int64 (2, 32).
        spp: The register SPP, int64 (1,).
        busy: Until when each RAM is taken, int64 (3,).
        last: When each bank of the scratchpad was last used, int64 (3,).
        sizes: Bytes of a data RAM and of the shared RAM, int64 (2,).
        counts: How often each instruction ran, int64 (2, n).
        spent: Cycles spent in each, int64 (2, n).
    """

    code: npt.NDArray[np.uint32]
    lengths: npt.NDArray[np.int64]
    registers: npt.NDArray[np.uint32]
    state: npt.NDArray[np.int64]
    ram: npt.NDArray[np.uint8]
    ours: npt.NDArray[np.bool_]
    stored: npt.NDArray[np.bool_]
    scratch: npt.NDArray[np.uint32]
    free: npt.NDArray[np.bool_]
    constants: npt.NDArray[np.int64]
    spp: npt.NDArray[np.int64]
    busy: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    spent: npt.NDArray[np.int64]


@compiled(inline="always")
def put(registers, core, number, shift, mask, value):  # type: ignore[no-untyped-def]
    """Write a part of a register; r31 takes none of it, register 32 does."""
    number = 32 if number == 31 else number
    kept = np.int64(registers[core, number]) & ~(mask << shift)
    registers[core, number] = kept | (value & mask) << shift


@compiled()
def passed(state, core):  # type: ignore[no-untyped-def]
    """Cycles and stalls since the counters were last started."""
    cycles = state[core, CYCLES] - state[core, CYCLE_0]
    return cycles, cycles - (state[core, COUNT] - state[core, STALL_0])


@compiled()
def read_control(m, address):  # type: ignore[no-untyped-def]
    """One word of the control registers; -1 where there is none."""
    if address == SPP:
        return m.spp[0]
    state, constants = m.state, m.constants
    core = 0 if address < CONTROL_1 else 1
    register = address - (CONTROL if core == 0 else CONTROL_1)
    if register == 0x00:
        running = state[core, RUNNING]
        return 1 | running << 1 | state[core, COUNTING] << 3 | running << 15
    if register == 0x04:
        return state[core, PC]
    if register == 0x0C or register == 0x10:
        cycles, stalls = state[core, CYCLE], state[core, STALL]
        if state[core, COUNTING]:
            more, more_stalls = passed(state, core)
            cycles, stalls = cycles + more, stalls + more_stalls
        return min(cycles if register == 0x0C else stalls, 0xFFFFFFFF)
    if register == 0x20 or register == 0x24:
        first, mask = (24 if register == 0x20 else 26), 0xF
    elif register == 0x28 or register == 0x2C:
        first, mask = (28 if register == 0x28 else 30), 0xFFFF
    else:
        return -1
    return (constants[core, first] >> 8 & mask) | (constants[core, first + 1] >> 8 & mask) << 16


@compiled()
def write_control(m, address, value):  # type: ignore[no-untyped-def]
    """Write one word of the control registers; False where there is none, or none that a core may write."""
    if address == SPP:
        m.spp[0] = value & 3
        return True
    state, constants = m.state, m.constants
    core = 0 if address < CONTROL_1 else 1
    register = address - (CONTROL if core == 0 else CONTROL_1)
    if register == 0x00:
        if state[core, COUNTING] and not value & 8:
            more, more_stalls = passed(state, core)
            state[core, CYCLE] += more
            state[core, STALL] += more_stalls
            state[core, COUNTING] = 0
        elif not state[core, COUNTING] and value & 8:
            state[core, COUNTING] = 1
            state[core, CYCLE_0], state[core, STALL_0] = state[core, CYCLES], state[core, COUNT]
        return True
    if register == 0x0C:
        if not state[core, COUNTING]:
            state[core, CYCLE] = state[core, STALL] = 0
        return True
    if register == 0x20 or register == 0x24:
        first, mask = (24 if register == 0x20 else 26), 0xF
    elif register == 0x28 or register == 0x2C:
        first, mask = (28 if register == 0x28 else 30), 0xFFFF
    else:
        return False
    for i in range(2):
        kept = constants[core, first + i] & ~(mask << 8)
        constants[core, first + i] = kept | (value >> 16 * i & mask) << 8
    return True


@compiled()
def control_burst(m, load, core, address, first, n):  # type: ignore[no-untyped-def]
    """Move whole words between control registers and registers; cycles, or minus a fault."""
    if address & 3 or n & 3 or first & 3:
        return -NO_MEMORY
    for i in range(n >> 2):
        number = (first >> 2) + i
        if load:
            value = read_control(m, address + 4 * i)
            if value < 0:
                return -NO_MEMORY
            put(m.registers, core, number, 0, 0xFFFFFFFF, value)
        elif not write_control(m, address + 4 * i, np.int64(m.registers[core, number])):
            return -NO_MEMORY
    return (1 if not load else 3 if address < SPP else 2) + (n >> 2)


@compiled()
def burst(m, load, core, address, first, n):  # type: ignore[no-untyped-def]
    """Move `n` bytes between memory and the registers from byte `first` on; cycles, or minus a fault."""
    if first + n > 128:
        return -PAST_R31
    if address >= CONTROL:
        return control_burst(m, load, core, address, first, n)
    data, shared = m.sizes[0], m.sizes[1]
    if address + n <= data:
        bank, place = core, core * data + address
    elif address >= OTHER_RAM and address + n <= OTHER_RAM + data:
        bank, place = 1 - core, (1 - core) * data + address - OTHER_RAM
    elif address >= SHARED_RAM and address + n <= SHARED_RAM + shared:
        bank, place = 2, 2 * data + address - SHARED_RAM
    else:
        return -NO_MEMORY
    if not load:
        for i in range(place >> 2, (place + n + 3) >> 2):
            if not m.ours[core, i]:
                return -NOT_OURS
            m.stored[i] = True
    for i in range(n):
        number, shift = (first + i) >> 2, ((first + i) & 3) << 3
        if load:
            put(m.registers, core, number, shift, 255, np.int64(m.ram[place + i]))
        else:
            m.ram[place + i] = np.int64(m.registers[core, number]) >> shift & 255
    # Data follow the instruction's own cycle; a RAM that the other core is using makes this one wait.
    words = ((address & 3) + n + 3) >> 2
    begin = max(m.state[core, CLOCK] + 1, m.busy[bank])
    waited = begin - m.state[core, CLOCK] - 1
    m.busy[bank] = begin + words
    return waited + (2 if load else 1) + words


@compiled()
def transfer(m, how, device, core, first, n):  # type: ignore[no-untyped-def]
    """XIN (1), XOUT (2) or XCHG (3) with the scratchpad, or XIN of ones and zeros; 0, or a fault."""
    if device >= 254:
        if first + n > 124:
            return PAST_R31
        for i in range(first, first + n):
            put(m.registers, core, i >> 2, (i & 3) << 3, 255, 255 if device == 254 else 0)
        return 0
    bank = device - 10
    if not 0 <= bank < 3:
        return NO_DEVICE
    if first + n > 120:
        return PAST_R29
    turn = 4 * (np.int64(m.registers[core, 0]) & 31) if m.spp[0] & SHIFTED else 0
    for i in range(first, first + n):
        number, shift = i >> 2, (i & 3) << 3
        there = (i + turn) % 120 >> 2
        mine = np.int64(m.registers[core, number]) >> shift & 255
        its = np.int64(m.scratch[bank, there]) >> shift & 255
        if how & 2:
            if not m.free[bank, there]:
                return NOT_OUR_SCRATCH
            m.scratch[bank, there] = np.int64(m.scratch[bank, there]) & ~(255 << shift) | mine << shift
        if how & 1:
            put(m.registers, core, number, shift, 255, its)
    return 0


@compiled()
def pointed(m, core, shift, mode, size):  # type: ignore[no-untyped-def]
    """The byte that a pointer in r1 names, before or after it moves as `mode` says; -1 when it names none."""
    pointer = np.int64(m.registers[core, 1]) >> shift & 255
    if mode == 3:
        pointer = pointer - size & 255
    put(m.registers, core, 1, shift, 255, pointer + size if mode == 2 else pointer)
    return -1 if pointer > 127 or (pointer & 3) + size > 4 else pointer


@compiled()
def indirect(m, row, core):  # type: ignore[no-untyped-def]
    """MVIB, MVIW, MVID: move 1, 2 or 4 bytes from or to where a byte of r1 points; 0, or a fault."""
    size, to_mode, from_mode = np.int64(row[IMM]), np.int64(row[X]), np.int64(row[Y])
    all_bytes = (1 << 8 * size) - 1
    number, shift, mask = np.int64(row[A]), np.int64(row[A_SHIFT]), np.int64(row[A_MASK])
    if from_mode:
        pointer = pointed(m, core, shift, from_mode, size)
        if pointer < 0:
            return SPLIT
        number, shift, mask = pointer >> 2, (pointer & 3) << 3, all_bytes
    value = np.int64(m.registers[core, number]) >> shift & mask & all_bytes
    number, shift, mask = np.int64(row[D]), np.int64(row[D_SHIFT]), np.int64(row[D_MASK])
    if to_mode:
        pointer = pointed(m, core, shift, to_mode, size)
        if pointer < 0:
            return SPLIT
        number, shift, mask = pointer >> 2, (pointer & 3) << 3, all_bytes
    put(m.registers, core, number, shift, mask, value)
    return 0
