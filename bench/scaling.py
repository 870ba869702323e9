"""What networks of other sizes would cost: the gates of random circuits behind the same front end.

A point of the curve is a circuit nobody trained, of the same kind of wiring as the model's: its answers mean
nothing, its cycles are counted by the same tools as the model's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.targets.base import Int16, Target
from zoo.circuit import Circuit, Int32
from zoo.errors import ZooError
from zoo.lanes import Lanes, from_lanes
from zoo.model import Model

SIZES = (0.25, 0.5, 1.0, 2.0)  # times the model's own gates
LAYERS = 3
HOPS = 4  # of each curve point: the gates cost the same every hop
BOTH_INPUTS = (1, 2, 4, 6, 7, 8, 9, 11, 13, 14)  # the gates that depend on both operands


@dataclass(frozen=True)
class Curve:
    """Cycles of the gates against their number, on one target.

    Args:
        target: The target's name.
        method: How its cycles are found.
        points: (gates, cycles of the gates of a hop), ascending; (the model's own point not included).
        own: The model's own point.
        beyond: Why the next larger size is no point; empty when all sizes are.
    """

    target: str
    method: str
    points: tuple[tuple[int, float], ...]
    own: tuple[int, float]
    beyond: str = ""


def gate_curve(
    model: Model,
    target: Target,
    own_cycles: float,
    samples: Int16,
    say: Callable[[str], None] = lambda _: None,
) -> Curve:
    """Price circuits of other sizes on a target whose cost has cycles.

    Args:
        model: Its front end, head and kind of wiring are kept.
        target: Where they run.
        own_cycles: What the model's own gates cost there.
        samples: int16 (n,), at least a hop.
        say: Told what runs next.
    """
    points: list[tuple[int, float]] = []
    beyond = ""
    for circuit in circuits_like(model):
        say(f"{target.name}: {circuit.n_gates:,} random gates")
        other = Model.from_parts(
            model.frontend, circuit, model.head, id="bench/random", summary="Random gates", licence="MIT"
        )
        try:
            cycles = target.cost(other, [samples[: HOPS * model.hop]]).line("gates").cycles
        except ZooError as error:
            beyond = str(error)
            break
        assert cycles is not None
        points.append((circuit.n_gates, cycles.median))
    return Curve(target.name, target.method, tuple(points), (model.circuit.n_gates, own_cycles), beyond)


def circuits_like(model: Model, sizes: Sequence[float] = SIZES) -> list[Circuit]:
    """Random circuits of a few layers with the model's inputs, outputs and kind of wiring, ascending."""
    rng = np.random.default_rng(0)
    circuit = model.circuit
    made = []
    for size in sizes:
        gates = max(1, round(size * circuit.n_gates))
        if circuit.lanes is None:
            made.append(_flat(rng, circuit, gates))
        else:
            made.append(_lanes(rng, circuit, circuit.lanes.width, gates))
    return made


def _lanes(rng: np.random.Generator, like: Circuit, width: int, gates: int) -> Circuit:
    """Layers of words, wide ones rotate by bytes; as many registers as the model has, fed by outputs."""
    layers = _layers(-(-gates // width), -(-like.n_outputs // width))
    first = like.n_inputs + like.n_registers
    word_a, word_b = _wiring(rng, first // width, layers)
    step = 8 if width > 32 else 1
    rotation = (rng.integers(0, width // step, len(word_a)) * step).astype(np.uint8)
    last = first + width * (sum(layers) - layers[-1]) + np.arange(width * layers[-1])
    op = rng.choice(BOTH_INPUTS, width * len(word_a)).astype(np.uint8)
    outputs = np.resize(last, like.n_outputs).astype(np.int32)
    follows = rng.choice(last[::width] // width, like.n_registers // width)
    lanes = Lanes(word_a, word_b, rotation, width)
    return from_lanes(like.n_inputs, lanes, op, outputs, follows, like.register_init)


def _flat(rng: np.random.Generator, like: Circuit, gates: int) -> Circuit:
    """Layers of gates; as many registers as the model has, each fed by some output."""
    layers = _layers(gates, like.n_outputs)
    a, b = _wiring(rng, like.n_inputs + like.n_registers, layers)
    first = like.n_inputs + like.n_registers + len(a) - layers[-1]
    outputs = np.resize(first + np.arange(layers[-1]), like.n_outputs).astype(np.int32)
    op = rng.choice(BOTH_INPUTS, len(a)).astype(np.uint8)
    return Circuit(
        like.n_inputs,
        op,
        a,
        b,
        outputs,
        rng.choice(outputs, like.n_registers).astype(np.int32),
        like.register_init,
    )


def _layers(total: int, outputs: int) -> list[int]:
    """How many words or gates each layer has: the last no more than there are outputs."""
    last = max(1, min(outputs, total // LAYERS))
    rest = max(LAYERS - 1, total - last)
    return [rest // (LAYERS - 1) + (i < rest % (LAYERS - 1)) for i in range(LAYERS - 1)] + [last]


def _wiring(rng: np.random.Generator, inputs: int, layers: Sequence[int]) -> tuple[Int32, Int32]:
    """Two sources for each node in the layer before, all of whose nodes are read if there are enough."""
    a, b, first, before = [], [], 0, inputs
    for count in layers:
        sources = first + rng.permutation(np.resize(np.arange(before), 2 * count))
        a.append(sources[:count])
        b.append(sources[count:])
        first, before = first + before, count
    return np.concatenate(a).astype(np.int32), np.concatenate(b).astype(np.int32)
