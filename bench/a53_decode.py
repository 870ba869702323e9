"""When an A64 instruction needs its operands and has its results on a Cortex-A53: a `Timing` for each.

Stages are relative to issue, in the arithmetic of `bench.pipeline`; the rule numbers in the comments are
those of docs/cortex-a53-model.md. Only text is parsed: what capstone says of the registers of A64
instructions is not reliable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bench.a53_vector import VECTOR_CLASHES, VECTOR_UNITS, scalar_or_vector
from bench.pipeline import BRANCH, MEMORY, NO_RULE, NoRuleError, Operands, Timing

SP, FLAGS = 31, 32  # after x0 to x30
VECTOR = 64  # v0 to v31 count from here
ADDRESS = 128  # x0 to sp count again from here: their values as the base of an address
CLOSED, HAZARD, MULTIPLIER = 16, 32, 64  # units: nothing behind it, shifts by a register, the multiplier

_REGISTER = re.compile(r"\b(?:([xw])(\d+)|(w?sp)|([vqdshb])(\d+))\b")

ALU = {
    *("add", "sub", "and", "orr", "eor", "bic", "orn", "eon", "adc", "sbc", "neg", "mvn"),
    *("ngc", "clz", "cls"),
    *("rbit", "rev", "rev16", "rev32", "csel", "csinc", "csinv", "csneg", "cset", "csetm", "cinc", "cinv"),
    "cneg",
}
COMPARES = {"cmp", "cmn", "tst", "ccmp", "ccmn"}
SETS_FLAGS = {"adds", "subs", "ands", "bics", "adcs", "sbcs", "negs", "ngcs"}
SHIFTS = {"lsl", "lsr", "asr"}
IMMEDIATES = {"movz", "movn", "movk", "adr", "adrp"}
FIELDS = {
    *("ubfx", "sbfx", "ubfiz", "sbfiz", "bfi", "bfxil", "bfc", "sxtb", "sxth", "sxtw"),
    *("uxtb", "uxth", "uxtw"),
}
PRODUCTS = {"mul", "madd", "msub", "mneg", "smull", "umull", "smaddl", "umaddl", "smsubl", "umsubl"}
CONDITIONAL = {"cbz", "cbnz", "tbz", "tbnz"}
LOADS = {"ldr", "ldrb", "ldrh", "ldrsb", "ldrsh", "ldrsw", "ldur", "ldurb", "ldurh", "ldursb", "ldursh"} | {
    "ldursw"
}
STORES = {"str", "strb", "strh", "stur", "sturb", "sturh"}
OLD_DESTINATION = {"movk", "bfi", "bfxil", "bfc"}
WITH_CARRY = {"adc", "sbc", "ngc", "adcs", "sbcs", "ngcs"}


@dataclass(frozen=True)
class _Text:
    """An instruction's text in parts.

    Args:
        name: Mnemonic without a condition.
        condition: What follows its dot.
        operands: The operands, split at commas outside brackets and braces.
    """

    name: str
    condition: str
    operands: tuple[str, ...]


def decode(code: bytes, address: int) -> dict[int, Timing]:
    """Timing of every instruction in a run of A64 code, by address.

    Raises:
        NoRuleError: Bytes are no instruction.
    """
    import capstone

    disassembler = capstone.Cs(capstone.CS_ARCH_ARM64, capstone.CS_MODE_ARM)
    found = {i.address: timing(i.mnemonic, i.op_str) for i in disassembler.disasm(code, address)}
    if len(found) * 4 != len(code):
        at = address + 4 * len(found)
        raise NoRuleError(f"no instruction at 0x{at:x}: {code[at - address :][:4].hex()}")
    return found


def timings_of(regions: Iterable[tuple[int, bytes]]) -> dict[int, Timing]:
    """`decode` over several regions of code: (address, bytes)."""
    return {at: t for address, code in regions for at, t in decode(code, address).items()}


def timing(mnemonic: str, text: str) -> Timing:
    """Timing of one instruction from its text."""
    name, _, condition = mnemonic.partition(".")
    t = _Text(name, condition, tuple(x.strip() for x in re.split(r",(?![^\[{]*[\]}])", text) if x.strip()))
    shown = f"{mnemonic} {text}".strip()
    found = _branch(t) or _core(t) or _memory(t) or _vector(t)
    if found is None:
        return Timing((), (), NO_RULE, 0, 0, False, 4, shown)
    sources, results, cycles, units, clashes, first_pipe = found
    return Timing(sources, results, cycles, units, clashes | CLOSED, first_pipe, 4, shown)


_Found = tuple[Operands, Operands, int, int, int, bool]


def registers(text: str) -> tuple[int, ...]:
    """Numbers of the registers in a text; those that read as zero are left out."""
    found = []
    for general, g, stack, vector, v in (x.groups() for x in _REGISTER.finditer(text)):
        if general:
            found.append(int(g))
        elif stack:
            found.append(SP)
        elif vector:
            found.append(VECTOR + int(v))
    return tuple(found)


def _results(numbers: Iterable[int], stage: int, address: int) -> Operands:
    """Results, and when they are there as the base of an address."""
    return tuple(x for r in numbers for x in ((r, stage), (r + ADDRESS, address)))


def _branch(t: _Text) -> _Found | None:
    """Rules 8 and 9."""
    if t.name in CONDITIONAL:
        return tuple((r, 3) for r in registers(t.operands[0])), (), 1, BRANCH, BRANCH, False
    if t.name not in {"b", "bl", "br", "blr", "ret"}:
        return ((), (), 1, 0, 0, False) if t.name in {"nop", "hint", "bti"} else None
    waits: Operands = ((FLAGS, 3),) if t.condition else ()
    link = _results((30,), 2, 2) if t.name in {"bl", "blr"} else ()
    return waits, link, 1, BRANCH, BRANCH, False


def _core(t: _Text) -> _Found | None:
    """Rules 2 to 6 and 10: what works on the general registers alone."""
    if not t.operands or any(r >= VECTOR for r in registers(" ".join(t.operands))):
        return None
    compares, rest = t.name in COMPARES, t.operands[1:]
    target = registers(t.operands[0])
    read = registers(t.operands[0]) if compares or t.name in OLD_DESTINATION else ()
    shifted = bool(rest) and re.match(r"(lsl|lsr|asr|ror|[us]xt[bhwx])\b", rest[-1]) is not None
    plain = registers(" ".join(rest[:-2] if shifted else rest))
    late = registers(rest[-2]) if shifted else ()
    units, stage, result = 0, 2, 2
    if t.name in ALU | SETS_FLAGS or compares or (t.name == "mov" and plain):
        pass
    elif t.name in IMMEDIATES or t.name == "mov":  # rule 4
        stage, result = 1, 1
    elif t.name in SHIFTS or (t.name == "ror" and len(plain) == 2):
        stage, result, units = 1, 1, HAZARD if len(plain) == 2 else 0
    elif t.name in FIELDS:
        stage = 1
    elif t.name in {"ror", "extr"}:
        stage, units = 1, CLOSED
    elif t.name in PRODUCTS:  # rule 10
        return _product(t, target)
    elif t.name in {"udiv", "sdiv"}:
        return tuple((r, 1) for r in plain), _results(target, 7, 7), 4, 0, 0, True
    else:
        return None
    sources = (*((r, stage) for r in (*read, *plain)), *((r, 1) for r in late))
    if t.name in WITH_CARRY or re.match(r"c(sel|sinc|sinv|sneg|set|setm|inc|inv|neg|cmp|cmn)$", t.name):
        sources += ((FLAGS, 2),)
    flags: Operands = ((FLAGS, 2),) if compares or t.name in SETS_FLAGS else ()
    results = flags if compares else _results(target, result, result) + flags
    return sources, results, 1, units, units, False


def _product(t: _Text, target: tuple[int, ...]) -> _Found:
    factors = registers(" ".join(t.operands[1:3]))
    sum_ = registers(t.operands[3]) if len(t.operands) > 3 else ()
    sources = (*((r, 1) for r in factors), *((r, 2) for r in sum_))
    return sources, _results(target, 3, 3), 1, MULTIPLIER, MULTIPLIER, False


def _memory(t: _Text) -> _Found | None:
    """Rules 7, 11 and 13: loads and stores of one or two registers."""
    pair = t.name in {"ldp", "stp", "ldpsw", "ldnp", "stnp"}
    if not pair and t.name not in LOADS | STORES:
        return None
    data, place = t.operands[: 1 + pair], t.operands[1 + pair :]
    load, vector = t.name.startswith("ld"), data[0][0] in "qdshbv"
    numbers = registers(" ".join(data))
    inside = registers(place[0])
    base, index = inside[:1], inside[1:]
    sources: Operands = (*((r + ADDRESS, 0) for r in base), *((r, 0) for r in index))
    results: Operands = ()
    if len(place) > 1 or place[0].endswith("!"):
        results = tuple(x for r in base for x in ((r, 2), (r + ADDRESS, 0)))
    wide = data[0][0] == "q"
    units = MEMORY | (VECTOR_UNITS[wide] if vector else 0)
    clashes = MEMORY | (VECTOR_CLASHES[wide] if vector else 0)
    if load:
        cycles = len(numbers) * 2 if wide else 2 if pair else 1
        results += _loaded(numbers, vector, wide, pair)
        return sources, results, cycles, units, clashes, cycles > 1
    sources += tuple((r, 1 if vector else 3) for r in numbers)
    cycles = 2 if pair and data[0][0] in "xdq" else 1
    return sources, results, cycles, units, clashes, False


def _loaded(numbers: tuple[int, ...], vector: bool, wide: bool, pair: bool) -> Operands:
    if not vector:
        return _results(numbers, 3 + pair, 2 + pair)
    return tuple((r, (3 + 2 * k) if wide else 2 + k) for k, r in enumerate(numbers))


def _vector(t: _Text) -> _Found | None:
    """Rules 11 to 15, from their own table."""
    found = scalar_or_vector(t.name, t.operands)
    if found is None:
        return None
    sources: Operands = tuple((r, s) for text, s in found.sources for r in registers(text))
    if found.base:
        sources += tuple((r + ADDRESS, 0) for r in registers(found.base))
    results: Operands = tuple(
        (r, s + found.step * k) for text, s in found.results for k, r in enumerate(registers(text))
    )
    results += tuple((r + ADDRESS, s) for r, s in results if r < VECTOR)
    if found.written_base:
        results += tuple(x for r in registers(found.base) for x in ((r, 2), (r + ADDRESS, 0)))
    if found.flags:
        results += ((FLAGS, 6),)
    if found.conditional:
        sources += ((FLAGS, 2),)
    memory = MEMORY if found.base else 0
    wide = found.wide or bool(found.base)
    units, clashes = VECTOR_UNITS[wide] | memory, VECTOR_CLASHES[wide] | memory
    return sources, results, found.cycles, units, clashes, found.first_pipe
