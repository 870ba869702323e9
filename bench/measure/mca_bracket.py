"""Our core models beside llvm-mca's: the gates of the bundled onset model, and a flat net."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bench import mca
from bench.targets.machine import EmulatedMachine
from bench.targets.port import NAME

if TYPE_CHECKING:
    from bench.targets.emulated import EmulatedTarget
    from zoo.model import Model

GATES, INPUTS, OUTPUTS = 2_000, 256, 256  # of the flat net


def mca_bracket() -> dict[str, Any]:
    """The record's part: for each model and core, our cycles and llvm-mca's.

    Raises:
        McaError: llvm-mca is not installed.
    """
    from bench.targets.cortex_a8 import CortexA8
    from bench.targets.cortex_a53 import CortexA53

    return {
        f"{name} on {target.name}": compare(model, target, cores)
        for name, model in models().items()
        for target, cores in ((CortexA8(), (mca.OPTIMISTIC, mca.PESSIMISTIC)), (CortexA53(), (mca.SAME,)))
    }


def models() -> dict[str, Model]:
    """What is compared."""
    import zoo
    from zoo.circuit import Circuit
    from zoo.frontends import PcmBits
    from zoo.heads import OnsetScore
    from zoo.model import Model

    rng = np.random.default_rng(1)
    nodes = INPUTS + np.arange(GATES)
    op = rng.integers(1, 15, GATES).astype(np.uint8)
    a, b = (rng.integers(0, nodes).astype(np.int32) for _ in range(2))
    outputs = nodes[-OUTPUTS:].astype(np.int32)
    none = np.zeros(0, np.int32)
    circuit = Circuit(INPUTS, op, a, b, outputs, none, none.astype(np.uint8))
    about = {"id": "bench/flat", "summary": "Random gates", "licence": "MIT"}
    flat = Model.from_parts(PcmBits(width=16, taps=INPUTS // 16), circuit, OnsetScore(1, 1, 0), **about)
    return {"bela/onset-gates": zoo.load("bela/onset-gates"), "flat net": flat}


def compare(model: Model, target: EmulatedTarget, cores: tuple[str, ...]) -> dict[str, Any]:
    """Cycles of the gates in frame mode by our model and by llvm-mca for some cores."""
    program = target.program(model)
    machine, core = EmulatedMachine(program), target.core.model(program.timings())
    words = machine.place(np.zeros(-(-model.frontend.n_bits // 32), np.uint32))
    out = machine.place(np.zeros(-(-model.circuit.n_outputs // 32), np.uint32))
    call = (f"{NAME}_gates", machine.invoke("harness_state"), words, out)
    instructions, cycles = core.run(machine.trace(*call))
    theirs = {name: mca.analyse(machine, name, *call) for name in cores}
    return {
        "instructions": instructions,
        "cycles": cycles,
        "llvm_mca": {
            name: {"cycles": found.cycles, "left_out": found.left_out} for name, found in theirs.items()
        },
    }
