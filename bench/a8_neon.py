"""When a NEON or VFP instruction needs its operands and has its results on a Cortex-A8.

The stages are N1 to N6 of the NEON unit, behind a queue of instructions that the core fills. The rule numbers
in the comments are those of docs/cortex-a8-model.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bench.pipeline import MEMORY, PERMUTE, PROCESS, Operands, Timing, Vector

CORE = {f"r{n}": n for n in range(16)} | {"sb": 9, "sl": 10, "fp": 11, "ip": 12, "sp": 13, "lr": 14, "pc": 15}
FLAGS, LOAD_STORE = 16, 17  # the load/store pipe counts as a register that a long access gives back late
ACCUMULATOR = 64  # d0 to d31 count again from here: their values as accumulators of a multiply
VFP = 96  # flags of a floating-point comparison
TRANSFER = 20  # cycles from the NEON unit to the core

_LIST = re.compile(r"\{(.*?)\}(?:\[(\d+)\])?")
_REGISTER = re.compile(r"\b([qds])(\d+)(\[\d*\])?")
_ADDRESS = re.compile(r"\[([a-z][a-z0-9]*)(?::0x([0-9a-f]+))?[^\]]*\](!|, (r\d+|ip|lr|sb|sl|fp)$)?")


@dataclass(frozen=True)
class _Rule:
    """Stages at whose start operands must be there, and at whose end the result is.

    Args:
        n: Stage of the first operand of two.
        m: Stage of the second, or of the only one.
        d: Stage of the old destination; 0 when it is not an operand.
        result: Stage of the result, in the last cycle.
        q: Issue cycles on Q registers; D registers take one.
        adder: Cycle in which it enters the floating-point adder; None when it does not.
    """

    n: int
    m: int
    d: int
    result: int
    q: int = 1
    adder: int | None = None


BITS = _Rule(2, 2, 0, 3)  # rule 19
SUBTRACT = _Rule(2, 1, 0, 3)
EARLY = _Rule(1, 1, 0, 3)
SATURATE = _Rule(2, 2, 0, 4)
NARROW = _Rule(1, 1, 0, 4)
ADD_LONG = _Rule(1, 1, 0, 6)
ACCUMULATE = _Rule(1, 1, 3, 6)
DIFFERENCE = _Rule(2, 1, 3, 6, q=2)
FLOAT = _Rule(2, 2, 0, 5, q=2, adder=0)
FLOAT_PAIR = _Rule(1, 1, 0, 5, adder=0)
FLOAT_MULTIPLY = _Rule(2, 1, 0, 5, q=2)
FLOAT_MAC = _Rule(2, 2, 3, 9, q=2, adder=4)
FLOAT_STEP = _Rule(2, 2, 0, 9, q=2, adder=4)
MULTIPLY = _Rule(2, 2, 0, 6, q=2)
MAC = _Rule(2, 2, 3, 6, q=2)

INTEGER = (
    dict.fromkeys(("vand", "vorr", "veor", "vbic", "vorn", "vmvn", "vmov"), BITS)
    | dict.fromkeys(("vadd", "vmax", "vmin", "vceq", "vtst", "vpadd", "vpmax", "vpmin", "vclz", "vcls"), BITS)
    | dict.fromkeys(("vcnt", "vaddhn"), BITS)
    | dict.fromkeys(("vsub", "vcge", "vcgt", "vcle", "vclt", "vabd", "vaddw", "vsubw", "vsubhn"), SUBTRACT)
    | dict.fromkeys(("vneg", "vabs", "vaddl", "vsubl", "vpaddl", "vmovl", "vabdl"), EARLY)
    | dict.fromkeys(("vhadd", "vrhadd", "vqadd", "vhsub", "vqsub"), SATURATE)
    | dict.fromkeys(("vqneg", "vqabs", "vqmovn", "vqmovun", "vrshrn", "vqshrn", "vqrshrn", "vrshr"), NARROW)
    | dict.fromkeys(("vqshrun", "vqrshrun", "vqshlu"), NARROW)
    | dict.fromkeys(("vpadal", "vsra", "vrsra"), ACCUMULATE)
    | dict.fromkeys(("vaba", "vabal"), DIFFERENCE)
    | dict.fromkeys(("vbsl", "vbit", "vbif"), _Rule(2, 2, 2, 3))
    | dict.fromkeys(("vshr", "vshrn", "vshll"), EARLY)
    | dict.fromkeys(("vsli", "vsri"), _Rule(1, 1, 1, 3, q=2))
    | dict.fromkeys(("vqshl", "vrshl", "vqrshl"), _Rule(1, 1, 0, 4, q=2))
    | dict.fromkeys(("vmul", "vmull", "vqdmull", "vqdmulh", "vqrdmulh"), MULTIPLY)
    | dict.fromkeys(("vmla", "vmls", "vmlal", "vmlsl", "vqdmlal", "vqdmlsl"), MAC)
)
FLOATS = (
    dict.fromkeys(("vadd", "vsub", "vabs", "vneg", "vmax", "vmin", "vcvt", "vabd", "vrecpe"), FLOAT)
    | dict.fromkeys(("vceq", "vcge", "vcgt", "vcle", "vclt", "vacge", "vacgt", "vrsqrte"), FLOAT)
    | dict.fromkeys(("vpadd", "vpmax", "vpmin"), FLOAT_PAIR)
    | {"vmul": FLOAT_MULTIPLY}
    | dict.fromkeys(("vmla", "vmls"), FLOAT_MAC)
    | dict.fromkeys(("vrecps", "vrsqrts"), FLOAT_STEP)
)
# rule 23: issue cycles on D and on Q registers; results come a stage after the last
PERMUTES = {
    "vext": (1, 2),
    "vtrn": (1, 2),
    "vswp": (1, 2),
    "vrev16": (1, 1),
    "vrev32": (1, 1),
    "vrev64": (1, 1),
    "vzip": (1, 3),
    "vuzp": (1, 3),
    "vdup": (1, 1),
    "vmovn": (1, 1),
}
EXCHANGES = {"vtrn", "vzip", "vuzp", "vswp"}  # write both registers
# rule 25, RunFast: issue cycles and latency of single precision outside the NEON instructions
SINGLES = dict.fromkeys(
    ("vadd", "vsub", "vmul", "vmla", "vmls", "vnmul", "vnmla", "vnmls", "vabs", "vneg", "vmov"), (1, 7)
) | {"vcmp": (1, 7), "vcmpe": (1, 7), "vcvt": (1, 7), "vcvtr": (1, 7), "vdiv": (20, 20), "vsqrt": (19, 19)}


def neon_timing(name: str, kind: str, text: str, size: int) -> Timing | None:
    """Timing of one instruction.

    Args:
        name: Mnemonic up to its first dot, without a condition.
        kind: What follows, such as "f32" or "s32.f32"; may be empty.
        text: Operands.
        size: Bytes.

    Returns:
        None when there is no rule for it.
    """
    shown = f"{name}{'.' if kind else ''}{kind} {text}"
    if re.match(r"v(ld|st)[1-4]$|v(ldr|str|push|pop)$|v(ldm|stm)", name):
        return _memory(name, text, size, shown)
    if name == "vmrs":
        vector = Vector(((VFP, 1),), (), PERMUTE, back=((FLAGS, TRANSFER),))
        return _timing((), vector, size, shown)
    if name in {"vmov", "vdup"} and (core := _core_operands(text)):
        return _transfer(name, text, core, size, shown)
    found = _process(name, kind, text) or _permute(name, text) or _single(name, kind, text)
    return None if found is None else _timing((), found, size, shown)


def _timing(
    sources: Operands, vector: Vector, size: int, text: str, results: Operands = (), units: int = 0
) -> Timing:
    return Timing(sources, results, 1, units, units, False, size, text, vector)


def _parts(letter: str, number: str) -> tuple[int, ...]:
    """The D registers of a register."""
    n = int(number)
    return {"q": (2 * n, 2 * n + 1), "d": (n,), "s": (n // 2,)}[letter]


def _operands(text: str) -> list[tuple[str, tuple[int, ...], bool]]:
    """(letter, its D registers, whether it is a lane of one) for each operand."""
    return [(x[1], _parts(x[1], x[2]), bool(x[3])) for x in _REGISTER.finditer(text)]


def _core_operands(text: str) -> list[int]:
    return [CORE[x] for x in re.split(r"[,\s]+", text) if x in CORE]


def _written(registers: tuple[int, ...], stage: int, accumulator: int | None = None) -> Operands:
    """Results, and the same as accumulators of a multiply."""
    early = stage if accumulator is None else accumulator
    return (*((r, stage) for r in registers), *((r + ACCUMULATOR, early) for r in registers))


def _process(name: str, kind: str, text: str) -> Vector | None:
    """Data processing: rules 18 to 22."""
    operands = _operands(text)
    if not operands or any(letter == "s" for letter, _, _ in operands):
        return None
    real = "f32" in kind and name != "vmov"
    rule = _shift(operands) if name == "vshl" else (FLOATS if real else INTEGER).get(name)
    if "f64" in kind or rule is None:
        return None
    (letter, target, _), rest = operands[0], operands[1:]
    lane = bool(rest) and rest[-1][2]
    cycles = rule.q if letter == "q" else 1
    if rule in (MULTIPLY, MAC):
        cycles = _multiply_cycles(name, kind, letter, lane)
    integer_mac = rule is MAC
    sources: list[tuple[int, int]] = []
    for k, (_, registers, _) in enumerate(rest):
        last = k == len(rest) - 1
        stage = (1 if lane and rule in (MULTIPLY, MAC, FLOAT_MAC) else rule.m) if last else rule.n
        sources += [(r, stage) for r in registers]
    if rule.d or (name in {"vbic", "vorr"} and not rest):
        shift = ACCUMULATOR if integer_mac else 0
        sources += [(r + shift, rule.d or 2) for r in target]
    results = _written(target, rule.result + cycles - 1, 2 + cycles if integer_mac else None)
    adders = () if rule.adder is None else tuple(rule.adder + k for k in range(cycles))
    return Vector(tuple(sources), results, PROCESS, cycles, adders)


def _shift(operands: list[tuple[str, tuple[int, ...], bool]]) -> _Rule:
    """`vshl` by a constant, or by a register, where D registers are ready after N1 and Q take two cycles."""
    if len(operands) < 3:
        return EARLY
    return _Rule(1, 1, 0, 1 if operands[0][0] == "d" else 3, q=2)


def _multiply_cycles(name: str, kind: str, letter: str, lane: bool) -> int:
    """Rule 21: 16 products of 8 bits, 8 of 16 or 4 of 32 take two, two or four cycles; half of them half."""
    wide = kind.endswith(("32", "64"))
    if name.endswith(("ll", "al", "sl")):  # long: D registers in, a Q register out
        return 2 if wide else 1
    if letter == "q":
        return 4 if wide else 2
    return 2 if wide else 1


def _permute(name: str, text: str) -> Vector | None:
    operands = _operands(text)
    if name in {"vtbl", "vtbx"}:
        cycles = 2 if len(operands) <= 4 else 3
    elif name in PERMUTES and operands:
        cycles = PERMUTES[name][operands[0][0] == "q"]
    else:
        return None
    read = operands if name in EXCHANGES or name == "vtbx" else operands[1:]
    written = operands[:2] if name in EXCHANGES else operands[:1]
    sources = tuple((r, 1) for _, registers, _ in read for r in registers)
    results = tuple(x for _, registers, _ in written for x in _written(registers, 1 + cycles))
    return Vector(sources, results, PERMUTE, cycles)


def _single(name: str, kind: str, text: str) -> Vector | None:
    """Single precision of the VFP instructions: rule 25."""
    operands = _operands(text)
    if name not in SINGLES or "f64" in kind or not operands:
        return None
    cycles, latency = SINGLES[name]
    compares, accumulates = name in {"vcmp", "vcmpe"}, name in {"vmla", "vmls", "vnmla", "vnmls"}
    read = operands if compares or accumulates else operands[1:]
    sources = tuple((r, 1) for _, registers, _ in read for r in registers)
    results = ((VFP, latency),) if compares else _written(operands[0][1], latency)
    return Vector(sources, results, PROCESS | PERMUTE, cycles)


def _transfer(name: str, text: str, core: list[int], size: int, shown: str) -> Timing:
    """Rule 24: to the NEON unit like any permute, back to the core after 20 cycles."""
    vectors = tuple(r for _, registers, _ in _operands(text) for r in registers)
    cycles = len(core)
    if text.split(",")[0].strip() in CORE:
        back = tuple((r, TRANSFER + k) for k, r in enumerate(core))
        vector = Vector(tuple((r, 1) for r in vectors), (), PERMUTE, cycles, back=back)
        return _timing((), vector, size, shown)
    lane = "[" in text.split(",")[0]  # the rest of the register stays
    old = tuple((r, 1) for r in vectors) if lane else ()
    vector = Vector(old, _written(vectors, 1 + cycles), PERMUTE, cycles)
    return _timing(tuple((r, 2) for r in core), vector, size, shown)


def _memory(name: str, text: str, size: int, shown: str) -> Timing:
    """Rule 17 in the core, rules 26 to 28 in the NEON unit."""
    multiple = re.match(r"v(ldm|stm|push|pop)", name) is not None
    found = _ADDRESS.search(text)
    if name in {"vpush", "vpop"}:
        base, back = CORE["sp"], True
    elif multiple:
        base, back = CORE[re.split(r"[!,]", text)[0].strip()], "!" in text
    else:
        assert found is not None
        base, back = CORE[found[1]], found[3] is not None
    outside = [CORE[found[4]]] if found is not None and found[4] else []
    head = text if found is None else text[: found.start()]
    registers = list(dict.fromkeys(r for _, parts, _ in _operands(head) for r in parts))
    cycles, late = _cycles(name, text, len(registers))
    vector = _loaded(name, registers, cycles, late)
    sources = ((base, 1), *((r, 1) for r in outside), (LOAD_STORE, 0))
    results: Operands = ((base, 2),) if back else ()
    if cycles > 1:
        results += ((LOAD_STORE, cycles - 1),)
    return _timing(sources, vector, size, shown, results, MEMORY)


def _loaded(name: str, registers: list[int], cycles: int, late: int) -> Vector:
    """Loaded data is there `late` stages after N1 of its cycle; data to store is needed at N1."""
    if name.startswith(("vst", "vpush")):
        return Vector(tuple((r, 1) for r in registers), (), PERMUTE, cycles)
    first = cycles - (len(registers) + 1) // 2 + 1  # an address that is not aligned delays the first two
    if late:
        stages = [cycles + late] * len(registers)
    else:
        stages = [min(first + k // 2, cycles) for k in range(len(registers))]
    results = tuple(x for r, s in zip(registers, stages, strict=True) for x in _written((r,), s))
    return Vector((), results, PERMUTE, cycles)


def _cycles(name: str, text: str, registers: int) -> tuple[int, int]:
    """Issue cycles of a load or store, and the stages after N1 in which elements are put in place."""
    if name in {"vldr", "vstr"}:
        return 2, 0
    if not re.match(r"v(ld|st)[1-4]$", name):
        return registers // 2 + registers % 2 + 1, 0
    elements, load = int(name[3]), name.startswith("vld")
    inside = text[: text.index("}")]
    if "[]" in inside:
        return 2 if elements < 3 else 3, 1
    if "[" in inside:  # one lane
        return ((3, 1) if elements < 3 else (5, 1)) if load else (2 if elements < 3 else 3, 0)
    found = _ADDRESS.search(text)
    aligned = int(found[2], 16) if found is not None and found[2] else 8
    if elements == 1:
        return _beats(registers, aligned), 0
    if elements == 2:
        return (_beats(registers, aligned), 1) if load else (2 if registers == 2 else 4, 0)
    return 4, int(load)


def _beats(registers: int, aligned: int) -> int:
    """Rule 26: accesses of 16 bytes that so many D registers span at worst."""
    if aligned >= 128:
        return (registers + 1) // 2
    return registers // 2 + 1 if aligned == 64 else (registers + 1) // 2 + 1
