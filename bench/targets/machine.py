"""An emulated processor with a freestanding program in it: calls, memory, and traces of what ran."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.pipeline import Timing
from zoo.errors import MissingExtraError, ZooError

STACK_TOP, STACK_BYTES = 0x4000_0000, 1 << 20
HEAP, HEAP_BYTES = 0x5000_0000, 1 << 27
RETURN = 0x7000_0000  # where a call comes back to: emulation stops there
PAGE = 4096
FILL = 0xA5


class EmulationError(ZooError):
    """The program did something the emulated core cannot do, or its file is not what was asked for."""


@dataclass(frozen=True)
class Architecture:
    """What differs between the processors that can be emulated.

    Args:
        name: The core.
        elf: `e_machine` of its files.
        mark: Symbol that marks instructions, as against constants among them.
        state_bit: Set in the address of a function to call it.
        word_mask: Of a register.
    """

    name: str
    elf: str
    mark: str
    state_bit: int
    word_mask: int


THUMB = Architecture("Cortex-A8", "EM_ARM", "$t", 1, 0xFFFF_FFFF)
A64 = Architecture("Cortex-A53", "EM_AARCH64", "$x", 0, 0xFFFF_FFFF_FFFF_FFFF)
ARCHITECTURES = {a.elf: a for a in (THUMB, A64)}


class Program:
    """A linked ELF file for one of `ARCHITECTURES`: Thumb-2 code, or A64.

    Args:
        path: The file.

    Raises:
        EmulationError: It is for another processor.
        MissingExtraError: pyelftools is not installed.
    """

    def __init__(self, path: Path) -> None:
        try:
            from elftools.elf.elffile import ELFFile
        except ImportError:
            raise _missing("pyelftools") from None
        with path.open("rb") as file:
            elf = ELFFile(file)
            if elf["e_machine"] not in ARCHITECTURES:
                raise EmulationError(f"{path}: expected code for ARM or AArch64, found {elf['e_machine']}")
            self.architecture = ARCHITECTURES[elf["e_machine"]]
            self.segments = [
                (s["p_vaddr"], s.data(), s["p_memsz"])
                for s in elf.iter_segments()
                if s["p_type"] == "PT_LOAD"
            ]
            table: Any = elf.get_section_by_name(".symtab")
            symbols = [
                (s.name, s["st_value"], s["st_size"], s["st_info"]["type"]) for s in table.iter_symbols()
            ]
            sections = [
                (s["sh_addr"], s.data(), s["sh_flags"])
                for s in elf.iter_sections()
                if s["sh_type"] == "SHT_PROGBITS" and s["sh_addr"]
            ]
        bit = self.architecture.state_bit
        self.functions = {n: (v & ~bit, size) for n, v, size, kind in symbols if kind == "STT_FUNC"}
        # allocated (2), not writable (1), not executable (4)
        self.constant_bytes = sum(len(data) for _, data, flags in sections if flags & 7 == 2)
        self._code = [(at, data) for at, data, flags in sections if flags & 4]  # executable
        self._marks = sorted((v, n[:2]) for n, v, _, _ in symbols if n[:2] in ("$t", "$x", "$d"))

    def code_bytes(self, prefix: str) -> int:
        """Bytes of all functions whose names start so."""
        return sum(size for name, (_, size) in self.functions.items() if name.startswith(prefix))

    def code_of(self, blocks: Iterable[tuple[int, int]]) -> int:
        """Bytes of all functions that these blocks (address, bytes) lie in."""
        starts = {address for address, _ in blocks}
        return sum(
            size
            for address, size in set(self.functions.values())
            if any(address <= start < address + size for start in starts)
        )

    def regions(self) -> list[tuple[int, bytes]]:
        """Runs of instructions, (address, bytes), without the constants among them, which the file marks."""
        regions = []
        for start, data in self._code:
            end = start + len(data)
            marks = [(at, kind) for at, kind in self._marks if start <= at < end] + [(end, "")]
            for (at, kind), (stop, _) in pairwise(marks):
                if kind == self.architecture.mark and stop > at:
                    regions.append((at, data[at - start : stop - start]))
        return regions

    def timings(self) -> dict[int, Timing]:
        """Timing of every instruction, by address, on this architecture's core."""
        if self.architecture is A64:
            from bench.a53_decode import timings_of
        else:
            from bench.a8_decode import timings_of
        return timings_of(self.regions())


