"""An assembler of the PRU: the syntax of TI's pasm, without its macros and expressions.

A line is `label:`, an instruction, both, or a comment after `//` or `;`. Numbers are decimal, 0x or 0b, with
or without `#`. Beyond the instructions of `isa.py` it knows what pasm makes of them: `mov` (AND of a register
with itself, or one or two LDI), `zero` and `fill` (XIN), `wbs` and `wbc` (branch to itself), and bits named
as `r5.t3`. `.origin` and `.entrypoint` are pasm's; `.word` (gas) places a word that is no instruction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from exporters.pru.isa import (
    FORMS,
    PART_SHIFT,
    PART_WIDTH,
    PARTS,
    Field,
    Instruction,
    Operand,
    Pointer,
    Register,
    encode,
    refusal,
)
from zoo.errors import ZooError

ALIASES = ("mov", "zero", "fill", "wbs", "wbc")
_LINE = re.compile(r"\s*(?:([A-Za-z_]\w*)\s*:)?\s*(?:(\.?[A-Za-z]\w*)(?:\s+(.*?))?)?\s*$")
_REGISTER = re.compile(r"r(\d+)((?:\.[bwt]\d+)*)$", re.I)
_NUMBER = re.compile(r"#?(-?)(0x[0-9a-f]+|0b[01]+|\d+)$", re.I)
_POINTER = re.compile(r"\*(--)?(r1\.b[0-3])(\+\+)?$", re.I)
_LABEL = re.compile(r"[A-Za-z_]\w*$")


class AssemblyError(ZooError, ValueError):
    """A line of a program cannot be assembled; the message says which, what was expected, how to mend it."""


@dataclass(frozen=True)
class Program:
    """What `assemble` gives.

    Args:
        words: The instructions, uint32 (n,); the first stands at address `origin`.
        labels: Address of each label, counted in instructions.
        lines: Line of the source that each word came from, counted from 1.
        source: The lines of the source.
        name: What to call the source in messages.
        origin: Address of the first word.
        entry: Address at which to start.
    """

    words: npt.NDArray[np.uint32]
    labels: dict[str, int]
    lines: tuple[int, ...]
    source: tuple[str, ...]
    name: str
    origin: int
    entry: int

    def where(self, address: int) -> str:
        """The line of an address, for messages."""
        if not 0 <= address - self.origin < len(self.lines):
            return f"address {address}, outside {self.name}"
        line = self.lines[address - self.origin]
        return f"address {address}, {self.name} line {line}: `{self.source[line - 1].strip()}`"


@dataclass(frozen=True)
class _Statement:
    line: int
    address: int
    name: str
    operands: tuple[str, ...]


class _StatementError(Exception):
    """What is wrong with one statement; `assemble` adds where."""


def assemble(text: str, origin: int = 0, name: str = "program") -> Program:
    """Turn source text into words.

    Args:
        text: The source.
        origin: Address of the first instruction, unless the source says `.origin`.
        name: What to call the source in messages.

    Raises:
        AssemblyError: A line cannot be assembled; the message names it.
    """
    source = tuple(text.splitlines())

    def error(line: int, what: object) -> AssemblyError:
        return AssemblyError(f"{name}, line {line}: `{source[line - 1].strip()}`: {what}")

    layout = _Layout(origin)
    for line, written in enumerate(source, 1):
        try:
            layout.read(line, written)
        except _StatementError as bad:
            raise error(line, bad) from None
    words: list[int] = []
    lines: list[int] = []
    for statement in layout.statements:
        try:
            if statement.name == ".entrypoint":
                layout.entry = _value(_only(statement), layout.labels, 0, 65535, "a label of this program")
                continue
            made = _words(statement, layout.labels)
        except _StatementError as bad:
            raise error(statement.line, bad) from None
        words += made
        lines += [statement.line] * len(made)
    entry = layout.origin if layout.entry is None else layout.entry
    array = np.array(words, np.uint32)
    return Program(array, layout.labels, tuple(lines), source, name, layout.origin, entry)


class _Layout:
    """The first pass: what stands at which address."""

    def __init__(self, origin: int) -> None:
        self.origin = self.address = origin
        self.entry: int | None = None
        self.labels: dict[str, int] = {}
        self.statements: list[_Statement] = []

    def read(self, line: int, written: str) -> None:
        """Take in one line of the source."""
        match = _LINE.match(written.split("//", 1)[0].split(";", 1)[0])
        if match is None:
            raise _StatementError("expected `label:`, an instruction and its operands, or a comment")
        label, mnemonic, rest = match.groups()
        if label:
            _define(label, self.address, self.labels)
        if not mnemonic:
            return
        operands = tuple(part.strip() for part in rest.split(",")) if rest else ()
        statement = _Statement(line, self.address, mnemonic.lower(), operands)
        if statement.name == ".origin":
            if self.labels or self.address != self.origin:
                raise _StatementError("expected .origin before the first label and instruction")
            self.origin = self.address = _number(_only(statement), 0, 65535, "an address")
            return
        self.statements.append(statement)
        self.address += _size(statement)


def _only(statement: _Statement) -> str:
    if len(statement.operands) != 1:
        raise _StatementError(f"expected one operand of {statement.name}, found {len(statement.operands)}")
    return statement.operands[0]


def _define(label: str, address: int, labels: dict[str, int]) -> None:
    if label in labels:
        raise _StatementError(
            f"the label {label} is defined already, for address {labels[label]}; rename one of the two"
        )
    if label.lower() in FORMS or label.lower() in ALIASES or _REGISTER.match(label):
        raise _StatementError(f"{label} is the name of an instruction or register; choose another label")
    labels[label] = address


def _size(statement: _Statement) -> int:
    """MOV of a number above 65,535 is two LDI; every other instruction is one word."""
    if statement.name == ".entrypoint":
        return 0
    if statement.name != "mov" or len(statement.operands) != 2:
        return 1
    match = _NUMBER.match(statement.operands[1])
    register = _register(statement.operands[0])
    return 2 if match and register and register.part == 7 and int(match[2], 0) > 0xFFFF else 1


def _words(statement: _Statement, labels: dict[str, int]) -> list[int]:
    if statement.name == ".word":
        return [_number(_only(statement), 0, 0xFFFFFFFF, "a number")]
    return [encode(instruction) for instruction in _instructions(statement, labels)]


def _instructions(statement: _Statement, labels: dict[str, int]) -> list[Instruction]:
    name, texts = statement.name, list(statement.operands)
    if name == "mov" and len(texts) == 2 and not _register(texts[1]):
        return _load_number(texts, labels)
    if name in ("mov", "zero", "fill", "wbs", "wbc"):
        name, texts = _alias(name, texts, statement.address)
    if name not in FORMS:
        raise _StatementError(
            f"there is no instruction {name}; expected one of {', '.join(sorted((*FORMS, *ALIASES)))}"
        )
    if name in ("clr", "set", "qbbs", "qbbc"):
        texts = _named_bit(name, texts)
    fields = FORMS[name].fields
    if len(texts) != len(fields):
        wanted = "; ".join(field.expects for field in fields) or "none"
        raise _StatementError(f"{name} takes {len(fields)} operands ({wanted}), found {len(texts)}")
    operands = tuple(
        _operand(field, text, statement.address, labels) for field, text in zip(fields, texts, strict=True)
    )
    instruction = Instruction(name, operands)
    why_not = refusal(instruction)
    if (
        why_not is None
        and name.startswith("mvi")
        and not any(isinstance(p, Pointer) and p.mode for p in operands)
    ):
        why_not = "one operand of MVI must be a pointer, *r1.bN; use mov between registers"
    if why_not:
        raise _StatementError(why_not)
    return [instruction]


def _load_number(texts: list[str], labels: dict[str, int]) -> list[Instruction]:
    register = _register(texts[0])
    if register is None:
        raise _StatementError(f"expected {FORMS['ldi'].fields[0].expects}, found {texts[0]}")
    value = _value(
        texts[1], labels, 0, 2 ** PART_WIDTH[register.part] - 1, "a number that fits, a label or a register"
    )
    if value <= 0xFFFF:
        return [Instruction("ldi", (register, value))]
    return [
        Instruction("ldi", (register._replace(part=6), value >> 16)),
        Instruction("ldi", (register._replace(part=4), value & 0xFFFF)),
    ]


def _alias(name: str, texts: list[str], address: int) -> tuple[str, list[str]]:
    if name in ("zero", "fill"):
        return "xin", ["255" if name == "zero" else "254", *texts]
    if name == "mov":
        if len(texts) != 2:
            raise _StatementError(
                f"mov takes 2 operands (a register; a register or a number), found {len(texts)}"
            )
        return "and", [*texts, texts[1]]
    return "qbbc" if name == "wbs" else "qbbs", [str(address), *texts]


def _named_bit(name: str, texts: list[str]) -> list[str]:
    """`r5.t3` is `r5, 3`; CLR and SET of one register write where they read."""
    branch = name[0] == "q"
    if texts and (cut := texts[-1].lower().rpartition(".t")) and cut[1]:
        texts = [*texts[:-1], cut[0], cut[2]]
    elif branch or len(texts) != 2:
        return texts
    return texts if branch or len(texts) == 3 else [texts[0], *texts]


def _operand(field: Field, text: str, address: int, labels: dict[str, int]) -> Operand:
    kind = field.kind
    register = _register(text)
    if kind in ("rd", "rs", "op", "times", "target") and register:
        return register
    if kind == "op":
        return _number(text, 0, 255, field.expects)
    if kind == "times":
        return _number(text, 1, 256, field.expects)
    if kind in ("target", "imm16"):
        return _value(text, labels, 0, 65535, field.expects)
    if kind == "offset":
        return _distance(text, labels, address, -512, 511, field.expects)
    if kind == "end":
        return _distance(text, labels, address, 0, 255, field.expects)
    if kind == "burst":
        first = _register(text.removeprefix("&"))
        if first:
            return first._replace(part=PART_SHIFT[first.part] // 8)
    if kind == "base" and register and register.part == 7:
        return register
    if kind == "constant" and re.match(r"c\d+$", text, re.I):
        return _number(text[1:], 0, 31, field.expects)
    if kind in ("length", "count"):
        counter = _register(text if text.lower().startswith("r") else f"r0.{text}")
        if counter and counter.number == 0 and counter.part < 4:
            return counter
        return _number(text, 1, 124, field.expects)
    if kind == "device":
        return _number(text, 0, 255, field.expects)
    if kind == "wake":
        return _number(text, 0, 1, field.expects)
    if kind in ("to", "from"):
        if register:
            return Pointer(register)
        pointer = _POINTER.match(text)
        if pointer and not (pointer[1] and pointer[3]):
            where = _register(pointer[2])
            assert where is not None
            return Pointer(where, 3 if pointer[1] else 2 if pointer[3] else 1)
    raise _StatementError(f"expected {field.expects}, found {text or 'nothing'}")


@lru_cache(maxsize=4096)
def _register(text: str) -> Register | None:
    """`r5`, `r5.b2`, `r5.w1`, and pasm's parts of parts, `r5.w2.b1`; None when it is no register."""
    match = _REGISTER.match(text)
    if not match or int(match[1]) > 31:
        return None
    width, shift = 32, 0
    for part in match[2].lower().split(".")[1:]:
        size, index = {"b": 8, "w": 16, "t": 0}[part[0]], int(part[1:])
        if not size or 8 * index + size > width:
            return None
        width, shift = size, shift + 8 * index
    number = next(i for i in range(len(PARTS)) if PART_WIDTH[i] == width and PART_SHIFT[i] == shift)
    return Register(int(match[1]), number)


def _number(text: str, low: int, high: int, expects: str) -> int:
    match = _NUMBER.match(text)
    if not match:
        raise _StatementError(f"expected {expects}, found {text or 'nothing'}")
    value = int(match[2], 0) * (-1 if match[1] else 1)
    if not low <= value <= high:
        raise _StatementError(f"expected {expects}, found {value}, which is not within {low} to {high}")
    return value


def _value(text: str, labels: dict[str, int], low: int, high: int, expects: str) -> int:
    if _LABEL.match(text):
        if text not in labels:
            raise _StatementError(
                f"expected {expects}, found {text}, which no line defines; write `{text}:` where it leads"
            )
        return labels[text]
    return _number(text, low, high, expects)


def _distance(text: str, labels: dict[str, int], address: int, low: int, high: int, expects: str) -> int:
    distance = _value(text, labels, -512, 65535, expects) - address
    if not low <= distance <= high:
        raise _StatementError(
            f"expected {expects}, found {text}, {distance} instructions away; use jmp, or move it nearer"
        )
    return distance
