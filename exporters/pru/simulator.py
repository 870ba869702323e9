"""A simulator of the PRU subsystem that counts cycles: two cores, RAMs, scratchpad and control registers.

What each instruction costs, by which source, and what is not certain: docs/pru.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from exporters.pru.assembler import Program
from exporters.pru.devices import AM335X, RAM_ADDRESS, Device
from exporters.pru.isa import ALU, COMPARISONS, PART_SHIFT, PART_WIDTH, Instruction, Pointer, Register, decode
from zoo.errors import ZooError

UInt8 = npt.NDArray[np.uint8]
UInt32 = npt.NDArray[np.uint32]
Int64 = npt.NDArray[np.int64]

# The constant table after a reset (AM335x TRM); a program moves c24-c31 by the registers CTBIR and CTPPR.
CONSTANTS = (
    0x00020000, 0x48040000, 0x4802A000, 0x00030000, 0x00026000, 0x48060000, 0x48030000, 0x00028000,
    0x46000000, 0x4A100000, 0x48318000, 0x48022000, 0x48024000, 0x48310000, 0x481CC000, 0x481D0000,
    0x481A0000, 0x4819C000, 0x48300000, 0x48302000, 0x48304000, 0x00032400, 0x480C8000, 0x480CA000,
    0x00000000, 0x00002000, 0x0002E000, 0x00032000, 0x00000000, 0x49000000, 0x40000000, 0x80000000,
)  # fmt: skip


class PruError(ZooError):
    """A program does what the core or the device cannot; the message says what and in which line."""


@dataclass(frozen=True)
class Run:
    """What one call of `Pruss.run` did.

    Args:
        end: "stopped" (every core at HALT or SLP), "limit" or "until".
        cycles: Cycles of each core in this call.
        stalls: Of these, how many fetched no new instruction.
        instructions: Instructions of each core.
    """

    end: Literal["stopped", "limit", "until"]
    cycles: tuple[int, int]
    stalls: tuple[int, int]
    instructions: tuple[int, int]


@dataclass(frozen=True)
class Profile:
    """Where a core spent its time since the last `reset`.

    Args:
        program: What it ran.
        counts: How often each instruction ran, int64 (n,).
        cycles: Cycles spent in each, int64 (n,).
    """

    program: Program
    counts: Int64
    cycles: Int64

    def between(self, first: str, end: str | None = None) -> int:
        """Cycles in the instructions from a label up to another (or to the end of the program)."""
        labels, origin = self.program.labels, self.program.origin
        stop = len(self.cycles) if end is None else labels[end] - origin
        return int(self.cycles[labels[first] - origin : stop].sum())

    @property
    def uncertain(self) -> int:
        """Cycles of stores beyond one each: the core may do without them (docs/pru.md)."""
        stores = [name_of(int(word)) in ("sbbo", "sbco") for word in self.program.words]
        return int((self.cycles - self.counts)[stores].sum())


class Pruss:
    """Both cores of one device, with their memories.

    Attributes:
        device: What it simulates; a store outside its free regions is refused.
        data: Data RAM of each core, uint8 views (device.data_bytes,).
        shared: Shared RAM, a uint8 view (device.shared_bytes,).
        registers: uint32 (2, 32); r31 is what the core reads there, r30 what it has set.
        events: uint32 (2,) views: the last word that each core wrote to r31.
        scratchpad: uint32 (3, 30).
    """

    def __init__(self, device: Device = AM335X) -> None:
        from exporters.pru.reach import STATES

        self.device = device
        size = 2 * device.data_bytes + device.shared_bytes
        self._ram = np.zeros(size, np.uint8)
        self.data: tuple[UInt8, UInt8] = (
            self._ram[: device.data_bytes],
            self._ram[device.data_bytes : 2 * device.data_bytes],
        )
        self.shared: UInt8 = self._ram[2 * device.data_bytes :]
        self._registers = np.zeros((2, 34), np.uint32)
        self.registers: UInt32 = self._registers[:, :32]
        self.events: UInt32 = self._registers[:, 32]
        self.scratchpad: UInt32 = np.zeros((3, 30), np.uint32)
        self._state = np.zeros((2, STATES), np.int64)
        self._constants = np.array([CONSTANTS, CONSTANTS], np.int64)
        self._spp = np.zeros(1, np.int64)
        self._ours, self._free = _permissions(device, size)
        self._stored = np.zeros(size // 4, np.bool_)
        self._programs: list[Program | None] = [None, None]
        self._rows: dict[int, UInt32] = {}
        self._code = np.zeros((2, 0, 1), np.uint32)
        self._counts = np.zeros((2, 0), np.int64)
        self._spent = np.zeros((2, 0), np.int64)

    def load(self, core: int, program: Program) -> None:
        """Put a program into a core's instruction memory and set it to the program's entry.

        Raises:
            PruError: The program does not fit, or starts at another address than 0.
        """
        words, room = len(program.words), self.device.instruction_words
        if program.origin:
            raise PruError(
                f"{program.name}: expected a program from address 0, found origin {program.origin}"
            )
        if words > room:
            raise PruError(
                f"{program.name} has {words} instructions; a core of {self.device.name} holds {room}, so "
                f"{words - room} are too many. Use a smaller model, or code that loops over a table."
            )
        self._programs[core] = program
        rows = decoded(program)
        self._rows[core] = rows
        self._code = np.zeros((2, max(map(len, self._rows.values())), rows.shape[1]), np.uint32)
        for i, table in self._rows.items():
            self._code[i, : len(table)] = table
        self._counts = np.zeros(self._code.shape[:2], np.int64)
        self._spent = np.zeros(self._code.shape[:2], np.int64)
        self.reset(core)

    def reset(self, core: int) -> None:
        """Set a core to its program's entry, its counters and profile to zero; memory and registers stay."""
        from exporters.pru.reach import PC

        program = self._programs[core]
        self._state[core] = 0
        self._state[core, PC] = program.entry if program else 0
        self._counts[core] = 0
        self._spent[core] = 0

    def run(
        self,
        cores: Iterable[int] = (0,),
        max_cycles: int = 1_000_000_000,
        until: Mapping[int, str | int] | None = None,
    ) -> Run:
        """Let cores run until all of them stop at HALT or SLP; a later call goes on after it.

        Args:
            cores: Which cores.
            max_cycles: End earlier, after so many cycles.
            until: For a core, the label or address before which everything ends, unless it starts there.

        Raises:
            PruError: An instruction cannot be executed, or reaches for what is not there.
        """
        from exporters.pru import machine as m
        from exporters.pru import reach as r

        chosen = tuple(cores)
        stops = np.full(2, -1, np.int64)
        for core in chosen:
            if self._programs[core] is None:
                raise PruError(f"PRU{core} has no program; load one first")
        for core, place in (until or {}).items():
            stops[core] = self._address(core, place)
        state = self._state
        state[:, r.RUNNING] = 0
        state[list(chosen), r.RUNNING] = 1
        state[:, r.CLOCK] = 0
        before = state.copy()
        lengths = np.array([len(p.words) if p else 0 for p in self._programs], np.int64)
        sizes = np.array([self.device.data_bytes, self.device.shared_bytes], np.int64)
        parts = r.Parts(
            self._code, lengths, self._registers, state, self._ram, self._ours, self._stored, self.scratchpad,
            self._free, self._constants, self._spp, np.zeros(3, np.int64), np.full(3, -1, np.int64), sizes,
            self._counts, self._spent,
        )  # fmt: skip
        why, core, fault, detail = m.run(parts, max_cycles, stops)
        if why == m.FAULT:
            raise self._error(core, int(state[core, r.PC]), fault, detail)
        gone = state - before
        cycles = tuple(int(c) for c in gone[:, r.CYCLES])
        counts = tuple(int(c) for c in gone[:, r.COUNT])
        stalls = (cycles[0] - counts[0], cycles[1] - counts[1])
        end: Literal["stopped", "limit", "until"] = (
            "stopped" if why == m.STOPPED else "limit" if why == m.LIMIT else "until"
        )
        return Run(end, (cycles[0], cycles[1]), stalls, (counts[0], counts[1]))

    def profile(self, core: int) -> Profile:
        """Where a core spent its time since the last `reset`."""
        program = self._programs[core]
        if program is None:
            raise PruError(f"PRU{core} has no program; load one first")
        n = len(program.words)
        return Profile(program, self._counts[core, :n].copy(), self._spent[core, :n].copy())

    def stored(self, core: int, address: int, size: int) -> bool:
        """Whether any core ever stored into the words of these bytes, at an address as `core` sees it."""
        starts = {RAM_ADDRESS["own"]: core, RAM_ADDRESS["other"]: 1 - core, RAM_ADDRESS["shared"]: 2}
        base = max(base for base in starts if base <= address)
        first = starts[base] * self.device.data_bytes + address - base
        return bool(self._stored[first // 4 : (first + size + 3) // 4].any())

    def _address(self, core: int, place: str | int) -> int:
        program = self._programs[core]
        if isinstance(place, int):
            return place
        if program is None or place not in program.labels:
            raise PruError(f"PRU{core}: its program has no label {place}")
        return program.labels[place]

    def _error(self, core: int, pc: int, fault: int, detail: int) -> PruError:
        from exporters.pru import reach as m

        program = self._programs[core]
        assert program is not None
        device = self.device
        free = ", ".join(f"0x{r.address:x}-0x{r.address + r.size - 1:x}" for r in device.free)
        scratch = ", ".join(f"{10 + i}: r{low}-r{high}" for i, (low, high) in enumerate(device.scratch))
        what = {
            m.OUTSIDE: f"no instruction stands there; the program has {len(program.words)}. End it with halt",
            m.UNKNOWN: "the word there is no instruction of this core",
            m.NO_MEMORY: f"0x{detail:x} is in no memory of {device.name}. A burst stays in the own data RAM "
            f"(0x0-0x{device.data_bytes - 1:x}), the other core's (from 0x2000) or the shared RAM (0x10000-"
            f"0x{0x10000 + device.shared_bytes - 1:x}); control registers take whole words",
            m.PAST_R31: "the burst runs past the last register",
            m.NESTED: "a LOOP inside a LOOP; the core has one loop counter. Use a branch for the outer loop",
            m.NO_DEVICE: f"{detail} is no simulated device; use 10-12 (scratchpad) or 14 (other core)",
            m.PAST_R29: "the scratchpad and the other core have registers r0 to r29",
            m.NOT_OURS: f"a store to 0x{detail:x}; on {device.name} a program may write {free}",
            m.SPLIT: "the pointer of MVI is past r31, or its bytes are in two registers",
            m.NOT_OUR_SCRATCH: f"a register of bank {detail}; on {device.name} a program may write {scratch}",
        }[fault]
        return PruError(f"PRU{core}, {program.where(pc)}: {what}")


def name_of(word: int) -> str:
    """The name of a word's instruction, empty where it is none."""
    instruction = decode(word)
    return instruction.name if instruction else ""


def _permissions(device: Device, size: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """What each core may write: words of all RAM (2, words), registers of the scratchpad (3, 30)."""
    ours = np.zeros((2, size // 4), np.bool_)
    for core in range(2):
        starts = {"own": core, "other": 1 - core, "shared": 2}
        for region in device.free:
            first = starts[region.ram] * device.data_bytes + region.start
            ours[core, first // 4 : (first + region.size) // 4] = True
    free = np.zeros((3, 30), np.bool_)
    for bank, (low, high) in enumerate(device.scratch):
        free[bank, low : high + 1] = True
    return ours, free


_BRANCHES = {
    "qblt": 18, "qbeq": 19, "qble": 20, "qbgt": 21, "qbne": 22, "qbge": 23, "qbbc": 24, "qba": 25, "qbbs": 26,
}  # fmt: skip


def decoded(program: Program) -> npt.NDArray[np.uint32]:
    """A program as the rows that the inner loop reads, uint32 (n, columns)."""
    from exporters.pru.reach import COLUMNS

    rows = np.zeros((len(program.words), COLUMNS), np.uint32)
    for i, word in enumerate(program.words):
        instruction = decode(int(word))
        rows[i] = _row(instruction, program.origin + i) if instruction else [34] + [0] * (COLUMNS - 1)
    return rows


def _source(value: object) -> list[int]:
    """Register, shift and mask of a source; register 33 is always zero."""
    if isinstance(value, Register):
        return [value.number, PART_SHIFT[value.part], (1 << PART_WIDTH[value.part]) - 1]
    return [33, 0, 0]


def _target(value: object) -> list[int]:
    """The same of a destination; what is written to r31 goes to register 32."""
    number, shift, mask = _source(value)
    return [32 if number == 31 else number, shift, mask]


def _row(instruction: Instruction, address: int) -> list[int]:
    name, operands = instruction
    none = [33, 0, 0]
    immediate = [v if isinstance(v, int) else 0 for v in operands]
    if name in ALU or name == "lmbd":
        op = ALU.index(name) if name in ALU else 17
        b = operands[2] if len(operands) == 3 else 0
        top = PART_WIDTH[operands[1].part] - 1 if isinstance(operands[1], Register) else 0
        return [
            op,
            *_target(operands[0]),
            *_source(operands[1]),
            *_source(b),
            b if isinstance(b, int) else 0,
            top,
            0,
        ]
    if name == "ldi":
        return [16, *_target(operands[0]), *none, *none, immediate[1], 0, 0]
    if name in COMPARISONS or name in ("qbbs", "qbbc"):
        leads = address + immediate[0] & 0xFFFF
        return [_BRANCHES[name], *none, *_source(operands[1]), *_source(operands[2]), immediate[2], leads, 0]
    if name == "qba":
        return [25, *none, *none, *none, 0, address + immediate[0] & 0xFFFF, 0]
    if name in ("lbbo", "lbco", "sbbo", "sbco"):
        base = [immediate[1] + 1, 0, 0] if name.endswith("co") else [0, 0, 0]
        first, length = _burst(operands[0], operands[3])
        op = 27 if name[0] == "l" else 28
        return [op, *base, *_source(operands[1]), *_source(operands[2]), immediate[2], first, length]
    if name in ("jmp", "jal"):
        back = _target(operands[0]) if name == "jal" else [33, 0, 0]
        return [29, *back, *none, *_source(operands[-1]), immediate[-1], 0, 0]
    if name in ("loop", "iloop"):
        return [30, *none, *none, *_source(operands[1]), immediate[1], address + immediate[0], 0]
    if name in ("xin", "xout", "xchg"):
        first, length = _burst(operands[1], operands[2])
        how = ("xin", "xout", "xchg").index(name) + 1
        return [31, 33, how, 0, *none, *none, immediate[0], first, length]
    if name.startswith("mvi"):
        to, source = operands
        assert isinstance(to, Pointer)
        assert isinstance(source, Pointer)
        size = {"b": 1, "w": 2, "d": 4}[name[-1]]
        there = to.register
        place = [there.number, PART_SHIFT[there.part], (1 << PART_WIDTH[there.part]) - 1]
        return [32, *place, *_source(source.register), *none, size, to.mode, source.mode]
    return [33] + [0] * 12  # halt, slp


def _burst(first: object, length: object) -> tuple[int, int]:
    """Number of the first byte among the registers, and of bytes; 125-128 for a number in r0.b0-r0.b3."""
    assert isinstance(first, Register)
    return 4 * first.number + first.part, length if isinstance(length, int) else 125 + _part(length)


def _part(register: object) -> int:
    assert isinstance(register, Register)
    return register.part
