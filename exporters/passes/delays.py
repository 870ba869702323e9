"""Circuits whose registers only delay, as ranks of gates that run over many moments at once.

Where no register hears itself, the gates can be taken in ranks: those of rank 0 read inputs and delayed
inputs, those of rank n + 1 also what rank n made, delayed. A rank then needs no state, and with a plane of
bits for each node, moment after moment in its lanes, a delay is a shift across the lanes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from exporters.schedule.code import CONSTANTS, NOT
from zoo.circuit import Circuit

MOST = 31  # moments of a delay


@dataclass(frozen=True)
class Delay:
    """A plane that is another one, so many moments later.

    Args:
        source: Number of the other plane.
        by: Moments, 1 to 31.
        start: What it holds in the first moments, the first one in bit 0.
    """

    source: int
    by: int
    start: int


@dataclass(frozen=True, eq=False)
class Rank:
    """What is done after the ranks before.

    Args:
        delays: Of planes that are there; each makes the next plane.
        gates: Without registers; reads all planes so far, and its outputs are the next planes. None without.
    """

    delays: tuple[Delay, ...]
    gates: Circuit | None


@dataclass(frozen=True, eq=False)
class Ranks:
    """A circuit by planes: the inputs come first.

    Args:
        ranks: In order.
        outputs: The plane of each output.
        n_planes: All of them.
    """

    ranks: tuple[Rank, ...]
    outputs: tuple[int, ...]
    n_planes: int


class _Late(NamedTuple):
    """What a register is: an input or a gate, so many moments ago; `start` as of a `Delay`."""

    source: int
    by: int
    start: int


def ranked(circuit: Circuit) -> Ranks | None:
    """The ranks of an optimised circuit, or None where a register hears itself or a delay is too long."""
    registers = _registers(circuit)
    if registers is None:
        return None
    rank = _rank(circuit, registers)
    return None if rank is None else _Planes(circuit, registers, rank).ranks()


class _Planes:
    """Gives every node that is needed beyond its rank a plane."""

    def __init__(self, circuit: Circuit, registers: dict[int, _Late], rank: dict[int, int]) -> None:
        self.circuit, self.registers, self.rank = circuit, registers, rank
        self.first = circuit.n_inputs + circuit.n_registers
        self.place: dict[int | _Late, int] = {node: node for node in range(circuit.n_inputs)}
        self.used = self._used()

    def ranks(self) -> Ranks:
        """All ranks, in order."""
        highest = max([0, *self.rank.values()])
        made = tuple(self._made(number) for number in range(highest + 1))
        outputs = tuple(self.place[self._value(node)] for node in self.circuit.outputs.tolist())
        return Ranks(made, outputs, len(self.place))

    def _value(self, node: int) -> int | _Late:
        return self.registers.get(node, node)

    def _used(self) -> set[int | _Late]:
        """Values that have a plane: outputs, sources of delays, and what gates of a higher rank read."""
        used: set[int | _Late] = {self._value(node) for node in self.circuit.outputs.tolist()}
        for g in range(self.circuit.n_gates):
            node = self.first + g
            for other in _operands(self.circuit, g):
                if other < self.first or self.rank[other] < self.rank[node]:
                    used.add(self._value(other))
        return used | {value.source for value in used if isinstance(value, _Late)}

    def _made(self, number: int) -> Rank:
        late = {
            value: node
            for node, value in self.registers.items()
            if value in self.used and self.rank[node] == number
        }
        order = sorted(late, key=lambda value: (value.by, self.place[value.source]))
        delays = tuple(Delay(self.place[value.source], value.by, value.start) for value in order)
        for value in order:
            self.place[value] = len(self.place)
        gates = [g for g in range(self.circuit.n_gates) if self.rank[self.first + g] == number]
        if not gates:
            return Rank(delays, None)
        n_planes = len(self.place)
        own = {self.first + g: n_planes + k for k, g in enumerate(gates)}

        def where(node: int) -> int:
            return own[node] if node in own else self.place[self._value(node)]

        pairs = np.zeros((len(gates), 2), np.int32)
        for k, g in enumerate(gates):
            nodes = [where(node) for node in _operands(self.circuit, g)]
            pairs[k, : len(nodes)] = nodes
            pairs[k, len(nodes) :] = nodes[0] if nodes else 0
        outputs = [node for node in own if node in self.used]
        found = np.array([own[node] for node in outputs], np.int32)
        for node in outputs:
            self.place[node] = len(self.place)
        op = self.circuit.op[gates]
        return Rank(delays, Circuit(n_planes, op, pairs[:, 0].copy(), pairs[:, 1].copy(), found))


def _operands(circuit: Circuit, gate: int) -> list[int]:
    """The nodes that a gate of an optimised circuit depends on."""
    op = int(circuit.op[gate])
    return [] if op in CONSTANTS else [int(circuit.a[gate])] if op == NOT else _both(circuit, gate)


def _both(circuit: Circuit, gate: int) -> list[int]:
    return [int(circuit.a[gate]), int(circuit.b[gate])]


def _registers(circuit: Circuit) -> dict[int, _Late] | None:
    """Node of each register -> what it is: first its own start, then that of the register it follows."""
    following, init = circuit.register_next.tolist(), circuit.register_init.tolist()
    low, high = circuit.n_inputs, circuit.n_inputs + circuit.n_registers
    found = {}
    for r in range(circuit.n_registers):
        by, start, node = 1, init[r], following[r]
        while low <= node < high and by <= MOST:
            start |= init[node - low] << by
            by, node = by + 1, following[node - low]
        if by > MOST:
            return None
        found[low + r] = _Late(node, by, start)
    return found


def _rank(circuit: Circuit, registers: dict[int, _Late]) -> dict[int, int] | None:
    """Rank of every node, or None where one depends on itself."""
    first = circuit.n_inputs + circuit.n_registers
    rank = dict.fromkeys(range(circuit.n_inputs), 0)
    for _ in range(circuit.n_registers + 2):
        before = dict(rank)
        for node, late in registers.items():
            rank[node] = rank.get(late.source, 0) + (late.source >= first)
        for g in range(circuit.n_gates):
            rank[first + g] = max((rank[node] for node in _operands(circuit, g)), default=0)
        if rank == before:
            return rank
    return None
