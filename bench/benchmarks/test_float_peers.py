"""Float and int8 networks of equal accuracy beside the gates of the same task, in C.

The time is this machine's, over 1,000 frames of features. What matters is `extra_info`: cycles of a hop and
of a second on the same emulated Cortex-A8. docs/records/compiler.json says how well each network does.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

from bench.measure.float_peers import CALIBRATION, GATES, KINDS, SEED, float_cost, int8_cost
from bench.peers.float_c import float_source
from bench.peers.int8 import quantise
from bench.peers.int8_c import int8_source
from bench.peers.nets import net_of
from exporters.c.build import build, zig
from tasks.registry import get_task
from zoo.errors import ZooError

FRAMES = 1_000
HOST_FLAGS = ("-std=c99", "-O3", "-ffast-math", "-fPIC", "-shared", "-nostdlib")


def learner_of(kind: str) -> Any:
    """The trained network from the cache, or a skip that says how to get it."""
    from tasks.baselines.float_networks import is_trained, trained

    task = get_task("onset")
    try:
        there = is_trained(kind, task, SEED)
    except ZooError as error:
        pytest.skip(f"the onset data is not built: {error}")
    if not there:
        pytest.skip(
            f"{kind} is not trained: python scripts/measure_compiler.py float_peers trains it in minutes"
        )
    return trained(kind, task, SEED)


@pytest.mark.peers
@pytest.mark.parametrize("arithmetic", ["float32", "int8"])
@pytest.mark.parametrize("kind", KINDS)
def test_float_peers(benchmark: Any, kind: str, arithmetic: str) -> None:
    """Time one network after it gave what its reference gives."""
    import torch

    from tasks.baselines.sequence_learner import SCORE_STEPS, SCORE_ZERO

    learner = learner_of(kind)
    net, frames = net_of(kind, learner.module.eval()), learner.val.features[:FRAMES]
    if arithmetic == "float32":
        with torch.no_grad():
            logits = learner.module(torch.from_numpy(frames)[None])[0].numpy()
        (cost, _), source, given = float_cost(net, frames, logits), float_source(net), frames
    else:
        small = quantise(net, learner.train.features[:CALIBRATION], SCORE_STEPS, SCORE_ZERO)
        cost, source, given = int8_cost(small, frames), int8_source(small), small.quantised(frames)
    run = ctypes.CDLL(str(build(zig(), HOST_FLAGS, {"peer.c": source}, "peer.so"))).peer_run
    run.argtypes, run.restype = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p], None
    given, out = np.ascontiguousarray(given), np.zeros(FRAMES, np.int32)
    benchmark.group = f"networks of the onset task, {FRAMES} frames"
    benchmark.extra_info |= {
        "cortex_a8_cycles_hop": cost.cycles.median,
        "cortex_a8_cycles_second": 100 * cost.cycles.median,
        "code_bytes": cost.code,
        "constant_bytes": cost.constants,
    }
    benchmark(run, given.ctypes.data, FRAMES, out.ctypes.data)


@pytest.mark.peers
def test_the_gates_beside_them(benchmark: Any) -> None:
    """The gates of the bundled model, as its export calls them."""
    import zoo
    from bench.targets.cortex_a8 import CortexA8
    from bench.targets.host import Host

    model = zoo.load(GATES)
    clips = [clip.samples for clip in get_task("onset").load("test3")[:2]]
    line = CortexA8().cost(model, clips).line("gates")
    assert line.cycles is not None
    benchmark.group = f"networks of the onset task, {FRAMES} frames"
    benchmark.extra_info |= {
        "cortex_a8_cycles_hop": line.cycles.median,
        "cortex_a8_cycles_second": line.cycles.median * model.rate / model.hop,
    }
    port = Host().load(model)
    bits = np.zeros((FRAMES, -(-model.frontend.n_bits // 32)), np.uint32)
    out = np.zeros((FRAMES, -(-model.circuit.n_outputs // 32)), np.uint32)
    benchmark(port.machine.call, "harness_gates", bits, FRAMES, out)
