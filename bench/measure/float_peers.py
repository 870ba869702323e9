"""Float and int8 networks of the onset task beside the gates, all on the same emulated Cortex-A8.

What is compared is the networks alone: features in, a score out. The peers' log-mel front end is float and
not counted; neither are front end and encoder of the gates. A peer hears 441 samples a hop and the gates 128,
so cycles are given a hop and a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.peers.emulated import EmulatedPeer, PeerCost
from bench.peers.float_c import float_source
from bench.peers.int8 import Int8Net, quantise
from bench.peers.int8_c import int8_source
from bench.peers.nets import Float, Net, net_of

if TYPE_CHECKING:
    from tasks.base import Task
    from tasks.detectors import Detector

KINDS = ("causal-gru", "causal-cnn", "causal-mlp")
SEED = 1
CALIBRATION = 20_000  # training frames from which the scales of activations come
CHECKED = 2_000  # frames on which C is compared: float with PyTorch, int8 with numpy
TOLERANCE = 1e-3  # of a logit
GATES = "bela/onset-gates"
NOTE = (
    "Networks alone, features in and score out, emulated on a Cortex-A8 at 1 GHz. The peers' log-mel front "
    "end is float and not counted; the gates' front end and encoder are not counted either."
)


def float_peers(kinds: Sequence[str] = KINDS) -> dict[str, Any]:
    """The record's part: the gates, then every peer in float32 and int8.

    Raises:
        ZooError: The task's data is not built, or a package is missing.
        AssertionError: C differs from its reference.
    """
    from tasks.registry import get_task

    task = get_task("onset")
    peers = [row for kind in kinds for row in measure(kind, task)]
    return {"note": NOTE, "tolerance": TOLERANCE, "gates": _gates(task), "peers": peers}


def measure(kind: str, task: Task) -> list[dict[str, Any]]:
    """One trained network in float32 and in int8: cost, difference from its reference, and F."""
    import torch

    from tasks.baselines import logmel
    from tasks.baselines.float_networks import build, trained
    from tasks.baselines.sequence_learner import SCORE_STEPS, SCORE_ZERO
    from tasks.detectors import ScoreDetector

    learner = trained(kind, task, SEED)
    module = learner.module.eval()
    net = net_of(kind, module)
    exact = quantise(net, learner.train.features[:CALIBRATION], SCORE_STEPS, SCORE_ZERO)
    frames = learner.val.features[:CHECKED]
    with torch.no_grad():
        logits = module(torch.from_numpy(frames)[None])[0].numpy()
    plain = build(kind, task, SEED)
    small = ScoreDetector(
        f"{kind}-int8", logmel.RATE, logmel.HOP,
        lambda samples: exact.run(exact.quantised(logmel.log_mel(samples))), plain.head, plain.parameters,
    )  # fmt: skip
    small, validation = _fitted(small, exact, learner)
    cost, difference = float_cost(net, frames, logits)
    base = {"network": kind, "seed": SEED, "parameters": plain.parameters, "products": net.products}
    return [
        base
        | {"arithmetic": "float32", "logit_difference": difference, "val_f_25ms": learner.choose().f}
        | _cost(cost, logmel.HOP, logmel.RATE)
        | _accuracy(plain, task),
        base
        | {"arithmetic": "int8", "logit_difference": None, "val_f_25ms": validation}
        | _cost(int8_cost(exact, frames), logmel.HOP, logmel.RATE)
        | _accuracy(small, task),
    ]


def float_cost(net: Net, frames: Float, logits: Float) -> tuple[PeerCost, float]:
    """Cost of the float C, and its largest difference from these logits of the network.

    Raises:
        AssertionError: The difference is above `TOLERANCE`.
    """
    peer = EmulatedPeer(float_source(net))
    difference = float(np.abs(peer.run(frames, np.float32) - logits).max())
    assert difference <= TOLERANCE, f"{net.name}: C differs by {difference}"
    return peer.cost(frames), difference


def int8_cost(net: Int8Net, frames: Float) -> PeerCost:
    """Cost of the int8 C.

    Raises:
        AssertionError: A score is not numpy's.
    """
    peer, given = EmulatedPeer(int8_source(net)), net.quantised(frames)
    assert np.array_equal(peer.run(given, np.int32), net.run(given)), f"{net.name}: C differs from numpy"
    return peer.cost(given)


def _fitted(detector: Any, net: Int8Net, learner: Any) -> tuple[Any, float]:
    """The detector with its head chosen on the validation clips, as every other's; and its F there."""
    from tasks.baselines import logmel
    from tasks.threshold import choose_threshold

    scores = [net.run(net.quantised(clip)) for clip in learner.val.split(learner.val.features)]
    choice = choose_threshold(
        scores, learner.onsets, hop=logmel.HOP, rate=logmel.RATE, refractory=learner.refractory
    )
    return replace(detector, head=choice.head), choice.f


def _cost(cost: PeerCost, hop: int, rate: int) -> dict[str, Any]:
    return {
        "hop": hop,
        "instructions_hop": cost.instructions.median,
        "cycles_hop": cost.cycles.median,
        "cycles_second": cost.cycles.median * rate / hop,
        "code_bytes": cost.code,
        "constant_bytes": cost.constants,
    }


def _accuracy(detector: Detector, task: Task) -> dict[str, Any]:
    from tasks.evaluate import evaluate

    found = {}
    for result in evaluate(detector, task):
        metrics = result.metrics
        found[result.name] = {metric: metrics[metric] for metric in ("f_50ms", "f_25ms")}
    return {"sets": found}


def _gates(task: Task) -> dict[str, Any]:
    import zoo
    from bench.targets.cortex_a8 import CortexA8

    model = zoo.load(GATES)
    clips = [clip.samples for clip in task.load("test3")[:2]]
    line = CortexA8().cost(model, clips).line("gates")
    assert line.cycles is not None
    assert line.instructions is not None
    return {
        "model": GATES,
        "gates": model.circuit.n_gates,
        "hop": model.hop,
        "instructions_hop": line.instructions.median,
        "cycles_hop": line.cycles.median,
        "cycles_second": line.cycles.median * model.rate / model.hop,
        "code_bytes": line.code,
    } | _accuracy(model, task)
