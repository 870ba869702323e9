"""The inner loop of the simulator: both cores, cycle by cycle, compiled by numba on first use."""

from __future__ import annotations

import numpy as np

from exporters.pru.reach import (
    A_MASK,
    A_SHIFT,
    B_MASK,
    B_SHIFT,
    CARRY,
    CLOCK,
    COUNT,
    CYCLES,
    D_MASK,
    D_SHIFT,
    END,
    EVENTS,
    FIRST_1,
    IMM,
    LEFT,
    NESTED,
    NO_DEVICE,
    OP,
    OUTSIDE,
    PAST_R29,
    PC,
    RUNNING,
    SINCE,
    TOP,
    UNKNOWN,
    WAITING,
    A,
    B,
    D,
    X,
    Y,
    burst,
    indirect,
    put,
    transfer,
)  # fmt: skip
from zoo.compiled import compiled

# Why the loop ended.
STOPPED, LIMIT, UNTIL, FAULT = range(4)
PATIENCE = 1024  # cycles that a transfer between the cores waits for the other side
# Operations: 0-15 are those of the ALU, in `isa.ALU`'s order.
LOAD_NUMBER, FIND_BIT, FIRST_BRANCH, LOAD, STORE, JUMP, LOOP, TRANSFER, INDIRECT, STOP, NONE = (
    16, 17, 18, 27, 28, 29, 30, 31, 32, 33, 34,
)  # fmt: skip


@compiled(inline="always")
def alu(op, a, b, carry, top):  # type: ignore[no-untyped-def]
    """The result, with the bits that do not fit the destination still above it."""
    if op == 8:
        return a & b
    if op == 9:
        return a | b
    if op == 10:
        return a ^ b
    if op == 11:
        return ~a
    if op == 0:
        return a + b
    if op == 1:
        return a + b + carry
    if op == 2:
        return a - b
    if op == 3:
        return a - b - carry
    if op == 4:
        return a << (b & 31)
    if op == 5:
        return a >> (b & 31)
    if op == 6:
        return b - a
    if op == 7:
        return b - a - carry
    if op == 12:
        return min(a, b)
    if op == 13:
        return max(a, b)
    if op == 14:
        return a & ~(1 << (b & 31))
    if op == 15:
        return a | 1 << (b & 31)
    if op == LOAD_NUMBER:
        return b
    while top >= 0 and (a >> top ^ b) & 1:
        top -= 1
    return top if top >= 0 else np.int64(32)


@compiled(inline="always")
def branches(op, a, b):  # type: ignore[no-untyped-def]
    """Whether a quick branch is taken; they compare the second operand with the first."""
    if op == 18:
        return b < a
    if op == 19:
        return b == a
    if op == 20:
        return b <= a
    if op == 21:
        return b > a
    if op == 22:
        return b != a
    if op == 23:
        return b >= a
    if op == 24:
        return (a >> (b & 31) & 1) == 0
    if op == 26:
        return (a >> (b & 31) & 1) == 1
    return True


@compiled(inline="always")
def move_on(m, core, following, cycles):  # type: ignore[no-untyped-def]
    """Count a finished instruction and go to the next one, or back to the top of a LOOP."""
    state = m.state
    pc = state[core, PC]
    m.counts[core, pc] += 1
    m.spent[core, pc] += cycles
    state[core, COUNT] += 1
    state[core, CYCLES] += cycles
    if state[core, LEFT] and following == state[core, END]:
        state[core, LEFT] -= 1
        if state[core, LEFT]:
            following = state[core, TOP]
    state[core, PC] = following


@compiled()
def next_core(m, limit):  # type: ignore[no-untyped-def]
    """The core that is behind; PRU0 when they are level, unless SPP says otherwise; -1 for none."""
    core = -1
    for c in range(2):
        clock = m.state[c, CLOCK]
        if m.state[c, RUNNING] and clock < limit:
            ahead = core >= 0 and m.state[core, CLOCK] <= clock
            level = ahead and m.state[core, CLOCK] == clock
            if not ahead or (level and m.spp[0] & FIRST_1):
                core = c
    return core


