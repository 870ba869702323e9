"""Frame mode whose gates are assembly: the C that calls it, and the file it stands in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from exporters.c.gates_flat import GATES, with_registers
from exporters.c.lane_memory import lane_memory, memory_part
from exporters.c.lane_program import LaneProgram, lane_program
from exporters.c.part import Part, indented
from zoo.circuit import Circuit

# Symbol -> optimised circuit in, assembly file out.
Assembler = Callable[[Mapping[str, Circuit]], str]

ALIGNED = " __attribute__((aligned(16)))"
SYMBOL = "$name_gates_frame"

DECLARED = """\
#ifdef __cplusplus
extern "C"
#endif
void $name_gates_frame(@arguments);
"""

COPIED = """\
    uint32_t in[$NAME_BIT_WORDS] __attribute__((aligned(16)));
    uint32_t out[$NAME_OUTPUT_WORDS] __attribute__((aligned(16)));
    int i;
    if ((((uintptr_t)bits | (uintptr_t)outputs) & 15) == 0) {
        $name_gates_frame(bits, outputs);
        return;
    }
    for (i = 0; i < $NAME_BIT_WORDS; i++)
        in[i] = bits[i];
    $name_gates_frame(in, out);
    for (i = 0; i < $NAME_OUTPUT_WORDS; i++)
        outputs[i] = out[i];
    (void)s;
"""


@dataclass(frozen=True)
class FrameAssembler:
    """How a target writes frame mode.

    Args:
        flat: Any circuit in the target's basis, a function `(state, bits, outputs)` of packed arrays.
        lanes: Lanes a word -> circuits with such words, a function `(bits, outputs)`; others are left to C.
        aligned: Widths whose arrays must stand at multiples of 16 bytes.
    """

    flat: Assembler
    lanes: Mapping[int, Callable[[str, LaneProgram], str]]
    aligned: frozenset[int] = frozenset()


def flat_part(circuit: Circuit, assembler: FrameAssembler) -> tuple[Part, str]:
    """`$name_gates` of an optimised circuit, and its assembly file."""
    state = "s->registers" if circuit.n_registers else "0"
    body = ["(void)s;", f"{SYMBOL}({state}, bits, outputs);"]
    declared = DECLARED.replace("@arguments", "uint32_t *state, const uint32_t *bits, uint32_t *outputs")
    part = with_registers(circuit, f"{declared}\n{GATES}\n{{\n{indented(body)}}}\n")
    return part, assembler.flat({SYMBOL: circuit})


def lanes_part(circuit: Circuit, assembler: FrameAssembler) -> tuple[Part, str]:
    """`$name_gates` of a lane circuit, and its assembly file."""
    declared = DECLARED.replace("@arguments", "const uint32_t *bits, uint32_t *outputs")
    if circuit.n_registers:
        memory = lane_memory(circuit)
        width = memory.program.width
        aligned = ALIGNED if width in assembler.aligned else ""
        return memory_part(memory, declared, aligned), assembler.lanes[width](SYMBOL, memory.program)
    program = lane_program(circuit)
    plain = indented(["(void)s;", f"{SYMBOL}(bits, outputs);"])
    body = COPIED if program.width in assembler.aligned else plain
    code = f"{declared}\n{GATES}\n{{\n{body}}}\n"
    return Part(code=code), assembler.lanes[program.width](SYMBOL, program)
