"""What the gates of a model are to the other parts: code, where its bits go in, and where they come out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from exporters.c.lane_program import LaneProgram
from exporters.pru.code import Code
from zoo.circuit import Circuit

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Gates:
    """The gates of one frame.

    Args:
        code: Instructions, without a way in or out: they run through.
        form: "unrolled", "table" or "flat".
        inputs: int64 (n_inputs, 2): address of the byte and number of the bit (0-7) that each input is in. A
            bit of planes is a whole word of its own, whose bit 0 counts.
        outputs: int64 (n_outputs, 2), the same.
        planes: Each input and output has a word of its own.
        after: Subroutines that the code calls.
    """

    code: Code
    form: str
    inputs: Int64
    outputs: Int64
    planes: bool = False
    after: Code | None = None


def input_places(program: LaneProgram, bases: list[int], rotation: dict[int, int]) -> Int64:
    """Places of all inputs: part p of 32 lanes starts at `bases[p]`, its word rotated by `rotation`."""
    lanes = np.arange(32)
    places = []
    for part, base in enumerate(bases):
        bit = (lanes - rotation[part // program.parts]) % 32 if program.parts == 1 else lanes
        places.append(np.stack([base + bit // 8, bit % 8], axis=1))
    return np.concatenate(places) if places else np.zeros((0, 2), np.int64)


def output_nodes(program: LaneProgram, circuit: Circuit) -> list[tuple[int, int]]:
    """Part of 32 lanes, and lane in it, that each output comes from."""
    nodes = []
    for output in range(circuit.n_outputs):
        lane = output % 32
        term = next(t for t in program.outputs[output // 32] if t.mask >> lane & 1)
        nodes.append((term.part, (lane + term.rotation) % 32))
    return nodes


def output_places(
    program: LaneProgram, circuit: Circuit, address: dict[int, int], rotation: dict[int, int]
) -> Int64:
    """Places of all outputs, given the address of every part that they come from."""
    places = []
    for part, lane in output_nodes(program, circuit):
        bit = (lane - rotation[part]) % 32 if program.parts == 1 else lane
        places.append((address[part] + bit // 8, bit % 8))
    return np.array(places, np.int64).reshape(-1, 2)
