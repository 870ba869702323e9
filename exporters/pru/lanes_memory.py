"""Register words of a lane circuit on a PRU: they stand behind the inputs and move when a frame is done."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from exporters.c.lane_memory import LaneMemory
from exporters.pru.code import Code
from exporters.pru.flat_moves import move_registers
from exporters.pru.gates import Gates, Int64
from exporters.pru.memory import MemoryMap

BURST = range(5, 29)  # registers that a burst of words goes through


def keep_registers(gates: Gates, kept: LaneMemory, memory: MemoryMap) -> Gates:
    """The gates of `kept.program`, and what moves the register words after them.

    Args:
        gates: Their words stand as they are, not rotated.
        kept: What moves.
        memory: Holds the words, and takes two more places.
    """
    width = kept.program.width
    starts = gates.inputs[::width, 0].tolist()  # where each input and register word stands
    next_starts = gates.outputs[: width * kept.n_next : width, 0].tolist()
    sources = {"words": starts, "out": next_starts}
    places = {
        starts[move.first + i] // 4 + part: sources[move.source][move.at + i] // 4 + part
        for move in kept.moves
        for i in range(move.count)
        for part in range(kept.parts)
    }
    first = starts[kept.n_inputs] // 4
    own = range(first, first + kept.parts * kept.n_registers)
    _start(memory, 4 * first, np.array(kept.init, "<u4").tobytes())
    outputs = gates.outputs[width * kept.n_next :]
    code = Code()
    code.extend(gates.code)
    outputs = _saved(code, outputs, own, memory)
    spare = memory.place("spare", 4, "a register word that moves in a circle") // 4
    moves = {to: source for to, source in places.items() if source in own and source != to}
    late = {to: source for to, source in places.items() if source not in own}
    for op in move_registers(moves, late, list(BURST), spare):
        _transfer(code, "lbbo" if op.kind == "load" else "sbbo", op.register, op.b, op.a)
    return replace(gates, code=code, inputs=gates.inputs[: width * kept.n_inputs], outputs=outputs)


def _start(memory: MemoryMap, address: int, data: bytes) -> None:
    """Let the register words start with these bytes."""
    item = next(item for item in memory.items if item.address <= address < item.address + item.size)
    memory.contents[item.address] = bytes(address - item.address) + data


def _saved(code: Code, outputs: Int64, own: range, memory: MemoryMap) -> Int64:
    """Outputs that are registers, in words of their own: the head reads them when registers have moved."""
    words = sorted({address // 4 for address in outputs[:, 0].tolist()} & set(own))
    if not words:
        return outputs
    base = memory.place("shown", 4 * len(words), "register words that are outputs") // 4
    moved = outputs.copy()
    for i, word in enumerate(words):
        there = outputs[:, 0] // 4 == word
        moved[there, 0] += 4 * (base + i - word)
        _transfer(code, "lbbo", BURST[0], word, 1)
        _transfer(code, "sbbo", BURST[0], base + i, 1)
    return moved


def _transfer(code: Code, name: str, register: int, word: int, count: int) -> None:
    """Load or store neighbouring words."""
    code.constant("r0", 4 * word)
    code.op(name, f"&r{register}", "r0", 0, 4 * count)
