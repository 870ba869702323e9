"""How many gates the passes leave, by the recipe that trained the net: three seeds of each.

python scripts/study_gates_left.py        writes docs/records/gates-left.json; goes on where it was

What training leaves in a net depends on its temperature more than on any pass, so one number says little.
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

from bench.nets import CLASSES, INPUTS, RECIPES
from exporters.passes import optimise
from scripts.train_digits import digits, train
from zoo.atomic import write_file
from zoo.circuit import Circuit

RECORD = Path(__file__).parents[1] / "docs" / "records" / "gates-left.json"
NETS = ("random-3x2000", "residual-3x2000", "random-4x8000", "residual-4x8000")
TAUS, SEEDS = (10.0, 30.0), (1, 2, 3)


def main() -> None:
    """Train and optimise what the record lacks."""
    rows = json.loads(RECORD.read_text()) if RECORD.exists() else []
    bits, labels = digits()
    for name, tau, seed in product(NETS, TAUS, SEEDS):
        if any((row["net"], row["tau"], row["seed"]) == (name, tau, seed) for row in rows):
            continue
        layers, accuracy = train(replace(RECIPES[name], tau=tau, seed=seed), bits, labels)
        circuit = stacked(layers)
        small = optimise(circuit)
        left = small.n_gates - small.op_histogram()[12]
        rows.append(
            {
                "net": name,
                "tau": tau,
                "seed": seed,
                "test_accuracy": round(accuracy, 3),
                "gates": circuit.n_gates,
                "two_input_gates_left": left,
                "percent": round(100 * left / circuit.n_gates, 2),
            }
        )
        write_file(RECORD, json.dumps(rows, indent=1) + "\n")


def stacked(layers: list[np.ndarray]) -> Circuit:
    """Layers of (op, a, b) as one circuit whose outputs are the last layer."""
    first, width, a, b = 0, INPUTS, [], []
    for op, left, right in layers:
        a.append(first + left)
        b.append(first + right)
        first, width = first + width, op.size
    assert width % CLASSES == 0
    return Circuit(
        INPUTS,
        np.concatenate([layer[0] for layer in layers]).astype(np.uint8),
        np.concatenate(a).astype(np.int32),
        np.concatenate(b).astype(np.int32),
        np.arange(first, first + width, dtype=np.int32),
    )


if __name__ == "__main__":
    main()
