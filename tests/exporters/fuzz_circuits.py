"""Random circuits of every kind, by seed: a population for each kind of emitter.

flat   any wiring: all gates, registers, constants, dead nodes, outputs that repeat, to 3,000 gates
lanes  32-lane words, at most 3,000 gates, some lanes or whole words constant or copies
wide   128-lane words that rotate by whole bytes
kept, kept-wide   the same with register words: delays, feedback, words that change places
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from zoo.circuit import Circuit
from zoo.lanes import Lanes, from_lanes

Bits = npt.NDArray[np.uint8]
Population = Literal["flat", "lanes", "wide", "kept", "kept-wide"]

MOST_GATES = 3_000
STEPS = 3


def fuzz_circuit(population: Population, seed: int) -> Circuit:
    """The circuit of a seed."""
    rng = np.random.default_rng((ord(population[0]), seed))
    if population == "flat":
        return _flat(rng)
    registers = int(rng.integers(1, 9)) if population.startswith("kept") else 0
    return _lanes(rng, 128 if population.endswith("wide") else 32, registers)


def fuzz_bits(circuit: Circuit, seed: int, streams: int) -> Bits:
    """uint8 (STEPS, streams, inputs): also with few ones or few zeros, so that constants show."""
    rng = np.random.default_rng(seed)
    share = rng.choice([0.5, 0.5, 0.05, 0.95])
    return (rng.random((STEPS, streams, circuit.n_inputs)) < share).astype(np.uint8)


def expected_outputs(circuit: Circuit, bits: Bits) -> Bits:
    """uint8 (steps, streams, outputs) by numpy: every stream from the initial state."""
    steps, streams, _ = bits.shape
    if not circuit.n_registers:
        return circuit.evaluate(bits.reshape(steps * streams, -1)).reshape(steps, streams, -1)
    return np.stack([circuit.evaluate(np.ascontiguousarray(bits[:, s])) for s in range(streams)], axis=1)


def _flat(rng: np.random.Generator) -> Circuit:
    n_gates = 0 if rng.random() < 0.03 else round(np.exp(rng.uniform(0, np.log(MOST_GATES))))
    n_inputs = int(rng.integers(1, 120))
    n_registers = int(rng.integers(1, 70)) if rng.random() < 0.4 else 0
    first = n_inputs + n_registers
    ids = first + np.arange(n_gates)
    reach = int(rng.choice([8, 60, MOST_GATES * 2]))  # near wiring keeps registers busy, far wiring spills
    low = np.maximum(0, ids - reach)
    a, b = rng.integers(low, ids), rng.integers(low, ids)
    b = np.where(rng.random(n_gates) < 0.05, a, b)  # both operands the same
    op = rng.integers(0, 16, n_gates)
    if rng.random() < 0.3:  # many constants, copies and negations
        op = np.where(rng.random(n_gates) < 0.5, rng.choice([0, 15, 3, 12, 5, 10], n_gates), op)
    if n_gates > 4:  # the same gate again, as it is or turned around
        again = rng.integers(0, n_gates, n_gates // 5)
        source = (again * rng.random(again.size)).astype(np.int64)
        op[again], a[again], b[again] = op[source], a[source], b[source]
    n_outputs = int(rng.integers(1, 100))
    recent = int(rng.choice([max(1, n_gates // 4), first + n_gates]))
    outputs = rng.integers(first + n_gates - min(recent, first + n_gates), first + n_gates, n_outputs)
    register_next = rng.integers(0, first + n_gates, n_registers)
    return Circuit(
        n_inputs,
        op.astype(np.uint8),
        a.astype(np.int32),
        b.astype(np.int32),
        outputs.astype(np.int32),
        register_next.astype(np.int32),
        rng.integers(0, 2, n_registers).astype(np.uint8),
    )


def _lanes(rng: np.random.Generator, width: int, registers: int = 0) -> Circuit:
    most = MOST_GATES // width
    words = round(np.exp(rng.uniform(0, np.log(most))))
    inputs = int(rng.integers(1, 7))
    ids = inputs + registers + np.arange(words)
    reach = int(rng.choice([4, 20, 2 * most]))
    low = np.maximum(0, ids - reach)
    rotation = rng.integers(0, 32, words) if width == 32 else 8 * rng.integers(0, width // 8, words)
    rotation = np.where(rng.random(words) < 0.2, 0, rotation)
    lanes = Lanes(
        rng.integers(low, ids).astype(np.int32),
        rng.integers(low, ids).astype(np.int32),
        rotation.astype(np.uint8),
        width,
    )
    op = rng.integers(0, 16, (words, width))
    op = np.where(rng.random((words, 1)) < 0.15, rng.integers(0, 16, (words, 1)), op)  # one gate all over
    nodes = (inputs + registers + words) * width
    if rng.random() < 0.6:  # whole words in order, the usual case
        outputs = np.arange(nodes - width * int(rng.integers(1, words + 1)), nodes)
    else:
        outputs = rng.integers(0, nodes, int(rng.integers(1, 200)))
    follows, init = np.zeros(0, np.int32), None
    if registers:
        follows = rng.integers(0, inputs + registers + words, registers)
        kept = inputs + np.arange(registers)
        kind = rng.choice(["any", "delays", "moves"])
        if kind == "delays":  # each takes what stands so many before it; the first ones, the last words
            by = int(rng.integers(1, registers + 1))
            follows = np.append(nodes // width - by + np.arange(by), kept[: registers - by])
        elif kind == "moves":
            follows = rng.permutation(kept)
        init = rng.integers(0, 2, registers * width).astype(np.uint8)
    flat = op.ravel().astype(np.uint8)
    return from_lanes(inputs * width, lanes, flat, outputs.astype(np.int32), follows, init)