@compiled()
def exchange(m, how, core, first, n):  # type: ignore[no-untyped-def]
    """XIN or XOUT with the other core: True when that was waiting, else this one begins to wait."""
    state, other = m.state, 1 - core
    if not state[other, RUNNING] or state[other, WAITING] != 3 - how:
        state[core, WAITING], state[core, SINCE] = how, state[core, CLOCK]
        state[core, CLOCK] += PATIENCE
        return False
    receiver = core if how == 1 else other
    for i in range(first, first + n):
        value = np.int64(m.registers[1 - receiver, i >> 2]) >> ((i & 3) << 3)
        put(m.registers, receiver, i >> 2, (i & 3) << 3, 255, value)
    state[other, WAITING] = 0
    state[other, CLOCK] = state[core, CLOCK] + 1
    move_on(m, other, state[other, PC] + 1, state[other, CLOCK] - state[other, SINCE])
    return True


@compiled()
def bytes_of(m, core, n):  # type: ignore[no-untyped-def]
    """The length of a burst; 125-128 name a byte of r0."""
    return n if n <= 124 else np.int64(m.registers[core, 0]) >> 8 * (n - 125) & 255


@compiled()
def run(m, limit, until):  # type: ignore[no-untyped-def]
    """Run both cores until they stop, reach `limit` on their clock, or one is about to run `until[core]`.

    Returns:
        Why, the core, the number of a fault, and what it is about.
    """
    state, regs = m.state, m.registers
    begun = np.zeros(2, np.bool_)
    while True:
        core = next_core(m, limit)
        if core < 0:
            return (LIMIT if state[0, RUNNING] or state[1, RUNNING] else STOPPED), 0, 0, 0
        alone = not state[1 - core, RUNNING]
        if state[core, WAITING]:  # nobody came: the transfer is given up
            state[core, WAITING] = 0
            move_on(m, core, state[core, PC] + 1, PATIENCE)
        while True:
            pc = state[core, PC]
            if pc < 0 or pc >= m.lengths[core]:
                return FAULT, core, OUTSIDE, pc
            if pc == until[core] and begun[core]:
                return UNTIL, core, 0, 0
            begun[core] = True
            row = m.code[core, pc]
            op = np.int64(row[OP])
            a = np.int64(regs[core, row[A]]) >> np.int64(row[A_SHIFT]) & np.int64(row[A_MASK])
            b = np.int64(regs[core, row[B]]) >> np.int64(row[B_SHIFT]) & np.int64(row[B_MASK])
            b |= np.int64(row[IMM])
            d, d_shift, d_mask = np.int64(row[D]), np.int64(row[D_SHIFT]), np.int64(row[D_MASK])
            x, n = np.int64(row[X]), np.int64(row[Y])
            following = pc + 1
            cycles = np.int64(1)
            if op < FIRST_BRANCH:
                value = alu(op, a, b, state[core, CARRY], x)
                put(regs, core, d, d_shift, d_mask, value)
                if op < 4 or op == 6 or op == 7:
                    state[core, CARRY] = value & d_mask + 1 != 0
                if d == 32:
                    state[core, EVENTS] += 1
            elif op < LOAD:
                if branches(op, a, b):
                    following = x
            elif op <= STORE:
                address = b + (a if d == 0 else m.constants[core, d - 1]) & 0xFFFFFFFF
                cycles = burst(m, op == LOAD, core, address, x, bytes_of(m, core, n))
                if cycles < 0:
                    return FAULT, core, -cycles, address
            elif op == JUMP:
                put(regs, core, d, d_shift, d_mask, pc + 1)
                following = b
            elif op == LOOP:
                if state[core, LEFT] and state[core, TOP] <= pc < state[core, END]:
                    return FAULT, core, NESTED, 0
                state[core, LEFT], state[core, TOP], state[core, END] = b & 0xFFFF, pc + 1, x
                if b & 0xFFFF == 0:
                    following = x
            elif op == TRANSFER:
                device, n = b, bytes_of(m, core, n)
                if device == 14:
                    if d_shift == 3 or x + n > 120:
                        return FAULT, core, NO_DEVICE if d_shift == 3 else PAST_R29, device
                    if not exchange(m, d_shift, core, x, n):
                        break
                else:
                    fault = transfer(m, d_shift, device, core, x, n)
                    if fault:
                        return FAULT, core, fault, device
                    if device < 13:
                        cycles += m.last[device - 10] == state[core, CLOCK]
                        m.last[device - 10] = state[core, CLOCK]
            elif op == INDIRECT:
                fault = indirect(m, row, core)
                if fault:
                    return FAULT, core, fault, 0
            elif op == STOP:
                state[core, RUNNING] = 0
            else:
                return FAULT, core, UNKNOWN, 0
            move_on(m, core, following, cycles)
            state[core, CLOCK] += cycles
            if not alone or not state[core, RUNNING] or state[core, CLOCK] >= limit:
                break
