"""The WebAssembly module in wasmtime; the loop over blocks runs there too, since a call for each is dear."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from wasmtime import Engine, Instance, Module, Store

from exporters.hosts.host import Wrapped
from tests.exporters.hosts.hosts import NO_SETTINGS, HostError, bends_last

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]

PAGE = 1 << 16

# n floats at $from, block by block through the model's input and outputs, to rows of n floats at $to.
LOOP = """\
(module
  (import "model" "memory" (memory 0))
  (import "model" "process" (func $process (param i32)))
  (func (export "run") (param $from i32) (param $to i32) (param $n i32) (param $block i32)
        (param $input i32) (param $output i32) (param $stride i32) (param $outputs i32)
    (local $at i32) (local $here i32) (local $k i32)
    (loop $next
      (local.set $here (i32.sub (local.get $n) (local.get $at)))
      (if (i32.gt_u (local.get $here) (local.get $block)) (then (local.set $here (local.get $block))))
      (memory.copy (local.get $input) (i32.add (local.get $from) (i32.shl (local.get $at) (i32.const 2)))
        (i32.shl (local.get $here) (i32.const 2)))
      (call $process (local.get $here))
      (local.set $k (i32.const 0))
      (loop $each
        (memory.copy
          (i32.add (local.get $to)
            (i32.shl (i32.add (i32.mul (local.get $k) (local.get $n)) (local.get $at)) (i32.const 2)))
          (i32.add (local.get $output) (i32.mul (local.get $k) (local.get $stride)))
          (i32.shl (local.get $here) (i32.const 2)))
        (local.set $k (i32.add (local.get $k) (i32.const 1)))
        (br_if $each (i32.lt_u (local.get $k) (local.get $outputs))))
      (local.set $at (i32.add (local.get $at) (local.get $here)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $n))))))
"""


def build(folder: Path) -> None:
    """It comes built."""


def run_signals(
    folder: Path,
    wrapped: Wrapped,
    sound: Float32,
    rate: int,
    block: int,
    settings: Mapping[str, float] = NO_SETTINGS,
) -> list[list[Float32]]:
    """Two instances of one module with these parameters: float32 (n,) per output of each."""
    engine, module = _module(folder, wrapped)
    units = [Unit(engine, module, rate) for _ in range(2)]
    for unit in units:
        for name, value in bends_last(settings).items():
            unit.set(name, value)
    return [list(unit.run(sound, block, len(wrapped.signals))) for unit in units]


def run_controls(folder: Path, wrapped: Wrapped, sound: Float32, rate: int) -> Int32:
    """int32 (frames, controls): what the oscillators play, asked for after every frame."""
    unit, hop, n = Unit(*_module(folder, wrapped), rate), wrapped.model.hop, len(wrapped.controls)
    frames = [sound[start : start + hop] for start in range(0, len(sound) - hop + 1, hop)]
    return np.array([unit.controls(frame, n) for frame in frames])


def _module(folder: Path, wrapped: Wrapped) -> tuple[Engine, Module]:
    path = folder / f"{wrapped.name}.wasm"
    if not path.is_file():
        raise HostError(f"no {path}")
    engine = Engine()
    module = Module.from_file(engine, str(path))
    assert not module.imports
    return engine, module


class Unit:
    """An instance."""

    def __init__(self, engine: Engine, module: Module, rate: int) -> None:
        self.store = Store(engine)
        self.exports = Instance(self.store, module, []).exports(self.store)
        assert self._call("start", float(rate))
        memory, process = self.exports["memory"], self.exports["process"]
        loop = Instance(self.store, Module(engine, LOOP), [memory, process])
        self._loop = loop.exports(self.store)["run"]

    def run(self, sound: Float32, block: int, outputs: int) -> Float32:
        """float32 (n,) -> float32 (outputs, n)."""
        n = len(sound)
        memory = self.exports["memory"]
        place = PAGE * memory.grow(self.store, -(-4 * n * (1 + outputs) // PAGE))
        self._memory(place, np.float32, n)[:] = sound
        first, most = self._call("output", 0), 4 * self._call("most")
        where = (place, place + 4 * n, n, block, self._call("input"), first, most, outputs)
        self._loop(self.store, *where)
        return self._memory(place + 4 * n, np.float32, n * outputs).reshape(outputs, n).copy()

    def set(self, name: str, value: float) -> None:
        """A parameter, as the page's script does it; a number as a name is a gate to bend."""
        if name.isdigit():
            assert self._call("bend", int(name), int(value))
            return
        self._memory(self._call("text"), np.uint8, len(name) + 1)[:] = [*name.encode(), 0]
        assert self._call("set", float(value))

    def controls(self, sound: Float32, n: int) -> Int32:
        """What the oscillators play after this sound, (n,)."""
        self._memory(self._call("input"), np.float32, len(sound))[:] = sound
        self._call("process", len(sound))
        return self._memory(self._call("controls"), np.int32, n).copy()

    def _call(self, name: str, *values: float) -> int:
        return self.exports[name](self.store, *values)

    def _memory(self, at: int, kind: type, n: int) -> npt.NDArray:
        """n numbers as they stand in its memory."""
        memory = self.exports["memory"]
        data = ctypes.addressof(memory.data_ptr(self.store).contents)
        whole = np.ctypeslib.as_array((ctypes.c_uint8 * memory.data_len(self.store)).from_address(data))
        return whole[at : at + n * np.dtype(kind).itemsize].view(kind)
