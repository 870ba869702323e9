"""Whole models on the simulated PRU: every front end, every form of gates and every head, stage by stage."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

import zoo
from exporters.c import ExportError
from exporters.pru.devices import AM62X, AM335X, BELA, DEVICES, Device, study
from exporters.pru.mailbox import FIELDS, STOP
from exporters.pru.runner import PruModel
from exporters.pru.simulator import PruError
from exporters.pru.unit import make_pru_unit
from tests.tiny import MAKERS, filterbank, lane_circuit, random_circuit, tiny_model
from zoo.circuit import Circuit
from zoo.frontends import CounterBits, PcmBits, RawBits, ShiftFilterbank, SignAutocorrelation
from zoo.golden import make_golden, read_golden
from zoo.heads import ControlValues, GroupSum, OnsetScore, PositionalSample
from zoo.model import Model

ROOMY = study(BELA)


def loud(seed: int, n: int) -> np.ndarray:
    """int16: noise whose level jumps, up to full scale."""
    rng = np.random.default_rng(seed)
    level = 2 ** rng.uniform(3, 15, n // 64 + 1).repeat(64)[:n]
    return np.clip(rng.normal(size=n) * level, -32_768, 32_767).astype(np.int16)


def bank(seed: int, n_bits: int, **parameters: Any) -> ShiftFilterbank:
    """A filterbank with thresholds among its features' values; some are beyond all values."""
    rng = np.random.default_rng(seed)
    plain = ShiftFilterbank(**parameters)
    features = plain.features(loud(seed, 40 * plain.hop))
    feature = rng.integers(0, plain.n_features, n_bits).astype(np.uint16)
    threshold = features[rng.integers(0, len(features), n_bits), feature].astype(np.int32)
    threshold[:4] = 10**6, -(10**6), 0, 40_000
    return ShiftFilterbank(**parameters, feature=feature, threshold=threshold)


def model_of(frontend: Any, circuit: Circuit, head: Any) -> Model:
    return Model.from_parts(frontend, circuit, head, id="test/m", summary="For tests", licence="CC0-1.0")


def scattered(circuit: Circuit, seed: int, n_outputs: int) -> Circuit:
    """The same circuit with outputs anywhere: inputs too, some more than once."""
    rng = np.random.default_rng(seed)
    nodes = circuit.n_inputs + circuit.n_gates
    return dataclasses.replace(circuit, outputs=rng.integers(0, nodes, n_outputs).astype(np.int32))


def check(model: Model, device: Device, forms: tuple[str, str] | None = None, frames: int = 40) -> PruModel:
    """Every stage equals numpy's, and the answers are the head's."""
    core = PruModel(make_pru_unit(model, device, "m", forms))
    golden = make_golden(model, loud(1, frames * model.hop))
    found = core.stages(golden.samples).tensors()
    for stage, expected in golden.tensors().items():
        np.testing.assert_array_equal(found[stage], expected, err_msg=stage)
    return core


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("device", [BELA, AM335X, AM62X], ids=lambda device: device.name)
def test_every_kind_of_model(kind: str, device: Device) -> None:
    check(MAKERS[kind](3), device)


def test_raw_bits_into_lanes() -> None:
    check(model_of(RawBits(rate=6_400, width=64), lane_circuit(2), GroupSum(4)), BELA)


