"""The same gates three ways: numpy, 64 frames a word; C, one frame at a time; C, 32 frames a word.

5,120 gates, once in lane wiring and once wired at random, 4,096 frames. The C ways take packed words and
give packed words; numpy packs and unpacks by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from bench.targets.host import Host
from bench.targets.port import Port, planes
from exporters.c import Mode
from tests.tiny import lane_circuit, random_circuit
from zoo.circuit import Circuit
from zoo.frontends import PcmBits
from zoo.heads import OnsetScore
from zoo.lanes import pack_words
from zoo.model import Model

INPUTS, GATES, FRAMES = 512, 5_120, 4_096

CIRCUITS: dict[str, Callable[[], Circuit]] = {
    "lanes": lambda: lane_circuit(1, INPUTS // 32, (64, 64, 32)),
    "random": lambda: random_circuit(1, INPUTS, GATES, 1_024),
}


def load(circuit: Circuit, mode: Mode) -> Port:
    """The circuit's export on this machine; front end and head are there because a model needs them."""
    frontend, head = PcmBits(width=16, taps=INPUTS // 16), OnsetScore(1, 1, 0)
    about = {"id": "bench/gates", "summary": "Random gates", "licence": "MIT"}
    return Host(mode).load(Model.from_parts(frontend, circuit, head, **about))


@pytest.mark.parametrize("wiring", CIRCUITS)
@pytest.mark.parametrize("way", ["numpy", "c-frame", "c-block"])
def test_circuit_inference(benchmark: Any, wiring: str, way: str) -> None:
    """Time one way over all frames, after it gave what numpy gives."""
    circuit = CIRCUITS[wiring]()
    bits = np.random.default_rng(0).integers(0, 2, (FRAMES, INPUTS)).astype(np.uint8)
    expected = circuit.evaluate(bits)
    assert circuit.n_gates == GATES
    benchmark.group = f"{GATES} gates, {wiring} wiring, {FRAMES} frames"
    if way == "numpy":
        benchmark(circuit.evaluate, bits)
        return
    frame = way == "c-frame"
    port = load(circuit, "frame" if frame else "block")
    found: npt.NDArray[Any] = port.gates(bits) if frame else port.gates_block(bits)
    assert np.array_equal(found, pack_words(expected) if frame else expected)
    given = pack_words(bits) if frame else planes(bits)
    out = np.zeros((len(given), circuit.n_outputs // 32 if frame else circuit.n_outputs), np.uint32)
    benchmark(port.machine.call, "harness_gates" if frame else "harness_gates_block", given, len(given), out)
