"""NEON for the Cortex-A8: lane circuits of 128 lanes in frame mode, and block mode of 128 frames.

GNU assembler syntax in Thumb-2, as in `exporters.asm.thumb`. Arrays must be aligned to 16 bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from exporters.asm import thumb
from exporters.asm.addresses import addressed
from exporters.asm.block_code import Stages, block_code
from exporters.asm.lane_integers import LaneCode, best_lane_code
from exporters.asm.lane_plan import direct_outputs
from exporters.asm.lane_vectors import vector_lane_code
from exporters.asm.thumb import BASES, FAR, TAIL, function_text, moved, table
from exporters.c.lane_program import LaneProgram
from exporters.c.names import ExportError
from exporters.schedule import Place
from exporters.schedule.interleave import Core
from zoo.circuit import Circuit

HEAD = thumb.HEAD + ".fpu neon\n"

# The vector unit behind its queue: one instruction of data processing and one that moves data a cycle.
UNIT = Core({"process": 1, "memory": 1})
SCRATCH = (0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15)  # q4 to q7 belong to the caller
ALL = (*SCRATCH, 4, 5, 6, 7)
SAVING = 10  # cycles to save q4 to q7 and bring them back
ONES = 0xFFFF_FFFF_FFFF_FFFF
ADDRESSES = (5, 14, 12, 3)  # registers for them
BLOCK_ADDRESSES = (3, 5, 6, 7, 8, 9, 10, 11, 12, 14)
BLOCK_SLACK = 2
STREAMS = ("r2", "r6")  # a pointer that moves cannot move again in the next cycle


class NeonLanes:
    """How lane code is written in NEON; r2 and r6 walk through the masks.

    A line that starts with "@base+offset " needs that address in the register that stands for "@".
    """

    core = UNIT
    operand, result, chosen, moved = 2, 3, 3, (1, 1)
    turn_cycles, input_cycles = 2, 1
    turn_unit = "memory"
    streams = len(STREAMS)

    def logic(self, name: str) -> str:
        """`{0} = {1} name {2}`."""
        return f"v{name} q{{0}}, q{{1}}, q{{2}}"

    def inverse(self) -> str:
        """`{0} = ~{1}`."""
        return "vmvn q{0}, q{1}"

    def constant(self, ones: bool) -> str:
        """`{0}` all ones or all zeros."""
        return f"v{'mvn' if ones else 'mov'}.i32 q{{0}}, #0"

    def insert(self, where: bool) -> str:
        """`{0} = {3} == where ? {2} : {1}`."""
        return f"{'vbit' if where else 'vbif'} q{{0}}, q{{2}}, q{{3}}"

    def select(self) -> str:
        """`{0} = {1} ? {2} : {3}`."""
        return "vbsl q{0}, q{2}, q{3}"

    def turned(self, count: int) -> str:
        """`{0}` is `{1}` rotated right by so many bytes."""
        return f"vext.8 q{{0}}, q{{1}}, q{{1}}, #{count}"

    def mask(self, number: int) -> str:
        """`{0}` is the next mask of the table."""
        return f"vld1.64 {{{{q{{0}}}}}}, [{STREAMS[number % len(STREAMS)]}:128]!"

    def load(self, word: int) -> str:
        """`{0}` is an input word."""
        return f"@r0+{_near(16 * word)} vld1.64 {{{{q{{0}}}}}}, [@:128]"

    def store(self, output: int) -> str:
        """`{0}` goes to four output words from this one on."""
        alignment = ":128" if output % 4 == 0 else ""
        return f"@r1+{_near(4 * output)} vst1.32 {{{{q{{0}}}}}}, [@{alignment}]"

    def fetch(self, slot: int) -> str:
        """`{0}` from the stack."""
        return f"@sp+{_near(16 * slot)} vld1.64 {{{{q{{0}}}}}}, [@:128]"

    def keep(self, slot: int) -> str:
        """`{0}` to the stack."""
        return f"@sp+{_near(16 * slot)} vst1.64 {{{{q{{0}}}}}}, [@:128]"


class NeonBlock(NeonLanes):
    """How block mode is written: 128 frames a register."""

    unit = "process"
    stages = Stages(operand=2, result=3, stored=1, loaded=1)

    def read(self, place: Place) -> str:
        """`{0}` from a place."""
        return self._access("vld1", place)

    def write(self, place: Place) -> str:
        """`{0}` to a place."""
        return self._access("vst1", place)

    def _access(self, name: str, place: Place) -> str:
        return f"@{BASES[place.array]}+{16 * place.number} {name}.64 {{{{q{{0}}}}}}, [@:128]"


def _near(offset: int) -> int:
    if offset > FAR:
        raise ExportError(
            f"lane circuit: {offset // 16 + 1} words of 128 lanes in one array, and an address of Thumb-2 "
            f"reaches {FAR // 16 + 1}; use the portable export, or a circuit with narrower layers"
        )
    return offset


def lane_function(symbol: str, program: LaneProgram) -> str:
    """Frame mode of a circuit with 128 lanes: the function and its table of masks, after `HEAD`."""
    few, many = (_code(program, registers) for registers in (SCRATCH, ALL))
    code = few if few.body.cycles <= many.body.cycles + SAVING else many
    return _function(symbol, program, code)


def block_function(symbol: str, circuit: Circuit) -> str:
    """Block mode, 128 frames, of any circuit in the basis `NEON`, after `HEAD`."""
    body, n_slots = block_code(circuit, NeonBlock(), ALL, BLOCK_SLACK, ascending=True)
    saves = any(4 <= q <= 7 for q in body.used)
    lines = ["push {r4-r11, lr}", "sub sp, sp, #4"] + (["vpush {d8-d15}"] if saves else [])
    if n_slots:
        lines += ["mov r4, sp", *moved(-16 * n_slots), "mov r3, sp", "bic r3, r3, #15", "mov sp, r3"]
    lines += addressed(body.lines, BLOCK_ADDRESSES + (() if circuit.n_registers else (0,)))
    lines += (["mov sp, r4"] if n_slots else []) + (["vpop {d8-d15}"] if saves else [])
    return function_text(symbol, [*lines, "add sp, sp, #4", "pop {r4-r11, pc}"])


def block_file(circuits: Mapping[str, Circuit]) -> str:
    """An assembly file with block mode of each circuit, symbol -> circuit."""
    return file_text(block_function(symbol, circuit) for symbol, circuit in circuits.items())


def lane_file(symbol: str, program: LaneProgram) -> str:
    """An assembly file with frame mode of one lane circuit."""
    return file_text([lane_function(symbol, program)])


def file_text(functions: Iterable[str]) -> str:
    """An assembly file of these functions."""
    return HEAD + "".join(functions) + TAIL


def _code(program: LaneProgram, registers: tuple[int, ...]) -> LaneCode:
    return best_lane_code(
        program,
        (3, 6, 9, 12),
        lambda plan: vector_lane_code(program, plan, NeonLanes(), registers),
        gather=False,
    )


def _function(symbol: str, program: LaneProgram, code: LaneCode) -> str:
    saves = any(4 <= q <= 7 for q in code.body.used)
    frame, masks = 16 * code.n_slots, code.masks
    lines = ["push {r4, r5, r6, lr}"] + (["vpush {d8-d15}"] if saves else [])
    if frame:
        lines += ["mov r4, sp", f"sub r3, sp, #{frame}", "bic r3, r3, #15", "mov sp, r3"]
    if code.masks:
        place = f".Lmasks_{symbol} - (.Lhere_{symbol} + 4)"
        lines += [f"movw r2, #:lower16:({place})", f"movt r2, #:upper16:({place})"]
        lines += [f".Lhere_{symbol}:", "add r2, pc"]
        lines += [f"add {STREAMS[1]}, r2, #{_near(16 * len(masks[0::2]))}"]
    lines += addressed(code.body.lines, ADDRESSES) + _gathered(program, code.places)
    lines += (["mov sp, r4"] if frame else []) + (["vpop {d8-d15}"] if saves else [])
    lines += ["pop {r4, r5, r6, pc}"]
    words = [f"0x{m >> 64 * half & ONES:016X}" for m in masks[0::2] + masks[1::2] for half in (0, 1)]
    return function_text(symbol, lines, table(symbol, ".quad", words, 16))


def _gathered(program: LaneProgram, places: dict[int, int]) -> list[str]:
    """Outputs that are no whole words, put together from memory by the core."""
    lines = []
    direct = direct_outputs(program)
    for o, terms in enumerate(program.outputs):
        if o in direct:
            continue
        for k, term in enumerate(terms):
            word, part = divmod(term.part, program.parts)
            base, offset = (
                ("r0", 4 * term.part)
                if word < program.n_input_words
                else ("sp", 16 * places[word] + 4 * part)
            )
            lines += [f"ldr r3, [{base}, #{offset}]", f"movw r12, #{term.mask & 0xFFFF}"]
            lines += [
                f"movt r12, #{term.mask >> 16}",
                "and r3, r12, r3" + (f", ror #{term.rotation}" if term.rotation else ""),
            ]
            lines += ["orr lr, lr, r3" if k else "mov lr, r3"]
        lines.append(f"str lr, [r1, #{4 * o}]")
    return lines
