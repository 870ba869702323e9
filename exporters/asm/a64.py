"""A64 for the Cortex-A53: frame mode in general registers, 128 lanes in vector registers; block mode in both.

GNU assembler syntax that gcc, clang and zig take. Symbols follow ARM's procedure call standard:

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
from exporters.asm.lane_plan import direct_outputs
from exporters.asm.lane_vectors import vector_lane_code
from exporters.c.lane_program import LaneProgram
from exporters.c.names import ExportError
from exporters.schedule import Place
from exporters.schedule.interleave import Core
from zoo.circuit import Circuit

A53 = Core({"alu": 2, "memory": 1})
A53_VECTORS = Core({"process": 1, "memory": 1})
BASES = {"state": "x0", "in": "x1", "out": "x2", "slot": "sp"}
BLOCK_SLACK, VECTOR_SLACK = 3, 6
PAIRS = 4_096  # of masks that one position of the table's pointer reaches
STACK = 1 << 14  # bytes of stack that one load or store of a word reaches
SCRATCH = (*range(8), *range(16, 32))  # v8 to v15 belong in part to the caller
ALL = (*SCRATCH, *range(8, 16))
SAVING = 12  # cycles to save them and bring them back

HEAD = """\
#if !defined(__aarch64__) || defined(__APPLE__)
#error "this is A64 assembly for ELF; use the portable export here"
#endif
.text
"""

TAIL = """\
#ifdef __ELF__
.section .note.GNU-stack,"",%progbits
#endif
"""


class A64(GeneralRegisters):
    """How code on general registers is written in A64; in lane code x2 points into the table of masks."""

    core, letter = A53, "w"
    registers: tuple[int, ...] = (0, 1, *range(3, 16), 17, *range(19, 29), 30)
    frame_registers: tuple[int, ...] = (*range(16), 17, *range(19, 29), 30)
    halves = True
    spare_outputs = False

    def upper(self, name: str) -> str:
        """`{0} = {1} name upper half of {2}`."""
        return f"{name} x{{0}}, x{{1}}, x{{2}}, lsr #32"

    def turned(self, rotation: int) -> str:
        """`{0} = ror({1}, rotation)`; rotation 32 takes the upper half."""
        if rotation == 32:
            return "lsr x{0}, x{1}, #32"
        return super().turned(rotation)

    def constant(self, ones: bool) -> str:
        """`{0}` all ones or all zeros."""
        return f"mov w{{0}}, #{-1 if ones else 0}"

    def load(self, offset: int) -> str:
        """`{0}` from the array at `{1}`."""
        return f"ldr w{{0}}, [x{{1}}, #{_reached(offset)}]"

    def store(self, offset: int) -> str:
        """`{0}` to the array at `{1}`."""
        return f"str w{{0}}, [x{{1}}, #{_reached(offset)}]"

    def fetch(self, slot: int) -> str:
        """`{0}` from the stack."""
        return _access("ldr w{0}", Place("slot", slot), 4)

    def fetch_pair(self, slot: int) -> str | None:
        """A pair takes as long as two words here."""
        return None

    def keep(self, slot: int) -> str:
        """`{0}` to the stack."""
        return _access("str w{0}", Place("slot", slot), 4)

    def keep_pointer(self, slot: int) -> str:
        """The pointer stays in its register here."""
        raise NotImplementedError

    fetch_pointer = keep_pointer

    def masks(self, pair: int) -> tuple[str, bool]:
        """Masks in the halves of `{0}`; in any order."""
        return f"ldr x{{0}}, [x2, #{8 * (pair % PAIRS)}]", False

    def next_masks(self, pair: int) -> str | None:
        """What moves the table's pointer before this pair of masks."""
        return f"add x2, x2, #{8 * PAIRS}" if pair and pair % PAIRS == 0 else None


class A64Vectors:
    """How lane code of 128 lanes is written in A64; x2 points at the masks."""

    core = A53_VECTORS
    operand, result, chosen, moved = 0, 0, 1, (0, 2)
    turn_cycles, input_cycles = 1, 2
    turn_unit = "process"
    streams = 0

    def logic(self, name: str) -> str:
        """`{0} = {1} name {2}`."""
        return f"{name} v{{0}}.16b, v{{1}}.16b, v{{2}}.16b"

    def inverse(self) -> str:
        """`{0} = ~{1}`."""
        return "mvn v{0}.16b, v{1}.16b"

    def constant(self, ones: bool) -> str:
        """`{0}` all ones or all zeros."""
        return f"movi v{{0}}.16b, #{255 if ones else 0}"

    def insert(self, where: bool) -> str:
        """`{0} = {3} == where ? {2} : {1}`."""
        return f"{'bit' if where else 'bif'} v{{0}}.16b, v{{2}}.16b, v{{3}}.16b"

    def select(self) -> str:
        """`{0} = {1} ? {2} : {3}`."""
        return "bsl v{0}.16b, v{2}.16b, v{3}.16b"

    def turned(self, count: int) -> str:
        """`{0}` is `{1}` rotated right by so many bytes."""
        return f"ext v{{0}}.16b, v{{1}}.16b, v{{1}}.16b, #{count}"

    def mask(self, number: int) -> str:
        """`{0}` is a mask of the table."""
        return f"ldr q{{0}}, [x2, #{_reached(16 * number, 16)}]"

    def load(self, word: int) -> str:
        """`{0}` is an input word."""
        return f"ldr q{{0}}, [x0, #{_reached(16 * word, 16)}]"

    def store(self, output: int) -> str:
        """`{0}` goes to four output words from this one on."""
        if output % 4 == 0:
            return f"str q{{0}}, [x1, #{_reached(4 * output, 16)}]"
        return f"add x3, x1, #{_added(4 * output)}\n    str q{{0}}, [x3]"

    def fetch(self, slot: int) -> str:
        """`{0}` from the stack."""
        return f"ldr q{{0}}, [sp, #{_reached(16 * slot, 16)}]"

    def keep(self, slot: int) -> str:
        """`{0}` to the stack."""
        return f"str q{{0}}, [sp, #{_reached(16 * slot, 16)}]"


