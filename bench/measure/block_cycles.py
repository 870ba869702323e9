"""Cycles of a block through nets of 4 layers of 1,000 gates, by the assembly we write and by a C compiler."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.measure.emulated_code import Cost, run_code
from zoo.circuit import Circuit

LAYERS = (1_000,) * 4
INPUTS = 256
WINDOW = 8  # of the local net
SEED = 0

# Name -> emulated core, words of 32 frames a plane.
WAYS = {
    "Thumb-2": ("cortex-a8", 1),
    "NEON": ("cortex-a8", 4),
    "A64, general registers": ("cortex-a53", 2),
    "A64, vector registers": ("cortex-a53", 4),
    "C for the A8": ("cortex-a8", 1),
}


def block_cycles() -> dict[str, Any]:
    """The record: for two nets and each way, cycles and gates of the model times frames a cycle."""
    return {
        "layers": list(LAYERS),
        "inputs": INPUTS,
        "operations": "all sixteen equally often",
        **{name: _rows(circuit) for name, circuit in nets().items()},
    }


def nets() -> dict[str, Circuit]:
    """A randomly wired and a locally wired net."""
    from tasks.training.wiring import local_wiring, random_wiring

    made = {}
    for name in ("dense", "local"):
        rng = np.random.default_rng(SEED)
        a, b, first, before = [], [], 0, INPUTS
        for gates in LAYERS:
            wiring = random_wiring(rng, before, gates)
            if name == "local":
                wiring = local_wiring(rng, before, gates, WINDOW)
            a.append(first + wiring.a)
            b.append(first + wiring.b)
            first, before = first + before, gates
        op = rng.integers(0, 16, sum(LAYERS)).astype(np.uint8)
        outputs = np.arange(first, first + before, dtype=np.int32)
        left, right = (np.concatenate(x).astype(np.int32) for x in (a, b))
        made[name] = Circuit(INPUTS, op, left, right, outputs)
    return made


def _rows(circuit: Circuit) -> dict[str, dict[str, Any]]:
    rows = {}
    for way, (_, words) in WAYS.items():
        left, cost = block_cost(circuit, way)
        rate = circuit.n_gates * 32 * words / cost.cycles
        rows[way] = {"left": left, "frames": 32 * words, **cost._asdict(), "gates_a_cycle": round(rate, 1)}
    return rows


def block_cost(circuit: Circuit, way: str) -> tuple[int, Cost]:
    """Gates that the passes leave, and one block by one of `WAYS`; the answer is checked."""
    from bench.targets.port import planes
    from exporters.asm import a64, neon, thumb
    from exporters.c.gates_flat import QUALIFIERS, block_code
    from exporters.passes import A64, NEON, THUMB, optimise

    target, words = WAYS[way]
    basis = {"A64, general registers": A64, "NEON": NEON, "A64, vector registers": NEON}.get(way, THUMB)
    left = optimise(circuit, basis)
    if way.startswith("C"):
        text = f"#include <stdint.h>\n{QUALIFIERS}{block_code(left, 'block', 'uint32_t')}"
        files = {"block.c": text.replace("$NAME", "BLOCK").replace("$name", "block")}
    elif target == "cortex-a53":
        files = {"block.S": a64.file_text([a64.block_function("block", left, vectors=words == 4)])}
    else:
        files = {"block.S": (neon if words == 4 else thumb).block_file({"block": left})}
    bits = np.random.default_rng(9).integers(0, 2, (32 * words, INPUTS)).astype(np.uint8)
    given, expected = (
        np.ascontiguousarray(planes(x).T) for x in (bits, circuit.evaluate(bits))
    )  # (nodes, words)
    return left.n_gates, run_code(files, "block", target, given, expected, lambda x, y: (0, x, y))
