"""The inner loop of the simulator: both cores, cycle by cycle, compiled by numba on first use.

Instructions come decoded (`simulator.decoded`), one row each: operation; destination register, shift, mask; first
source register, shift, mask; second source register, shift, mask, immediate; and two numbers more. Register 32 takes
what is written to r31, register 33 is zero.
"""

from __future__ import annotations

import numpy as np

from zoo.compiled import compiled

# Columns of a decoded instruction.
OP, D, D_SHIFT, D_MASK, A, A_SHIFT, A_MASK, B, B_SHIFT, B_MASK, IMM, X, Y, COLUMNS = range(14)
# Columns of a core's state.
(PC, CLOCK, CYCLES, COUNT, CARRY, TOP, END, LEFT, RUNNING, COUNTING, CYCLE, STALL, CYCLE_0, STALL_0, WAITING,
 SINCE, EVENTS, STATES) = range(18)  # fmt: skip
# Why the loop ended.
STOPPED, LIMIT, UNTIL, FAULT = range(4)
OUTSIDE, UNKNOWN, NO_MEMORY, PAST_R31, NESTED, NO_DEVICE, PAST_R29, NOT_OURS, SPLIT, NOT_OUR_SCRATCH = range(1, 11)

OTHER_RAM, SHARED_RAM, CONTROL, CONTROL_1, SPP = 0x2000, 0x10000, 0x22000, 0x24000, 0x26034
PATIENCE = 1024  # cycles that a transfer between the cores waits for the other side
SHIFTED, FIRST_1 = 2, 1  # bits of the register SPP: transfers are shifted by r0.b0; PRU1 goes first


@compiled()
def read_control(core, address, state, ctable, spp):  # type: ignore[no-untyped-def]
    """One word of the control registers; -1 where there is none."""
    if address == SPP:
        return spp[0]
    which = 0 if address < CONTROL_1 else 1
    register = address - (CONTROL if which == 0 else CONTROL_1)
    if register == 0x00:
        return 1 | state[which, RUNNING] << 1 | state[which, COUNTING] << 3 | state[which, RUNNING] << 15
    if register == 0x04:
        return state[which, PC]
    if register == 0x0C or register == 0x10:
        cycles, stalls = state[which, CYCLE], state[which, STALL]
        if state[which, COUNTING]:
            passed = state[which, CYCLES] - state[which, CYCLE_0]
            cycles += passed
            stalls += passed - (state[which, COUNT] - state[which, STALL_0])
        return min(cycles if register == 0x0C else stalls, 0xFFFFFFFF)
    if register == 0x20:
        return (ctable[which, 24] >> 8 & 0xF) | (ctable[which, 25] >> 8 & 0xF) << 16
    if register == 0x24:
        return (ctable[which, 26] >> 8 & 0xF) | (ctable[which, 27] >> 8 & 0xF) << 16
    if register == 0x28:
        return (ctable[which, 28] >> 8 & 0xFFFF) | (ctable[which, 29] >> 8 & 0xFFFF) << 16
    if register == 0x2C:
        return (ctable[which, 30] >> 8 & 0xFFFF) | (ctable[which, 31] >> 8 & 0xFFFF) << 16
    return -1


@compiled()
def write_control(core, address, value, state, ctable, spp):  # type: ignore[no-untyped-def]
    """Write one word of the control registers; False where there is none, or none that a core may write."""
    if address == SPP:
        spp[0] = value & 3
        return True
    which = 0 if address < CONTROL_1 else 1
    register = address - (CONTROL if which == 0 else CONTROL_1)
    if register == 0x00:
        if state[which, COUNTING] and not value & 8:
            passed = state[which, CYCLES] - state[which, CYCLE_0]
            state[which, CYCLE] += passed
            state[which, STALL] += passed - (state[which, COUNT] - state[which, STALL_0])
            state[which, COUNTING] = 0
        elif not state[which, COUNTING] and value & 8:
            state[which, COUNTING] = 1
            state[which, CYCLE_0], state[which, STALL_0] = state[which, CYCLES], state[which, COUNT]
    elif register == 0x0C:
        if not state[which, COUNTING]:
            state[which, CYCLE] = state[which, STALL] = 0
    elif register == 0x20 or register == 0x24:
        first = 24 if register == 0x20 else 26
        for i in range(2):
            ctable[which, first + i] = ctable[which, first + i] & ~0xF00 | (value >> 16 * i & 0xF) << 8
    elif register == 0x28 or register == 0x2C:
        first = 28 if register == 0x28 else 30
        for i in range(2):
            kept = ctable[which, first + i] & 0xFF000000
            ctable[which, first + i] = kept | (value >> 16 * i & 0xFFFF) << 8
    else:
        return False
    return True


