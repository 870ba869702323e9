"""Which two-input operations a machine has: what an optimised circuit may be made of."""

from __future__ import annotations

from dataclasses import dataclass

NOT = 12
_CONSTANT_OR_WIRE = frozenset({0, 3, 5, 10, 15})


@dataclass(frozen=True)
class Basis:
    """The operations that cost one instruction.

    Args:
        name: For messages.
        ops: Operations in difflogic's numbering. 1 (`a & b`), 6 (`a ^ b`) and 12 (`~a`) must be there:
            they are enough for every circuit. Constants and wires must not.

    Raises:
        ValueError: An operation is missing or does not belong.
    """

    name: str
    ops: frozenset[int]

    def __post_init__(self) -> None:
        missing = {1, 6, NOT} - self.ops
        if missing:
            raise ValueError(f"basis {self.name}: expected 1, 6 and 12, found no {sorted(missing)}")
        wrong = sorted(op for op in self.ops if op in _CONSTANT_OR_WIRE or not 0 <= op < 16)
        if wrong:
            raise ValueError(f"basis {self.name}: expected two-input operations and 12, found {wrong}")


ANY = Basis("any", frozenset({1, 2, 4, 6, 7, 8, 9, 11, 12, 13, 14}))
X86 = Basis("x86", frozenset({1, 2, 4, 6, 7, 12}))  # vector registers: pandn
X86_64 = Basis("x86-64", frozenset({1, 6, 7, 12}))
THUMB = Basis("thumb", frozenset({1, 2, 4, 6, 7, 11, 13, 12}))  # bic, orn, mvn
A64 = Basis("a64", frozenset({1, 2, 4, 6, 7, 9, 11, 13, 12}))  # and eon
NEON = Basis("neon", frozenset({1, 2, 4, 6, 7, 11, 13, 12}))
WASM = Basis("wasm", frozenset({1, 2, 4, 6, 7, 12}))  # v128.andnot
PRU = Basis("pru", frozenset({1, 6, 7, 12}))

BASES = {basis.name: basis for basis in (ANY, X86, X86_64, THUMB, A64, NEON, WASM, PRU)}
