"""When a Thumb-2 instruction needs its operands and has its results on a Cortex-A8: a `Timing` for each.

The execution stages are E1 to E5. The tables follow the sources named in docs/cortex-a8-model.md, and the
rule numbers in the comments are that page's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from bench.a8_neon import FLAGS, LOAD_STORE, neon_timing
from bench.pipeline import BRANCH, MEMORY, NO_RULE, NoRuleError, Operands, Timing

SP, LR, PC = 13, 14, 15  # the condition flags count as a register after r0 to r15
_NAMES = {"sb": 9, "sl": 10, "fp": 11, "ip": 12, "sp": SP, "lr": LR, "pc": PC, "cpsr": FLAGS}
_REGISTERS = {f"r{n}": n for n in range(13)} | _NAMES

# Operation names as capstone gives them, without the s of "sets the flags".
COMPARES = {"cmp", "cmn", "tst", "teq"}
MOVES = {"mov", "mvn", "lsl", "lsr", "asr", "ror", "rrx"}
ALU = {"add", "addw", "adc", "sub", "subw", "sbc", "rsb", "and", "bic", "orr", "orn", "eor", "clz"} | {
    *("movt", "adr"),
    *COMPARES,
}
EARLY = {
    *("ubfx", "sbfx", "bfi", "bfc", "uxtb", "uxth", "sxtb", "sxth", "uxtab", "uxtah", "sxtab", "sxtah"),
    *("uxtb16", "sxtb16", "uxtab16", "sxtab16", "rbit", "rev", "rev16", "revsh", "ssat", "usat"),
    *("pkhbt", "pkhtb"),
}
SINGLE = {"ldr", "ldrb", "ldrh", "ldrsb", "ldrsh", "ldrd", "str", "strb", "strh", "strd"}
LOAD_MULTIPLE = {"ldm", "ldmdb", "pop"}
STORE_MULTIPLE = {"stm", "stmdb", "push"}
MULTIPLIES = {"mul": 2, "mla": 2, "mls": 2, "umull": 3, "smull": 3, "umlal": 3, "smlal": 3}
BRANCHES = {"b", "bl", "bx", "blx", "cbz", "cbnz"}
NOTHING = {"it", "nop", "hint"}


@dataclass(frozen=True)
class _Decoded:
    """One instruction as capstone describes it, registers as numbers."""

    name: str
    operands: tuple[int, ...]  # register operands in the order of the text
    shifted: frozenset[int]  # those that pass the shifter first
    read: frozenset[int]
    written: frozenset[int]
    address: frozenset[int]  # registers of a memory operand
    index_shift: int | None  # left shift of an index register, None without one
    conditional: bool
    sets_flags: bool


def decode(code: bytes, address: int) -> dict[int, Timing]:
    """Timing of every instruction in a run of Thumb-2 code, by address.

    Raises:
        NoRuleError: Bytes are no instruction.
    """
    import capstone

    disassembler = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB)
    disassembler.detail = True
    timings = {i.address: _timing(i) for i in disassembler.disasm(code, address)}
    end = max((at + t.size for at, t in timings.items()), default=address)
    if end != address + len(code):
        raise NoRuleError(f"no instruction at 0x{end:x}: {code[end - address :][:4].hex()}")
    return timings


def timings_of(regions: Iterable[tuple[int, bytes]]) -> dict[int, Timing]:
    """`decode` over several regions of code: (address, bytes)."""
    return {at: t for address, code in regions for at, t in decode(code, address).items()}


def _timing(instruction: Any) -> Timing:
    if instruction.mnemonic.startswith("v"):
        return _neon(instruction)
    d = _decoded(instruction)
    size, text = instruction.size, f"{instruction.mnemonic} {instruction.op_str}".strip()
    if d.name in NOTHING:
        return Timing((), (), 1, 0, 0, False, size, text)
    if d.name in BRANCHES or (d.name == "mov" and PC in d.written):
        waits: Operands = ((FLAGS, 3),) if d.conditional else ()  # rule 9: a compare and its branch may pair
        if d.name in {"cbz", "cbnz"}:
            waits += tuple((r, 2) for r in d.operands)
        link = ((LR, 2),) if d.name in {"bl", "blx"} else ()
        return Timing(waits, link, 1, BRANCH, BRANCH, False, size, text)
    rule = _rule(d)
    if rule is None:
        return Timing((), (), NO_RULE, 0, 0, False, size, text)
    sources, results, cycles = rule
    sources = tuple((r, s) for r, s in sources if r not in (PC, FLAGS))
    results = tuple((r, s) for r, s in results if r not in (PC, FLAGS))
    if d.name in {"adc", "sbc", "rrx"}:
        sources += ((FLAGS, 2),)
    if d.conditional:  # rule 8: the old destination and the flags are operands too
        sources += ((FLAGS, 2), *((r, 2) for r, _ in results))
    if d.sets_flags:
        results += ((FLAGS, 2),)
    multiple = d.name in LOAD_MULTIPLE | STORE_MULTIPLE
    units = MEMORY if multiple or d.name in SINGLE else 0
    if units:
        sources += ((LOAD_STORE, 0),)
    if multiple and PC in d.written:
        units |= BRANCH
    first_pipe = multiple or cycles > 1 or d.name in MULTIPLIES
    return Timing(sources, results, cycles, units, units, first_pipe, size, text)


def _neon(instruction: Any) -> Timing:
    """An instruction of the NEON unit; under a condition the core waits for the flags."""
    from capstone import arm

    name, _, kind = instruction.mnemonic.partition(".")
    conditional = instruction.cc not in (arm.ARM_CC_AL, arm.ARM_CC_INVALID)
    found = neon_timing(name[:-2] if conditional else name, kind, instruction.op_str, instruction.size)
    if found is None:
        text = f"{instruction.mnemonic} {instruction.op_str}"
        return Timing((), (), NO_RULE, 0, 0, False, instruction.size, text)
    return replace(found, sources=(*found.sources, (FLAGS, 2))) if conditional else found


def _rule(d: _Decoded) -> tuple[Operands, Operands, int] | None:
    """Sources, results and issue cycles by the kind of instruction."""
    if d.name in MOVES:
        return tuple((r, 1) for r in d.read), tuple((r, 1) for r in d.written), 1
    if d.name in ALU:
        sources = tuple((r, 1 if r in d.shifted else 2) for r in d.read)
        return sources, tuple((r, 2) for r in d.written), 1
    if d.name in EARLY:
        return tuple((r, 1) for r in d.read), tuple((r, 2) for r in d.written), 1
    if d.name in MULTIPLIES:
        cycles = MULTIPLIES[d.name]
        return tuple((r, 1) for r in d.read), tuple((r, 4 + cycles) for r in d.written), cycles
    if d.name in SINGLE:
        return _single(d)
    if d.name in LOAD_MULTIPLE | STORE_MULTIPLE:
        return _multiple(d)
    return None


def _single(d: _Decoded) -> tuple[Operands, Operands, int]:
    """Loads and stores of one or two registers: address at E1, data to store at E3, loaded data after E3."""
    data = d.operands[: 2 if d.name.endswith("d") else 1]
    sources: Operands = tuple((r, 1) for r in d.address)
    results: Operands = tuple((r, 2) for r in d.written - set(data))  # the base, written back
    if d.name.startswith("ldr"):
        results += tuple((r, 3) for r in data)
    else:
        sources += tuple((r, 3) for r in data)
    return sources, results, 1 if d.index_shift in (None, 0, 2) else 2


def _multiple(d: _Decoded) -> tuple[Operands, Operands, int]:
    """One register in the first cycle, two in each later one (rule 7); push and pop work on sp."""
    implicit = d.name in {"push", "pop"}
    base, data = (SP, d.operands) if implicit else (d.operands[0], d.operands[1:])
    cycle = [(j + 1) // 2 for j in range(len(data))]  # of each register, from 0
    cycles = len(data) // 2 + 1
    back = ((base, 2),) if base in d.written and base not in data else ()
    if d.name in STORE_MULTIPLE:
        return ((base, 1), *((r, 3 + c) for r, c in zip(data, cycle, strict=True))), back, cycles
    late = [1 if j and j % 2 == 0 else 0 for j in range(len(data))]  # the second of two comes a stage later
    loaded = tuple((r, 3 + c + x) for r, c, x in zip(data, cycle, late, strict=True))
    return ((base, 1),), loaded + back, cycles


def _decoded(i: Any) -> _Decoded:
    from capstone import arm

    registers = [op for op in i.operands if op.type == arm.ARM_OP_REG]
    memory = [op for op in i.operands if op.type == arm.ARM_OP_MEM]
    read, written = i.regs_access()
    name = i.insn_name()
    return _Decoded(
        name=name,
        operands=_numbers(i, (op.reg for op in registers)),
        shifted=frozenset(_numbers(i, (op.reg for op in registers if op.shift.type))),
        read=frozenset(_numbers(i, read)),
        written=frozenset(_numbers(i, written)),
        address=frozenset(_numbers(i, (r for op in memory for r in (op.mem.base, op.mem.index) if r))) - {PC},
        index_shift=next((op.shift.value if op.shift.type else 0 for op in memory if op.mem.index), None),
        conditional=i.cc not in (arm.ARM_CC_AL, arm.ARM_CC_INVALID),
        sets_flags=name in COMPARES or i.mnemonic.startswith(f"{name}s"),
    )


def _numbers(i: Any, registers: Iterable[int]) -> tuple[int, ...]:
    """Register numbers; what the model does not follow (the state of IT blocks) is left out."""
    return tuple(_REGISTERS[name] for name in map(i.reg_name, registers) if name in _REGISTERS)
