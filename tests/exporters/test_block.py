"""Block mode on every target that this machine can run, stage by stage against numpy."""

import ctypes
from typing import Any

import numpy as np
import pytest

from exporters.c import make_unit
from exporters.c.build import HOST_FLAGS, WASM_FLAGS, build, zig
from exporters.c.targets import TARGETS
from tests.exporters.planes import address, aligned, from_planes
from tests.exporters.run_avx2 import need_avx2
from tests.exporters.run_wasm import WasmModule
from tests.exporters.test_c import FRONT_ENDS, HEADS, N_OUTPUTS, build_model
from tests.tiny import drums
from zoo.model import Model

# The targets whose code runs here; the others have emulators and tests of their own.
HERE = ("portable", "x86-64", "avx2", "wasm")


class Export:
    """Block mode of a model on a target, called with numpy arrays."""

    def __init__(self, model: Model, target: str) -> None:
        self.model, self.words = model, TARGETS[target].words
        files = make_unit(model, "tiny", "block", target).files()
        self._wasm = WasmModule(build(zig(), WASM_FLAGS, files, "tiny.wasm")) if target == "wasm" else None
        if self._wasm is None:
            if target == "avx2":
                need_avx2()
            self._library = ctypes.CDLL(str(build(zig(), HOST_FLAGS, files, "tiny.so")))

    def call(self, function: str, *arrays: Any) -> None:
        if self._wasm is not None:
            self._wasm.call(f"tiny_{function}_block", *arrays)
        else:
            self._library[f"tiny_{function}_block"](*map(address, arrays))

    @property
    def frames(self) -> int:
        return 32 * self.words

    def planes(self, n: int) -> Any:
        planes = aligned((n, self.words))
        planes[...] = 0xA5A5A5A5
        return planes

    def stages(self, features: Any, bits: Any, state: Any) -> dict[str, Any]:
        """Every stage of one block."""
        circuit, head = self.model.circuit, self.model.head
        encoded, packed, out = (self.planes(n) for n in (bits.shape[1], bits.shape[1], circuit.n_outputs))
        counts, values = (aligned((self.frames, head.n_values), np.int32) for _ in range(2))
        self.call("encode", features, encoded)
        self.call("pack", bits, packed)
        again = state.copy() if circuit.n_registers == 0 else aligned(state.shape)
        again[...] = state
        self.call("gates", state, packed, out)
        self.call("counts", out, counts)
        self.call("values", again, packed, values)
        assert np.array_equal(again, state), "both ways leave the same state"
        return {
            "encode": from_planes(encoded[None], self.frames),
            "pack": from_planes(packed[None], self.frames),
            "gates": from_planes(out[None], self.frames),
            "counts": counts,
            "values": values,
        }


def assert_equal_to_numpy(model: Model, target: str, steps: int = 2) -> None:
    export = Export(model, target)
    n = export.frames
    fe, circuit = model.frontend, model.circuit
    features = fe.features(np.resize(drums(0.5, rate=model.rate), fe.hop * n * steps)).reshape(steps, n, -1)
    bits = np.ascontiguousarray(np.stack([fe.encode(x) for x in features]))
    state = aligned((64 * circuit.n_registers + 1, export.words))
    export.call("init", state)
    outputs = np.stack([circuit.evaluate(np.ascontiguousarray(bits[:, s])) for s in range(n)], axis=1)
    for x, given, expected in zip(features, bits, outputs, strict=True):
        found = export.stages(np.ascontiguousarray(x), given, state)
        assert np.array_equal(found["encode"], given)
        assert np.array_equal(found["pack"], given)
        assert np.array_equal(found["gates"], expected)
        assert np.array_equal(found["counts"], model.head.decode(expected))
        assert np.array_equal(found["values"], model.head.decode(expected))


@pytest.mark.parametrize("target", HERE)
@pytest.mark.parametrize("front", FRONT_ENDS)
def test_every_front_end_equals_numpy(front: str, target: str) -> None:
    assert_equal_to_numpy(build_model(front, "group", "flat", 1), target)


@pytest.mark.parametrize("target", HERE)
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("kind", ["lanes", "registers"])
def test_every_head_equals_numpy(head: str, kind: str, target: str) -> None:
    assert_equal_to_numpy(build_model("filterbank", head, kind, N_OUTPUTS[head]), target, 3)
