"""Many assembled circuits in one emulated machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bench.targets.machine import EmulatedMachine, Program
from exporters.asm import a64, thumb
from exporters.asm.a64 import lane_function as a64_lanes
from exporters.asm.neon import lane_function as neon_lanes
from exporters.asm.thumb import lane_function as thumb_lanes
from exporters.c.build import A8_FLAGS, A53_FLAGS, build, zig
from exporters.c.lane_program import lane_program
from zoo.circuit import Bits, Circuit
from zoo.lanes import pack_words, unpack_words

FLAGS = {"thumb": A8_FLAGS, "neon": A8_FLAGS, "a53": A53_FLAGS}
LANES = {"thumb": thumb_lanes, "neon": neon_lanes, "a53": a64_lanes}
FRAMES = {"thumb": thumb, "neon": thumb, "a53": a64}


def machine(target: str, text: str, entry: str) -> EmulatedMachine:
    """The machine of a target with one assembly file in it."""
    files = {"circuits.S": text}
    return EmulatedMachine(Program(build(zig(), FLAGS[target], files, "circuits.elf", (f"-Wl,-e,{entry}",))))


def file_of(target: str, functions: Mapping[str, str]) -> str:
    """An assembly file of these functions."""
    module: Any = FRAMES[target]
    return str(module.HEAD + "".join(functions.values()) + module.TAIL)


def run_lanes(target: str, circuits: list[Circuit], bits: list[Bits]) -> list[Bits]:
    """Lane circuits in frame mode: uint8 (steps, streams, inputs) -> uint8 (steps, streams, outputs)."""
    functions = {f"f{i}": LANES[target](f"f{i}", lane_program(c)) for i, c in enumerate(circuits)}
    core = machine(target, file_of(target, functions), "f0")
    found = []
    for i, (circuit, x) in enumerate(zip(circuits, bits, strict=True)):
        steps, streams, _ = x.shape
        frames = pack_words(x.reshape(steps * streams, -1))
        words = -(-circuit.n_outputs // 32)
        source, result = core.place(frames), core.place(np.zeros((len(frames), words), np.uint32))
        for f in range(len(frames)):
            core.invoke(f"f{i}", source + 4 * frames.shape[1] * f, result + 4 * words * f)
        outputs = core.read(result, np.uint32, (len(frames), words))
        found.append(unpack_words(outputs, circuit.n_outputs).reshape(steps, streams, -1))
    return found
