"""Every target gives numpy's answers, and costs that say how they were found."""

import time

import numpy as np
import pytest

from bench.a8_model import NEON_ERROR, CortexA8Model
from bench.a53_model import VECTOR_ERROR
from bench.targets import TARGETS
from bench.targets.base import PARTS, Cost, Spread
from bench.targets.cortex_a8 import CortexA8
from bench.targets.cortex_a53 import CortexA53
from bench.targets.host import Host
from bench.targets.machine import EmulatedMachine, EmulationError, Program
from exporters.c.build import HOST_FLAGS, build, zig
from tests.tiny import MAKERS, drums, flat_model, tiny_model, wide_model
from zoo.errors import ZooError
from zoo.golden import make_golden
from zoo.results import predictions_digest


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("target", TARGETS)
def test_every_stage_and_answer_equals_numpy(target: str, name: str) -> None:
    model = MAKERS[name](1)
    clips = [drums(0.4, seed, model.rate) for seed in range(2)] + [np.zeros(0, np.int16)]
    made = TARGETS[target]()
    expected = predictions_digest([model.predict(clip) for clip in clips])
    assert predictions_digest(made.run(model, clips)) == expected
    samples = clips[0][: 200 * model.hop]
    found = made.stages(model, samples).tensors()
    for stage, value in make_golden(model, samples).tensors().items():
        assert np.array_equal(value, found[stage]), stage


def test_a_long_clip_runs_in_several_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    model, clip = tiny_model(), drums(1.0)
    monkeypatch.setattr("bench.targets.port.MAX_BYTES", 4 * model.hop * 7)
    for target in (Host(), CortexA8(), CortexA53()):
        assert predictions_digest(target.run(model, [clip])) == predictions_digest([model.predict(clip)])


@pytest.fixture(scope="module")
def emulated() -> Cost:
    return CortexA8().cost(tiny_model(), [drums(0.5), drums(0.5, 1)])


def test_emulated_cost_counts_and_never_measures(emulated: Cost) -> None:
    assert (emulated.method, emulated.mode, emulated.hop) == ("emulated", "frame", 128)
    assert tuple(line.part for line in emulated.lines) == PARTS
    for line in emulated.lines:
        assert line.ns is None
        assert line.instructions is not None
        assert line.cycles is not None
        assert line.cycles.n == line.instructions.n == 200
        assert (
            line.instructions.minimum / 2 <= line.cycles.minimum <= line.cycles.median <= line.cycles.maximum
        )
    parts, total = emulated.lines[:-1], emulated.lines[-1]
    together = sum(line.cycles.median for line in parts if line.cycles)
    assert total.cycles is not None
    assert together <= total.cycles.median <= together + 200  # the calls of hop itself
    low, likely, high = emulated.percent
    assert likely == pytest.approx(100 * total.cycles.median / (1e9 * 128 / 44_100))
    assert low < 0.86 * likely
    assert high > 1.14 * likely
    assert any("No Bela was measured" in note for note in emulated.notes)


def test_emulated_memory_is_what_the_program_holds(emulated: Cost) -> None:
    memory = emulated.memory
    assert memory is not None
    assert memory.fits_code_cache
    assert 1_000 < memory.code < 8_000
    assert 0 < memory.constants <= 4 * 4 * 4  # at most four masks for each of four words
    assert memory.constants % 4 == 0
    assert 256 < memory.state < 2_048  # a hop of samples among it
    assert 512 < memory.stack < 2_048  # and the signal between two passes


def test_measured_cost_has_only_times() -> None:
    cost = Host().cost(flat_model(), [drums(0.3)])
    assert cost.method == "measured"
    assert cost.memory is None
    assert tuple(line.part for line in cost.lines) == PARTS
    for line in cost.lines:
        assert line.ns is not None
        assert 0 < line.ns.minimum <= line.ns.median <= line.ns.maximum
        assert (line.instructions, line.cycles) == (None, None)


def test_traced_instructions_are_those_that_ran() -> None:
    """Straight-line gates have no condition that skips, so the emulator's own count is the same."""
    target, model = CortexA8(), tiny_model()
    program = target.program(model)
    machine = EmulatedMachine(program)
    bits, outputs = machine.place(np.zeros(2, np.uint32)), machine.place(np.zeros(2, np.uint32))
    call = ("model_gates", machine.invoke("harness_state"), bits, outputs)
    assert CortexA8Model(program.timings()).run(machine.trace(*call))[0] == machine.count_instructions(*call)


def test_a_program_that_crashes_is_named() -> None:
    machine = EmulatedMachine(CortexA8().program(tiny_model()))
    with pytest.raises(EmulationError, match=r"harness_gates: .* at 0x"):
        machine.invoke("harness_gates", 0x10, 1, 0x20)


def test_a_program_for_another_processor_is_refused() -> None:
    library = build(zig(), HOST_FLAGS, {"x.c": "int answer(void) { return 42; }\n"}, "x.so")
    with pytest.raises(EmulationError, match="expected code for ARM or AArch64, found EM_"):
        Program(library)


@pytest.mark.parametrize("target", TARGETS)
def test_a_cost_needs_a_hop(target: str) -> None:
    with pytest.raises(ZooError, match="expected a clip of at least a hop"):
        TARGETS[target]().cost(tiny_model(), [np.zeros(100, np.int16)])


def test_spread() -> None:
    assert Spread.of([3, 1, 2, 10]) == Spread(1, 2.5, 10, 4)


def test_the_a53_costs_what_its_model_says() -> None:
    cost = CortexA53().cost(tiny_model(), [drums(0.5)])
    assert (cost.method, cost.target) == ("emulated", "cortex-a53")
    total = cost.line("total")
    assert total.cycles is not None
    assert total.instructions is not None
    assert total.instructions.minimum / 2 <= total.cycles.minimum
    assert cost.percent[1] == pytest.approx(100 * total.cycles.median / (1.4e9 * 128 / 44_100))
    assert any("No PocketBeagle 2 was measured" in note for note in cost.notes)


@pytest.mark.parametrize("target", [CortexA8, CortexA53])
def test_the_code_of_the_gates_is_the_code_that_ran(target: type[CortexA8 | CortexA53]) -> None:
    """The assembly that they call is theirs."""
    cost = target().cost(tiny_model(), [drums(0.1)])
    gates, total = cost.line("gates").code, cost.line("total").code
    assert gates is not None
    assert total is not None
    assert 100 < gates < total - sum(cost.line(part).code or 0 for part in ("features", "encode", "head"))


def test_vectors_widen_the_error_bars() -> None:
    narrow, wide = tiny_model(), wide_model()
    assert CortexA8().error(narrow) < CortexA8().error(wide) == NEON_ERROR
    assert CortexA53().error(narrow) < CortexA53().error(wide) == VECTOR_ERROR


@pytest.mark.slow
def test_a_minute_of_audio_takes_less_than_half_a_minute() -> None:
    model, clip = tiny_model(), np.tile(drums(6.0), 10)
    expected = predictions_digest([model.predict(clip)])
    start = time.perf_counter()
    found = CortexA8().run(model, [clip])
    assert time.perf_counter() - start < 30
    assert predictions_digest(found) == expected
