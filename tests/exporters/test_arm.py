"""Exports for ARM: whole models and blocks in the emulator, offsets beyond reach, speed of making them."""

import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from bench.a8_model import CortexA8Model
from bench.targets.machine import EmulatedMachine, Program
from exporters.asm import a64, neon, thumb
from exporters.c import ExportError, make_unit
from exporters.c.build import A8_FLAGS, A53_FLAGS, build, zig
from exporters.c.lane_program import lane_program
from exporters.c.targets import TARGETS
from exporters.passes import A64, NEON, THUMB, optimise
from tests.exporters.emulated import run_blocks, run_frames, run_lanes
from tests.exporters.planes import from_planes
from tests.tiny import MAKERS, drums, flat_model, lane_circuit, random_circuit, register_model, wide_model
from zoo.circuit import Circuit
from zoo.lanes import Lanes, from_lanes, pack_words
from zoo.model import Model

ARM = {"cortex-a8": A8_FLAGS, "cortex-a8-neon": A8_FLAGS, "cortex-a53": A53_FLAGS}


def loaded(model: Model, target: str) -> EmulatedMachine:
    """Block mode of a model in the emulator."""
    files = make_unit(model, "tiny", "block", target).files()
    return EmulatedMachine(Program(build(zig(), ARM[target], files, "tiny.elf", ("-Wl,-e,tiny_hop",))))


@pytest.mark.parametrize("target", ARM)
@pytest.mark.parametrize("maker", [flat_model, register_model, wide_model])
def test_a_block_of_features_gives_the_integers_of_numpy(target: str, maker: type) -> None:
    model: Model = maker(3)  # type: ignore[assignment]
    core, words = loaded(model, target), TARGETS[target].words
    n, circuit = 32 * words, model.circuit
    features = model.frontend.features(np.resize(drums(0.3, rate=model.rate), model.hop * n))
    bits = model.frontend.encode(features)
    planes = core.place(np.zeros((circuit.n_inputs, words), np.uint32))
    core.invoke("tiny_encode_block", core.place(np.ascontiguousarray(features)), planes)
    given = core.read(planes, np.uint32, (1, circuit.n_inputs, words))
    assert np.array_equal(from_planes(given, n), bits)
    state = core.place(np.zeros((64 * circuit.n_registers + 1, words), np.uint32))
    core.invoke("tiny_init_block", state)
    out = core.place(np.zeros((circuit.n_outputs, words), np.uint32))
    core.invoke("tiny_gates_block", state, planes, out)
    expected = np.concatenate([circuit.evaluate(bits[f : f + 1]) for f in range(n)])
    found = from_planes(core.read(out, np.uint32, (1, circuit.n_outputs, words)), n)
    assert np.array_equal(found, expected)
    values = core.place(np.zeros((n, model.head.n_values), np.int32))
    core.invoke("tiny_counts_block", out, values)
    found = core.read(values, np.int32, (n, model.head.n_values))
    assert np.array_equal(found, model.head.decode(expected))


def test_arrays_of_128_lanes_may_stand_anywhere() -> None:
    model = wide_model(2)
    core = loaded(model, "cortex-a8-neon")
    bits = np.random.default_rng(0).integers(0, 2, (1, model.circuit.n_inputs)).astype(np.uint8)
    expected = pack_words(model.circuit.evaluate(bits))
    for shift in range(4):
        source = core.place(np.concatenate([np.zeros(shift, np.uint32), pack_words(bits)[0]])) + 4 * shift
        out = core.place(np.zeros(64, np.uint32)) + 4
        core.invoke("tiny_gates", 0, source, out)
        assert np.array_equal(core.read(out, np.uint32, expected.shape), expected)


def many_lanes(width: int, words: int, kept: bool) -> Circuit:
    """Two layers of so many words; the second reads the first in another order."""
    rng = np.random.default_rng(words)
    first = rng.integers(0, 2, words)
    second = 2 + rng.permutation(words) if kept else 2 + np.arange(words)
    step = 1 if width == 32 else 8
    rotation = step * rng.integers(0, width // step, 2 * words)
    lanes = Lanes(np.concatenate([first, second]), np.concatenate([first[::-1], second]), rotation, width)
    op = rng.choice([1, 2, 6, 7, 9, 14], 2 * words * width)
    return from_lanes(2 * width, lanes, op, np.arange((2 + words) * width, (2 + 2 * words) * width))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "width", "words"), [("thumb", 32, 700), ("a53", 32, 2000), ("a53", 128, 500)]
)
def test_lanes_beyond_the_reach_of_one_offset(target: str, width: int, words: int) -> None:
    circuit = many_lanes(width, words, kept=False)
    bits = np.random.default_rng(1).integers(0, 2, (1, 2, circuit.n_inputs)).astype(np.uint8)
    (found,) = run_lanes(target, [circuit], [bits])
    assert np.array_equal(found[0], circuit.evaluate(bits[0]))


