"""How much of a PRU straight-line code uses: gates evaluated a cycle, of the 32 that can be at most.

What is counted: gates are the two-input gates of the net after optimisation in any basis; inverters are
none. Cycles are all of one step in the simulator, with the loads of inputs and the stores of outputs. A step
evaluates each gate for 32 streams, so the share of the limit is gates / cycles. The nets do not fit the
instruction memory, which is lifted for the measurement; what does fit is looked for separately.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from exporters.passes import sum_groups
from exporters.pru.devices import BELA, study
from exporters.pru.flat import FlatCode, flat_code
from exporters.pru.flat_runner import LANES, FlatRunner
from exporters.pru.memory import MemoryMap
from zoo.circuit import Circuit

SEEDS = (1, 2, 3, 4, 5)
INPUTS, LAYERS, WIDTH, RADIUS = 256, 4, 1000, 4
CLASSES = 10
STEPS = 4
WINDOWS = {24: 0, 28: 256}  # what c24 and c28 point at
KINDS = ("dense", "local")


def pru_share() -> dict[str, Any]:
    """What `docs/records/compiler.json` says of straight-line code on the PRU."""
    return {
        "device": BELA.name,
        "nets": {kind: [share(kind, seed) for seed in SEEDS] for kind in KINDS},
        "with_group_sum": {kind: [share(kind, seed, sums=True) for seed in SEEDS[:3]] for kind in KINDS},
        "largest_that_fits": {kind: largest(kind) for kind in KINDS},
    }


def random_net(kind: str, seed: int, width: int = WIDTH, inputs: int = INPUTS) -> Circuit:
    """A net of random gates, any of the 14 that are not constant, in layers of equal width.

    Args:
        kind: "dense": operands anywhere in the layer before; "local": within `RADIUS` of its own place.
        seed: Of wiring and gates.
        width: Gates in a layer.
        inputs: Input bits.
    """
    rng = np.random.default_rng(seed)
    op, a, b = [], [], []
    first, before = 0, inputs
    for _ in range(LAYERS):
        if kind == "dense":
            x, reach, low = rng.integers(0, before, width), before, np.zeros(width, np.int64)
        else:
            reach = 2 * RADIUS + 1
            low = np.clip(np.arange(width) * before // width - RADIUS, 0, before - reach)
            x = rng.integers(0, reach, width)
        y = (x + rng.integers(1, reach, width)) % reach
        op.append(rng.integers(1, 15, width))
        a.append(first + low + x)
        b.append(first + low + y)
        first, before = first + before, width
    gates, one, other = (np.concatenate(x) for x in (op, a, b))
    outputs = np.arange(first, first + width, dtype=np.int32)
    return Circuit(inputs, gates.astype(np.uint8), one.astype(np.int32), other.astype(np.int32), outputs)


def share(kind: str, seed: int, sums: bool = False) -> dict[str, Any]:
    """One net, its outputs held to numpy's in every stream.

    Args:
        kind: See `random_net`.
        seed: The same.
        sums: Count the ones of each of `CLASSES` groups of outputs in the circuit, and store the counts.
    """
    circuit = random_net(kind, seed)
    summed = sum_groups(circuit, CLASSES) if sums else circuit
    memory = MemoryMap(study(BELA))
    flat = flat_code(summed, memory, windows=WINDOWS)
    cycles, stored = _run(flat, memory, summed)
    found = {
        "seed": seed,
        "gates": circuit.n_gates,
        "live_gates": flat.live_gates,
        "cycles": cycles,
        "cycles_if_a_store_takes_one": cycles - stored,
        "share": round(flat.live_gates / cycles, 4),
        "cycles_a_gate": round(cycles / flat.live_gates, 3),
        "cycles_by_kind": flat.spent,
        "instructions": flat.code.words,
        "data_bytes": memory.used_bytes,
    }
    if sums:
        own = flat_code(circuit, MemoryMap(study(BELA)), effort=0).live_gates
        found |= {"live_gates_without_adders": own, "share_without_adders": round(own / cycles, 4)}
    return found


def _run(flat: FlatCode, memory: MemoryMap, circuit: Circuit) -> tuple[int, int]:
    """Cycles of a step, and words that it stores; random bits must come out as in numpy."""
    runner = FlatRunner(flat, memory)
    rng = np.random.default_rng(0)
    for _ in range(STEPS):
        bits = rng.integers(0, 2, (LANES, circuit.n_inputs)).astype(np.uint8)
        if not np.array_equal(runner.step(bits), circuit.evaluate(bits)):
            raise AssertionError("outputs differ from numpy's")
    return runner.cycles, flat.stored


def largest(kind: str) -> dict[str, Any]:
    """The widest net of 64 inputs whose code, with nothing else, fits the instruction memory."""

    def attempt(width: int) -> tuple[FlatCode, MemoryMap, Circuit]:
        memory, circuit = MemoryMap(study(BELA)), random_net(kind, 1, width, 64)
        return flat_code(circuit, memory), memory, circuit

    low, high = 16, 1024
    while high - low > 8:
        middle = (low + high) // 2
        fits = attempt(middle)[0].code.words < BELA.instruction_words
        low, high = (middle, high) if fits else (low, middle)
    flat, memory, circuit = attempt(low)
    cycles, _ = _run(flat, memory, circuit)
    return {
        "gates": circuit.n_gates,
        "live_gates": flat.live_gates,
        "outputs": circuit.n_outputs,
        "instructions": flat.code.words,
        "limit": BELA.instruction_words,
        "cycles": cycles,
        "share": round(flat.live_gates / cycles, 4),
        "data_bytes": memory.used_bytes,
    }
