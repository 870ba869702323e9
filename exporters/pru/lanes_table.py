"""Lane circuits as a loop over a table of records, for nets beyond the instruction memory.

A record is where both operands stand, the rotation, and the masks of one word. Words of 32 lanes rotate by
shifts. Words of 128 lanes rotate by whole bytes, which costs nothing here: each stands in memory twice in a
row, so the rotated word is the 16 bytes from some byte on. A record with m0 is longer: only words that leave
the circuit need one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from exporters.c.lane_program import LaneProgram, Word
from exporters.pru.code import Code
from exporters.pru.gates import Gates, input_places, output_nodes, output_places
from exporters.pru.memory import DoesNotFitError, MemoryMap
from zoo.circuit import Circuit

REACH = {32: 8_192, 128: 65_536}  # bytes of words that the offsets of a record can tell apart


@dataclass(frozen=True)
class _Part:
    """Words with records of one kind, in order.

    Args:
        name: Name of the loop that runs them.
        words: The words.
        with_m0: Their records hold m0.
        spacing: Bytes from one word's value to the next.
    """

    name: str
    words: list[Word]
    with_m0: bool
    spacing: int


def table_gates(program: LaneProgram, circuit: Circuit, memory: MemoryMap, free_inputs: bool) -> Gates:
    """A loop over records for a lane program of 32 or 128 lanes a word.

    Args:
        program: Its words.
        circuit: Where it comes from.
        memory: Takes the values and the table.
        free_inputs: Makes no difference: words are kept as the circuit has them.

    Raises:
        DoesNotFitError: Values or records do not fit, or offsets are too small for them.
    """
    nodes = output_nodes(program, circuit)
    twice = program.parts > 1
    size = 4 * program.parts * (2 if twice else 1)
    parts = _parts(program, {part // program.parts for part, _ in nodes}, size)
    order = [word for part in parts for word in part.words]
    spacing = {word.index: part.spacing for part in parts for word in part.words}
    first = program.n_input_words * size
    if (values := first + sum(spacing.values())) > REACH[program.width]:
        raise DoesNotFitError(
            f"offsets of a table: {values:,} bytes of words, and a record reaches {REACH[program.width]:,}"
        )
    base = memory.place("words", values, "words of the circuit, inputs first")
    at = {w: base + size * w for w in range(program.n_input_words)}
    reached = base + first
    for word in order:
        at[word.index] = reached
        reached += spacing[word.index]
    code, after = Code(), Code()
    if twice:
        packed = memory.place("bits", 16 * program.n_input_words, "inputs of the circuit")
        _copy_inputs(code, packed, base, program.n_input_words)
    else:
        packed = base
    if order:
        code.constant("r4", base, note="words")
        code.constant("r3", base + first, note="the first word that is not an input")
    for part in parts:
        records = [_record(word, at, base, program.width, part.with_m0) for word in part.words]
        what = "records of the circuit: operands, rotation, masks"
        for address, count in memory.place_records(part.name, records, what):
            code.constant("r1", address, note=f"{count} words")
            code.constant("r2", address + count * len(records[0]))
            code.op("jal", "r0.w0", f"gates_{part.name}")
        _LOOPS[program.width](after, part)
    leaving = {p: at[p // program.parts] + 4 * (p % program.parts) for p, _ in nodes}
    turned = dict.fromkeys(at, 0)
    first_bits = [packed + 4 * p for p in range(program.parts * program.n_input_words)]
    inputs = input_places(program, first_bits, turned)
    outputs = output_places(program, circuit, leaving, turned)
    return Gates(code, "table", inputs, outputs, after=after)


def _parts(program: LaneProgram, shown: set[int], size: int) -> list[_Part]:
    """Inner words first, then those that only leave the circuit: their values then stand in a row."""
    read = {index for word in program.words for index in word.reads}
    inner = [word for word in program.words if word.index in read or word.index not in shown]
    last = [word for word in program.words if word.index not in read and word.index in shown]
    with_m0 = any(word.masks[0] for word in inner)
    parts = [_Part("inner", inner, with_m0, size), _Part("last", last, True, 4 * program.parts)]
    return [part for part in parts if part.words]


def _record(word: Word, at: dict[int, int], base: int, width: int, with_m0: bool) -> bytes:
    """Offset of a; offset and rotation of b; m3, m2, m1 and perhaps m0."""
    reads = word.reads
    a = at[word.a] - base if word.a in reads else 0
    b = at[word.b] - base if word.b in reads else 0
    second = b // 4 << 5 | word.rotation if width == 32 else b + word.rotation // 8
    m0, m1, m2, m3 = (mask.to_bytes(width // 8, "little") for mask in word.masks)
    return np.array([a, second], "<u2").tobytes() + m3 + m2 + m1 + (m0 if with_m0 else b"")


def _copy_inputs(code: Code, packed: int, base: int, n_words: int) -> None:
    """Put every input word twice in a row where the words stand."""
    code.constant("r1", packed)
    code.constant("r2", packed + 16 * n_words)
    code.constant("r3", base)
    code.label("gates_copy")
    code.op("lbbo", "&r5", "r1", 0, 16)
    code.op("sbbo", "&r5", "r3", 0, 16)
    code.op("sbbo", "&r5", "r3", 16, 16)
    code.op("add", "r1", "r1", 16)
    code.op("add", "r3", "r3", 32)
    code.op("qbne", "gates_copy", "r1", "r2")


def _loop_32(code: Code, part: _Part) -> None:
    """Records from r1 to r2; values go to r3 on; r4 is where offsets count from."""
    size = 20 if part.with_m0 else 16
    code.label(f"gates_{part.name}")
    code.op("lbbo", "&r5", "r1", 0, size, note="operands, m3, m2, m1" + ", m0" * part.with_m0)
    code.op("lbbo", "&r10", "r4", "r5.w0", 4, note="a")
    code.op("lsr", "r11", "r5.w2", 5)
    code.op("lsl", "r11", "r11", 2)
    code.op("lbbo", "&r11", "r4", "r11", 4, note="b")
    code.op("lsr", "r12", "r11", "r5.w2", note="a shift looks at five bits: the rotation")
    code.op("rsb", "r13", "r5.w2", 0)
    code.op("lsl", "r13", "r11", "r13")
    code.op("or", "r12", "r12", "r13")
    code.op("and", "r6", "r6", "r10")
    code.op("xor", "r6", "r6", "r7")
    code.op("and", "r6", "r6", "r12")
    code.op("and", "r8", "r8", "r10")
    code.op("xor", "r6", "r6", "r8")
    if part.with_m0:
        code.op("xor", "r6", "r6", "r9")
    code.op("sbbo", "&r6", "r3", 0, 4)
    code.op("add", "r1", "r1", size)
    code.op("add", "r3", "r3", 4)
    code.op("qbne", f"gates_{part.name}", "r1", "r2")
    code.op("jmp", "r0.w0")


def _loop_128(code: Code, part: _Part) -> None:
    """The same with words of four registers."""
    size = 68 if part.with_m0 else 52
    code.label(f"gates_{part.name}")
    code.op("lbbo", "&r5", "r1", 0, size, note="operands, m3, m2, m1" + ", m0" * part.with_m0)
    code.op("lbbo", "&r22", "r4", "r5.w0", 16, note="a")
    code.op("lbbo", "&r26", "r4", "r5.w2", 16, note="b, rotated by the byte where it starts")
    value_128(code, part.with_m0)
    code.op("sbbo", "&r6", "r3", 0, 16)
    if part.spacing == 32:
        code.op("sbbo", "&r6", "r3", 16, 16)
    code.op("add", "r1", "r1", size)
    code.op("add", "r3", "r3", part.spacing)
    code.op("qbne", f"gates_{part.name}", "r1", "r2")
    code.op("jmp", "r0.w0")


def value_128(code: Code, with_m0: bool) -> None:
    """A word of 128 lanes in r6-r9 from masks m3, m2, m1, m0 in r6-r21, a in r22-r25 and b in r26-r29."""
    for i in range(4):
        code.op("and", f"r{6 + i}", f"r{6 + i}", f"r{22 + i}")
        code.op("xor", f"r{6 + i}", f"r{6 + i}", f"r{10 + i}")
        code.op("and", f"r{6 + i}", f"r{6 + i}", f"r{26 + i}")
        code.op("and", f"r{14 + i}", f"r{14 + i}", f"r{22 + i}")
        code.op("xor", f"r{6 + i}", f"r{6 + i}", f"r{14 + i}")
        if with_m0:
            code.op("xor", f"r{6 + i}", f"r{6 + i}", f"r{18 + i}")


_LOOPS: dict[int, Callable[[Code, _Part], None]] = {32: _loop_32, 128: _loop_128}
