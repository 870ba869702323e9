"""Small random circuits with everything that an optimiser must deal with."""

from dataclasses import replace

import numpy as np

from zoo.circuit import Circuit


def random_circuit(rng: np.random.Generator, gates: int | None = None) -> Circuit:
    """All operations, constants, wires, twins, registers that are alike, repeated outputs, dead gates."""
    inputs = int(rng.integers(0, 7))
    registers = int(rng.integers(0 if inputs else 1, 6))
    gates = int(rng.integers(0, 60)) if gates is None else gates
    own = np.arange(inputs + registers, inputs + registers + gates)
    near = np.maximum(0, own - rng.integers(2, 20, gates))
    nodes = inputs + registers + gates
    return Circuit(
        inputs,
        rng.integers(0, 16, gates, np.uint8),
        rng.integers(near, own, dtype=np.int32),
        rng.integers(near, own, dtype=np.int32),
        rng.integers(0, nodes, rng.integers(1, 6), np.int32),
        rng.integers(0, nodes, registers, np.int32),
        rng.integers(0, 2, registers, np.uint8),
    )


def with_gate(circuit: Circuit, gate: int, **changes: int) -> Circuit:
    """The circuit with one gate's op, a or b changed."""
    arrays = {name: getattr(circuit, name).copy() for name in changes}
    for name, value in changes.items():
        arrays[name][gate] = value
    return replace(circuit, **arrays)