@pytest.mark.slow
def test_what_no_offset_reaches_is_refused_with_what_would_fit() -> None:
    with pytest.raises(ExportError, match="words in one array, and Thumb-2 reaches 1024; use the portable"):
        thumb.lane_function("f", lane_program(many_lanes(32, 1400, kept=True)))
    with pytest.raises(
        ExportError, match="words of 128 lanes in one array, and an address of Thumb-2 reaches"
    ):
        neon.lane_function("f", lane_program(many_lanes(128, 400, kept=True)))


@pytest.mark.slow
@pytest.mark.parametrize("target", ["thumb", "a53"])
def test_frames_and_blocks_beyond_the_reach_of_one_offset(target: str) -> None:
    circuit = random_circuit(5, 1_500, 9_000, 5_000)
    bits = np.random.default_rng(1).integers(0, 2, (1, 3, circuit.n_inputs)).astype(np.uint8)
    expected = circuit.evaluate(bits[0])
    options = {} if target == "thumb" else {"vectors": False}
    (frames,), (block,) = (
        run_frames(target, [circuit], [bits]),
        run_blocks(target, [circuit], [bits], 1 if target == "thumb" else 2, **options),
    )
    assert np.array_equal(frames[0], expected)
    assert np.array_equal(block[0], expected)


@pytest.mark.slow
def test_vector_blocks_beyond_the_reach_of_one_offset() -> None:
    circuit = random_circuit(5, 1_500, 9_000, 5_000)
    bits = np.random.default_rng(1).integers(0, 2, (1, 3, circuit.n_inputs)).astype(np.uint8)
    for target, options in (("neon", {}), ("a53", {"vectors": True})):
        (found,) = run_blocks(target, [circuit], [bits], 4, **options)
        assert np.array_equal(found[0], circuit.evaluate(bits[0])), target


@pytest.mark.slow
@pytest.mark.parametrize("target", ["thumb", "neon", "a53"])
def test_thirty_thousand_gates_take_seconds(target: str) -> None:
    circuit = random_circuit(1, 400, 60_000, 8_000)
    basis = {"thumb": THUMB, "neon": NEON, "a53": A64}[target]
    small = optimise(circuit, basis)
    start = time.process_time()
    module = {"thumb": thumb, "neon": neon, "a53": a64}[target]
    text = module.block_file({"f": small})
    build(zig(), A53_FLAGS if target == "a53" else A8_FLAGS, {"f.S": text}, "f.elf", ("-Wl,-e,f",))
    if target != "neon":
        module.frame_file({"f": small})
    assert time.process_time() - start < 20 * small.n_gates / 30_000


@pytest.mark.parametrize(("target", "width", "most"), [("cortex-a8", 32, 950), ("cortex-a8-neon", 128, 360)])
def test_three_layers_of_1280_lane_gates_take_few_cycles(target: str, width: int, most: int) -> None:
    n = 1280 // width
    circuit = lane_circuit(7, n, (n, n, n), width)
    text = (neon if width == 128 else thumb).lane_file("f", lane_program(circuit))
    program = Program(build(zig(), ARM[target], {"f.S": text}, "f.elf", ("-Wl,-e,f",)))
    core = EmulatedMachine(program)
    bits, out = core.place(np.zeros(40, np.uint32)), core.place(np.zeros(40, np.uint32))
    blocks = core.trace("f", bits, out)
    assert CortexA8Model(program.timings()).run(blocks)[1] <= most


@pytest.mark.parametrize(
    ("target", "tool"),
    [
        ("thumb", "arm-linux-gnueabihf-as"),
        ("neon", "arm-linux-gnueabihf-as"),
        ("a53", "aarch64-linux-gnu-as"),
    ],
)
def test_the_gnu_assembler_takes_it_too(target: str, tool: str, tmp_path: Path) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    module, basis = {"thumb": (thumb, THUMB), "neon": (neon, NEON), "a53": (a64, A64)}[target]
    circuit = random_circuit(0, 400, 2_000, 1_400, 5)
    text = module.block_file({"f": optimise(circuit, basis)})
    text += module.lane_file("g", lane_program(lane_circuit(0, width=128 if target == "neon" else 32)))
    if target != "neon":
        text += module.frame_file({"h": optimise(circuit, basis)})
    if target == "a53":
        text += a64.lane_file("k", lane_program(lane_circuit(0, width=128)))
        text += a64.file_text([a64.block_function("v", optimise(circuit, NEON), vectors=True)])
    text = "\n".join(line for line in text.splitlines() if not line.startswith("#"))  # the preprocessor's
    (tmp_path / "f.s").write_text(text + "\n")
    subprocess.run([tool, "f.s", "-o", "f.o"], cwd=tmp_path, check=True)


def test_every_maker_exports_for_arm() -> None:
    for maker in MAKERS.values():
        for target in ARM:
            unit = make_unit(maker(0), "tiny", "frame", target)
            lanes = unit.assembly or target == "cortex-a8"
            assert lanes, "only words of 128 lanes without a vector unit are left to C"