@compiled()
def burst(load, core, address, first, n, regs, state, ram, ours, ctable, spp, busy, sizes):  # type: ignore[no-untyped-def]
    """Move `n` bytes between memory and the registers from byte `first` on.

    Returns:
        Cycles, or minus the number of a fault.
    """
    if first + n > 128:
        return -PAST_R31
    data, shared = sizes[0], sizes[1]
    words = ((address & 3) + n + 3) >> 2
    if address >= CONTROL:
        if address & 3 or n & 3 or first & 3:
            return -NO_MEMORY
        for i in range(n >> 2):
            r = (first >> 2) + i
            if load:
                value = read_control(core, address + 4 * i, state, ctable, spp)
                if value < 0:
                    return -NO_MEMORY
                regs[core, 32 if r == 31 else r] = value
            elif not write_control(core, address + 4 * i, np.int64(regs[core, r]), state, ctable, spp):
                return -NO_MEMORY
        return (3 if load and address < SPP else 2 if load else 1) + words
    if address + n <= data:
        bank, place = core, core * data + address
    elif OTHER_RAM <= address and address + n <= OTHER_RAM + data:
        bank, place = 1 - core, (1 - core) * data + address - OTHER_RAM
    elif SHARED_RAM <= address and address + n <= SHARED_RAM + shared:
        bank, place = 2, 2 * data + address - SHARED_RAM
    else:
        return -NO_MEMORY
    if not load:
        for i in range(place >> 2, (place + n + 3) >> 2):
            if not ours[core, i]:
                return -NOT_OURS
    for i in range(n):
        byte = first + i
        r, shift = byte >> 2, (byte & 3) << 3
        if load:
            r = 32 if r == 31 else r
            kept = np.int64(regs[core, r]) & ~(255 << shift)
            regs[core, r] = kept | np.int64(ram[place + i]) << shift
        else:
            ram[place + i] = np.int64(regs[core, r]) >> shift & 255
    # Data follow the instruction's own cycle; a RAM that the other core is using makes this one wait.
    start = max(state[core, CLOCK] + 1, busy[bank])
    waited = start - state[core, CLOCK] - 1
    busy[bank] = start + words
    return waited + (2 if load else 1) + words


@compiled()
def transfer(how, device, core, first, n, regs, scratch, free, spp):  # type: ignore[no-untyped-def]
    """XIN (1), XOUT (2) or XCHG (3) with the scratchpad, or XIN of ones and zeros; 0, or a fault."""
    if first + n > 124:
        return PAST_R31
    bank = device - 10
    if device < 254:
        if not 0 <= bank < 3:
            return NO_DEVICE
        if first + n > 120:
            return PAST_R29
    turn = 4 * (np.int64(regs[core, 0]) & 31) if spp[0] & SHIFTED else 0
    for i in range(n):
        byte = first + i
        r, shift = byte >> 2, (byte & 3) << 3
        mine = np.int64(regs[core, r]) >> shift & 255
        there = 255 if device == 254 else 0
        if device < 254:
            there_byte = (byte + turn) % 120
            s, s_shift = there_byte >> 2, (there_byte & 3) << 3
            there = np.int64(scratch[bank, s]) >> s_shift & 255
            if how & 2:
                if not free[bank, s]:
                    return NOT_OUR_SCRATCH
                scratch[bank, s] = np.int64(scratch[bank, s]) & ~(255 << s_shift) | mine << s_shift
        if how & 1:
            regs[core, r] = np.int64(regs[core, r]) & ~(255 << shift) | there << shift
    return 0


