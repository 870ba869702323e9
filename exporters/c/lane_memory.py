"""Lane circuits with registers: a program without them, and words that move behind it.

What a frame computes is a circuit without registers: their words stand behind the inputs, and the gate words
they take next in front of the outputs. So every writer of words serves both kinds.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from exporters.c.lane_program import LaneProgram, lane_program
from exporters.c.part import Part, indented
from exporters.c.part import words as packed_words
from zoo.circuit import Circuit
from zoo.lanes import pack_words

Source = Literal["words", "out"]


@dataclass(frozen=True)
class Move:
    """Neighbouring register words that take neighbouring words.

    Args:
        first: Number of the first register word among input and register words.
        source: Where from: "words" (inputs and registers) or "out" (what the program gave).
        at: Number of the first word there.
        count: How many.
    """

    first: int
    source: Source
    at: int
    count: int


@dataclass(frozen=True)
class LaneMemory:
    """A lane circuit with registers, taken apart.

    Args:
        circuit: Without registers: inputs and registers in; next words and outputs out.
        program: Its words.
        n_inputs: Input words.
        n_registers: Register words.
        n_next: Words that come out before the outputs.
        moves: In the order in which they can be done in place, each from its last word to its first; where
            `in_place` is false, after all of them were read.
        in_place: Whether there is such an order.
        init: Values of the register words before the first frame, 32 lanes a number.
        n_outputs: Output bits.
    """

    circuit: Circuit
    program: LaneProgram
    n_inputs: int
    n_registers: int
    n_next: int
    moves: tuple[Move, ...]
    in_place: bool
    init: tuple[int, ...]
    n_outputs: int

    @property
    def parts(self) -> int:
        """Machine words of 32 bits that hold a word."""
        return self.program.parts


def lane_memory(circuit: Circuit) -> LaneMemory:
    """Take a circuit with lanes and registers apart."""
    assert circuit.lanes is not None
    width = circuit.lanes.width
    n_inputs, n_registers = circuit.n_inputs // width, circuit.n_registers // width
    follows = circuit.lanes.next_words(circuit)
    made = np.unique(follows[follows >= n_inputs + n_registers])
    first = (width * made[:, None] + np.arange(width)).ravel().astype(np.int32)
    free = _free_of_registers(circuit, first)
    places: dict[int, tuple[Source, int]] = {w: ("words", w) for w in range(n_inputs + n_registers)}
    places |= {int(w): ("out", i) for i, w in enumerate(made)}
    moves = [
        (n_inputs + r, *places[int(w)]) for r, w in enumerate(follows.tolist()) if w != n_inputs + r
    ]  # a word that stays needs no move
    in_place = all(source == "out" or at < to for to, source, at in moves)
    return LaneMemory(
        free,
        lane_program(free),
        n_inputs,
        n_registers,
        len(made),
        _joined(moves),
        in_place,
        tuple(pack_words(circuit.register_init[None])[0].tolist()),
        circuit.n_outputs,
    )


def _free_of_registers(circuit: Circuit, first: np.ndarray) -> Circuit:
    """The circuit whose inputs are inputs and registers; the nodes `first` come out before the outputs."""
    n_inputs = circuit.n_inputs + circuit.n_registers
    outputs = np.concatenate([first, circuit.outputs]).astype(np.int32)
    return Circuit(n_inputs, circuit.op, circuit.a, circuit.b, outputs, lanes=circuit.lanes)


def _joined(moves: list[tuple[int, Source, int]]) -> tuple[Move, ...]:
    """Neighbours as one move; the last words first."""
    cuts = [
        i
        for i, (one, other) in enumerate(pairwise(moves), 1)
        if (other[0] - one[0], other[1], other[2] - one[2]) != (1, one[1], 1)
    ]
    runs = [moves[a:b] for a, b in pairwise([0, *cuts, len(moves)]) if a < b]
    return tuple(Move(*run[0], len(run)) for run in reversed(runs))


def memory_part(memory: LaneMemory, words_function: str, aligned: str = "") -> Part:
    """`$name_gates` around the function of the words.

    Args:
        memory: The circuit.
        words_function: Code of `void $name_gates_frame(const uint32_t *bits, uint32_t *outputs)`.
        aligned: Attribute of both its arrays; empty where any address will do.
    """
    parts = memory.parts
    total, first = parts * (memory.n_inputs + memory.n_registers), parts * memory.n_inputs
    n_outputs, n_next = packed_words(memory.n_outputs), parts * memory.n_next
    body = [f"uint32_t out[{n_next + n_outputs}]{aligned};"]
    words = "words"
    if aligned:  # whoever owns the state need not align it
        body += [f"uint32_t in[{total}]{aligned};"]
        words = "in"
    body += ["uint32_t *words = s->words;"]
    body += [] if memory.in_place else [f"uint32_t next[{total - first}];"]
    body += ["uint32_t i, k;", "(void)i;", "(void)k;", *_copy("words", 0, "bits", 0, first)]
    body += _copy("in", 0, "words", 0, total) if aligned else []
    body += [f"$name_gates_frame({words}, out);"]
    body += _copy("outputs", 0, "out", n_next, n_outputs)
    for move in memory.moves:
        to, start = ("words", 0) if memory.in_place else ("next", first)
        body += _copy(to, parts * move.first - start, move.source, parts * move.at, parts * move.count)
    if not memory.in_place:
        for move in memory.moves:
            place = parts * move.first
            body += _copy("words", place, "next", place - first, parts * move.count)
    signature = "void $name_gates($name_state *s, const uint32_t *bits, uint32_t *outputs)"
    return Part(
        fields=[f"uint32_t words[{total}]; /* inputs, then registers */"],
        init=[f"s->words[{first + w}] = 0x{x:X}u;" for w, x in enumerate(memory.init)],
        code=f"{words_function}\n{signature}\n{{\n{indented(body)}}}\n",
    )


def _copy(to: str, first: int, source: str, at: int, count: int) -> list[str]:
    """What moves up in one array is read before it is written: stretches as long as the way, last first."""
    if count == 1:
        return [f"{to}[{first}] = {source}[{at}];"]
    by = first - at if to == source else count
    rest = count % by if count > by else 0
    lines = _copy(to, first + count - rest, source, at + count - rest, rest) if rest else []
    left, right = (f"{name}[{n} + @i]" if n else f"{name}[@i]" for name, n in ((to, first), (source, at)))
    if count > by:
        lines += [f"for (k = {count - rest}; k > 0;)", f"    for (k -= {by}, i = 0; i < {by}; i++)"]
        return [*lines, f"        {left} = {right};".replace("@i", "k + i")]
    return [f"for (i = 0; i < {count}; i++)", f"    {left} = {right};".replace("@i", "i")] if count else []
