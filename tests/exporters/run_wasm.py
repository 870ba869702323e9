"""Circuits through block mode in WebAssembly with 128-bit vectors, run by wasmtime."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporters.c.build import WASM_FLAGS, build, zig
from exporters.c.gates_flat import QUALIFIERS, block_code
from exporters.passes import WASM, optimise
from tests.exporters.planes import Bits, Words, run_block
from tests.exporters.run_c_frame import c_files
from zoo.circuit import Circuit

WORDS = 4
PLANE = "typedef uint32_t plane __attribute__((vector_size(16), may_alias));\n"
PAGE = 1 << 16


class WasmModule:
    """A module with its memory; what arrays it is given stand behind what it uses itself."""

    def __init__(self, path: Path) -> None:
        wasmtime = pytest.importorskip(
            "wasmtime", reason="wasmtime, which runs WebAssembly, is not installed"
        )
        self._store = wasmtime.Store()
        module = wasmtime.Module.from_file(self._store.engine, str(path))
        self._exports: Any = wasmtime.Instance(self._store, module, []).exports(self._store)
        self._memory = self._exports["memory"]
        self._start = self._memory.data_len(self._store)

    def call(self, function: str, *arrays: Any) -> int | None:
        """Copies the arrays in, calls, and copies all of them back; numbers pass as they are."""
        at, places = self._start, []
        for array in arrays:
            places.append(at if isinstance(array, np.ndarray) else array)
            at += -(-array.nbytes // 64) * 64 if isinstance(array, np.ndarray) else 0
        missing = at - self._memory.data_len(self._store)
        if missing > 0:
            self._memory.grow(self._store, -(-missing // PAGE))
        for array, place in zip(arrays, places, strict=True):
            if isinstance(array, np.ndarray):
                self._memory.write(self._store, array.tobytes(), place)
        result: int | None = self._exports[function](self._store, *places)
        for array, place in zip(arrays, places, strict=True):
            if isinstance(array, np.ndarray) and array.flags.writeable:
                data = self._memory.read(self._store, place, place + array.nbytes)
                array[...] = np.frombuffer(bytes(data), array.dtype).reshape(array.shape)
        return result


def run(circuits: list[Circuit], bits: list[Bits]) -> list[Bits]:
    """Bits (steps, streams, inputs) of each circuit -> (steps, streams, outputs)."""
    optimised = [optimise(circuit, WASM) for circuit in circuits]
    texts = [
        PLANE + QUALIFIERS + block_code(circuit, f"c{i}", "plane") for i, circuit in enumerate(optimised)
    ]
    files = {name: text.replace("$NAME", "C") for name, text in c_files(texts).items()}
    module = WasmModule(build(zig(), WASM_FLAGS, files, "block.wasm"))
    found = []
    for i, (circuit, x) in enumerate(zip(optimised, bits, strict=True)):

        def call(*arrays: Words, name: str = f"c{i}") -> None:
            module.call(name, *arrays)

        found.append(run_block(call, circuit, x, WORDS))
    return found
