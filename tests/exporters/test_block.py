"""Block mode on every target that this machine can run, stage by stage against numpy."""

import ctypes
import resource
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporters.asm import x86
from exporters.c import TARGETS, block, gates_flat, make_unit
from exporters.c.build import HOST_FLAGS, WASM_FLAGS, BuildError, Compiler, build, zig
from exporters.passes import optimise
from tests.exporters.planes import address, aligned, from_planes
from tests.exporters.run_avx2 import need_avx2
from tests.exporters.run_wasm import WasmModule
from tests.exporters.test_c import FRONT_ENDS, HEADS, LANGUAGES, N_OUTPUTS, WARNINGS, build_model
from tests.tiny import MAKERS, drums, flat_model
from zoo.circuit import Circuit
from zoo.frontends import PcmBits
from zoo.heads import GroupSum
from zoo.lanes import pack_words
from zoo.model import Model

# The targets whose code runs here; the others have emulators and tests of their own.
HERE = ("portable", "portable-64", "x86-64", "avx2", "wasm")


class Export:
    """Block mode of a model on a target, called with numpy arrays."""

    def __init__(self, model: Model, target: str) -> None:
        self.model, self.words = model, TARGETS[target].words
        files = make_unit(model, "tiny", "block", target).files()
        self._wasm = WasmModule(build(zig(), WASM_FLAGS, files, "tiny.wasm")) if target == "wasm" else None
        if self._wasm is None:
            if target == "avx2":
                need_avx2()
            self.library = ctypes.CDLL(str(build(zig(), HOST_FLAGS, files, "tiny.so")))

    def call(self, function: str, *arrays: Any) -> None:
        if self._wasm is not None:
            self._wasm.call(f"tiny_{function}_block", *arrays)
        else:
            self.library[f"tiny_{function}_block"](*map(address, arrays))

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
def test_every_stage_equals_numpy(target: str) -> None:
    assert_equal_to_numpy(flat_model(0), target)
    assert_equal_to_numpy(MAKERS["register"](0), target, 3)


@pytest.mark.slow
@pytest.mark.parametrize("target", HERE)
@pytest.mark.parametrize("front", FRONT_ENDS)
def test_every_front_end_equals_numpy(front: str, target: str) -> None:
    assert_equal_to_numpy(build_model(front, "group", "flat", 1), target)


@pytest.mark.slow
@pytest.mark.parametrize("target", HERE)
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("kind", ["lanes", "registers"])
def test_every_head_equals_numpy(head: str, kind: str, target: str) -> None:
    assert_equal_to_numpy(build_model("filterbank", head, kind, N_OUTPUTS[head]), target, 3)


def net(circuit: Circuit, head: Any) -> Model:
    """A model around a circuit of up to 1,024 inputs."""
    about = {"id": "test/net", "summary": "A net", "licence": "CC0-1.0"}
    return Model.from_parts(PcmBits(width=1, taps=circuit.n_inputs), circuit, head, **about)


