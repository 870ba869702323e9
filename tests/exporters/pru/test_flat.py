"""Straight-line PRU code: the same bits as numpy, costs as counted, limits that are said."""

from dataclasses import replace

import numpy as np
import pytest

from bench.measure.pru_share import WINDOWS, random_net
from exporters.passes import sum_groups
from exporters.pru import flat_forms
from exporters.pru.assembler import assemble
from exporters.pru.devices import AM335X, BELA, DEVICES, Device, Region, study
from exporters.pru.flat import FlatCode, check_size, flat_code
from exporters.pru.flat_netlist import netlist
from exporters.pru.flat_order import Taste, by_registers, depth_first
from exporters.pru.flat_runner import FlatRunner
from exporters.pru.memory import DoesNotFitError, MemoryMap
from tests.exporters.fuzz_circuits import expected_outputs, fuzz_bits, fuzz_circuit
from tests.exporters.run_pru_flat import run
from zoo.circuit import Circuit


def circuit(
    n_inputs: int, gates: list[tuple[int, int, int]], outputs: list[int], **registers: list[int]
) -> Circuit:
    op, a, b = (np.array(x) for x in zip(*gates, strict=True)) if gates else (np.zeros(0, int),) * 3
    after = np.array(registers.get("after", []), np.int32)
    init = np.array(registers.get("init", []), np.uint8)
    return Circuit(
        n_inputs,
        op.astype(np.uint8),
        a.astype(np.int32),
        b.astype(np.int32),
        np.array(outputs, np.int32),
        after,
        init,
    )


def run_random(c: Circuit, device: Device, steps: int = 5, **options: object) -> FlatCode:
    """Run 32 streams from the start and hold every output to numpy's."""
    memory = MemoryMap(device)
    flat = flat_code(c, memory, **options)  # type: ignore[arg-type]
    runner = FlatRunner(flat, memory)
    bits = np.random.default_rng(1).integers(0, 2, (steps, 32, c.n_inputs)).astype(np.uint8)
    expected = expected_outputs(c, bits)
    for t in range(steps):
        assert np.array_equal(runner.step(bits[t]), expected[t])
        assert runner.cycles == flat.cycles == sum(flat.spent.values())
    return flat


def test_every_operation() -> None:
    run_random(circuit(2, [(op, 0, 1) for op in range(16)], list(range(18))), BELA)


def test_no_gates_and_outputs_that_repeat() -> None:
    flat = run_random(circuit(3, [], [2, 0, 2]), BELA)
    assert flat.outputs[0] == flat.outputs[2] == flat.inputs[2]
    assert flat.code.words == 0
    ordered = run_random(circuit(3, [], [2, 0, 2]), BELA, ordered=True)
    assert np.array_equal(np.diff(ordered.outputs), [4, 4])


def test_inputs_stay_in_order_where_that_is_asked_for() -> None:
    flat = run_random(random_net("dense", 1, 150, 96), study(BELA), inputs_in_order=True)
    assert np.array_equal(np.diff(flat.inputs), np.full(95, 4))


@pytest.mark.parametrize("turn", [-1, 1, 7])
def test_registers_that_pass_values_on(turn: int) -> None:
    """A ring of 70 registers: every value waits for its successor's old one to be read."""
    ring = [(r + turn) % 70 + 1 for r in range(70)]
    run_random(
        circuit(1, [(6, 0, 1)], [71, *range(1, 71)], after=[71, *ring[1:]], init=[1, 0] * 35), BELA, steps=9
    )
    run_random(circuit(1, [], list(range(71)), after=ring, init=[1, 1, 0, 0, 0] * 14), BELA, steps=9)


def test_random_circuits_in_every_order() -> None:
    circuits = [fuzz_circuit("flat", seed) for seed in range(5_000, 5_040)]
    bits = [fuzz_bits(c, seed, 40) for seed, c in enumerate(circuits)]
    for c, x, found in zip(circuits, bits, run(circuits, bits), strict=True):
        assert np.array_equal(found, expected_outputs(c, x))


def test_groups_are_summed_in_registers() -> None:
    net = random_net("local", 2, 120, 64)
    flat = run_random(sum_groups(net, 4), study(BELA))
    assert len(flat.outputs) == 4 * 5
    assert flat.stored < 40  # not one word for each of the 120 outputs


