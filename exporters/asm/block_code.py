"""Block mode of any circuit: a register holds one node in many frames, and a gate is one instruction."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple, Protocol

from exporters.asm.flat_frame import LOGIC, NOT, ONE, ZERO
from exporters.schedule import Copy, Load, Machine, Place, Store, allocate, depth_first
from exporters.schedule.interleave import Core, Interleaved, Op, interleave
from exporters.schedule.spill import SETTLE
from zoo.circuit import Circuit


class Stages(NamedTuple):
    """When instructions need operands and have results, in the stages of `exporters.schedule.interleave`."""

    operand: int
    result: int
    stored: int
    loaded: int
    access_cycles: int = 1


class BlockDialect(Protocol):
    """How an instruction set writes what is needed here; `{0}` and so on are register numbers."""

    core: Core
    unit: str  # that gates occupy
    stages: Stages

    def logic(self, name: str) -> str:
        """`{0} = {1} name {2}`."""
        ...

    def inverse(self) -> str:
        """`{0} = ~{1}`."""
        ...

    def constant(self, ones: bool) -> str:
        """`{0}` all ones or all zeros."""
        ...

    def read(self, place: Place) -> str:
        """`{0}` from a place."""
        ...

    def write(self, place: Place) -> str:
        """`{0}` to a place."""
        ...


def block_code(
    circuit: Circuit, dialect: BlockDialect, registers: tuple[int, ...], slack: int, ascending: bool = False
) -> tuple[Interleaved, int]:
    """Code for one step of a circuit whose gates are instructions of the dialect, and its stack slots.

    Args:
        circuit: What to compute.
        dialect: What to write.
        registers: For values.
        slack: Registers of these that let loads go ahead of their uses.
        ascending: Outputs are stored from the first to the last, as streams want it.
    """
    machine = Machine(len(registers) - slack, frozenset({*LOGIC, NOT}))
    roots = circuit.outputs[::-1] if ascending else circuit.outputs
    order = depth_first(replace(circuit, outputs=roots, lanes=None))
    allocation = allocate(circuit, order, machine)
    work = _Block(dialect)
    for instruction in allocation.code:
        if isinstance(instruction, Load):
            work.load(instruction.reg, instruction.place)
        elif isinstance(instruction, Store):
            work.store(instruction.reg, instruction.place)
        else:
            assert not isinstance(instruction, Copy)
            assert not isinstance(instruction.b, Place)
            work.gate(instruction.op, instruction.dst, instruction.a, instruction.b)
    return interleave(work.ops, registers, dialect.core), allocation.n_slots


class _Block:
    """Instructions over values: each write of a register makes a new one."""

    def __init__(self, dialect: BlockDialect) -> None:
        self.ops: list[Op] = []
        self._dialect = dialect
        self._now: dict[int, int] = {}  # register of the allocation -> value
        self._n_values = 0
        self._stored: dict[Place, int] = {}  # place -> number of its last store
        self._loads: dict[Place, list[int]] = {}  # place -> numbers of the loads since then

    def _new(self, reg: int) -> int:
        self._now[reg] = self._n_values
        self._n_values += 1
        return self._n_values - 1

    def load(self, reg: int, place: Place) -> None:
        """A place to a register."""
        stages = self._dialect.stages
        after = ((self._stored[place], SETTLE),) if place in self._stored else ()
        self._loads.setdefault(place, []).append(len(self.ops))
        writes = ((self._new(reg), stages.loaded),)
        self.ops.append(
            Op(self._dialect.read(place), "memory", (), writes, stages.access_cycles, after=after)
        )

    def store(self, reg: int, place: Place) -> None:
        """A register to a place."""
        stages = self._dialect.stages
        after = tuple((number, 0) for number in self._loads.pop(place, ()))
        after += ((self._stored[place], 1),) if place in self._stored else ()
        self._stored[place] = len(self.ops)
        reads = ((self._now[reg], stages.stored),)
        self.ops.append(
            Op(self._dialect.write(place), "memory", reads, (), stages.access_cycles, after=after)
        )

    def gate(self, op: int, dst: int, a: int, b: int) -> None:
        """One gate."""
        dialect, stages = self._dialect, self._dialect.stages
        if op in (ZERO, ONE):
            text, sources = dialect.constant(op == ONE), tuple[int, ...]()
        elif op == NOT:
            text, sources = dialect.inverse(), (a,)
        else:
            name, exchanged = LOGIC[op]
            text, sources = dialect.logic(name), ((b, a) if exchanged else (a, b))
        reads = tuple((self._now[r], stages.operand) for r in sources)
        self.ops.append(Op(text, dialect.unit, reads, ((self._new(dst), stages.result),)))
