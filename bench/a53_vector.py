"""Advanced SIMD and floating-point instructions of a Cortex-A53: latencies and issue cycles.

A number here is the cycles from issue until a dependent instruction can issue. The rules are 11 to 15 of
docs/cortex-a53-model.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

VECTOR_UNITS = {False: 8, True: 4}  # by width: 64 bits use one of two pipes, 128 bits both
VECTOR_CLASHES = {False: 4, True: 12}  # so only two of 64 bits may pair

# latency: names
LATENCIES = {
    1: ("and", "orr", "eor", "bic", "orn", "mvn", "not", "mov", "movi", "mvni", "fmov"),
    2: (
        *("add", "sub", "neg", "bsl", "bit", "bif", "smax", "smin", "umax", "umin", "clz"),
        *("cls", "cnt", "rbit"),
        *("cmeq", "cmge", "cmgt", "cmhi", "cmhs", "cmle", "cmlt", "cmtst", "fcmeq", "fcmge"),
        *("fcmgt", "fcmle"),
        *("fcmlt", "shadd", "uhadd", "srhadd", "urhadd", "rev16", "rev32", "rev64", "ext", "zip1", "zip2"),
        *("uzp1", "uzp2", "trn1", "trn2", "dup", "shl", "sshr", "ushr", "xtn", "xtn2", "sshll", "ushll"),
        *("sshll2", "ushll2", "sxtl", "uxtl", "sxtl2", "uxtl2", "shrn", "shrn2", "ins", "tbl", "sli", "sri"),
        *("saddl", "uaddl", "ssubl", "usubl", "saddl2", "uaddl2", "ssubl2", "usubl2", "saddw", "uaddw"),
        *("saddw2", "uaddw2", "ssubw", "usubw", "fcsel"),
    ),
    3: (
        *("abs", "sabd", "uabd", "sabdl", "uabdl", "addp", "saddlp", "uaddlp", "addv", "uaddlv", "saddlv"),
        *("smaxv", "sminv", "umaxv", "uminv", "smaxp", "sminp", "umaxp", "uminp", "sqadd", "uqadd", "sqsub"),
        *("uqsub", "sqxtn", "sqxtn2", "uqxtn", "sqxtun", "sqneg", "sqabs", "sshl", "ushl", "srshr", "urshr"),
        *("rshrn", "rshrn2", "sqshrn", "sqshrn2", "sqrshrn", "sqrshrn2", "sqshl", "uqshl", "srshl", "urshl"),
        *("fneg", "fabs"),
    ),
    4: (
        *("mul", "mla", "mls", "smull", "umull", "smull2", "umull2", "smlal", "umlal", "smlal2", "umlal2"),
        *("smlsl", "umlsl", "smlsl2", "umlsl2", "sqdmulh", "sqrdmulh", "pmul", "pmull"),
        *("fadd", "fsub", "fmul", "fnmul", "fabd", "faddp", "fmax", "fmin", "fmaxnm", "fminnm", "fmaxnmv"),
        *("fminnmv", "fmaxv", "fminv", "scvtf", "ucvtf", "fcvtzs", "fcvtzu", "fcvtns", "fcvtas", "fcvtms"),
        *("fcvtps", "fcvt", "fcvtl", "fcvtn", "frintm", "frintp", "frintn", "frintz", "frinta"),
        *("frecpe", "frsqrte", "ssra", "usra", "srsra", "ursra", "saba", "uaba", "sadalp", "uadalp", "sabal"),
        "uabal",
    ),
    8: ("fmla", "fmls", "fmadd", "fmsub", "fnmadd", "fnmsub", "frecps", "frsqrts"),
    13: ("fdiv",),
    12: ("fsqrt",),
}
LATENCY = {name: cycles for cycles, names in LATENCIES.items() for name in names}
TWO_CYCLES = {"saba", "uaba", "sadalp", "uadalp", "sabal", "uabal"}
BLOCKS = {"fdiv": 10, "fsqrt": 9}  # the divider is not pipelined
READS_TARGET = {
    *("bsl", "bit", "bif", "mla", "mls", "smlal", "umlal", "smlal2", "umlal2", "smlsl", "umlsl", "smlsl2"),
    *("umlsl2", "fmla", "fmls", "sli", "sri", "ssra", "usra", "srsra", "ursra", "saba", "uaba", "sadalp"),
    *("uadalp", "sabal", "uabal", "xtn2", "shrn2", "sqxtn2", "rshrn2", "sqshrn2", "sqrshrn2", "tbx"),
}
FROM_CORE, TO_CORE, TO_CORE_LANE, INSERT = 2, 4, 5, 2


@dataclass(frozen=True)
class VectorTiming:
    """What an instruction does, with its registers still as text.

    Args:
        sources: (registers, stage).
        results: (registers, stage).
        wide: Works on 128 bits.
        cycles: Issue cycles.
        first_pipe: Cannot be the second of a pair.
        step: Cycles from one register of a list to the next.
        base: Address register of a load or store.
        written_base: It is changed.
        flags: Writes the condition flags.
        conditional: Reads them.
    """

    sources: tuple[tuple[str, int], ...]
    results: tuple[tuple[str, int], ...]
    wide: bool
    cycles: int = 1
    first_pipe: bool = False
    step: int = 0
    base: str = ""
    written_base: bool = False
    flags: bool = False
    conditional: bool = False


def scalar_or_vector(name: str, operands: tuple[str, ...]) -> VectorTiming | None:
    """Timing of an instruction, or None when there is no rule for it."""
    if re.match(r"(ld|st)[1-4]r?$", name):
        return _structure(name, operands)
    if name in {"fcmp", "fcmpe"}:
        return VectorTiming(tuple((x, 0) for x in operands), (), False, flags=True)
    if not operands or (moved := _moved(name, operands)):
        return moved if operands else None
    if name not in LATENCY:
        return None
    target, rest = operands[0], operands[1:]
    wide = re.search(r"\.(16b|8h|4s|2d)|\bq\d", " ".join(operands[:2])) is not None
    latency = LATENCY[name]
    accumulator = 4 if latency == 8 else 0
    sources = tuple((x, 0) for x in rest)
    if name in READS_TARGET or "[" in target:
        sources += ((target, accumulator),)
    if name in {"fmadd", "fmsub", "fnmadd", "fnmsub"}:
        sources = (*((x, 0) for x in rest[:2]), (rest[2], 4))
    cycles = BLOCKS.get(name, 2 if name in TWO_CYCLES else 1)
    conditional = name == "fcsel"
    return VectorTiming(sources, ((target, latency - 1),), wide, cycles, wide, conditional=conditional)


def _moved(name: str, operands: tuple[str, ...]) -> VectorTiming | None:
    """Between the general and the vector registers; rule 15."""
    target, source = operands[0], operands[-1]
    if name in {"umov", "smov", "mov", "fmov"} and target[0] in "xw":
        latency = TO_CORE if name == "fmov" else TO_CORE_LANE
        return VectorTiming(((source, 0),), ((target, latency + 1),), False)  # the core's ALU is at stage 2
    if name in {"dup", "mov", "ins", "fmov", "scvtf", "ucvtf"} and re.match(r"([xw]\d+|[xw]zr)$", source):
        lane = "[" in target
        latency = INSERT if lane else FROM_CORE if name == "fmov" else 4
        old = ((target, 0),) if lane else ()
        return VectorTiming((*old, (source, 3)), ((target, latency - 1),), False)
    if name in {"fcvtzs", "fcvtzu"} and target[0] in "xw":
        return VectorTiming(((source, 0),), ((target, TO_CORE_LANE + 1),), False)
    return None


def _structure(name: str, operands: tuple[str, ...]) -> VectorTiming:
    """`ld1` to `ld4` and their stores; rules 12 and 13."""
    listed, place = operands[0], operands[1]
    count = len(re.findall(r"v\d+", listed))
    wide = re.search(r"\.(16b|8h|4s|2d)", listed) is not None
    lane, load, elements = "]" in listed or name.endswith("r"), name.startswith("ld"), int(name[2])
    written = len(operands) > 2
    if lane:
        cycles = 1 if elements < 3 else 2
        old = ((listed, 0),) if "]" in listed else ()
        if not load:
            return VectorTiming(((listed, 1),), (), wide, cycles, base=place, written_base=written)
        return VectorTiming(old, ((listed, 2),), wide, cycles, cycles > 1, 0, place, written)
    per = 2 if wide else 1
    if load:
        cycles = per * count + (elements > 2)
        late = 0 if elements == 1 else cycles - 1
        return VectorTiming(
            (), ((listed, 3 + late),), wide, cycles, cycles > 1, 0 if late else per, place, written
        )
    cycles = count if wide else (count + 1) // 2
    return VectorTiming(((listed, 1),), (), wide, cycles, base=place, written_base=written)