def _reached(offset: int, size: int = 4) -> int:
    if offset > 4_095 * size:
        raise ExportError(
            f"lane circuit: {offset // size + 1} words in one array, and A64 reaches 4,096; use the portable "
            "export, or a smaller circuit"
        )
    return offset


def _added(offset: int) -> int:
    if offset > 4_095:
        raise ExportError(
            f"lane circuit: {offset // 4} output words before a vector, and A64 adds 1,023; use the "
            "portable export"
        )
    return offset


def lane_function(symbol: str, program: LaneProgram) -> str:
    """Frame mode of a lane circuit of either width: the function and its table of masks, after `HEAD`."""
    if program.parts == 1:
        dialect = A64()
        code = best_lane_code(
            program, (7, 13, 19, 22), lambda plan: integer_lane_code(program, plan, dialect)
        )
        words = [f"0x{mask:08X}" for mask in code.masks]
        return _function(symbol, code, 4, [], table(symbol, ".word", words, 8))
    few, many = (_vectors(program, registers) for registers in (SCRATCH, ALL))
    code = few if few.body.cycles <= many.body.cycles + SAVING else many
    words = [f"0x{m >> 64 * half & (1 << 64) - 1:016X}" for m in code.masks for half in (0, 1)]
    return _function(symbol, code, 16, _gathered(program, code.places), table(symbol, ".quad", words, 16))


class A64Block(A64):
    """How block mode is written in general registers: 64 frames each; x16 holds far addresses."""

    unit = "alu"
    stages = Stages(operand=2, result=2, stored=3, loaded=3)

    def logic(self, name: str, rotation: int = 0) -> str:
        """`{0} = {1} name {2}`."""
        return f"{name} x{{0}}, x{{1}}, x{{2}}"

    def inverse(self) -> str:
        """`{0} = ~{1}`."""
        return "mvn x{0}, x{1}"

    def constant(self, ones: bool) -> str:
        """`{0}` all ones or all zeros."""
        return f"mov x{{0}}, #{-1 if ones else 0}"

    def read(self, place: Place) -> str:
        """`{0}` from a place."""
        return _access("ldr x{0}", place, 8)

    def write(self, place: Place) -> str:
        """`{0}` to a place."""
        return _access("str x{0}", place, 8)


class A64VectorBlock(A64Vectors):
    """How block mode is written in vector registers: 128 frames each; x16 holds far addresses."""

    unit = "process"
    stages = Stages(operand=0, result=0, stored=0, loaded=2, access_cycles=2)

    def read(self, place: Place) -> str:
        """`{0}` from a place."""
        return _access("ldr q{0}", place, 16)

    def write(self, place: Place) -> str:
        """`{0}` to a place."""
        return _access("str q{0}", place, 16)


def _access(what: str, place: Place, size: int) -> str:
    base, offset = BASES[place.array], size * place.number
    if offset <= 4_095 * size:
        return f"{what}, [{base}, #{offset}]"
    return f"add x16, {base}, #{offset >> 12}, lsl #12\n    {what}, [x16, #{offset & 0xFFF}]"


def block_function(symbol: str, circuit: Circuit, vectors: bool) -> str:
    """Block mode of any circuit, after `HEAD`.

    Args:
        symbol: Its name.
        circuit: In the basis `A64`; `NEON` for vectors.
        vectors: 128 frames in vector registers, or 64 in general ones.
    """
    if vectors:
        body, n_slots = block_code(circuit, A64VectorBlock(), ALL, VECTOR_SLACK)
        return _function(symbol, LaneCode(body, [], n_slots), 16, [], "")
    registers = (*range(3, 16), 17, *range(19, 29), 30) + (() if circuit.n_registers else (0,))
    body, n_slots = block_code(circuit, A64Block(), registers, BLOCK_SLACK)
    return _function(symbol, LaneCode(body, [], n_slots), 8, [], "")


