"""What the record says of the PRU: the same numbers again, and the sizes that are promised."""

import json
from pathlib import Path

import numpy as np
import pytest

from bench.measure.pru import LAYERS, lane_net, largest, largest_model, onset_cost
from exporters.pru.devices import BELA

RECORD = Path(__file__).parents[2] / "docs" / "records" / "compiler.json"


def test_a_lane_net_reads_every_word_of_the_layer_before_equally_often() -> None:
    lanes = lane_net(150, 32).lanes
    assert lanes is not None
    first, width = 24, 150 // LAYERS
    for layer in range(1, LAYERS):
        rows = slice(layer * width, (layer + 1) * width)
        for words in (lanes.word_a[rows], lanes.word_b[rows]):
            assert sorted(words) == list(range(first + (layer - 1) * width, first + layer * width))
    assert np.array_equal(lane_net(150, 32).op, lane_net(150, 32).op)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "width", "least"),
    [("unrolled", 32, 4_500), ("unrolled", 128, 4_500), ("table", 32, 12_000), ("table", 128, 12_000)],
)
def test_the_sizes_that_fit(form: str, width: int, least: int) -> None:
    found = largest(form, width)
    assert found["gates"] >= least
    assert found["instructions"] <= 2_048
    assert found["data_bytes"] <= 12_288
    recorded = json.loads(RECORD.read_text())["pru"]["largest"][f"{form}, {width} lanes"]
    assert found == recorded


@pytest.mark.slow
def test_a_table_of_12000_gates_fits_beside_the_whole_onset_front_end() -> None:
    assert largest_model("table", 32)["gates"] >= 12_000


def test_the_onset_model_costs_what_the_record_says() -> None:
    assert onset_cost(BELA) == json.loads(RECORD.read_text())["pru"]["onset"]["bela"]