@pytest.mark.parametrize("thermometer", ["unrolled", "table"])
@pytest.mark.parametrize("gates", ["unrolled", "table"])
@pytest.mark.parametrize("width", [32, 128])
def test_every_form(gates: str, thermometer: str, width: int) -> None:
    circuit = lane_circuit(5, 256 // width, (3, 2), width)
    model = model_of(bank(2, 256, peaks=(4, 12), flux=((0, 4),)), circuit, OnsetScore(30, 28, 2, frames=3))
    core = check(model, ROOMY, (gates, thermometer))
    assert core.unit.forms == {"gates": gates, "thermometer": thermometer}


@pytest.mark.parametrize(
    "parameters",
    [
        {"lags": (), "peaks": ()},
        {"lags": (3,), "peaks": (5, 5, 2), "flux": ((0, 3), (2, 9))},
        {"shifts": (*range(1, 16), *(3,) * 9), "lags": (1, 7), "peaks": (4,), "hop": 64, "floor": 3_000},
        {"shifts": (15,), "hop": 16, "lags": (2, 2), "floor": 1},
        {"shifts": (2, 4, 6, 8, 10, 12, 14, 1, 1, 1, 1), "hop": 256, "lags": (30,), "flux": ((10, 11),)},
        {"shifts": (1, 2, 3), "lags": (), "peaks": (64,), "flux": ((0, 3),) * 64},
        {"lags": (), "spans": (1, 8, 3)},
        {"shifts": (*range(1, 16), *(3,) * 9), "lags": (3,), "flux": ((0, 3),), "spans": (23, 1)},
    ],
)
def test_every_shape_of_filterbank(parameters: dict[str, Any]) -> None:
    model = model_of(bank(4, 64, **parameters), lane_circuit(1), GroupSum(4))
    check(model, ROOMY)


@pytest.mark.parametrize(
    "parameters",
    [
        {"low": (1, 3), "lags": (1, 31, 32, 33, 64, 300, 1024), "hops": 3, "hop": 64},
        {"low": (), "high": 15, "lags": (5,), "hops": 1, "hop": 32, "floor": 65_535},
        {"low": (1, 2, 3, 4, 5, 6, 7, 8), "lags": tuple(range(9, 180)), "hops": 16},
    ],
)
@pytest.mark.parametrize("form", ["unrolled", "table"])
def test_every_shape_of_sign_autocorrelation(parameters: dict[str, Any], form: str) -> None:
    plain = SignAutocorrelation(**parameters)
    rng, features = np.random.default_rng(3), plain.features(loud(4, 40 * plain.hop))
    feature = rng.integers(0, plain.n_features, 64).astype(np.uint16)
    threshold = features[rng.integers(0, len(features), 64), feature]
    fe = dataclasses.replace(plain, feature=feature, threshold=threshold)
    check(model_of(fe, lane_circuit(1), GroupSum(4)), ROOMY, ("unrolled", form))


def test_a_filterbank_at_its_largest() -> None:
    fe = bank(7, 64, shifts=(1,) * 24, hop=256, floor=65_535, peaks=(2,))
    model = model_of(fe, lane_circuit(1), GroupSum(4))
    samples = np.where(np.arange(20 * 256) // 3 % 2, 32_767, -32_768).astype(np.int16)
    golden = make_golden(model, samples)
    found = PruModel(make_pru_unit(model, ROOMY, "m")).stages(samples)
    np.testing.assert_array_equal(found.features, golden.features)
    np.testing.assert_array_equal(found.bits, golden.bits)


@pytest.mark.parametrize(
    "frontend",
    [
        PcmBits(taps=16, width=8),
        PcmBits(taps=64, width=16, code="gray"),
        PcmBits(taps=128, width=7),
        PcmBits(taps=32, width=1),
        CounterBits(width=16, gray=True),
    ],
)
@pytest.mark.parametrize("gates", ["unrolled", "table"])
def test_every_front_end_into_lanes(frontend: Any, gates: str) -> None:
    circuit = scattered(lane_circuit(2, frontend.n_bits // 32, (3, 2)), 1, 16)
    check(model_of(frontend, circuit, PositionalSample(16)), BELA, (gates, ""), frames=300)


@pytest.mark.parametrize(
    ("head", "n_outputs"),
    [
        (GroupSum(2), 128),
        (GroupSum(5), 45),
        (GroupSum(3, frames=2), 48),
        (GroupSum(5, frames=16), 45),
        (ControlValues(3, 40), 120),
        (ControlValues(7, 1), 7),
        (PositionalSample(5), 5),
        (OnsetScore(60, 50, 4, frames=16), 100),
        (OnsetScore(1, 2, 0), 3),
    ],
)
@pytest.mark.parametrize("gates", ["unrolled", "table", "flat"])
def test_every_head_with_outputs_anywhere(head: Any, n_outputs: int, gates: str) -> None:
    circuit = scattered(lane_circuit(6), n_outputs, n_outputs)
    if gates == "flat":
        circuit = dataclasses.replace(circuit, lanes=None)
    core = check(model_of(filterbank(3), circuit, head), BELA, (gates, "table"))
    if isinstance(head, GroupSum):
        hop = core.hop(loud(9, 128))
        assert hop.answer == hop.values.argmax()


@pytest.mark.parametrize("gates", ["unrolled", "table"])
@pytest.mark.parametrize("width", [32, 128])
def test_outputs_that_need_no_gate(gates: str, width: int) -> None:
    """All are inputs; or constants, of words without a living operand."""
    circuit = lane_circuit(2, 256 // width, (2, 1), width)
    straight = dataclasses.replace(circuit, outputs=np.arange(5, 85, dtype=np.int32))
    op = np.where(np.arange(circuit.n_gates) % 3, 15, 0).astype(np.uint8)
    constant = dataclasses.replace(circuit, op=op)
    for one in (straight, constant):
        check(model_of(bank(1, 256), one, OnsetScore(30, 20, 3)), ROOMY, (gates, "table"))


def test_a_circuit_that_hears_nothing() -> None:
    circuit = random_circuit(1, 0, 40, 6, n_registers=7)
    check(model_of(ShiftFilterbank(), circuit, GroupSum(3)), BELA)


def test_the_first_of_equal_counts_is_the_class() -> None:
    circuit = dataclasses.replace(lane_circuit(6), outputs=np.array([70, 71, 70, 71, 70, 71], np.int32))
    core = PruModel(make_pru_unit(model_of(filterbank(3), circuit, GroupSum(3)), BELA, "m"))
    assert core.hop(loud(9, 128)).answer == 0


def test_the_onset_model_fits_one_pru_within_its_hop() -> None:
    model = zoo.load("bela/onset-gates")
    core = PruModel(make_pru_unit(model, BELA, "onset"))
    assert model.folder is not None
    golden = read_golden(model, model.folder)
    found = core.stages(golden.samples).tensors()
    for stage, expected in golden.tensors().items():
        np.testing.assert_array_equal(found[stage], expected, err_msg=stage)
    budget = BELA.clock_hz * model.hop // model.rate
    assert budget == 580_498
    parts = core.part_cycles()
    assert set(parts) == {"features", "encode", "gates", "head", "mailbox"}
    assert all(parts.values())
    assert sum(parts.values()) / len(golden.values) < 0.05 * budget


def test_the_program_counts_its_own_cycles() -> None:
    core = PruModel(make_pru_unit(tiny_model(), BELA, "m"))
    hops = [core.hop(loud(i, 128)) for i in range(3)]
    for hop in hops:
        assert 0 < hop.cycles - hop.counted < 60  # polling, and writing the count down


def test_a_stop_request_halts_and_the_next_one_goes_on() -> None:
    core = PruModel(make_pru_unit(tiny_model(), BELA, "m"))
    first = core.hop(loud(1, 128))
    core.memory(core.unit.mailbox.address + FIELDS["REQUEST"][0], 4).view("<u4")[0] = STOP
    assert core.simulator.run((0,)).end == "stopped"
    core.simulator.run((0,), until={0: "poll"})  # started again, it waits for a request
    second = core.hop(loud(2, 128))
    again = PruModel(core.unit)
    assert again.hop(loud(1, 128)).values.tolist() == first.values.tolist()
    assert again.hop(loud(2, 128)).values.tolist() == second.values.tolist()


@pytest.mark.parametrize("device", DEVICES.values(), ids=DEVICES)
def test_all_data_stand_in_free_memory_and_apart(device: Device) -> None:
    unit = make_pru_unit(zoo.load("bela/onset-gates"), device, "m")
    free = {byte for r in device.free for byte in range(r.address, r.address + r.size)}
    taken: set[int] = set()
    for item in unit.memory.items:
        here = set(range(item.address, item.address + item.size))
        assert here <= free
        assert not here & taken
        taken |= here
    images = {address + i for address, data in unit.images() for i in range(len(data))}
    assert images == taken


def test_a_store_into_belas_memory_is_refused() -> None:
    """The watch that all other tests here rely on."""
    unit = make_pru_unit(tiny_model(), BELA, "m")
    hidden = next(item for item in unit.memory.items if item.name == "features")
    text = unit.text.replace(f"ldi r2, {hidden.address}\n", "ldi r2.w2, 1\n")  # shared RAM
    assert text != unit.text
    core = PruModel(dataclasses.replace(unit, text=text))
    with pytest.raises(PruError, match="on bela a program may write"):
        core.hop(loud(1, 128))


def test_one_wrong_mask_shows() -> None:
    unit = make_pru_unit(tiny_model(), BELA, "m")
    masks = next(item for item in unit.memory.items if item.name == "masks")
    data = bytearray(unit.memory.contents[masks.address])
    data[-1] ^= 0xFF
    unit.memory.contents[masks.address] = bytes(data)
    golden = make_golden(unit.model)
    assert not np.array_equal(PruModel(unit).stages(golden.samples).outputs, golden.outputs)


def big_model(words: tuple[int, ...]) -> Model:
    circuit = lane_circuit(1, 24, words)
    return model_of(bank(1, 768), circuit, OnsetScore(500, 400, 5))


@pytest.mark.slow
def test_a_model_too_large_says_what_it_needs_and_what_would_fit() -> None:
    with pytest.raises(ExportError) as caught:
        make_pru_unit(big_model((400, 300)), BELA, "m")
    said = str(caught.value)
    assert said.startswith("test/m (22,400 gates) does not fit the PRU of bela, which has 2,048 instructions")
    assert "12,288 bytes of free data memory" in said
    assert "gates table, thermometer table: " in said
    would = said.partition("What would fit: ")[2]
    assert "gates (table), or --device am335x" in would
    assert make_pru_unit(big_model((400, 300)), AM335X, "m").forms["gates"] == "table"
    gates = int(would.split()[4].replace(",", ""))
    fits = int(0.97 * gates) // 32
    assert make_pru_unit(big_model((fits * 4 // 7, fits * 3 // 7)), BELA, "m").forms["gates"] == "table"


def test_data_that_no_form_makes_smaller_are_named() -> None:
    model = model_of(bank(1, 64, lags=(1000,)), lane_circuit(1), GroupSum(2))
    with pytest.raises(ExportError, match=r"does not fit .* What would fit: --device am62x, or the ARM core"):
        make_pru_unit(model, BELA, "m")


def test_offsets_of_a_table_end() -> None:
    with pytest.raises(ExportError, match=r"offsets of a table: 9,\d\d\d bytes of words, and a record"):
        make_pru_unit(big_model((1200, 1200)), AM62X, "m", ("table", "table"))


def test_planes_of_any_number_leave_the_registers_alone() -> None:
    for n_bits in (53, 50, 8):
        circuit = random_circuit(n_bits, n_bits, 150, 12, n_registers=9)
        check(model_of(bank(n_bits, n_bits), circuit, GroupSum(3)), BELA)


@pytest.mark.slow
def test_flat_gates_beyond_the_instructions_are_refused() -> None:
    model = model_of(filterbank(3), random_circuit(1, 64, 6_000, 3_000), GroupSum(2))
    with pytest.raises(ExportError, match=r"gates flat.*: [\d,]+ instructions .* a circuit of about [\d,]+"):
        make_pru_unit(model, BELA, "m")