def test_orders_have_every_gate_after_its_operands() -> None:
    net = netlist(random_net("dense", 3, 200, 64))
    for order in (depth_first(net), by_registers(net, Taste()), by_registers(net, Taste(registers=4))):
        place = {net.n_leaves + gate: i for i, gate in enumerate(order)}
        assert sorted(order) == list(range(len(net.gates)))
        for gate in order:
            for literal in net.gates[gate][1:]:
                assert place.get(literal >> 1, -1) < place[net.n_leaves + gate]


@pytest.mark.parametrize("patterns", [1, 1024])
def test_other_forms_are_proved(patterns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One random bit suggests much that is wrong; what is left must hold for all values of the inputs."""
    monkeypatch.setattr(flat_forms, "PATTERNS", patterns)
    leaves, rng = 6, np.random.default_rng(0)
    kinds, a, b = [], [], []
    for node in range(leaves, leaves + 60):
        x, y = rng.choice(np.arange(max(0, node - 8), node), 2, replace=False)
        kinds.append(int(rng.choice([1, 6])))
        a.append(int(2 * x + rng.integers(2)))
        b.append(int(2 * y + rng.integers(2)))
    found = flat_forms.forms(flat_forms.Gates(leaves, kinds, a, b))
    values = [np.arange(2**leaves) >> i & 1 for i in range(leaves)]
    for ways in found:
        results = []
        for kind, x, y in ways:
            p, q = values[x >> 1] ^ x & 1, values[y >> 1] ^ y & 1
            results.append(p & q if kind == 1 else p ^ q if kind == 6 else p | q)
        assert all(np.array_equal(result, results[0]) for result in results)
        values.append(results[0])
    assert sum(len(ways) > 1 for ways in found) > 10


def test_the_scratchpad_and_memory_that_bela_uses_stay_as_they_are() -> None:
    net = random_net("dense", 4, 150, 96)
    memory = MemoryMap(study(BELA))
    flat = flat_code(net, memory, windows=WINDOWS)
    runner = FlatRunner(flat, memory)
    before = runner.simulator.scratchpad.copy(), runner.simulator.shared.copy()
    runner.step(np.zeros((32, 96), np.uint8))
    assert flat.spent["scratch"] > 0
    assert np.array_equal(runner.simulator.scratchpad[0, :18], before[0][0, :18])
    assert np.array_equal(runner.simulator.scratchpad[2, :5], before[0][2, :5])
    assert np.array_equal(runner.simulator.shared, before[1])


def test_planes_may_stand_in_shared_memory() -> None:
    shared = replace(study(AM335X), free=(Region("shared", 0x400, 8192),))
    flat = run_random(random_net("local", 5, 200, 64), shared)
    assert flat.inputs.min() >= 0x10000


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "least"), [("dense", 0.20), ("local", 0.50)])
def test_the_share_of_the_limit(kind: str, least: float) -> None:
    net = random_net(kind, 11)
    memory = MemoryMap(study(BELA))
    flat = flat_code(net, memory, windows=WINDOWS)
    runner = FlatRunner(flat, memory)
    bits = np.random.default_rng(0).integers(0, 2, (32, net.n_inputs)).astype(np.uint8)
    assert np.array_equal(runner.step(bits), net.evaluate(bits))
    assert flat.live_gates / runner.cycles >= least


def test_code_that_does_not_fit_is_refused() -> None:
    net = random_net("local", 1, 900, 64)
    flat = flat_code(net, MemoryMap(study(BELA)), effort=0)
    assert BELA.instruction_words < flat.code.words <= DEVICES["am62x"].instruction_words
    with pytest.raises(DoesNotFitError) as refused:
        check_size(flat, BELA)
    text = str(refused.value)
    for part in (
        f"{flat.code.words:,} instructions needed",
        "2,048 exist",
        "gates of such a circuit",
        "am62x (3,072)",
    ):
        assert part in text
    check_size(flat, DEVICES["am62x"])
    with pytest.raises(DoesNotFitError, match="2,048 exist"):
        FlatRunner(flat, MemoryMap(BELA))


def test_planes_that_do_not_fit_are_refused() -> None:
    small = replace(study(BELA), free=(Region("own", 0, 512),))
    with pytest.raises(DoesNotFitError, match="planes needs"):
        flat_code(random_net("local", 1, 100, 64), MemoryMap(small))
    with pytest.raises(DoesNotFitError, match="there are 2,048"):
        flat_code(random_net("dense", 1, 2000, 64), MemoryMap(BELA))


def test_the_text_is_plain_assembly() -> None:
    flat = flat_code(fuzz_circuit("flat", 7), MemoryMap(BELA), effort=0)
    assert len(assemble(flat.code.text).words) == flat.code.words
