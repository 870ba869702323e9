"""Thousands of random circuits through every emitter: the same bits everywhere.

Each emitter's `run` builds all circuits at once and runs them where its code runs: this machine, an emulated
core, a simulated PRU or a WebAssembly engine. `ZOO_FUZZ=20000 pytest -k fuzz` tries more.
"""

import dataclasses
import importlib
import os
from functools import cache
from typing import Any

import numpy as np
import pytest

from exporters.c.lane_memory import lane_memory
from tests.exporters.fuzz_circuits import Bits, Population, expected_outputs, fuzz_bits, fuzz_circuit
from zoo.circuit import Circuit

COUNT = int(os.environ.get("ZOO_FUZZ", "2000"))
PORTION = 500  # circuits a compiler sees at once
STREAMS = {"frame": 3, "block": 40}  # 40: more than a 32-bit word, not a whole number of them

# (name of the module tests/exporters/run_<name>.py, its circuits, one stream at a time or many at once)
EMITTERS: list[tuple[str, Population, str]] = [
    ("c_frame", "flat", "frame"),
    ("c_block", "flat", "block"),
    ("x86", "flat", "block"),
    ("avx2", "flat", "block"),
    ("wasm", "flat", "block"),
    ("thumb_frame", "flat", "frame"),
    ("thumb_block", "flat", "block"),
    ("neon_block", "flat", "block"),
    ("a53_frame", "flat", "frame"),
    ("a53_block", "flat", "block"),
    ("pru_flat", "flat", "block"),
    ("c_frame", "lanes", "frame"),
    ("thumb_lanes", "lanes", "frame"),
    ("a53_lanes", "lanes", "frame"),
    ("pru_lanes", "lanes", "frame"),
    ("pru_table", "lanes", "frame"),
    ("c_frame", "wide", "frame"),
    ("neon_lanes", "wide", "frame"),
    ("a53_lanes", "wide", "frame"),
    ("pru_lanes", "wide", "frame"),
    ("pru_table", "wide", "frame"),
    ("c_frame", "kept", "frame"),
    ("c_frame", "kept-wide", "frame"),
    ("thumb_lanes", "kept", "frame"),
    ("neon_lanes", "kept-wide", "frame"),
    ("a53_lanes", "kept", "frame"),
    ("a53_lanes", "kept-wide", "frame"),
    ("pru_lanes", "kept", "frame"),
    ("pru_table", "kept", "frame"),
    ("pru_lanes", "kept-wide", "frame"),
    ("pru_table", "kept-wide", "frame"),
]


def portions(name: str, population: Population) -> range:
    """First circuits of the portions.

    Unless asked for more, one portion of lanes with registers, whose gates are those of lanes without, and of
    128 lanes in C, which are 32 lanes four times over and take a compiler long.
    """
    short = population.startswith("kept") or (name, population) == ("c_frame", "wide")
    return range(0, PORTION if short and "ZOO_FUZZ" not in os.environ else COUNT, PORTION)


@cache
def portion(population: Population, streams: int, first: int) -> tuple[list[Circuit], list[Bits], list[Bits]]:
    """Circuits, their input bits and numpy's outputs."""
    seeds = range(first, min(first + PORTION, COUNT))
    circuits = [fuzz_circuit(population, seed) for seed in seeds]
    bits = [fuzz_bits(circuit, seed, streams) for circuit, seed in zip(circuits, seeds, strict=True)]
    outputs = [expected_outputs(circuit, x) for circuit, x in zip(circuits, bits, strict=True)]
    return circuits, bits, outputs


def emitter(name: str) -> Any:
    return importlib.import_module(f"tests.exporters.run_{name}")


def first_wrong(found: list[Bits], expected: list[Bits]) -> int | None:
    """The first circuit whose bits differ."""
    assert len(found) == len(expected)
    pairs = enumerate(zip(found, expected, strict=True))
    return next((i for i, (one, other) in pairs if not np.array_equal(one, other)), None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "population", "mode", "first"),
    [(*emitter, first) for emitter in EMITTERS for first in portions(*emitter[:2])],
)
def test_fuzz(name: str, population: Population, mode: str, first: int) -> None:
    circuits, bits, expected = portion(population, STREAMS[mode], first)
    wrong = first_wrong(emitter(name).run(circuits, bits), expected)
    assert wrong is None, f"{name}: fuzz_circuit({population!r}, {first + (wrong or 0)}) differs"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "population", "mode"), EMITTERS)
def test_one_changed_gate_shows(name: str, population: Population, mode: str) -> None:
    """The comparison sees a single wrong gate whose output is read."""
    circuits, bits, expected = portion(population, STREAMS[mode], 0)
    for i in range(len(circuits)):
        op = circuits[i].op.copy()
        at = circuits[i].outputs.max(initial=0) - circuits[i].n_inputs - circuits[i].n_registers
        if at < 0:
            continue
        op[at] ^= 15
        broken = [dataclasses.replace(circuits[i], op=op)]
        assert first_wrong(emitter(name).run(broken, bits[i : i + 1]), expected[i : i + 1]) == 0
        return
    pytest.fail("no circuit has an output that is a gate")


def test_the_fuzz_covers_what_it_says() -> None:
    assert COUNT >= 2_000
    flat = [fuzz_circuit("flat", seed) for seed in range(400)]
    assert min(c.n_gates for c in flat) == 0
    assert max(c.n_gates for c in flat) > 2_500
    assert sum(c.n_registers > 0 for c in flat) > 100
    assert all(sum(c.op_histogram()[op] for c in flat) > 500 for op in range(16))
    assert sum(len(set(c.outputs.tolist())) < c.n_outputs for c in flat) > 100
    for population, width in (("lanes", 32), ("wide", 128), ("kept", 32), ("kept-wide", 128)):
        lanes = [fuzz_circuit(population, seed) for seed in range(100)]  # type: ignore[arg-type]
        if population.startswith("kept"):
            assert all(c.n_registers for c in lanes)
            assert {lane_memory(c).in_place for c in lanes} == {True, False}
        assert all(c.lanes is not None and c.lanes.width == width for c in lanes)
        assert max(c.n_gates for c in lanes) > 2_500
