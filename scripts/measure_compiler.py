"""Measure the compiler; write docs/records/compiler.json.

python scripts/measure_compiler.py [PART ...]       all parts by default; the other parts of the record stay

A part is a function without arguments that returns what goes under its name in the record: numbers, and what
one needs to know to read them.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

RECORD = Path(__file__).parents[1] / "docs" / "records" / "compiler.json"


def gates_left() -> dict[str, Any]:
    """For each net of bench.nets: what the passes leave in each basis, how long they take, what is proved."""
    from bench import nets
    from exporters.passes import BASES, optimise, optimise_traced, sum_groups
    from exporters.passes.proof import prove

    record = {}
    for name in nets.RECIPES:
        circuit, classes = nets.load(name)
        rows, gates = {}, optimise(circuit).n_gates
        for basis in BASES.values():
            start = process_time()
            traced = optimise_traced(circuit, basis)
            seconds = process_time() - start
            inverters = traced.circuit.op_histogram()[12]
            left = traced.circuit.n_gates - inverters
            rows[basis.name] = {
                "two_input_gates": left,
                "percent": round(100 * left / circuit.n_gates, 2),
                "inverters": inverters,
                "cpu_seconds": round(seconds, 2),
                "proof": str(prove(circuit, traced)),
            }
        summed = sum_groups(optimise(circuit), classes)
        traced = optimise_traced(summed)
        record[name] = {
            "gates": circuit.n_gates,
            "bases": rows,
            "with_group_sum": {
                "gates": traced.circuit.n_gates,
                "of_a_sum_per_output": round((traced.circuit.n_gates - gates) / circuit.n_outputs, 2),
                "proof": str(prove(summed, traced)),
            },
        }
    return record


PARTS: dict[str, Callable[[], dict[str, Any]]] = {"gates_left": gates_left}


def main() -> None:
    """Measure the named parts, one after the other, and keep each as soon as it is there."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    for part in parser.parse_args().parts or PARTS:
        found = PARTS[part]()
        record = json.loads(RECORD.read_text()) if RECORD.exists() else {}
        record[part] = {"machine": platform.machine(), "python": platform.python_version(), **found}
        RECORD.write_text(json.dumps(dict(sorted(record.items())), indent=1) + "\n")
        print(f"{part}: written to {RECORD.name}", flush=True)


if __name__ == "__main__":
    main()