@compiled()
def indirect(row, core, regs):  # type: ignore[no-untyped-def]
    """MVIB, MVIW, MVID: move 1, 2 or 4 bytes from or to where a byte of r1 points; 0, or a fault."""
    size, to_mode, from_mode = np.int64(row[IMM]), np.int64(row[X]), np.int64(row[Y])
    mask = (1 << 8 * size) - 1
    value = np.int64(0)
    for side in range(2):  # the source first
        mode = from_mode if side == 0 else to_mode
        register = np.int64(row[A] if side == 0 else row[D])
        shift = np.int64(row[A_SHIFT] if side == 0 else row[D_SHIFT])
        width = np.int64(row[A_MASK] if side == 0 else row[D_MASK])
        if mode:
            pointer = np.int64(regs[core, 1]) >> shift & 255
            moved = pointer
            if mode == 3:
                pointer = moved = pointer - size & 255
            elif mode == 2:
                moved = pointer + size & 255
            regs[core, 1] = np.int64(regs[core, 1]) & ~(255 << shift) | moved << shift
            register, shift, width = pointer >> 2, (pointer & 3) << 3, mask
            if register > 31 or shift + 8 * size > 32:
                return SPLIT
        if side == 0:
            value = np.int64(regs[core, register]) >> shift & width & mask
        else:
            register = 32 if register == 31 else register
            regs[core, register] = np.int64(regs[core, register]) & ~(width << shift) | (value & width) << shift
    return 0


@compiled()
def move_on(core, following, cycles, state, counts, spent):  # type: ignore[no-untyped-def]
    """Count a finished instruction and go to the next one, or back to the top of a LOOP."""
    pc = state[core, PC]
    counts[core, pc] += 1
    spent[core, pc] += cycles
    state[core, COUNT] += 1
    state[core, CYCLES] += cycles
    if state[core, LEFT] and following == state[core, END]:
        state[core, LEFT] -= 1
        if state[core, LEFT]:
            following = state[core, TOP]
    state[core, PC] = following


