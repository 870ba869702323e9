"""Thumb-2 for the Cortex-A8: frame mode, and block mode of 32 frames.

GNU assembler syntax that gcc, clang and zig take. Symbols follow the procedure call standard of ARM:

    void SYMBOL(const uint32_t *bits, uint32_t *outputs)      lane circuits, packed
    void SYMBOL(uint32_t *state, const uint32_t *bits, uint32_t *outputs)      any circuit, packed
    void SYMBOL(uint32_t *state, const uint32_t *in, uint32_t *out)            block mode, planes
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from exporters.asm.block_code import Stages, block_code
from exporters.asm.flat_frame import frame_code
from exporters.asm.general import GeneralRegisters
from exporters.asm.lane_integers import LaneCode, best_lane_code, integer_lane_code
from exporters.c.lane_program import LaneProgram
from exporters.c.names import ExportError
from exporters.schedule import Place
from exporters.schedule.interleave import Core
from zoo.circuit import Circuit

A8 = Core({"alu": 2, "memory": 1})
BASES = {"state": "r0", "in": "r1", "out": "r2", "slot": "sp"}
BLOCK_SLACK = 2
PAIRS = 255  # that one position of the table's pointer reaches: 1,016 bytes either way
NEAR, FAR = 1_020, 4_095  # bytes from a base that two words, or one, reach

HEAD = """\
#if !defined(__arm__)
#error "this is Thumb-2 assembly for ARM; use the portable export here"
#endif
.syntax unified
.arch armv7-a
.thumb
.text
"""

TAIL = """\
#ifdef __ELF__
.section .note.GNU-stack,"",%progbits
#endif
"""


class Thumb(GeneralRegisters):
    """How the parts of code are written in Thumb-2; in lane code r2 points into the table of masks."""

    core, letter = A8, "r"
    registers: tuple[int, ...] = (0, 1, 3, 12, 4, 5, 6, 7, 8, 9, 10, 11, 14)
    frame_registers: tuple[int, ...] = (0, 1, 2, 3, 12, 4, 5, 6, 7, 8, 9, 10, 11, 14)
    halves = False
    spare_outputs = True

    def upper(self, name: str) -> str:
        """There are no halves here."""
        raise NotImplementedError

    def constant(self, ones: bool) -> str:
        """`{0}` all ones or all zeros."""
        return f"{'mvn' if ones else 'mov'} r{{0}}, #0"

    def load(self, offset: int) -> str:
        """`{0}` from the array at `{1}`."""
        return f"ldr r{{0}}, [r{{1}}, #{_far(offset)}]"

    def store(self, offset: int) -> str:
        """`{0}` to the array at `{1}`."""
        return f"str r{{0}}, [r{{1}}, #{_far(offset)}]"

    def fetch(self, slot: int) -> str:
        """`{0}` from the stack."""
        return f"ldr r{{0}}, [sp, #{_far(4 * slot)}]"

    def fetch_pair(self, slot: int) -> str | None:
        """`{0}` and `{1}` from the stack; None where it does not reach."""
        return f"ldrd r{{0}}, r{{1}}, [sp, #{4 * slot}]" if 4 * slot <= NEAR else None

    def keep(self, slot: int) -> str:
        """`{0}` to the stack."""
        return f"str r{{0}}, [sp, #{_far(4 * slot)}]"

    keep_pointer, fetch_pointer = keep, fetch

    def masks(self, pair: int) -> tuple[str, bool]:
        """Masks `{0}` and `{1}` of the table; in any order."""
        return f"ldrd r{{0}}, r{{1}}, [r2, #{8 * (pair % PAIRS) - 8 * (PAIRS // 2)}]", False

    def next_masks(self, pair: int) -> str | None:
        """What moves the table's pointer before this pair of masks."""
        return f"add r2, r2, #{8 * PAIRS}" if pair and pair % PAIRS == 0 else None


def _far(offset: int) -> int:
    if offset > FAR:
        raise ExportError(
            f"lane circuit: {offset // 4 + 1} words in one array, and Thumb-2 reaches {FAR // 4 + 1}; "
            "use the portable export, or a circuit with narrower layers"
        )
    return offset


def lane_function(symbol: str, program: LaneProgram) -> str:
    """Frame mode of a circuit with 32 lanes: the function and its table of masks, after `HEAD`."""
    dialect = Thumb()
    code = best_lane_code(program, (4, 6, 7), lambda plan: integer_lane_code(program, plan, dialect))
    return _function(symbol, code)


def frame_function(symbol: str, circuit: Circuit) -> str:
    """Frame mode of any circuit in the basis `THUMB`, after `HEAD`."""
    try:
        body, n_slots = frame_code(circuit, Thumb())
    except ExportError:
        body, n_slots = frame_code(circuit, ThumbFar())
    return function_text(symbol, framed(body.lines, body.used, 4 * n_slots))


