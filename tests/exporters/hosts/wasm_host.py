"""The WebAssembly module in wasmtime."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import numpy.typing as npt
from wasmtime import Engine, Instance, Module, Store

from exporters.hosts.host import Wrapped
from tests.exporters.hosts.hosts import HostError

Float32 = npt.NDArray[np.float32]


def build(folder: Path) -> None:
    """It comes built."""


def run_signals(folder: Path, wrapped: Wrapped, sound: Float32, rate: int, block: int) -> list[list[Float32]]:
    """Two instances of one module, one after the other: float32 (n,) per output of each."""
    path = folder / f"{wrapped.name}.wasm"
    if not path.is_file():
        raise HostError(f"no {path}")
    engine = Engine()
    module = Module.from_file(engine, str(path))
    assert not module.imports
    many = 2 if block > 1 else 1  # calls cost more than samples do
    units = [_Unit(engine, module, len(wrapped.outputs), rate) for _ in range(many)]
    found: list[list[Float32]] = [
        [np.zeros(len(sound), np.float32) for _ in wrapped.outputs] for _ in range(many)
    ]
    for start in range(0, len(sound), block):
        part = sound[start : start + block]
        for unit, outputs in zip(units, found, strict=True):
            unit.process(part, outputs, start)
    return found


class _Unit:
    """An instance, and views of its memory: a call for each sample must not cost more than it has to."""

    def __init__(self, engine: Engine, module: Module, outputs: int, rate: int) -> None:
        self.store = Store(engine)
        call = Instance(self.store, module, []).exports(self.store)
        call["_initialize"](self.store)
        assert call["start"](self.store, float(rate))
        memory = call["memory"]
        data = ctypes.addressof(memory.data_ptr(self.store).contents)
        whole = np.ctypeslib.as_array((ctypes.c_uint8 * memory.data_len(self.store)).from_address(data))
        most = 4 * call["most"](self.store)

        def view(at: int) -> Float32:
            return whole[at : at + most].view(np.float32)

        self.input = view(call["input"](self.store))
        self.outputs = [view(call["output"](self.store, k)) for k in range(outputs)]
        self._process = call["process"]

    def process(self, part: Float32, outputs: list[Float32], start: int) -> None:
        n = len(part)
        self.input[:n] = part
        self._process(self.store, n)
        for output, view in zip(outputs, self.outputs, strict=True):
            output[start : start + n] = view[:n]
