"""The instruction set of the PRU core of the AM335x ("v3"): every instruction's operands and bits.

Sources: SPRUIJ2 (TI's guide to the instructions), `opcodes/pru-opc.c` of GNU binutils and `pasmop.c` of TI's
assembler pasm 0.87 for the bits; MVI, which binutils does not know, is from pasm alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

# How a part of a register is selected: bytes, the three overlapping halves, the whole register.
PARTS = ("b0", "b1", "b2", "b3", "w0", "w1", "w2", "")
PART_SHIFT = (0, 8, 16, 24, 0, 8, 16, 0)
PART_WIDTH = (8, 8, 8, 8, 16, 16, 16, 32)


class Register(NamedTuple):
    """A register or a part of it: `number` 0-31, `part` an index of `PARTS` (7 = all of it)."""

    number: int
    part: int = 7

    def __str__(self) -> str:
        return f"r{self.number}" + (f".{PARTS[self.part]}" if PARTS[self.part] else "")


class Pointer(NamedTuple):
    """An operand of MVI: a register, or with `mode` 1-3 the bytes that one of r1.b0-r1.b3 points at."""

    register: Register
    mode: int = 0

    def __str__(self) -> str:
        before, after = (("", ""), ("*", ""), ("*", "++"), ("*--", ""))[self.mode]
        return f"{before}{self.register}{after}"


Operand = Register | Pointer | int


class Instruction(NamedTuple):
    """One instruction: its name and its operands in the order in which they are written."""

    name: str
    operands: tuple[Operand, ...] = ()


@dataclass(frozen=True)
class Field:
    """Where one kind of operand stands in the word.

    Args:
        kind: What may stand there; the assembler parses and the disassembler prints by it.
        expects: The same for a person who wrote something else.
    """

    kind: str
    expects: str

    def put(self, value: Operand) -> int:
        """The bits of this operand, in place."""
        if self.kind == "rd" and isinstance(value, Register):
            return value.part << 5 | value.number
        if self.kind == "rs" and isinstance(value, Register):
            return value.part << 13 | value.number << 8
        if self.kind in ("op", "times", "target") and isinstance(value, Register):
            return value.part << 21 | value.number << 16
        if self.kind == "burst" and isinstance(value, Register):
            return (value.part & 3 if value.part < 4 else 0) << 5 | value.number
        if self.kind == "base" and isinstance(value, Register):
            return value.number << 8
        if self.kind in ("length", "count"):
            bits = 124 + value.part if isinstance(value, Register) else _number(value) - 1
            if self.kind == "count":
                return bits << 7
            return (bits >> 4) << 25 | (bits >> 1 & 7) << 13 | (bits & 1) << 7
        if self.kind == "to" and isinstance(value, Pointer):
            return value.mode << 23 | value.register.part << 5 | value.register.number
        if self.kind == "from" and isinstance(value, Pointer):
            return value.mode << 21 | value.register.part << 13 | value.register.number << 8
        number = _number(value)
        if self.kind == "op":
            return 1 << 24 | number << 16
        if self.kind == "times":
            return 1 << 24 | (number - 1) << 16
        if self.kind == "target":
            return 1 << 24 | number << 8
        if self.kind == "offset":
            return (number >> 8 & 3) << 25 | number & 0xFF
        shift = {"imm16": 8, "constant": 8, "device": 15, "wake": 23, "end": 0}[self.kind]
        return number << shift

    def get(self, word: int) -> Operand:
        """The operand that stands in a word."""
        register = Register(word >> 16 & 31, word >> 21 & 7)
        immediate = word >> 24 & 1
        if self.kind == "rd":
            return Register(word & 31, word >> 5 & 7)
        if self.kind == "rs":
            return Register(word >> 8 & 31, word >> 13 & 7)
        if self.kind == "op":
            return word >> 16 & 0xFF if immediate else register
        if self.kind == "times":
            return (word >> 16 & 0xFF) + 1 if immediate else register
        if self.kind == "target":
            return word >> 8 & 0xFFFF if immediate else register
        if self.kind == "burst":
            return Register(word & 31, word >> 5 & 3)
        if self.kind == "base":
            return Register(word >> 8 & 31)
        if self.kind == "count":
            return _length(word >> 7 & 127)
        if self.kind == "length":
            return _length((word >> 25 & 7) << 4 | (word >> 13 & 7) << 1 | word >> 7 & 1)
        if self.kind == "offset":
            return ((word >> 25 & 3) << 8 | word & 0xFF) - (1024 if word >> 26 & 1 else 0)
        if self.kind == "to":
            return Pointer(Register(word & 31, word >> 5 & 7), word >> 23 & 3)
        if self.kind == "from":
            return Pointer(Register(word >> 8 & 31, word >> 13 & 7), word >> 21 & 3)
        shift, mask = {
            "imm16": (8, 0xFFFF),
            "constant": (8, 31),
            "device": (15, 0xFF),
            "wake": (23, 1),
            "end": (0, 0xFF),
        }[self.kind]
        return word >> shift & mask


def _number(value: Operand) -> int:
    if not isinstance(value, int):
        raise TypeError(f"expected a number, found {value}")
    return value


def _length(bits: int) -> Operand:
    return bits + 1 if bits < 124 else Register(0, bits - 124)


FIELDS = {
    field.kind: field
    for field in (
        Field("rd", "a register or a part of one (r0-r31, .b0-.b3, .w0-.w2)"),
        Field("rs", "a register or a part of one (r0-r31, .b0-.b3, .w0-.w2)"),
        Field("op", "a register or a number from 0 to 255"),
        Field("times", "a register or a number from 1 to 256"),
        Field("target", "a label, a register or an address from 0 to 65535"),
        Field("imm16", "a number from 0 to 65535 or a label"),
        Field("offset", "a label within -512 to 511 instructions"),
        Field("end", "a label 2 to 255 instructions further on"),
        Field("burst", "the first register of a burst, as &r5 or &r5.b1"),
        Field("base", "a whole register that holds an address"),
        Field("constant", "an entry of the constant table, c0-c31"),
        Field("length", "1 to 124 bytes, or b0-b3 for the number of bytes in that part of r0"),
        Field("count", "1 to 124 bytes, or b0-b3 for the number of bytes in that part of r0"),
        Field("device", "a number from 0 to 253: 10-12 the scratchpad's banks, 14 the other core"),
        Field("wake", "0 or 1"),
        Field("to", "a register, or *r1.bN, *r1.bN++ or *--r1.bN"),
        Field("from", "a register, or *r1.bN, *r1.bN++ or *--r1.bN"),
    )
}

ALU = (
    "add", "adc", "sub", "suc", "lsl", "lsr", "rsb", "rsc",
    "and", "or", "xor", "not", "min", "max", "clr", "set",
)  # fmt: skip
COMPARISONS = {"qblt": 1, "qbeq": 2, "qble": 3, "qbgt": 4, "qbne": 5, "qbge": 6}


@dataclass(frozen=True)
class Form:
    """An instruction's fixed bits.

    Args:
        name: Its name.
        match: The word with every operand zero.
        mask: The bits that tell it from the others.
        fields: Its operands.
    """

    name: str
    match: int
    mask: int
    fields: tuple[Field, ...]


def _forms() -> tuple[Form, ...]:
    def form(name: str, match: int, mask: int, kinds: str) -> Form:
        return Form(name, match, mask, tuple(FIELDS[kind] for kind in kinds.split()))

    forms = [
        form(name, i << 25 | (1 << 24 if name == "not" else 0), 0xFE000000, "rd rs" + " op" * (name != "not"))
        for i, name in enumerate(ALU)
    ]
    for name, sub, kinds in (
        ("jmp", 0, "target"),
        ("jal", 1, "rd target"),
        ("ldi", 2, "rd imm16"),
        ("lmbd", 3, "rd rs op"),
        ("halt", 5, ""),
        ("slp", 15, "wake"),
    ):
        forms.append(form(name, 1 << 29 | sub << 25, 0xFE000000, kinds))
    # Bit 20 of MVI would add an offset from r0, which this core does not have.
    for size, name in enumerate(("mvib", "mviw", "mvid")):
        forms.append(form(name, 1 << 29 | 6 << 25 | size << 16, 0xFE130000, "to from"))
    # Bit 14 makes the shifted transfers of other cores.
    for sub, name in ((1, "xin"), (2, "xout"), (3, "xchg")):
        forms.append(form(name, 1 << 29 | 7 << 25 | sub << 23, 0xFF804000, "device burst count"))
    for bit, name in ((0, "loop"), (1 << 15, "iloop")):
        forms.append(form(name, 1 << 29 | 8 << 25 | bit, 0xFE008000, "end times"))
    for name, bits in COMPARISONS.items():
        forms.append(form(name, 1 << 30 | bits << 27, 0xF8000000, "offset rs op"))
    # gas leaves bit 24 of QBA clear, pasm sets it; the core does not look.
    forms.append(form("qba", 1 << 30 | 7 << 27 | 1 << 24, 0xF8000000, "offset"))
    forms.append(form("qbbc", 6 << 29 | 1 << 27, 0xF8000000, "offset rs op"))
    forms.append(form("qbbs", 6 << 29 | 2 << 27, 0xF8000000, "offset rs op"))
    for top, name in ((0xE, "sbbo"), (0xF, "lbbo")):
        forms.append(form(name, top << 28, 0xF0000000, "burst base op length"))
    for top, name in ((8, "sbco"), (9, "lbco")):
        forms.append(form(name, top << 28, 0xF0000000, "burst constant op length"))
    return tuple(forms)


FORMS = {form.name: form for form in _forms()}
_BY_TOP: dict[int, list[Form]] = {}
for _form in FORMS.values():
    for _top in range(256):
        if not (_top << 24 ^ _form.match) & _form.mask & 0xFF000000:
            _BY_TOP.setdefault(_top, []).append(_form)


def encode(instruction: Instruction) -> int:
    """The 32-bit word of an instruction whose operands are in range (the assembler sees to that)."""
    form = FORMS[instruction.name]
    word = form.match
    for field, value in zip(form.fields, instruction.operands, strict=True):
        word |= field.put(value)
    return word


def decode(word: int) -> Instruction | None:
    """The instruction of a word; None when there is none. Bits that mean nothing are not looked at."""
    for form in _BY_TOP.get(word >> 24, ()):
        if word & form.mask == form.match & form.mask:
            operands = tuple(field.get(word) for field in form.fields)
            if form.name.startswith("mvi") and not _pointers_stand_in_r1(operands):
                return None
            return Instruction(form.name, operands)
    return None


def refusal(instruction: Instruction) -> str | None:
    """Why the core (or pasm) would not take these operands together; None when it would."""
    name, operands = instruction
    if name in ("loop", "iloop") and _number(operands[0]) < 2:
        return "a loop ends at least 2 instructions after its LOOP: it needs one instruction inside"
    if name in ("qbbs", "qbbc") and isinstance(operands[2], int) and operands[2] > 31:
        return f"a register has bits 0 to 31, not {operands[2]}"
    if name in ("xin", "xout", "xchg", "lbbo", "sbbo", "lbco", "sbco"):
        first, length = operands[1 if name[0] == "x" else 0], operands[-1]
        if isinstance(first, Register):
            if name[0] == "x" and first.number == 31:
                return "r31 takes no part in a transfer"
            if isinstance(length, int) and 4 * first.number + first.part + length > 128:
                return f"{length} bytes from {first} run past r31"
    if name in ("xout", "xchg") and _number(operands[0]) > 253:
        return "devices 254 and 255 are ones and zeros: they can only be read (FILL, ZERO)"
    return None


def _pointers_stand_in_r1(operands: tuple[Operand, ...]) -> bool:
    pointers = [p for p in operands if isinstance(p, Pointer) and p.mode]
    return bool(pointers) and all(p.register.number == 1 and p.register.part < 4 for p in pointers)
