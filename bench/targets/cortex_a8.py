"""The target `cortex-a8`: Thumb-2 code in an emulator, its cycles from the core model."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bench.a8_model import CLOCK_HZ, ERROR, L1I_BYTES, LINE_BYTES, REFETCH, CortexA8Model
from bench.targets.a8_machine import A8Machine, Program
from bench.targets.base import PARTS, Cost, CostLine, Int16, Memory, Method, Spread
from bench.targets.port import NAME, Port, PortTarget, sources
from exporters.c.build import A8_FLAGS, build, zig
from zoo.errors import ZooError
from zoo.model import Model

HOPS = 200  # whose every instruction is followed; cost hardly varies from hop to hop
DEVICE = "ARM Cortex-A8 at 1 GHz (emulated)"


class CortexA8(PortTarget):
    """The processor of a Bela on a BeagleBone Black, emulated."""

    name = "cortex-a8"
    method: Method = "emulated"

    def load(self, model: Model) -> Port:
        """Build the export and load it into a fresh machine."""
        return Port(model, A8Machine(self._program(model)))

    def cost(self, model: Model, clips: Sequence[Int16]) -> Cost:
        """Instructions and cycles of hops of these clips, part by part."""
        program = self._program(model)
        machine = A8Machine(program)
        hops = _first_hops(model, clips)
        lines = tuple(_follow(model, machine, program, hops))
        memory = _memory(model, machine, program, hops)
        total = lines[-1].cycles
        assert total is not None
        refetch = 0.0 if memory.fits_code_cache else REFETCH * memory.code / LINE_BYTES
        budget = CLOCK_HZ * model.hop / model.rate
        low, likely, high = total.minimum * (1 - ERROR), total.median, total.maximum * (1 + ERROR) + refetch
        notes = [
            f"Instructions are exact; cycles come from a core model good to {ERROR:.0%} either way "
            "(docs/cortex-a8-model.md). No Bela was measured.",
        ]
        if refetch:
            notes.append(
                f"{memory.code:,} bytes of code do not fit the {L1I_BYTES:,} of the instruction cache: the "
                "highest figure has every line fetched again each hop."
            )
        return Cost(
            target=self.name,
            device=DEVICE,
            method=self.method,
            mode="frame",
            compiler=f"{zig().label} {' '.join(A8_FLAGS)}",
            rate=model.rate,
            hop=model.hop,
            lines=lines,
            percent=(100 * low / budget, 100 * likely / budget, 100 * high / budget),
            memory=memory,
            notes=tuple(notes),
        )

    def _program(self, model: Model) -> Program:
        return Program(build(zig(), A8_FLAGS, sources(model), "model.elf", ("-Wl,-e,harness_run",)))


def _first_hops(model: Model, clips: Sequence[Int16]) -> Int16:
    """int16 (hops, hop): from all clips in turn, at most `HOPS`."""
    share = -(-HOPS // len(clips))
    if all(len(clip) < model.hop for clip in clips):
        raise ZooError(f"cost: expected a clip of at least a hop ({model.hop} samples), found none so long")
    rows = [clip[: len(clip) // model.hop * model.hop].reshape(-1, model.hop)[:share] for clip in clips]
    return np.ascontiguousarray(np.concatenate(rows)[:HOPS])


def _follow(model: Model, machine: A8Machine, program: Program, hops: Int16) -> list[CostLine]:
    """Run each part on each hop and count; the total is `hop` itself, its calls included."""
    fe, circuit = model.frontend, model.circuit
    core = CortexA8Model(program.timings())
    machine.init()
    state = machine.invoke("harness_state")
    samples = machine.place(hops)
    features, bits, outputs, values = (
        machine.place(np.zeros(n, np.int32))
        for n in (fe.n_features, fe.n_bits, circuit.n_outputs, model.head.n_values)
    )
    calls: dict[str, Callable[[int], tuple[int, ...]]] = {
        "features": lambda at: (state, at, features),
        "encode": lambda at: (features, bits),
        "gates": lambda at: (state, bits, outputs),
        "head": lambda at: (state, outputs, values),
    }
    counts: dict[str, list[tuple[int, int]]] = {part: [] for part in PARTS}
    for h in range(len(hops)):
        at = samples + 2 * model.hop * h
        for part, arguments in calls.items():
            counts[part].append(core.run(machine.trace(f"{NAME}_{part}", *arguments(at))))
    machine.init()
    for h in range(len(hops)):
        at = samples + 2 * model.hop * h
        counts["total"].append(core.run(machine.trace(f"{NAME}_hop", state, at, values)))
    return [
        CostLine(
            part,
            instructions=Spread.of(n for n, _ in c),
            cycles=Spread.of(n for _, n in c),
            code=program.code_bytes(f"{NAME}_" if part == "total" else f"{NAME}_{part}"),
        )
        for part, c in counts.items()
    ]


def _memory(model: Model, machine: A8Machine, program: Program, hops: Int16) -> Memory:
    machine.init()
    at, values = machine.place(hops[0]), machine.place(np.zeros(model.head.n_values, np.int32))
    return Memory(
        code=program.code_bytes(f"{NAME}_"),
        constants=program.constant_bytes,
        state=machine.invoke("harness_state_bytes"),
        stack=machine.stack_used(f"{NAME}_hop", machine.invoke("harness_state"), at, values),
        code_cache=L1I_BYTES,
    )