@compiled()
def run(  # type: ignore[no-untyped-def]
    code, lengths, regs, state, ram, ours, scratch, free, ctable, spp, busy, last, sizes, counts, spent, limit, until
):
    """Run both cores until they stop, reach `limit` on their clock, or one is about to run `until[core]`.

    Returns:
        Why, the core, the number of a fault, and what it is about.
    """
    begun = np.zeros(2, np.int64)
    while True:
        # The core that is behind goes on; PRU0 first when they are level, unless SPP says otherwise.
        core = -1
        for c in range(2):
            if state[c, RUNNING] and state[c, CLOCK] < limit:
                if core < 0 or state[c, CLOCK] < state[core, CLOCK]:
                    core = c
                elif state[c, CLOCK] == state[core, CLOCK] and spp[0] & FIRST_1:
                    core = c
        if core < 0:
            return (LIMIT if state[0, RUNNING] or state[1, RUNNING] else STOPPED), 0, 0, 0
        other = 1 - core
        alone = not state[other, RUNNING]
        patience = limit if alone else 0  # two cores take turns
        if state[core, WAITING]:  # nobody came: the transfer is given up
            state[core, WAITING] = 0
            move_on(core, state[core, PC] + 1, PATIENCE, state, counts, spent)
        while True:
            pc = state[core, PC]
            if pc < 0 or pc >= lengths[core]:
                return FAULT, core, OUTSIDE, pc
            if pc == until[core] and begun[core]:
                return UNTIL, core, 0, 0
            begun[core] = 1
            row = code[core, pc]
            op = np.int64(row[OP])
            a = np.int64(regs[core, row[A]]) >> np.int64(row[A_SHIFT]) & np.int64(row[A_MASK])
            b = np.int64(regs[core, row[B]]) >> np.int64(row[B_SHIFT]) & np.int64(row[B_MASK]) | np.int64(row[IMM])
            following = pc + 1
            cycles = np.int64(1)
            if op < 18:
                carry = state[core, CARRY]
                if op == 8:
                    value = a & b
                elif op == 9:
                    value = a | b
                elif op == 10:
                    value = a ^ b
                elif op == 11:
                    value = ~a
                elif op == 0:
                    value = a + b
                elif op == 1:
                    value = a + b + carry
                elif op == 2:
                    value = a - b
                elif op == 3:
                    value = a - b - carry
                elif op == 4:
                    value = a << (b & 31)
                elif op == 5:
                    value = a >> (b & 31)
                elif op == 6:
                    value = b - a
                elif op == 7:
                    value = b - a - carry
                elif op == 12:
                    value = min(a, b)
                elif op == 13:
                    value = max(a, b)
                elif op == 14:
                    value = a & ~(1 << (b & 31))
                elif op == 15:
                    value = a | 1 << (b & 31)
                elif op == 16:
                    value = b
                else:  # LMBD
                    value = np.int64(row[X])
                    while value >= 0 and (a >> value ^ b) & 1:
                        value -= 1
                    if value < 0:
                        value = np.int64(32)
                d, shift, mask = np.int64(row[D]), np.int64(row[D_SHIFT]), np.int64(row[D_MASK])
                if op < 4 or op == 6 or op == 7:
                    state[core, CARRY] = (value & mask + 1) != 0
                regs[core, d] = np.int64(regs[core, d]) & ~(mask << shift) | (value & mask) << shift
                if d == 32:
                    state[core, EVENTS] += 1
            elif op < 27:
                if (
                    op == 25
                    or op == 18 and b < a
                    or op == 19 and b == a
                    or op == 20 and b <= a
                    or op == 21 and b > a
                    or op == 22 and b != a
                    or op == 23 and b >= a
                    or op == 24 and not a >> (b & 31) & 1
                    or op == 26 and a >> (b & 31) & 1
                ):
                    following = np.int64(row[X])
            elif op < 29:  # LBBO, LBCO; SBBO, SBCO
                n = np.int64(row[Y])
                if n > 124:
                    n = np.int64(regs[core, 0]) >> 8 * (n - 125) & 255
                base = a if row[D] == 0 else ctable[core, row[D] - 1]
                cycles = burst(
                    op == 27, core, base + b & 0xFFFFFFFF, np.int64(row[X]), n, regs, state, ram, ours, ctable,
                    spp, busy, sizes,
                )  # fmt: skip
                if cycles < 0:
                    return FAULT, core, -cycles, base + b & 0xFFFFFFFF
            elif op == 29:  # JMP, JAL
                d, shift, mask = np.int64(row[D]), np.int64(row[D_SHIFT]), np.int64(row[D_MASK])
                regs[core, d] = np.int64(regs[core, d]) & ~(mask << shift) | (pc + 1 & mask) << shift
                following = b
            elif op == 30:  # LOOP
                if state[core, LEFT] and state[core, TOP] <= pc < state[core, END]:
                    return FAULT, core, NESTED, 0
                state[core, LEFT] = b & 0xFFFF
                state[core, TOP], state[core, END] = pc + 1, np.int64(row[X])
                if b & 0xFFFF == 0:
                    following = np.int64(row[X])
            elif op == 31:  # XIN, XOUT, XCHG
                n = np.int64(row[Y])
                if n > 124:
                    n = np.int64(regs[core, 0]) >> 8 * (n - 125) & 255
                how, device, first = np.int64(row[D_SHIFT]), np.int64(row[IMM]), np.int64(row[X])
                if device == 14:
                    if how == 3:
                        return FAULT, core, NO_DEVICE, device
                    if first + n > 120:
                        return FAULT, core, PAST_R29, device
                    if alone or state[other, WAITING] != 3 - how:
                        state[core, WAITING], state[core, SINCE] = how, state[core, CLOCK]
                        state[core, CLOCK] += PATIENCE
                        break
                    receiver = core if how == 1 else other
                    for i in range(first, first + n):
                        byte_mask = 255 << ((i & 3) << 3)
                        kept = np.int64(regs[receiver, i >> 2]) & ~byte_mask
                        regs[receiver, i >> 2] = kept | np.int64(regs[1 - receiver, i >> 2]) & byte_mask
                    state[other, WAITING] = 0
                    state[other, CLOCK] = state[core, CLOCK] + 1
                    waited = state[other, CLOCK] - state[other, SINCE]
                    move_on(other, state[other, PC] + 1, waited, state, counts, spent)
                else:
                    fault = transfer(how, device, core, first, n, regs, scratch, free, spp)
                    if fault:
                        return FAULT, core, fault, device
                    if 10 <= device <= 12:
                        if not alone and last[device - 10] == state[core, CLOCK]:
                            cycles += 1
                        last[device - 10] = state[core, CLOCK]
            elif op == 32:
                fault = indirect(row, core, regs)
                if fault:
                    return FAULT, core, fault, 0
            elif op == 33:  # HALT, and SLP (which an event would end)
                state[core, RUNNING] = 0
            else:
                return FAULT, core, UNKNOWN, 0
            move_on(core, following, cycles, state, counts, spent)
            state[core, CLOCK] += cycles
            if not state[core, RUNNING] or state[core, CLOCK] >= patience:
                break