@pytest.mark.parametrize("target", ["x86-64", "avx2"])
def test_numbers_too_long_for_vectors_go_the_plain_way(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "movemask_epi8(x[r])" in make_unit(flat_model(2), "tiny", "block", target).source
    monkeypatch.setattr(block, "MOST_PLANES", 2)
    assert "movemask_epi8(x[r])" not in make_unit(flat_model(2), "tiny", "block", target).source
    assert_equal_to_numpy(flat_model(2), target, 1)


@pytest.mark.parametrize("target", ["x86-64", "avx2"])
def test_what_leaves_the_nearest_cache_is_computed_again(
    target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = flat_model(3)
    before = make_unit(model, "tiny", "block", target).assembly
    monkeypatch.setattr(x86, "NEAREST_CACHE", 0)
    assert make_unit(model, "tiny", "block", target).assembly != before
    assert_equal_to_numpy(model, target, 1)


@pytest.mark.parametrize("target", ["portable", "portable-64", "x86-64", "avx2"])
@pytest.mark.parametrize("name", ["flat", "register"])
def test_a_frame_goes_through_the_code_of_a_block(name: str, target: str) -> None:
    model = MAKERS[name](0)
    circuit, bits = model.circuit, model.frontend.bits(drums(0.2, rate=model.rate))
    library = Export(model, target).library
    state = aligned((1 << 12,), np.uint8)
    library.tiny_init(address(state))
    packed, found = pack_words(bits), pack_words(circuit.evaluate(bits)) ^ np.uint32(0xFFFFFFFF)
    for given, out in zip(packed, found, strict=True):
        library.tiny_gates(address(state), address(given), address(out))
    assert np.array_equal(found, pack_words(circuit.evaluate(bits)))


@pytest.mark.parametrize(("name", "language"), LANGUAGES.items())
@pytest.mark.parametrize("target", ["x86-64", "avx2", "wasm"])
def test_c_is_clean_in_both_languages(target: str, name: str, language: str) -> None:
    files = make_unit(MAKERS["register"](0), "tiny", "block", target).files()
    code, assembly = files.pop("tiny.c"), files.pop("tiny_gates.S", "")
    machine = ("-target", "wasm32-freestanding", "-msimd128") if target == "wasm" else ()
    flags = ("-x", name, language, "-O1", *WARNINGS, *machine, "-c")
    assert build(zig(), flags, files | {"tiny.c": code}, "tiny.o").is_file()
    assert ("AVX2" in files["tiny.h"]) == ("can_run" in assembly) == (target == "avx2")


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
@pytest.mark.parametrize("target", ["portable", "x86-64", "avx2"])
def test_gcc_builds_the_same(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.exporters.test_block.zig", lambda: Compiler(("gcc",), "gcc"))
    assert_equal_to_numpy(flat_model(1), target)


@pytest.mark.parametrize("target", ["portable", "x86-64"])
def test_undefined_behaviour_traps_nowhere(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    trap = ("-fsanitize=undefined", "-fsanitize-trap=undefined")
    monkeypatch.setattr("tests.exporters.test_block.HOST_FLAGS", (*HOST_FLAGS, *trap))
    assert_equal_to_numpy(MAKERS["register"](1), target, 3)


@pytest.mark.parametrize(
    ("target", "where", "bug"),
    [
        ("portable", (gates_flat.EXPRESSIONS, 6), "{a} | {b}"),
        ("x86-64", (x86.LOGIC, 6), "orps"),
        ("avx2", (x86.LOGIC, 4), "andps"),
        ("wasm", (gates_flat.EXPRESSIONS, 1), "{a} | {b}"),
    ],
)
def test_a_miscompiled_gate_shows(
    target: str, where: tuple[dict[int, str], int], bug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(*where, bug)
    with pytest.raises(AssertionError):
        assert_equal_to_numpy(flat_model(0), target)


@pytest.mark.slow
@pytest.mark.parametrize(("target", "mode"), [("portable", "frame"), *((target, "block") for target in HERE)])
def test_30_000_gates_compile_in_20_seconds(
    target: str, mode: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the circuit to the library, in CPU time of this process and the compiler."""
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path))
    machine = TARGETS[target]
    rng = np.random.default_rng(0)
    circuit = layered(rng, 400, 7_500, 4, sorted(machine.basis.ops - {12}))
    assert optimise(circuit, machine.basis).n_gates > 25_000
    before = seconds()
    files = make_unit(net(circuit, GroupSum(10)), "tiny", mode, target).files()
    build(zig(), WASM_FLAGS if target == "wasm" else HOST_FLAGS, files, "tiny.bin")
    assert seconds() - before < 20


def layered(rng: Any, inputs: int, width: int, layers: int, ops: list[int]) -> Circuit:
    """Layers wired at random, every node of a layer read; the last one is the output."""
    a, b, first, size = [], [], 0, inputs
    for _ in range(layers):
        order = rng.permutation(2 * width) % size
        a.append(first + order[:width])
        b.append(first + (order[:width] + rng.integers(1, size, width)) % size)
        first, size = first + size, width
    op = rng.choice(ops, width * layers).astype(np.uint8)
    outputs = np.arange(first, first + width, dtype=np.int32)
    return Circuit(
        inputs, op, np.concatenate(a).astype(np.int32), np.concatenate(b).astype(np.int32), outputs
    )


def seconds() -> float:
    """CPU time so far, of this process and of those it waited for."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


@pytest.mark.parametrize("system", ["x86_64-macos", "x86_64-freebsd", "x86_64-linux-musl"])
def test_the_assembly_builds_for_other_systems(system: str) -> None:
    files = {"tiny.S": make_unit(flat_model(0), "tiny", "block", "avx2").assembly}
    assert build(zig(), ("-target", system, "-c"), files, "tiny.o").is_file()


@pytest.mark.parametrize("system", ["x86_64-windows", "aarch64-linux-musl"])
def test_the_assembly_refuses_where_it_cannot_run(system: str) -> None:
    files = {"tiny.S": make_unit(flat_model(0), "tiny", "block", "avx2").assembly}
    with pytest.raises(BuildError, match="use the portable export here"):
        build(zig(), ("-target", system, "-c"), files, "tiny.o")
