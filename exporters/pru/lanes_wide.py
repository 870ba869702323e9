"""Lane circuits of 128 lanes as straight code: each word is four of 32 lanes, in four registers.

A word that some reader rotates stands in memory twice in a row: the rotated word is then the 16 bytes from
some byte on, so a rotation is no instruction.
"""

from __future__ import annotations

from exporters.c.lane_program import LaneProgram
from exporters.pru.code import Code
from exporters.pru.gates import Gates, input_places, output_nodes, output_places
from exporters.pru.lanes_table import value_128
from exporters.pru.memory import MemoryMap
from zoo.circuit import Circuit

WINDOW = 256  # bytes that an immediate offset reaches
BASES = ("r1", "r2", "r3", "r4")
OFFSET = "r5"


def wide_gates(program: LaneProgram, circuit: Circuit, memory: MemoryMap, free_inputs: bool) -> Gates:
    """Straight code for a lane program of 128 lanes a word; for the arguments see `table_gates`.

    Raises:
        DoesNotFitError: Words or masks do not fit.
    """
    memory.check_code(20 * len(program.words))
    nodes = output_nodes(program, circuit)
    n_inputs, turned = program.n_input_words, {w.b for w in program.words if w.rotation}
    read = {index for word in program.words for index in word.reads} | {part // 4 for part, _ in nodes}
    at: dict[int, int] = {}
    size = 16 * n_inputs  # the inputs as they come, then each that is rotated again
    for index in range(n_inputs):
        at[index] = 16 * index
    for index in [*range(n_inputs), *(word.index for word in program.words)]:
        if index in turned or index >= n_inputs:
            at[index] = size
            size += 32 if index in turned else 16
    base = memory.place("words", size, "words of the circuit: inputs, then all that gates use")
    data = b"".join(_masks(word.masks) for word in program.words)
    masks = (
        memory.place("masks", len(data), "masks of the circuit in the order of their use", data)
        if data
        else 0
    )
    code = Code()
    for window, register in enumerate(BASES):
        code.constant(register, base + WINDOW * window, note="words" if window == 0 else "")
    for index in range(n_inputs):
        if index in turned and index in read:
            _access(code, "lbbo", "r6", 16 * index)
            _store(code, at[index], twice=True)
    code.constant("r0", masks, note="masks")
    reached = 0
    for word in program.words:
        with_m0 = bool(word.masks[0])
        length = 64 if with_m0 else 48
        if reached + length >= WINDOW:  # what an ADD takes
            code.op("add", "r0", "r0", reached)
            reached = 0
        code.op("lbbo", "&r6", "r0", reached, length)
        reached += length
        for register, index, turn in (("r22", word.a, 0), ("r26", word.b, word.rotation // 8)):
            _access(code, "lbbo", register, (at[index] if index in word.reads else 0) + turn)
        value_128(code, with_m0)
        _store(code, at[word.index], word.index in turned)
    address = {part: base + at[part // 4] + 4 * (part % 4) for part, _ in nodes}
    inputs = input_places(program, [base + 4 * part for part in range(4 * n_inputs)], dict.fromkeys(at, 0))
    outputs = output_places(program, circuit, address, dict.fromkeys(at, 0))
    return Gates(code, "unrolled", inputs, outputs)


def _masks(masks: tuple[int, int, int, int]) -> bytes:
    m0, m1, m2, m3 = (mask.to_bytes(16, "little") for mask in masks)
    return m3 + m2 + m1 + (m0 if any(m0) else b"")


def _store(code: Code, offset: int, twice: bool) -> None:
    _access(code, "sbbo", "r6", offset)
    if twice:
        _access(code, "sbbo", "r6", offset + 16)


def _access(code: Code, name: str, register: str, offset: int) -> None:
    """Load or store 16 bytes."""
    window = offset // WINDOW
    if window < len(BASES):
        code.op(name, f"&{register}", BASES[window], offset % WINDOW, 16)
    else:
        code.constant(OFFSET, offset)
        code.op(name, f"&{register}", BASES[0], OFFSET, 16)
