"""The records of frame and block cycles say what a small part of them, measured again, says."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo
from bench.measure import block_cycles, frame_cycles
from bench.measure.emulated_code import run_code
from zoo.lanes import pack_words

RECORD = Path(__file__).parents[2] / "docs" / "records" / "compiler.json"


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    return json.loads(RECORD.read_text())


@pytest.fixture(scope="module")
def share() -> frame_cycles.Share:
    histogram = np.array(zoo.load(frame_cycles.MODEL).circuit.op_histogram(), np.float64)
    return histogram / histogram.sum()


@pytest.mark.parametrize(
    ("width", "target", "most"),
    [(32, "cortex-a8", 950), (128, "cortex-a8-neon", 360), (32, "cortex-a53", 950)],
)
def test_lanes_cost_what_the_record_says(
    record: dict[str, Any], share: frame_cycles.Share, width: int, target: str, most: int
) -> None:
    found = frame_cycles.lane_cost(frame_cycles.lane_net(0, width, share), target)
    recorded = record["frame_cycles"]["medians"][f"lanes of {width}, {target}"]
    assert abs(found.cycles - recorded["cycles"]) < 0.05 * recorded["cycles"]
    assert max(found.cycles, recorded["cycles"]) <= most


def test_lanes_save_what_is_said_for_every_gate_that_runs(record: dict[str, Any]) -> None:
    ratios = record["frame_cycles"]["ratios"]
    random = "random wiring, as many gates left as lanes compute, cortex-a8"
    assert ratios[f"{random} / lanes of 32, cortex-a8"] >= 9
    assert ratios[f"{random} / lanes of 128, cortex-a8-neon"] >= 25


def test_a_net_is_found_for_any_size_that_is_left(share: frame_cycles.Share) -> None:
    from exporters.passes import THUMB, optimise

    net = frame_cycles.net_with(900, 0, share)
    assert abs(optimise(net, THUMB).n_gates - 900) <= 27


@pytest.mark.parametrize("way", ["Thumb-2", "NEON", "A64, general registers"])
def test_blocks_cost_what_the_record_says(record: dict[str, Any], way: str) -> None:
    left, cost = block_cycles.block_cost(block_cycles.nets()["local"], way)
    recorded = record["block_cycles"]["local"][way]
    assert (left, cost.cycles) == pytest.approx((recorded["left"], recorded["cycles"]), rel=0.05)


def test_a_wrong_answer_is_no_measurement(share: frame_cycles.Share) -> None:
    from exporters.asm import thumb
    from exporters.c.lane_program import lane_program

    circuit = frame_cycles.lane_net(0, 32, share)
    bits = np.zeros((1, circuit.n_inputs), np.uint8)
    wrong = pack_words(circuit.evaluate(bits)) ^ np.uint32(1)
    text = thumb.lane_file("frame", lane_program(circuit))
    with pytest.raises(AssertionError, match="the answer differs"):
        run_code({"f.S": text}, "frame", "cortex-a8", pack_words(bits), wrong, lambda x, y: (x, y))