class EmulatedMachine:
    """The core, its memory, and the program.

    Args:
        program: What to load.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self._uc, self._registers = _core(program.architecture)
        for address, data, size in program.segments:
            first, end = address & -PAGE, -(-(address + size) // PAGE) * PAGE
            self._map(first, end - first)
            self._uc.mem_write(address, data)
        self._uc.mem_map(STACK_TOP - STACK_BYTES, STACK_BYTES)
        self._uc.mem_map(RETURN, PAGE)
        self._uc.mem_map(HEAP, HEAP_BYTES)
        self._next = HEAP
        self._seen: list[tuple[int, int]] = []
        self._event, self._hook = 0, None

    def _map(self, first: int, size: int) -> None:
        """Map the pages that are not yet: segments may share one."""
        for page in range(first, first + size, PAGE):
            if not any(low <= page <= high for low, high, _ in self._uc.mem_regions()):
                self._uc.mem_map(page, PAGE)

    def place(self, array: npt.NDArray[Any]) -> int:
        """Copy an array to fresh memory; its address."""
        address = self._next
        self._next += -(-array.nbytes // 64) * 64
        if self._next > HEAP + HEAP_BYTES:
            raise EmulationError(f"the emulated memory of {HEAP_BYTES} bytes is full")
        self._uc.mem_write(address, array.tobytes())
        return address

    def read(self, address: int, dtype: npt.DTypeLike, shape: tuple[int, ...]) -> npt.NDArray[Any]:
        """An array from memory."""
        kind = np.dtype(dtype)
        data = bytes(self._uc.mem_read(address, int(np.prod(shape, dtype=np.int64)) * kind.itemsize))
        return np.frombuffer(data, kind).reshape(shape).copy()

    def init(self) -> None:
        """Put the model's state to its start."""
        self.invoke("harness_init")

    def call(self, function: str, source: npt.NDArray[Any], count: int, *results: npt.NDArray[Any]) -> None:
        """Call a harness function: arrays are copied to the machine, and the results back into place."""
        free = self._next
        addresses = [self.place(array) for array in (source, *results)]
        self.invoke(function, addresses[0], count, *addresses[1:])
        for address, array in zip(addresses[1:], results, strict=True):
            array[...] = self.read(address, array.dtype, array.shape)
        self._next = free

    def invoke(self, function: str, *arguments: int) -> int:
        """Call a function with up to four words; returns its word (unsigned)."""
        self._watch(0)
        return self._enter(function, arguments)

    def _enter(self, function: str, arguments: tuple[int, ...]) -> int:
        from unicorn import UcError

        self._seen.clear()

        architecture, registers = self.program.architecture, self._registers
        for register, value in zip(registers.arguments, arguments, strict=False):
            self._uc.reg_write(register, value & architecture.word_mask)
        self._uc.reg_write(registers.stack, STACK_TOP)
        self._uc.reg_write(registers.link, RETURN | architecture.state_bit)
        address, _ = self.program.functions[function]
        try:
            self._uc.emu_start(address | architecture.state_bit, RETURN)
        except UcError as error:
            at = self._uc.reg_read(registers.counter)
            raise EmulationError(f"{function}: {error} at 0x{at:x}") from None
        return int(self._uc.reg_read(registers.arguments[0]))

    def trace(self, function: str, *arguments: int) -> list[tuple[int, int]]:
        """As `invoke`; returns the blocks of code that ran, (address, bytes) each."""
        from unicorn import UC_HOOK_BLOCK

        self._watch(UC_HOOK_BLOCK)
        self._enter(function, arguments)
        return list(self._seen)

    def count_instructions(self, function: str, *arguments: int) -> int:
        """As `invoke`; returns the instructions that ran, counted one by one: a slow check of `trace`."""
        from unicorn import UC_HOOK_CODE

        self._watch(UC_HOOK_CODE)
        self._enter(function, arguments)
        return len(self._seen)

    def _watch(self, event: int) -> None:
        """Have blocks or instructions reported (0: neither). Code translated before a hook has none in it."""
        if event == self._event:
            return
        if self._hook is not None:
            self._uc.hook_del(self._hook)
            self._hook = None
        if event:
            self._hook = self._uc.hook_add(event, lambda _, at, size, __: self._seen.append((at, size)))
        self._uc.ctl_flush_tb()
        self._event = event

    def stack_used(self, function: str, *arguments: int) -> int:
        """As `invoke`; returns the bytes of stack it touched."""
        low = STACK_TOP - STACK_BYTES
        self._uc.mem_write(low, bytes([FILL]) * STACK_BYTES)
        self.invoke(function, *arguments)
        stack = np.frombuffer(bytes(self._uc.mem_read(low, STACK_BYTES)), np.uint8)
        touched = np.flatnonzero(stack != FILL)
        return int(STACK_BYTES - touched[0]) if touched.size else 0


@dataclass(frozen=True)
class _Registers:
    """The emulator's numbers of the registers that a call uses."""

    arguments: Sequence[int]
    stack: int
    link: int
    counter: int


def _core(architecture: Architecture) -> tuple[Any, _Registers]:
    """A core of the emulator with its vector unit switched on, and its registers."""
    try:
        import unicorn
        from unicorn import arm64_const as a64
        from unicorn import arm_const as arm
    except ImportError:
        raise _missing("unicorn") from None
    core: Any
    if architecture is A64:
        core = unicorn.Uc(unicorn.UC_ARCH_ARM64, unicorn.UC_MODE_ARM)
        core.ctl_set_cpu_model(a64.UC_CPU_ARM64_A53)
        core.reg_write(a64.UC_ARM64_REG_CPACR_EL1, 3 << 20)
        first = (a64.UC_ARM64_REG_X0, a64.UC_ARM64_REG_X1, a64.UC_ARM64_REG_X2, a64.UC_ARM64_REG_X3)
        registers = _Registers(first, a64.UC_ARM64_REG_SP, a64.UC_ARM64_REG_LR, a64.UC_ARM64_REG_PC)
    else:
        core = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB)
        core.ctl_set_cpu_model(arm.UC_CPU_ARM_CORTEX_A8)
        core.reg_write(arm.UC_ARM_REG_C1_C0_2, 0xF << 20)  # access to the coprocessors of NEON
        core.reg_write(arm.UC_ARM_REG_FPEXC, 1 << 30)
        first = (arm.UC_ARM_REG_R0, arm.UC_ARM_REG_R1, arm.UC_ARM_REG_R2, arm.UC_ARM_REG_R3)
        registers = _Registers(first, arm.UC_ARM_REG_SP, arm.UC_ARM_REG_LR, arm.UC_ARM_REG_PC)
    return core, registers


def _missing(package: str) -> MissingExtraError:
    return MissingExtraError(f"an emulated processor needs {package}: pip install 'difflogic-zoo[bench]'")