class ThumbFar(Thumb):
    """The same for code with many values on the stack: r12 holds addresses that are far from their base."""

    frame_registers = tuple(r for r in Thumb.frame_registers if r != 12)

    def fetch(self, slot: int) -> str:
        """`{0}` from the stack."""
        return self._access("ldr", Place("slot", slot))

    def keep(self, slot: int) -> str:
        """`{0}` to the stack."""
        return self._access("str", Place("slot", slot))

    def _access(self, name: str, place: Place) -> str:
        base, offset = BASES[place.array], 4 * place.number
        if offset <= FAR:
            return f"{name} r{{0}}, [{base}, #{offset}]"
        high, low = offset & ~0xFFF, offset & 0xFFF
        return f"add r12, {base}, #{high}\n    {name} r{{0}}, [r12, #{low}]"


class ThumbBlock(ThumbFar):
    """How block mode is written: 32 frames a register."""

    unit = "alu"
    stages = Stages(operand=2, result=2, stored=3, loaded=3)

    def read(self, place: Place) -> str:
        """`{0}` from a place."""
        return self._access("ldr", place)

    def write(self, place: Place) -> str:
        """`{0}` to a place."""
        return self._access("str", place)


def block_function(symbol: str, circuit: Circuit) -> str:
    """Block mode, 32 frames, of any circuit in the basis `THUMB`, after `HEAD`."""
    registers = (3, *range(4, 12), 14) + (() if circuit.n_registers else (0,))
    body, n_slots = block_code(circuit, ThumbBlock(), registers, BLOCK_SLACK)
    return function_text(symbol, framed(body.lines, body.used, 4 * n_slots))


def _function(symbol: str, code: LaneCode) -> str:
    lines = []
    if code.masks:
        offset = 8 * (PAIRS // 2)
        place = f".Lmasks_{symbol} + {offset} - (.Lhere_{symbol} + 4)"
        lines = [f"movw r2, #:lower16:({place})", f"movt r2, #:upper16:({place})"]
        lines += [f".Lhere_{symbol}:", "add r2, pc"]
    words = [f"0x{mask:08X}" for mask in code.masks]
    lines = framed(lines + code.body.lines, code.body.used, 4 * code.n_slots)
    return function_text(symbol, lines, table(symbol, ".word", words, 8))


def framed(lines: list[str], used: set[int], stack: int) -> list[str]:
    """A function's lines with what saves registers and makes room on the stack, in bytes."""
    saved = [r for r in sorted(used) if 4 <= r <= 11 or r == 14]
    saved = [3] * (len(saved) % 2) + saved  # the stack stays aligned to 8 bytes
    before = [f"push {{{_list(saved)}}}"] if saved else []
    back = [15 if r == 14 else r for r in saved]
    after = ([f"pop {{{_list(back)}}}"] if saved else []) + ([] if 14 in saved else ["bx lr"])
    frame = 8 * -(-stack // 8)
    return before + moved(-frame) + lines + moved(frame) + after


def moved(change: int) -> list[str]:
    """What moves the stack pointer."""
    name, size = ("add" if change > 0 else "sub"), abs(change)
    parts = [size] if size <= FAR else [size & 0xFF << shift for shift in (0, 8, 16)]
    return [f"{name} sp, sp, #{part}" for part in parts if part]


def frame_file(circuits: Mapping[str, Circuit]) -> str:
    """An assembly file with frame mode of each circuit, symbol -> circuit."""
    return file_text(frame_function(symbol, circuit) for symbol, circuit in circuits.items())


def block_file(circuits: Mapping[str, Circuit]) -> str:
    """The same in block mode."""
    return file_text(block_function(symbol, circuit) for symbol, circuit in circuits.items())


def lane_file(symbol: str, program: LaneProgram) -> str:
    """An assembly file with frame mode of one lane circuit."""
    return file_text([lane_function(symbol, program)])


def file_text(functions: Iterable[str]) -> str:
    """An assembly file of these functions."""
    return HEAD + "".join(functions) + TAIL


def function_text(symbol: str, lines: list[str], constants: str = "") -> str:
    """A function of these lines, and the constants it needs."""
    text = "".join(line + "\n" if line.endswith(":") else f"    {line}\n" for line in lines)
    return (
        f".balign 4\n.globl {symbol}\n.type {symbol}, %function\n.thumb_func\n{symbol}:\n"
        f"{text}.size {symbol}, . - {symbol}\n{constants}"
    )


def table(symbol: str, directive: str, words: list[str], alignment: int) -> str:
    """Constants at `.Lmasks_SYMBOL`."""
    if not words:
        return ""
    rows = "".join(f"    {directive} {', '.join(words[i : i + 8])}\n" for i in range(0, len(words), 8))
    section = f'.section .rodata.{symbol},"a",%progbits'
    return f"{section}\n.balign {alignment}\n.Lmasks_{symbol}:\n{rows}.text\n"


def _list(registers: list[int]) -> str:
    return ", ".join({14: "lr", 15: "pc"}.get(r, f"r{r}") for r in registers)
