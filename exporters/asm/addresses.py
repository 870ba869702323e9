"""Addresses for instructions that take no offset, such as NEON's `vld1`: made ahead, kept, and moved along.

An access is a line `@base+offset text`, where `@` in the text stands for the register of the address. A
register that holds an address keeps it for the next access there, or moves to the one behind it at no cost
(`!`), whichever is used first; the one that is needed latest is given up for a new address.
"""

from __future__ import annotations

from collections.abc import Sequence

AHEAD = 4  # instructions between an address and its use
STEP = 16  # bytes of an access
NEVER = 1 << 60

Key = tuple[str, int]


def addressed(lines: Sequence[str], pool: Sequence[int]) -> list[str]:
    """The lines with registers for addresses, and what makes the addresses.

    Args:
        lines: Instructions, and accesses as above; an access ends in `]`.
        pool: Core registers for addresses.
    """
    work = _Addresses(lines, pool)
    found = [work.access(i, line) if line.startswith("@") else line for i, line in enumerate(lines)]
    made = iter(sorted(work.made, key=lambda item: item[0]))
    result, following = [], next(made, None)
    for i, line in enumerate(found):
        while following is not None and following[0] <= i:
            result.append(following[1])
            following = next(made, None)
        result.append(line)
    return result


def _key(line: str) -> Key:
    base, offset = line[1 : line.index(" ")].split("+")
    return base, int(offset)


class _Addresses:
    def __init__(self, lines: Sequence[str], pool: Sequence[int]) -> None:
        self.made: list[tuple[int, str]] = []  # (line that it stands before, instruction)
        self._uses: dict[Key, list[int]] = {}  # lines, the next one last
        for i in range(len(lines) - 1, -1, -1):
            if lines[i].startswith("@"):
                self._uses.setdefault(_key(lines[i]), []).append(i)
        self._holds: dict[Key, int] = {}
        self._free = list(pool)
        self._last = dict.fromkeys(pool, -1)  # line that last used the register

    def access(self, i: int, line: str) -> str:
        """One access in its final form."""
        key, text = _key(line), line[line.index(" ") + 1 :]
        self._uses[key].pop()
        base, offset = key
        if offset == 0:
            return text.replace("@", base)
        register = self._holds.pop(key, -1)
        if register < 0:
            register = self._room(i)
            self._make(max(i - AHEAD, self._last[register] + 1), register, base, offset)
        self._last[register] = i
        text = text.replace("@", f"r{register}")
        behind = base, offset + STEP
        if behind not in self._holds and self._next(behind) < self._next(key):
            self._holds[behind] = register
            return text + "!"
        if self._next(key) < NEVER:
            self._holds[key] = register
        else:
            self._free.append(register)
        return text

    def _next(self, key: Key) -> int:
        uses = self._uses.get(key)
        return uses[-1] if uses else NEVER

    def _room(self, i: int) -> int:
        """A register for another address; not one used lately, so that the address is made in time."""
        if self._free and self._last[self._free[0]] <= i - AHEAD:
            return self._free.pop(0)
        rested = [key for key, register in self._holds.items() if self._last[register] <= i - AHEAD]
        if rested:
            return self._holds.pop(max(rested, key=self._next))
        if self._free:
            return self._free.pop(0)
        return self._holds.pop(max(self._holds, key=self._next))

    def _make(self, line: int, register: int, base: str, offset: int) -> None:
        high, low = offset & ~0xFFF, offset & 0xFFF
        source = base
        for part in (high, low):
            if part:
                self.made.append((line, f"add r{register}, {source}, #{part}"))
                source = f"r{register}"
