"""Circuits through the portable C of frame mode, flat and in lanes, compiled for this machine."""

import ctypes

import numpy as np

from exporters.c.build import build, zig
from exporters.c.gates_flat import frame_part
from exporters.c.gates_lanes import lanes_part
from exporters.c.part import Part, indented
from exporters.passes import THUMB, optimise
from tests.exporters.planes import Bits, address, aligned
from zoo.circuit import Circuit
from zoo.lanes import pack_words, unpack_words

STATE_BYTES = 1 << 12
FILES = 8

# -O0 is quick, and brings the sanitizer of undefined behaviour, which traps.
FLAGS = ("-std=c99", "-O0", "-g0", "-fPIC", "-shared", "-nostdlib", "-fsanitize-trap=undefined")


def frame_c(name: str, circuit: Circuit) -> str:
    """The gates of frame mode with their state, under a name of their own."""
    part = frame_part(optimise(circuit, THUMB)) if circuit.lanes is None else lanes_part(circuit)
    return state_c(part).replace("$NAME", name.upper()).replace("$name", name)


def state_c(part: Part) -> str:
    """The state struct, its start, and the code of a part."""
    fields = indented(part.fields or ["uint32_t none;"])
    init = indented(["(void)s;", *part.init])
    return (
        f"typedef struct {{\n{fields}}} $name_state;\n"
        f"void $name_init($name_state *s)\n{{\n{init}}}\n{part.code}\n"
    )


def c_files(texts: list[str], extension: str = "c") -> dict[str, str]:
    """The texts in a few files: a compiler call costs more than a small circuit."""
    return {
        f"part{k}.{extension}": "#include <stdint.h>\n" + "".join(texts[k::FILES])
        for k in range(FILES)
        if texts[k::FILES]
    }


def run(circuits: list[Circuit], bits: list[Bits]) -> list[Bits]:
    """Bits (steps, streams, inputs) of each circuit -> (steps, streams, outputs)."""
    files = c_files([frame_c(f"c{i}", circuit) for i, circuit in enumerate(circuits)])
    library = ctypes.CDLL(str(build(zig(), FLAGS, files, "frame.so")))
    state, found = aligned((STATE_BYTES,), np.uint8), []
    for i, (circuit, x) in enumerate(zip(circuits, bits, strict=True)):
        steps, streams, _ = x.shape
        out = np.zeros((steps, streams, -(-circuit.n_outputs // 32)), np.uint32)
        out[...] = 0xA5A5A5A5
        init, gates = library[f"c{i}_init"], library[f"c{i}_gates"]
        for stream in range(streams):
            init(address(state))
            packed = pack_words(np.ascontiguousarray(x[:, stream]))
            for step in range(steps):
                gates(address(state), address(packed[step]), address(out[step, stream]))
        found.append(
            unpack_words(out.reshape(steps * streams, -1), circuit.n_outputs).reshape(steps, streams, -1)
        )
    return found
