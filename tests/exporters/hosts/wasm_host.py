"""The WebAssembly module in wasmtime."""

from __future__ import annotations

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
    stores = [Store(engine) for _ in range(2)]
    made = [Instance(store, module, []) for store in stores]
    found: list[list[Float32]] = [
        [np.zeros(len(sound), np.float32) for _ in wrapped.outputs] for _ in range(2)
    ]
    for store, instance in zip(stores, made, strict=True):
        instance.exports(store)["_initialize"](store)
        assert instance.exports(store)["start"](store, float(rate))
    for start in range(0, len(sound), block):
        part = sound[start : start + block]
        for store, instance, outputs in zip(stores, made, found, strict=True):
            call = instance.exports(store)
            memory = call["memory"]
            memory.write(store, part.tobytes(), call["input"](store))
            call["process"](store, len(part))
            for k, output in enumerate(outputs):
                at = call["output"](store, k)
                data = memory.read(store, at, at + 4 * len(part))
                output[start : start + block] = np.frombuffer(bytes(data), np.float32)
    return found
