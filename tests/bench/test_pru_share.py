"""What the record says of straight PRU code: the same numbers again, and what was promised."""

import json
from pathlib import Path

import numpy as np
import pytest

from bench.measure.pru_share import KINDS, LAYERS, RADIUS, SEEDS, random_net, share

RECORD = json.loads((Path(__file__).parents[2] / "docs" / "records" / "compiler.json").read_text())[
    "pru_share"
]
PROMISED = {"dense": 0.20, "local": 0.50}


def test_local_nets_are_local() -> None:
    width, inputs = 200, 64
    net = random_net("local", 1, width, inputs)
    first, before = 0, inputs
    for layer in range(LAYERS):
        gates = slice(layer * width, (layer + 1) * width)
        centre = np.clip(np.arange(width) * before // width, RADIUS, before - RADIUS - 1)
        for operand in (net.a[gates], net.b[gates]):
            assert np.abs(operand - first - centre).max() == RADIUS
        assert (net.a[gates] != net.b[gates]).all()
        first, before = first + before, width
    assert {0, 15}.isdisjoint(net.op.tolist())


@pytest.mark.parametrize("kind", KINDS)
def test_the_recorded_shares_are_what_was_promised(kind: str) -> None:
    nets = RECORD["nets"][kind]
    assert [net["seed"] for net in nets] == list(SEEDS)
    for net in nets:
        assert net["share"] >= PROMISED[kind]
        assert net["share"] == pytest.approx(net["live_gates"] / net["cycles"], abs=1e-4)
        assert sum(net["cycles_by_kind"].values()) == net["cycles"]
    assert RECORD["largest_that_fits"][kind]["instructions"] < RECORD["largest_that_fits"][kind]["limit"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_record_is_found_again(kind: str) -> None:
    assert share(kind, SEEDS[0]) == RECORD["nets"][kind][0]
