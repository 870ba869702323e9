"""A target that runs an export in an emulator and has its cycles from a core model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.core_model import CoreModel
from bench.pipeline import Timing
from bench.targets.base import PARTS, Cost, CostLine, Int16, Memory, Method, Spread
from bench.targets.machine import EmulatedMachine, Program
from bench.targets.port import NAME, Port, PortTarget, sources
from exporters.c.build import build, zig
from zoo.errors import ZooError
from zoo.model import Model

HOPS = 200  # whose every instruction is followed; cost hardly varies from hop to hop
LINE_BYTES = 64
REFETCH = 16  # cycles to fetch a line of code from the second-level cache, at most


@dataclass(frozen=True)
class Core:
    """A processor and how well its model knows it.

    Args:
        device: The processor, as people know it.
        clock_hz: Its clock.
        code_cache: Bytes of its first-level instruction cache.
        error: Share of the cycles, both ways, that the model is good to on integer code.
        rules: Page of the rules.
        board: What was not measured.
        flags: Of the compiler.
        model: Makes the model for the timings of a program.
    """

    device: str
    clock_hz: int
    code_cache: int
    error: float
    rules: str
    board: str
    flags: tuple[str, ...]
    model: Callable[[Mapping[int, Timing]], CoreModel]


class EmulatedTarget(PortTarget):
    """An emulated core; a subclass names it."""

    name: str
    core: Core
    method: Method = "emulated"

    def load(self, model: Model) -> Port:
        """Build the export and load it into a fresh machine."""
        return Port(model, EmulatedMachine(self.program(model)))

    def export(self, model: Model) -> str:
        """What the model is exported for, a key of `exporters.c.TARGETS`."""
        raise NotImplementedError

    def error(self, model: Model) -> float:
        """Share of the cycles, both ways, that the core model is good to for this model's export."""
        return self.core.error

    def program(self, model: Model) -> Program:
        """The export and its harness, linked for the core."""
        files = sources(model, target=self.export(model))
        return Program(build(zig(), self.core.flags, files, "model.elf", ("-Wl,-e,harness_run",)))

    def cost(self, model: Model, clips: Sequence[Int16]) -> Cost:
        """Instructions and cycles of hops of these clips, part by part."""
        core, error, program = self.core, self.error(model), self.program(model)
        machine = EmulatedMachine(program)
        hops = first_hops(model, clips)
        lines = tuple(_follow(model, machine, core.model(program.timings()), hops))
        memory = _memory(model, machine, core.code_cache, hops)
        total = lines[-1].cycles
        assert total is not None
        refetch = 0.0 if memory.fits_code_cache else REFETCH * memory.code / LINE_BYTES
        budget = core.clock_hz * model.hop / model.rate
        low, high = total.minimum * (1 - error), total.maximum * (1 + error) + refetch
        notes = [
            f"Instructions are exact; cycles come from a core model good to {error:.0%} either way "
            f"({core.rules}). No {core.board} was measured.",
        ]
        if refetch:
            notes.append(
                f"{memory.code:,} bytes of code do not fit the {core.code_cache:,} of the instruction cache: "
                "the highest figure has every line fetched again each hop."
            )
        return Cost(
            target=self.name,
            device=core.device,
            method=self.method,
            mode="frame",
            compiler=f"{zig().label} {' '.join(core.flags)}",
            rate=model.rate,
            hop=model.hop,
            lines=lines,
            percent=(100 * low / budget, 100 * total.median / budget, 100 * high / budget),
            memory=memory,
            notes=tuple(notes),
        )


def first_hops(model: Model, clips: Sequence[Int16]) -> Int16:
    """int16 (hops, hop): from all clips in turn, at most `HOPS`."""
    share = -(-HOPS // len(clips))
    if all(len(clip) < model.hop for clip in clips):
        raise ZooError(f"cost: expected a clip of at least a hop ({model.hop} samples), found none so long")
    rows = [clip[: len(clip) // model.hop * model.hop].reshape(-1, model.hop)[:share] for clip in clips]
    return np.ascontiguousarray(np.concatenate(rows)[:HOPS])


def _follow(model: Model, machine: EmulatedMachine, core: CoreModel, hops: Int16) -> list[CostLine]:
    """Run each part on each hop and count; the total is `hop` itself, its calls included."""
    fe, circuit = model.frontend, model.circuit
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
    code = {"total": machine.program.code_bytes(f"{NAME}_")}
    for h in range(len(hops)):
        at = samples + 2 * model.hop * h
        for part, arguments in calls.items():
            blocks = machine.trace(f"{NAME}_{part}", *arguments(at))
            counts[part].append(core.run(blocks))
            if part not in code:
                code[part] = machine.program.code_of(blocks)
    machine.init()
    for h in range(len(hops)):
        at = samples + 2 * model.hop * h
        counts["total"].append(core.run(machine.trace(f"{NAME}_hop", state, at, values)))
    return [
        CostLine(
            part,
            instructions=Spread.of(n for n, _ in c),
            cycles=Spread.of(n for _, n in c),
            code=code[part],
        )
        for part, c in counts.items()
    ]


def _memory(model: Model, machine: EmulatedMachine, code_cache: int, hops: Int16) -> Memory:
    machine.init()
    at, values = machine.place(hops[0]), machine.place(np.zeros(model.head.n_values, np.int32))
    return Memory(
        code=machine.program.code_bytes(f"{NAME}_"),
        constants=machine.program.constant_bytes,
        state=machine.invoke("harness_state_bytes"),
        stack=machine.stack_used(f"{NAME}_hop", machine.invoke("harness_state"), at, values),
        code_cache=code_cache,
    )
