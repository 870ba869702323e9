"""Lines of PRU assembly, counted as they are written."""

from __future__ import annotations


class Code:
    """Text in pasm's syntax; one call is one instruction unless it says otherwise."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.words = 0

    def op(self, name: str, *operands: object, note: str = "") -> None:
        """One instruction."""
        text = f"    {name} {', '.join(map(str, operands))}".rstrip()
        self.lines.append(f"{text:<36}// {note}" if note else text)
        self.words += 1

    def label(self, name: str) -> None:
        """A place that branches go to."""
        self.lines.append(f"{name}:")

    def note(self, text: str) -> None:
        """A comment of its own line."""
        self.lines.append(f"// {text}")

    def constant(self, register: str, value: int, note: str = "") -> None:
        """Put a number of 32 bits in a whole register: one instruction, or two above 65,535."""
        value &= 0xFFFF_FFFF
        self.op("ldi", register, value & 0xFFFF, note=note)
        if value >> 16:
            self.op("ldi", f"{register}.w2", value >> 16)

    def add(self, register: str, amount: int, spare: str) -> None:
        """Add a number to a register, by way of a spare one where it is above 255."""
        if amount > 255:
            self.constant(spare, amount)
            self.op("add", register, register, spare)
        elif amount:
            self.op("add", register, register, amount)

    def extend(self, other: Code) -> None:
        """All lines of another piece."""
        self.lines += other.lines
        self.words += other.words

    @property
    def text(self) -> str:
        """The lines, each ended."""
        return "".join(f"{line}\n" for line in self.lines)


def half(register: int, index: int) -> str:
    """Halfword `index` of the registers from `register` on: two to a register."""
    return f"r{register + index // 2}.w{index % 2 * 2}"


def byte(register: int, index: int) -> str:
    """Byte `index` of the registers from `register` on."""
    return f"r{register + index // 4}.b{index % 4}"
