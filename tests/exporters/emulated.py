"""Many assembled circuits in one emulated machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from bench.targets.machine import STACK_TOP, EmulatedMachine, Program
from exporters.asm import a64, neon, thumb
from exporters.c.assembled import lanes_part
from exporters.c.build import A8_FLAGS, A53_FLAGS, build, zig
from exporters.c.lane_memory import lane_memory
from exporters.c.lane_program import lane_program
from exporters.c.targets import A64_FRAMES, NEON_FRAMES, THUMB_FRAMES
from exporters.passes import A64, NEON, THUMB, optimise
from tests.exporters.planes import Step, Words, run_block
from tests.exporters.run_c_frame import c_files, state_c
from zoo.circuit import Bits, Circuit
from zoo.lanes import pack_words, unpack_words

FLAGS = {"thumb": A8_FLAGS, "neon": A8_FLAGS, "a53": A53_FLAGS}
VECTORS = tuple(f"D{n}" for n in range(8, 16))
MODULES: dict[str, Any] = {"thumb": thumb, "neon": neon, "a53": a64}
ASSEMBLERS = {"thumb": THUMB_FRAMES, "neon": NEON_FRAMES, "a53": A64_FRAMES}
BASES = {"thumb": THUMB, "neon": NEON, "a53": A64}


class Caller(EmulatedMachine):
    """A machine whose caller finds its registers as it left them."""

    def invoke(self, function: str, *arguments: int) -> int:
        """Call, and check what a function must leave alone: the stack pointer, and half of the registers."""
        from unicorn import arm64_const, arm_const

        if self.program.architecture.elf == "EM_ARM":
            names = [f"UC_ARM_REG_{x}" for x in (*(f"R{n}" for n in range(4, 12)), *VECTORS)]
            kept, stack = [getattr(arm_const, name) for name in names], arm_const.UC_ARM_REG_SP
        else:
            names = [f"UC_ARM64_REG_{x}" for x in (*(f"X{n}" for n in range(19, 30)), *VECTORS)]
            kept, stack = [getattr(arm64_const, name) for name in names], arm64_const.UC_ARM64_REG_SP
        values = [0x1234_0000 + n for n in range(len(kept))]
        for register, value in zip(kept, values, strict=True):
            self._uc.reg_write(register, value)
        answer = super().invoke(function, *arguments)
        assert [self._uc.reg_read(register) for register in kept] == values, f"{function} spoils registers"
        assert self._uc.reg_read(stack) == STACK_TOP, f"{function} moves the stack"
        return answer


def machine(target: str, text: str, entry: str) -> EmulatedMachine:
    """The machine of a target with one assembly file in it."""
    files = {"circuits.S": text}
    return Caller(Program(build(zig(), FLAGS[target], files, "circuits.elf", (f"-Wl,-e,{entry}",))))


def file_of(target: str, functions: Mapping[str, str]) -> str:
    """An assembly file of these functions."""
    return str(MODULES[target].file_text(functions.values()))


def run_lanes(target: str, circuits: list[Circuit], bits: list[Bits]) -> list[Bits]:
    """Lane circuits in frame mode: uint8 (steps, streams, inputs) -> uint8 (steps, streams, outputs)."""
    if circuits[0].n_registers:
        return run_kept(target, circuits, bits)
    function = MODULES[target].lane_function
    texts = {f"f{i}": function(f"f{i}", lane_program(c)) for i, c in enumerate(circuits)}
    core = machine(target, file_of(target, texts), "f0")
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


def run_kept(target: str, circuits: list[Circuit], bits: list[Bits]) -> list[Bits]:
    """Lane circuits with registers in frame mode: as `run_lanes`, with the C around the words."""
    around = replace(ASSEMBLERS[target], lanes=dict.fromkeys((32, 128), lambda *_: ""))  # gates come below
    parts = [lanes_part(circuit, around)[0] for circuit in circuits]
    plain = enumerate(state_c(part) for part in parts)
    texts = [text.replace("$NAME", f"C{i}").replace("$name", f"c{i}") for i, text in plain]
    function = MODULES[target].lane_function
    programs = {f"c{i}_gates_frame": lane_memory(c).program for i, c in enumerate(circuits)}
    assembly = file_of(target, {symbol: function(symbol, program) for symbol, program in programs.items()})
    files = {**c_files(texts), "circuits.S": assembly}
    link = ("-Wl,-e,c0_init", "-Wl,--no-gc-sections")
    core = Caller(Program(build(zig(), FLAGS[target], files, "circuits.elf", link)))
    found = []
    for i, (circuit, x) in enumerate(zip(circuits, bits, strict=True)):
        steps, streams, _ = x.shape
        frames = pack_words(x.reshape(steps * streams, -1))
        words = -(-circuit.n_outputs // 32)
        source, result = core.place(frames), core.place(np.zeros((len(frames), words), np.uint32))
        # Nobody promises more than a word's alignment.
        states = [core.place(np.zeros(circuit.n_nodes // 8, np.uint8)) + 4 for _ in range(streams)]
        for state in states:
            core.invoke(f"c{i}_init", state)
        for f in range(len(frames)):
            at = source + 4 * frames.shape[1] * f, result + 4 * words * f
            core.invoke(f"c{i}_gates", states[f % streams], *at)
        outputs = core.read(result, np.uint32, (len(frames), words))
        found.append(unpack_words(outputs, circuit.n_outputs).reshape(steps, streams, -1))
    return found


def run_frames(target: str, circuits: list[Circuit], bits: list[Bits]) -> list[Bits]:
    """Any circuits in frame mode: as `run_lanes`; every stream keeps its own registers."""
    module, basis = MODULES[target], BASES[target]
    small = [optimise(circuit, basis) for circuit in circuits]
    texts = {f"f{i}": module.frame_function(f"f{i}", circuit) for i, circuit in enumerate(small)}
    core = machine(target, file_of(target, texts), "f0")
    found = []
    for i, (circuit, x) in enumerate(zip(circuits, bits, strict=True)):
        steps, streams, _ = x.shape
        frames = pack_words(x.reshape(steps * streams, -1))
        words = -(-circuit.n_outputs // 32)
        source, result = core.place(frames), core.place(np.zeros((len(frames), words), np.uint32))
        states = [core.place(pack_words(small[i].register_init[None])) for _ in range(streams)]
        for f in range(len(frames)):
            at = source + 4 * frames.shape[1] * f, result + 4 * words * f
            core.invoke(f"f{i}", states[f % streams], *at)
        outputs = core.read(result, np.uint32, (len(frames), words))
        found.append(unpack_words(outputs, circuit.n_outputs).reshape(steps, streams, -1))
    return found


def run_blocks(
    target: str, circuits: list[Circuit], bits: list[Bits], words: int, **options: bool
) -> list[Bits]:
    """Any circuits in block mode, so many words a plane: as `run_frames`."""
    module, basis = MODULES[target], NEON if words == 4 else BASES[target]
    small = [optimise(circuit, basis) for circuit in circuits]
    texts = {f"f{i}": module.block_function(f"f{i}", c, **options) for i, c in enumerate(small)}
    core = machine(target, file_of(target, texts), "f0")

    def step(i: int) -> Step:
        def call(state: Words, given: Words, out: Words) -> None:
            places = [core.place(array) for array in (state, given, out)]
            core.invoke(f"f{i}", *places)
            state[...] = core.read(places[0], np.uint32, state.shape)
            out[...] = core.read(places[2], np.uint32, out.shape)

        return call

    return [run_block(step(i), c, x, words) for i, (c, x) in enumerate(zip(small, bits, strict=True))]
