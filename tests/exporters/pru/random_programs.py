"""Random programs that stop, for comparing simulators: ALU, bursts, transfers, loops, branches."""

from __future__ import annotations

import random

ALU = (
    "add",
    "adc",
    "sub",
    "suc",
    "lsl",
    "lsr",
    "rsb",
    "rsc",
    "and",
    "or",
    "xor",
    "min",
    "max",
    "clr",
    "set",
    "lmbd",
)
RESULT = 0x400  # where the registers stand at the end, 120 bytes from address 0 of the own data RAM
SCRATCH = RESULT + 120  # and the three banks of the scratchpad behind them
RESULT_BYTES = 4 * 120


def random_program(rng: random.Random, n: int) -> str:
    """Source of a program over r0-r29 that puts everything it can change into data RAM, and halts.

    What GNU's simulator does not have is left out: MVI, r30 and r31, shifts of transfers, the other core.
    """
    lines = [f"mov r{r}, 0x{rng.getrandbits(32):x}" for r in range(30)]
    for start in range(0, 1024, 120):  # something to load
        lines += [f"ldi r29, {start}", f"sbbo &r0.b{rng.randrange(4)}, r29, 0, 116"]
    lines += [f"xout {bank}, &r0, 120" for bank in (10, 11, 12)]
    for i in range(n):
        lines += _some(rng, i)
    # r0 holds the address, so it is lost; r1 goes where r0 would be.
    lines += [f"ldi r0, {RESULT}", "sbbo &r1, r0, 0, 116"]
    for bank in range(3):
        lines += [f"xin {10 + bank}, &r0, 116", f"ldi r29, {SCRATCH + 120 * bank}", "sbbo &r0, r29, 0, 116"]
    return "\n".join([*lines, "halt"])


def _register(rng: random.Random) -> str:
    return f"r{rng.randrange(30)}{rng.choice(['', '', '.b0', '.b1', '.b2', '.b3', '.w0', '.w1', '.w2'])}"


def _second(rng: random.Random) -> str:
    return _register(rng) if rng.random() < 0.6 else str(rng.randrange(256))


def _alu(rng: random.Random) -> str:
    name = rng.choice((*ALU, "not", "ldi"))
    if name == "not":
        return f"not {_register(rng)}, {_register(rng)}"
    if name == "ldi":
        return f"ldi {_register(rng)}, {rng.randrange(65536)}"
    return f"{name} {_register(rng)}, {_register(rng)}, {_second(rng)}"


def _burst(rng: random.Random, limit: int) -> tuple[str, int]:
    first = rng.randrange(limit - 1)
    return f"&r{first // 4}.b{first % 4}", rng.randint(1, min(limit - first, 60))


def _some(rng: random.Random, i: int) -> list[str]:
    kind = rng.random()
    if kind < 0.6:
        return [_alu(rng)]
    if kind < 0.75:
        first, length = _burst(rng, 120)
        name = rng.choice(("lbco", "sbco"))
        if rng.random() < 0.2:
            return [f"ldi r0.b2, {length}", f"{name} {first}, c24, {_second_small(rng)}, b2"]
        if rng.random() < 0.5:
            return [f"{name} {first}, c24, {_second_small(rng)}, {length}"]
        return [f"ldi r7, {rng.randrange(800)}", f"{rng.choice(('lbbo', 'sbbo'))} {first}, r7, 3, {length}"]
    if kind < 0.88:
        first, length = _burst(rng, 120)
        name = rng.choice(("xin", "xout", "xchg"))
        return [f"{name} {rng.randint(10, 12)}, {first}, {length}"]
    if kind < 0.9:
        first, length = _burst(rng, 120)
        return [f"{rng.choice(('zero', 'fill'))} {first}, {length}"]
    inside = [_alu(rng) for _ in range(rng.randint(1, 4))]
    if kind < 0.93:
        count = rng.choice([str(rng.randint(1, 200)), "r9.w0"])
        return [f"and r9, r9, {rng.randrange(30)}", f"loop end{i}, {count}", *inside, f"end{i}:"]
    if kind < 0.97:
        name = rng.choice(("qbgt", "qbge", "qblt", "qble", "qbeq", "qbne", "qbbs", "qbbc"))
        second = str(rng.randrange(32)) if name.startswith("qbb") and rng.random() < 0.5 else _register(rng)
        return [f"{name} end{i}, {_register(rng)}, {second}", *inside, f"end{i}:"]
    if kind < 0.985:
        return [f"jal r29.w2, end{i}", *inside, f"end{i}:"]
    return [f"ldi r8.w1, end{i}", "jmp r8.w1", *inside, f"end{i}:"]


def _second_small(rng: random.Random) -> str:
    """An offset that stays in the data RAM: a byte."""
    return f"r{rng.randrange(30)}.b{rng.randrange(4)}" if rng.random() < 0.5 else str(rng.randrange(256))