def frame_function(symbol: str, circuit: Circuit) -> str:
    """Frame mode of any circuit in the basis `A64`, after `HEAD`."""
    body, n_slots = frame_code(circuit, A64())
    return _function(symbol, LaneCode(body, [], n_slots), 4, [], "")


def _vectors(program: LaneProgram, registers: tuple[int, ...]) -> LaneCode:
    return best_lane_code(
        program,
        (3, 8, 16, 24),
        lambda plan: vector_lane_code(program, plan, A64Vectors(), registers),
        gather=False,
    )


def _function(symbol: str, code: LaneCode, slot_bytes: int, tail: list[str], constants: str) -> str:
    address = [f"adrp x2, .Lmasks_{symbol}", f"add x2, x2, :lo12:.Lmasks_{symbol}"] if code.masks else []
    lines = address + code.body.lines + tail
    if slot_bytes < 16:
        save, restore = saved_registers([r for r in sorted(code.body.used) if 19 <= r <= 30])
    else:
        save, restore = saved_vectors(any(8 <= r <= 15 for r in code.body.used))
    frame = 16 * -(-code.n_slots * slot_bytes // 16)
    return function_text(symbol, [*save, *stack(-frame), *lines, *stack(frame), *restore, "ret"], constants)


def frame_file(circuits: Mapping[str, Circuit]) -> str:
    """An assembly file with frame mode of each circuit, symbol -> circuit."""
    return file_text(frame_function(symbol, circuit) for symbol, circuit in circuits.items())


def block_file(circuits: Mapping[str, Circuit]) -> str:
    """The same in block mode, 64 frames: loads of vector registers take this core twice as long."""
    return file_text(block_function(symbol, circuit, vectors=False) for symbol, circuit in circuits.items())


def lane_file(symbol: str, program: LaneProgram) -> str:
    """An assembly file with frame mode of one lane circuit."""
    return file_text([lane_function(symbol, program)])


def file_text(functions: Iterable[str]) -> str:
    """An assembly file of these functions."""
    return HEAD + "".join(functions) + TAIL


def saved_registers(registers: list[int]) -> tuple[list[str], list[str]]:
    """What saves general registers on the stack, and what brings them back."""
    size = 16 * -(-len(registers) // 2)
    pairs = [registers[i : i + 2] for i in range(0, len(registers), 2)]
    save, restore = stack(-size), []
    for i, pair in enumerate(pairs):
        name, what = ("p" if len(pair) == 2 else "r"), ", ".join(f"x{r}" for r in pair)
        save.append(f"st{name} {what}, [sp, #{16 * i}]")
        restore.append(f"ld{name} {what}, [sp, #{16 * i}]")
    return save, restore + stack(size)


def saved_vectors(needed: bool) -> tuple[list[str], list[str]]:
    """The same for d8 to d15."""
    if not needed:
        return [], []
    names = [f"d{i}, d{i + 1}, [sp, #{8 * (i - 8)}]" for i in range(8, 16, 2)]
    return [*stack(-64), *(f"stp {n}" for n in names)], [*(f"ldp {n}" for n in names), *stack(64)]


def stack(change: int) -> list[str]:
    """What moves the stack pointer."""
    name, size = ("add" if change > 0 else "sub"), abs(change)
    high, low = size & ~0xFFF, size & 0xFFF
    return [f"{name} sp, sp, #{part}" for part in (high, low) if part]


def _gathered(program: LaneProgram, places: dict[int, int]) -> list[str]:
    """Outputs that are no whole words, put together from memory."""
    lines = []
    direct = direct_outputs(program)
    for o, terms in enumerate(program.outputs):
        if o in direct:
            continue
        for k, term in enumerate(terms):
            word, part = divmod(term.part, program.parts)
            inside = word < program.n_input_words
            place = f"x0, #{4 * term.part}" if inside else f"sp, #{16 * places[word] + 4 * part}"
            turn = f", ror #{term.rotation}" if term.rotation else ""
            lines += [f"ldr w3, [{place}]", f"mov w4, #{term.mask & 0xFFFF}"]
            lines += [f"movk w4, #{term.mask >> 16}, lsl #16", f"and w3, w4, w3{turn}"]
            lines.append("orr w5, w5, w3" if k else "mov w5, w3")
        lines.append(f"str w5, [x1, #{4 * o}]")
    return lines


def function_text(symbol: str, lines: list[str], constants: str = "") -> str:
    """A function of these lines, and the constants it needs."""
    text = "".join(f"    {line}\n" for line in lines)
    return (
        f".balign 16\n.globl {symbol}\n.type {symbol}, %function\n{symbol}:\n"
        f"{text}.size {symbol}, . - {symbol}\n{constants}"
    )


def table(symbol: str, directive: str, words: list[str], alignment: int) -> str:
    """Constants at `.Lmasks_SYMBOL`."""
    if not words:
        return ""
    rows = "".join(f"    {directive} {', '.join(words[i : i + 8])}\n" for i in range(0, len(words), 8))
    section = f'.section .rodata.{symbol},"a",%progbits'
    return f"{section}\n.balign {alignment}\n.Lmasks_{symbol}:\n{rows}.text\n"
