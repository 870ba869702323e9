"""Registers for straight-line code: the value whose next use is farthest away leaves first (Belady's rule).

A value leaves for free when memory has it already: inputs, registers of the circuit, and outputs do. Others
get a slot, and a slot is used again after the last use of what it held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from exporters.schedule.code import (
    CONSTANTS,
    EXCHANGED,
    NOT,
    Copy,
    Gate,
    Instruction,
    Load,
    Machine,
    Place,
    Store,
)
from zoo.circuit import Circuit

NEVER = 1 << 60  # the next use of a value that has none


@dataclass(frozen=True)
class Allocation:
    """Straight-line code of one step of a circuit, registers of the circuit included.

    Args:
        code: Instructions in order.
        n_slots: Size of the array "slot".
    """

    code: list[Instruction]
    n_slots: int


def allocate(circuit: Circuit, order: Sequence[int], machine: Machine) -> Allocation:
    """Turn an order of gates into code for a machine.

    Args:
        circuit: Its gates are in `machine.ops`, in either order of operands.
        order: Node ids of its live gates, operands first (`depth_first`).
        machine: What there is.

    Returns:
        The code: it reads "in" and "state", fills "out", and leaves the next state in "state".

    Raises:
        ValueError: The machine has no such gate, or fewer than 3 registers.
    """
    if machine.registers < 3:
        raise ValueError(f"machine: expected at least 3 registers, found {machine.registers}")
    work = _Allocator(circuit, order, machine)
    work.copies()
    for node in order:
        work.gate(node)
    work.commit()
    return Allocation(work.code, work.n_slots)


class _Allocator:
    """What is where while code is made."""

    def __init__(self, circuit: Circuit, order: Sequence[int], machine: Machine) -> None:
        self.code: list[Instruction] = []
        self.n_slots = 0
        self._machine = machine
        self._inputs, self._first = circuit.n_inputs, circuit.n_inputs + circuit.n_registers
        self._op, self._a, self._b = circuit.op.tolist(), circuit.a.tolist(), circuit.b.tolist()
        self._outputs, self._next = circuit.outputs.tolist(), circuit.register_next.tolist()

        self._uses: dict[int, list[int]] = defaultdict(list)  # positions, the next one last
        for position in range(len(order) - 1, -1, -1):
            for node in self._operands(order[position]):
                self._uses[node].append(position)
        self._free = list(range(machine.registers - 1, -1, -1))
        self._reg: dict[int, int] = {}  # node -> register
        self._home: dict[int, Place] = {i: Place("in", i) for i in range(self._inputs)}
        self._home |= {i: Place("state", i - self._inputs) for i in range(self._inputs, self._first)}
        self._free_slots: list[int] = []
        self._pinned: set[int] = set()  # nodes whose slot waits for the commit
        self._moves: dict[int, int] = {}  # register of the circuit -> node that goes there at the end
        self._stores = self._places_of_results(order)

    def _operands(self, node: int) -> tuple[int, ...]:
        g = node - self._first
        if self._op[g] in CONSTANTS:
            return ()
        a, b = self._a[g], self._b[g]
        return (a,) if a == b else (a, b)

    def _places_of_results(self, order: Sequence[int]) -> dict[int, list[Place]]:
        """Where each node is stored as soon as it is known; what must wait is put into `_moves`."""
        stores: dict[int, list[Place]] = defaultdict(list)
        for o, node in enumerate(self._outputs):
            stores[node].append(Place("out", o))
        position = {node: p for p, node in enumerate(order)}
        moved = {node for node in self._next if node < self._first}  # read at the end
        for r, node in enumerate(self._next):
            own = self._inputs + r
            if node == own:
                continue
            reads = self._uses.get(own)
            if node in position and own not in moved and (not reads or reads[0] <= position[node]):
                stores[node].append(Place("state", r))
            else:
                self._moves[r] = node
        self._pinned = {node for node in self._moves.values() if node >= self._first}
        return stores

    def copies(self) -> None:
        """Outputs that are inputs or registers of the circuit, before any of these change."""
        for node in [node for node in self._stores if node < self._first]:
            self.code.append(Load(0, self._home[node]))
            self.code += [Store(0, place) for place in self._stores[node]]

    def gate(self, node: int) -> None:
        """One gate, its operands brought in first, its result stored where it belongs."""
        op, operands = self._op[node - self._first], self._operands(node)
        for x in operands:
            self._uses[x].pop()
        if op in CONSTANTS:
            dst = self._register(())
            self.code.append(Gate(op, dst, dst, dst))
        elif len(operands) == 1:
            if op != NOT:
                raise ValueError(f"gate {node - self._first}: op {op} has one operand, expected {NOT}")
            dst = self._unary(operands[0])
        else:
            dst = self._binary(op, *operands)
        for x in operands:
            if not self._uses[x]:
                self._forget(x, keep=dst)
        self._reg[node] = dst
        for place in self._stores.get(node, ()):
            self.code.append(Store(dst, place))
            if place.array == "out":
                self._home.setdefault(node, place)
        if node in self._pinned:
            self._pin(node, dst)
        if not self._uses.get(node):
            self._forget(node)

    def _unary(self, a: int) -> int:
        if not self._uses[a]:
            dst = source = self._in_register(a, ())
        elif self._machine.destructive:
            dst = source = self._register((a,))
            self._fill(dst, a)
        else:
            source = self._in_register(a, ())
            dst = self._register((a,))
        self.code.append(Gate(NOT, dst, source, source))
        return dst

    def _binary(self, op: int, a: int, b: int) -> int:
        """Choose which operand comes first, then bring in what must be in a register."""
        machine = self._machine
        straight, exchanged = op in machine.ops, EXCHANGED[op] in machine.ops
        if not straight and not exchanged:
            raise ValueError(f"op {op}: the machine has {sorted(machine.ops)}")
        if not straight or (exchanged and self._rank(b) > self._rank(a)):
            op, a, b = EXCHANGED[op], b, a
        if not machine.destructive:
            first = self._in_register(a, (b,))
        if not machine.memory_operand:
            self._in_register(b, (a,))
        if machine.destructive:
            dst = first = self._spare(a, b)
        else:
            dying = [self._reg[x] for x in (a, b) if not self._uses[x] and x in self._reg]
            dst = dying[0] if dying else self._register((a, b))
        self.code.append(Gate(op, dst, first, self._reg[b] if b in self._reg else self._home[b]))
        return dst

    def _spare(self, a: int, b: int) -> int:
        """A register that holds a and may be overwritten."""
        if not self._uses[a]:
            return self._in_register(a, (b,))
        dst = self._register((a, b))
        self._fill(dst, a)
        return dst

    def _rank(self, node: int) -> int:
        """How well a node does as the first operand."""
        held, dies = node in self._reg, not self._uses[node]
        if self._machine.destructive:
            return 3 * (held and dies) + 1 * (not held)
        return 2 * held + (not dies)

    def _fill(self, dst: int, node: int) -> None:
        """Another copy of a node, to be overwritten."""
        if node in self._reg:
            self.code.append(Copy(dst, self._reg[node]))
        else:
            self.code.append(Load(dst, self._home[node]))

    def _in_register(self, node: int, keep: tuple[int, ...]) -> int:
        if node not in self._reg:
            reg = self._register((*keep, node))
            self.code.append(Load(reg, self._home[node]))
            self._reg[node] = reg
        return self._reg[node]

    def _register(self, keep: tuple[int, ...]) -> int:
        """A register to write to; the one that is least needed is cleared for it, never one of `keep`."""
        if self._free:
            return self._free.pop()
        farthest, victim = -1, -1
        for node in self._reg:
            if node not in keep:
                uses = self._uses[node]
                use = uses[-1] if uses else NEVER
                if use > farthest:
                    farthest, victim = use, node
        reg = self._reg.pop(victim)
        if victim not in self._home:
            self._pin(victim, reg)
        return reg

    def _pin(self, node: int, reg: int) -> None:
        """Store a node in a slot of its own."""
        if self._home.get(node, Place("out", 0)).array == "slot":
            return
        if not self._free_slots:
            self._free_slots.append(self.n_slots)
            self.n_slots += 1
        self._home[node] = Place("slot", self._free_slots.pop())
        self.code.append(Store(reg, self._home[node]))

    def _forget(self, node: int, keep: int = -1) -> None:
        """A node without further uses gives back its register and its slot."""
        reg = self._reg.pop(node, keep)
        if reg != keep:
            self._free.append(reg)
        home = self._home.get(node)
        if home is not None and home.array == "slot" and node not in self._pinned:
            self._free_slots.append(home.number)

    def commit(self) -> None:
        """The registers of the circuit that had to wait, in an order in which none is lost; see `_moves`."""
        readers: dict[int, int] = defaultdict(int)
        for node in self._moves.values():
            readers[node] += 1
        held: dict[int, int] = {}
        waiting = dict(self._moves)
        while waiting:
            ready = [r for r in waiting if not readers[self._inputs + r]]
            if not ready:  # a circle: keep what the first one holds
                r = next(iter(waiting))
                self.code.append(Load(1, self._home[self._inputs + r]))
                held = {self._inputs + r: 1}
                readers[self._inputs + r] = 0
                ready = [r]
            while ready:
                r = ready.pop()
                node = waiting.pop(r)
                reg = held.get(node, 0)
                if node not in held:
                    self.code.append(Load(reg, self._home[node]))
                self.code.append(Store(reg, Place("state", r)))
                readers[node] -= 1
                source = node - self._inputs
                if source in waiting and not readers[node] and node not in held:
                    ready.append(source)
