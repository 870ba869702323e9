"""Cycles of one frame through three layers of 1,280 gates: lane wiring, and random wiring of equal size.

"Equal size" has more than one meaning, since passes shrink a randomly wired net and cannot shrink the words
of a lane net: as many gates in the model; as many gates left by the passes as they would leave of the lane
net's own netlist; and as many gates left as the lane net computes. Gates are drawn like those of a trained
model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.measure.emulated_code import Cost, run_code
from zoo.circuit import Circuit

LAYERS = (1_280, 1_280, 1_280)
INPUTS = 1_280
SEEDS = (0, 1, 2)
MODEL = "bela/onset-gates"  # whose gates say how often each operation comes
SEARCH_STEPS = 6

Share = npt.NDArray[np.float64]


def frame_cycles() -> dict[str, Any]:
    """The record: medians over `SEEDS` of everything counted, and the ratios of the medians."""
    import zoo

    histogram = np.array(zoo.load(MODEL).circuit.op_histogram(), np.float64)
    share = histogram / histogram.sum()
    rows: dict[str, list[dict[str, int]]] = {}
    for seed in SEEDS:
        for name, row in _rows(seed, share).items():
            rows.setdefault(name, []).append(row)
    medians = {
        name: {key: round(float(np.median([row[key] for row in found]))) for key in found[0]}
        for name, found in rows.items()
    }
    ratios = {
        f"{random} / {lanes}": round(medians[random]["cycles"] / medians[lanes]["cycles"], 2)
        for lanes in ("lanes of 32, cortex-a8", "lanes of 128, cortex-a8-neon")
        for random in medians
        if random.startswith("random wiring") and random.endswith(", cortex-a8")
    }
    by_c = "random wiring, as many gates, C on cortex-a8", "lanes of 32, C on cortex-a8"
    ratios[" / ".join(by_c)] = round(medians[by_c[0]]["cycles"] / medians[by_c[1]]["cycles"], 2)
    return {
        "layers": list(LAYERS),
        "inputs": INPUTS,
        "operations": f"drawn as often as in {MODEL}",
        "seeds": list(SEEDS),
        "medians": medians,
        "ratios": ratios,
    }


def _rows(seed: int, share: Share) -> dict[str, dict[str, int]]:
    from exporters.passes import THUMB, optimise

    lanes, wide = (lane_net(seed, width, share) for width in (32, 128))
    left_of_lanes = optimise(replace(lanes, lanes=None), THUMB).n_gates
    equal = random_net(seed, LAYERS, share)
    rows = {
        "lanes of 32, cortex-a8": _row(lanes, lane_cost(lanes, "cortex-a8")),
        "lanes of 32, cortex-a53": _row(lanes, lane_cost(lanes, "cortex-a53")),
        "lanes of 128, cortex-a8-neon": _row(wide, lane_cost(wide, "cortex-a8-neon")),
        "lanes of 128, cortex-a53": _row(wide, lane_cost(wide, "cortex-a53")),
        "lanes of 32 without their lanes, cortex-a8": _flat_row(replace(lanes, lanes=None), "cortex-a8"),
        "random wiring, as many gates, cortex-a8": _flat_row(equal, "cortex-a8"),
        "random wiring, as many gates, cortex-a53": _flat_row(equal, "cortex-a53"),
        "lanes of 32, C on cortex-a8": _row(lanes, c_cost(lanes)),
        "random wiring, as many gates, C on cortex-a8": _row(equal, c_cost(equal)),
    }
    for name, left in (("left by the passes", left_of_lanes), ("left as lanes compute", lanes.n_gates)):
        net = net_with(left, seed, share)
        rows[f"random wiring, as many gates {name}, cortex-a8"] = _flat_row(net, "cortex-a8")
    return rows


def _row(circuit: Circuit, cost: Cost) -> dict[str, int]:
    return {"gates": circuit.n_gates, **cost._asdict()}


def _flat_row(circuit: Circuit, target: str) -> dict[str, int]:
    from exporters.passes import A64, THUMB, optimise

    left = optimise(circuit, A64 if target == "cortex-a53" else THUMB)
    return {"gates": circuit.n_gates, "left": left.n_gates, **flat_cost(left, target)._asdict()}


def lane_net(seed: int, width: int, share: Share) -> Circuit:
    """Layers of lane gates, wired as training draws them."""
    from tasks.training.wiring import lane_wiring
    from zoo.lanes import Lanes, from_lanes

    rng = np.random.default_rng(seed)
    parts, first, before = [], 0, INPUTS
    for gates in LAYERS:
        words = lane_wiring(rng, before, gates, width).lanes
        assert words is not None
        parts.append((first // width + words.a, first // width + words.b, words.rotation))
        first, before = first + before, gates
    a, b, rotation = (np.concatenate(part) for part in zip(*parts, strict=True))
    lanes = Lanes(a.astype(np.int32), b.astype(np.int32), rotation.astype(np.uint8), width)
    op = rng.choice(16, sum(LAYERS), p=share).astype(np.uint8)
    return from_lanes(INPUTS, lanes, op, np.arange(first, first + before, dtype=np.int32))


def random_net(seed: int, layers: tuple[int, ...], share: Share) -> Circuit:
    """Layers of randomly wired gates, as training draws them; the last layer is the output."""
    from tasks.training.wiring import random_wiring

    rng = np.random.default_rng(seed)
    parts, first, before = [], 0, INPUTS
    for gates in layers:
        wiring = random_wiring(rng, before, gates)
        parts.append((first + wiring.a, first + wiring.b))
        first, before = first + before, gates
    a, b = (np.concatenate(part).astype(np.int32) for part in zip(*parts, strict=True))
    op = rng.choice(16, sum(layers), p=share).astype(np.uint8)
    return Circuit(INPUTS, op, a, b, np.arange(first, first + before, dtype=np.int32))


def net_with(left: int, seed: int, share: Share) -> Circuit:
    """A randomly wired net of three equal layers of which the passes leave about so many gates."""
    from exporters.passes import THUMB, optimise

    width, best, distance = LAYERS[0], random_net(seed, LAYERS, share), left
    for _ in range(SEARCH_STEPS):
        net = random_net(seed, (width,) * len(LAYERS), share)
        found = optimise(net, THUMB).n_gates
        if abs(found - left) < distance:
            best, distance = net, abs(found - left)
        width = max(2, round(width * left / found))
    return best


def lane_cost(circuit: Circuit, target: str) -> Cost:
    """One frame of a lane circuit; the answer is checked."""
    from exporters.c.lane_program import lane_program
    from exporters.c.targets import TARGETS

    assert circuit.lanes is not None
    frame = TARGETS[target].frame
    assert frame is not None
    text = frame.lanes[circuit.lanes.width]("frame", lane_program(circuit))
    return _run(circuit, {"frame.S": text}, "frame", target, lambda bits, outputs: (bits, outputs))


def flat_cost(circuit: Circuit, target: str) -> Cost:
    """One frame of an optimised circuit without registers; the answer is checked."""
    from exporters.c.targets import TARGETS

    frame = TARGETS[target].frame
    assert frame is not None
    files = {"frame.S": frame.flat({"frame": circuit})}
    return _run(circuit, files, "frame", target, lambda bits, outputs: (0, bits, outputs))


def c_cost(circuit: Circuit) -> Cost:
    """One frame by the portable C of the same exporters, for comparison; the answer is checked."""
    from exporters.c.gates_flat import frame_part
    from exporters.c.gates_lanes import lanes_part
    from exporters.passes import THUMB, optimise

    lanes = circuit.lanes is not None
    part = lanes_part(circuit) if lanes else frame_part(optimise(circuit, THUMB))
    text = f"#include <stdint.h>\ntypedef int $name_state;\n{part.code}"
    text = text.replace("$NAME", "FRAME").replace("$name", "frame")
    return _run(
        circuit, {"frame.c": text}, "frame_gates", "cortex-a8", lambda bits, outputs: (0, bits, outputs)
    )


def _run(
    circuit: Circuit,
    files: dict[str, str],
    symbol: str,
    target: str,
    arguments: Callable[[int, int], tuple[int, ...]],
) -> Cost:
    from zoo.lanes import pack_words

    bits = np.random.default_rng(9).integers(0, 2, (1, circuit.n_inputs)).astype(np.uint8)
    expected = pack_words(circuit.evaluate(bits))
    core = "cortex-a53" if target == "cortex-a53" else "cortex-a8"
    return run_code(files, symbol, core, pack_words(bits), expected, arguments)
