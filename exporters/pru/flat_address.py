"""From words to addresses: what the 8-bit offset of a load or store counts from.

An offset reaches 64 words. Entries of the constant table stand still; base registers are set anew where no
base reaches the next word: the one that will be missed last, to where it serves most of the accesses that
follow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exporters.pru.code import Code
from exporters.pru.flat_machine import Op

REACH = 255
AHEAD = 40  # accesses looked at when a base is set


@dataclass(frozen=True)
class Bases:
    """What offsets can count from.

    Args:
        fixed: Entry of the constant table -> address.
        registers: Numbers of base registers.
    """

    fixed: Mapping[int, int]
    registers: Sequence[int]


def write(ops: Sequence[Op], areas: Sequence[int], bases: Bases) -> Code:
    """The instructions as text.

    Args:
        ops: In order; words as `flat_items` numbers them.
        areas: Address of the first word of each area, all within 64 KiB.
        bases: Whose base registers this sets.
    """
    accesses = [areas[op.b >> 24] + 4 * (op.b & 0xFFFFFF) for op in ops if op.kind in ("load", "store")]
    window = _Windows(accesses, bases)
    code = Code()
    high = accesses[0] >> 16 if accesses else 0
    if high:
        for register in bases.registers:
            code.op("ldi", f"r{register}.w2", high)
    for op in ops:
        if op.kind in ("load", "store"):
            base, offset = window.next(code, high)
            name = ("lb" if op.kind == "load" else "sb") + ("co" if base.startswith("c") else "bo")
            code.op(name, f"&r{op.register}", base, offset, 4 * op.a)
        elif op.kind in ("xin", "xout"):
            code.op(op.kind, op.a, f"&r{op.register}", 4 * op.b)
        elif op.kind == "zero":
            code.op("ldi", f"r{op.register}", 0)
        elif op.kind in ("not", "mov"):
            code.op(op.kind, f"r{op.register}", f"r{op.a}")
        else:
            code.op(op.kind, f"r{op.register}", f"r{op.a}", f"r{op.b}")
    return code


class _Windows:
    """Where every base stands, access by access."""

    def __init__(self, accesses: Sequence[int], bases: Bases) -> None:
        self.accesses = accesses
        self.fixed = {f"c{entry}": address for entry, address in bases.fixed.items()}
        self.moving: dict[str, int | None] = {f"r{number}": None for number in bases.registers}
        self.done = 0

    def next(self, code: Code, high: int) -> tuple[str, int]:
        """Base and offset of the next access; sets a base register if need be."""
        at = self.accesses[self.done]
        self.done += 1
        for base, start in (*self.fixed.items(), *self.moving.items()):
            if start is not None and 0 <= at - start <= REACH:
                return base, at - start
        ahead = self.accesses[self.done : self.done + AHEAD]
        base = max(self.moving, key=lambda b: self._next_use(b, ahead))
        start = self._best_start(at, base, ahead)
        self.moving[base] = start
        code.op("ldi", f"{base}.w0" if high else base, start & 0xFFFF)
        return base, at - start

    def _next_use(self, base: str, ahead: Sequence[int]) -> int:
        start = self.moving[base]
        if start is None:
            return AHEAD + 1
        return next((i for i, at in enumerate(ahead) if 0 <= at - start <= REACH), AHEAD)

    def _best_start(self, at: int, base: str, ahead: Sequence[int]) -> int:
        """Where a base reaches `at` and most of what comes soon and no other base reaches."""
        others = [s for b, s in (*self.fixed.items(), *self.moving.items()) if b != base and s is not None]
        soon = [
            (x, 1 / (20 + i))
            for i, x in enumerate(ahead)
            if abs(x - at) <= REACH and not any(0 <= x - s <= REACH for s in others)
        ]
        low = at & ~0xFFFF
        starts = [at] + [x if x <= at else x - REACH // 4 * 4 for x, _ in soon]
        starts = [s for s in starts if at - REACH <= s <= at and s >= low]
        return max(starts, key=lambda s: sum(weight for x, weight in soon if 0 <= x - s <= REACH))
