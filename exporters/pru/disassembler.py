"""Words of the PRU as text that assembles to the same words again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np

from exporters.pru.isa import FORMS, Field, Instruction, Operand, Pointer, Register, decode, encode, refusal

Dialect = Literal["pasm", "gas"]


def disassemble(words: Iterable[int] | np.ndarray, origin: int = 0, dialect: Dialect = "pasm") -> list[str]:
    """One line for each word, targets of branches as addresses.

    Args:
        words: The instructions.
        origin: Address of the first.
        dialect: "pasm", which `assemble` reads, or "gas" for `pru-elf-as` (addresses counted in bytes).

    Returns:
        Lines without labels; `.word 0x...` where a word is no instruction, or has bits set that mean nothing.
    """
    return [line(int(word), address, dialect) for address, word in enumerate(words, origin)]


def line(word: int, address: int = 0, dialect: Dialect = "pasm") -> str:
    """One word as text, as `disassemble` does it."""
    instruction = decode(word)
    if instruction is None or refusal(instruction) or encode(instruction) != word:
        return f".word 0x{word:08x}"
    name, operands = instruction
    if name == "xin" and operands[0] in (254, 255):
        return _reading_a_constant(instruction, word)
    fields = FORMS[name].fields
    texts = [_text(f, v, address, dialect) for f, v in zip(fields, operands, strict=True)]
    if dialect == "pasm" and name == "and" and operands[1] == operands[2]:
        name, texts = "mov", texts[:2]
    return f"{name} {', '.join(texts)}".rstrip()


def _reading_a_constant(instruction: Instruction, word: int) -> str:
    """FILL and ZERO: pasm takes no more than 124 bytes, and no count in r0."""
    device, first, length = instruction.operands
    if (
        isinstance(first, Register)
        and isinstance(length, int)
        and 4 * first.number + first.part + length <= 124
    ):
        return f"{'zero' if device == 255 else 'fill'} &{first}, {length}"
    return f".word 0x{word:08x}"


def _text(field: Field, value: Operand, address: int, dialect: Dialect) -> str:
    gas = dialect == "gas"
    if field.kind == "burst" and isinstance(value, Register):
        return f"&{value if value.part else Register(value.number)}"
    if field.kind in ("length", "count") and isinstance(value, Register):
        return f"r0.b{value.part}" if gas else f"b{value.part}"
    if isinstance(value, Register | Pointer):
        return str(value)
    if field.kind == "constant":
        return str(value) if gas else f"c{value}"
    if field.kind in ("offset", "end"):
        return f".{value * 4:+d}" if gas else str(address + value)
    if field.kind == "target" and gas:
        return str(value * 4)
    return str(value)
