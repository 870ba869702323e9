"""Emulated cycles of classifiers on the Cortex-A8: gate models, and float baselines of class tasks as C."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasks.base import Task
    from tasks.classes import ClassTask
    from zoo.model import Model

SECONDS = 2.0  # of test audio whose cycles are counted
FRAMES = 400  # that a float network is shown


def gates_cost(model: Model, task: Task) -> dict[str, Any]:
    """Median cycles of a hop: each line of the bench, and the network alone, which is gates and head."""
    from bench.targets.cortex_a8 import CortexA8

    clip = task.load(next(iter(task.sets)))[0].samples[: round(SECONDS * model.rate)]
    cost = CortexA8().cost(model, [clip])
    lines = {line.part: line.cycles.median for line in cost.lines if line.cycles is not None}
    network = lines["gates"] + lines["head"]
    return {
        "gates": model.circuit.n_gates,
        "hop": model.hop,
        "cycles_hop": network,
        "cycles_second": network * model.rate / model.hop,
        "lines": lines,
        "total_second": lines["total"] * model.rate / model.hop,
    }


def float_cost(name: str, task: ClassTask, seed: int) -> dict[str, Any]:
    """The network alone in float C, its answers compared with PyTorch's; its log-mel is not counted.

    Raises:
        ValueError: The C answers otherwise.
    """
    import torch

    from bench.measure.float_peers import TOLERANCE
    from bench.peers.emulated import EmulatedPeer
    from bench.peers.float_c import float_source
    from bench.peers.nets import net_of
    from tasks.baselines import float_classes
    from tasks.baselines.logmel import at_rate

    learner, mel = float_classes.trained(name, task, seed), at_rate(task.input.rate)
    module, frames = learner.module.eval(), learner.features[:FRAMES]
    net = net_of(float_classes.KINDS[name][0], module)
    peer = EmulatedPeer(float_source(net), net.outputs)
    with torch.no_grad():
        logits = module(torch.from_numpy(frames)[None])[0].numpy()
    difference = float(abs(peer.run(frames, "float32") - logits).max())
    if difference > TOLERANCE:
        raise ValueError(f"{name}: C differs from PyTorch by {difference} of a logit")
    cycles = peer.cost(frames).cycles.median
    return {
        "parameters": sum(p.numel() for p in module.parameters()),
        "hop": mel.hop,
        "cycles_hop": cycles,
        "cycles_second": cycles * mel.rate / mel.hop,
    }
