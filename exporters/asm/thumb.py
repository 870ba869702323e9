"""Thumb-2 for the Cortex-A8: lane circuits in frame mode.

GNU assembler syntax that gcc, clang and zig take. Symbols follow the procedure call standard of ARM:

    void SYMBOL(const uint32_t *bits, uint32_t *outputs)      frame mode of a lane circuit, packed
"""

from __future__ import annotations

from exporters.asm.lane_integers import LaneCode, best_lane_code, integer_lane_code
from exporters.c.lane_program import LaneProgram
from exporters.c.names import ExportError
from exporters.schedule.interleave import Core

A8 = Core({"alu": 2, "memory": 1})
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


class ThumbLanes:
    """How lane code is written in Thumb-2; r2 points into the table of masks."""

    core = A8
    registers: tuple[int, ...] = (0, 1, 3, 12, 4, 5, 6, 7, 8, 9, 10, 11, 14)
    halves = False
    spare_outputs = True

    def logic(self, name: str, rotation: int = 0) -> str:
        """`{0} = {1} name ror({2}, rotation)`."""
        return f"{name} r{{0}}, r{{1}}, r{{2}}" + (f", ror #{rotation}" if rotation else "")

    def upper(self, name: str) -> str:
        """There are no halves here."""
        raise NotImplementedError

    def turned(self, rotation: int) -> str:
        """`{0} = ror({1}, rotation)`."""
        return f"ror r{{0}}, r{{1}}, #{rotation}" if rotation else "mov r{0}, r{1}"

    def zero(self) -> str:
        """`{0} = 0`."""
        return "mov r{0}, #0"

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
    dialect = ThumbLanes()
    code = best_lane_code(program, (4, 6, 7), lambda plan: integer_lane_code(program, plan, dialect))
    return _function(symbol, code)


def _function(symbol: str, code: LaneCode) -> str:
    saved = [r for r in sorted(code.body.used) if 4 <= r <= 11 or r == 14]
    if len(saved) % 2:  # the stack stays aligned to 8 bytes
        saved = sorted({*saved, *(r for r in (14, 4) if r not in saved)})[: len(saved) + 1]
    frame = 8 * -(-code.n_slots // 2)
    lines = [f"push {{{_list(saved)}}}"] if saved else []
    lines += [f"sub sp, sp, #{frame}"] if frame else []
    if code.masks:
        offset = 8 * (PAIRS // 2)
        place = f".Lmasks_{symbol} + {offset} - (.Lhere_{symbol} + 4)"
        lines += [f"movw r2, #:lower16:({place})", f"movt r2, #:upper16:({place})"]
        lines += [f".Lhere_{symbol}:", "add r2, pc"]
    lines += code.body.lines
    lines += [f"add sp, sp, #{frame}"] if frame else []
    lines += [f"pop {{{_list([15 if r == 14 else r for r in saved])}}}"] if 14 in saved else []
    if 14 not in saved:
        lines += ([f"pop {{{_list(saved)}}}"] if saved else []) + ["bx lr"]
    words = [f"0x{mask:08X}" for mask in code.masks]
    return function_text(symbol, lines, table(symbol, ".word", words, 8))


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
