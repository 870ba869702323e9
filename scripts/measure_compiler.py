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
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoo.circuit import Circuit

RECORD = Path(__file__).parents[1] / "docs" / "records" / "compiler.json"


def gates_left() -> dict[str, Any]:
    """What the passes leave of trained nets and bundled models, in what time, and what is proved."""
    import zoo
    from bench import nets

    record = {
        name: {**_in_every_basis(nets.load(name)[0]), "with_group_sum": _summed(name)}
        for name in nets.RECIPES
    }
    return record | {name: _in_every_basis(zoo.load(name).circuit) for name in zoo.list_models()}


def _in_every_basis(circuit: Circuit) -> dict[str, Any]:
    from exporters.passes import BASES, optimise_traced
    from exporters.passes.proof import prove

    rows = {}
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
    return {"gates": circuit.n_gates, "bases": rows}


def _summed(name: str) -> dict[str, Any]:
    """A net with its GroupSum: the optimised net and its adders, optimised together."""
    from bench import nets
    from exporters.passes import optimise, optimise_traced, sum_groups
    from exporters.passes.proof import prove

    circuit, classes = nets.load(name)
    small = optimise(circuit)
    summed = sum_groups(small, classes)
    traced = optimise_traced(summed)
    return {
        "gates": traced.circuit.n_gates,
        "of_a_sum_per_output": round((traced.circuit.n_gates - small.n_gates) / circuit.n_outputs, 2),
        "proof": str(prove(summed, traced)),
    }


def float_peers() -> dict[str, Any]:
    """Float and int8 networks of equal accuracy on the emulated Cortex-A8; trains what the cache lacks."""
    from bench.measure.float_peers import float_peers

    return float_peers()


def frame_cycles() -> dict[str, Any]:
    """Cycles of one frame through lane nets and randomly wired nets of equal size."""
    from bench.measure.frame_cycles import frame_cycles as measure

    return measure()


def block_cycles() -> dict[str, Any]:
    """Cycles of a block through dense and local nets on the emulated ARM cores."""
    from bench.measure.block_cycles import block_cycles as measure

    return measure()


def mca_bracket() -> dict[str, Any]:
    """Our core models beside llvm-mca's, which must be installed."""
    from bench.measure.mca_bracket import mca_bracket

    return mca_bracket()


def throughput() -> dict[str, Any]:
    """See `bench.measure.throughput`."""
    from bench.measure.throughput import throughput as measure

    return measure()


def pru() -> dict[str, Any]:
    """See `bench.measure.pru`."""
    from bench.measure.pru import pru as measure

    return measure()


def pru_share() -> dict[str, Any]:
    """See `bench.measure.pru_share`."""
    from bench.measure.pru_share import pru_share as measure

    return measure()


def schedules() -> dict[str, Any]:
    """See `bench.measure.schedules`."""
    from bench.measure.schedules import schedules as measure

    return measure()


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "gates_left": gates_left,
    "float_peers": float_peers,
    "frame_cycles": frame_cycles,
    "block_cycles": block_cycles,
    "mca_bracket": mca_bracket,
    "throughput": throughput,
    "schedules": schedules,
    "pru": pru,
    "pru_share": pru_share,
}


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
