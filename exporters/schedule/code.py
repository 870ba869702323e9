"""The words of straight-line code: what a machine has, where values stand, and the four instructions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

# Gate -> the same gate with its operands exchanged.
EXCHANGED = tuple((op & 9) | (op & 4) >> 1 | (op & 2) << 1 for op in range(16))

# Gates without operands, and the only one with a single operand that optimised circuits have.
CONSTANTS = (0, 15)
NOT = 12


@dataclass(frozen=True)
class Machine:
    """What an instruction set can do with the values of gates.

    Args:
        registers: How many values it holds, at least 3.
        ops: Gates that are one instruction with the operands as they stand; 0 and 15 need not be named.
        destructive: The result replaces the first operand.
        memory_operand: The second operand may stand in memory.
    """

    registers: int
    ops: frozenset[int]
    destructive: bool = False
    memory_operand: bool = False


class Place(NamedTuple):
    """A value in memory: `array` is "in", "state", "out" or "slot", `number` the value's number in it."""

    array: str
    number: int


class Load(NamedTuple):
    """Memory to register."""

    reg: int
    place: Place


class Store(NamedTuple):
    """Register to memory."""

    reg: int
    place: Place


class Copy(NamedTuple):
    """Register to register; only destructive machines need it."""

    dst: int
    src: int


class Gate(NamedTuple):
    """`dst = op(a, b)`; a constant has a = b = dst, and NOT has b = a."""

    op: int
    dst: int
    a: int
    b: int | Place


Instruction = Load | Store | Copy | Gate
