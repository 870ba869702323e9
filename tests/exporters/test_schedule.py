"""Orders and registers: the code does what the circuit does, within what the machine has."""

import dataclasses
import time
from typing import Any

import numpy as np
import pytest

from exporters.passes import THUMB, X86, optimise, sum_groups
from exporters.schedule import (
    Allocation,
    Copy,
    Gate,
    Load,
    Machine,
    Place,
    Store,
    allocate,
    depth_first,
    fewest_live,
    repeated,
    running_sums,
)
from exporters.schedule.code import EXCHANGED
from tests.tiny import random_circuit
from zoo.circuit import TRUTH, Circuit

Planes = list[Any]

ALL = frozenset({1, 2, 4, 6, 7, 8, 9, 11, 12, 13, 14})
MACHINES = {
    "three operands": Machine(8, ALL),
    "three operands, memory": Machine(16, ALL, memory_operand=True),
    "two operands": Machine(12, ALL, destructive=True),
    "two operands, memory": Machine(14, frozenset({1, 4, 6, 7, 12}), destructive=True, memory_operand=True),
    "as few as can be": Machine(3, ALL, destructive=True),
    "as few as can be, three operands": Machine(3, ALL),
}


def netlist(seed: int, n_inputs: int, n_gates: int, registers: int, ops: frozenset[int]) -> Circuit:
    """Random, in these operations; a few constants and NOTs; outputs and registers take any node."""
    rng = np.random.default_rng(seed)
    circuit = random_circuit(seed, n_inputs, n_gates, 1, registers)
    usable = sorted({*ops, *(EXCHANGED[op] for op in ops if op != 12)} - {12})
    op, a, b = rng.choice(usable, n_gates), circuit.a.copy(), circuit.b.copy()
    unary = (rng.random(n_gates) < 0.1) | (a == b)
    op[unary], b[unary] = 12, a[unary]
    constant = rng.random(n_gates) < 0.02
    op[constant] = rng.choice([0, 15], int(constant.sum()))
    outputs = rng.integers(0, circuit.n_nodes, int(rng.integers(1, 30)))
    following = rng.integers(0, circuit.n_nodes if seed % 2 else n_inputs + registers, registers)
    return dataclasses.replace(circuit, op=op, a=a, b=b, outputs=outputs, register_next=following)


def step(allocation: Allocation, machine: Machine, circuit: Circuit, state: Planes, given: Planes) -> Planes:
    """Execute the code on Python integers as words of 64 streams."""
    ones = (1 << 64) - 1
    regs: Planes = [None] * machine.registers
    memory = {
        "in": given,
        "state": state,
        "out": [None] * circuit.n_outputs,
        "slot": [None] * allocation.n_slots,
    }

    def value(x: int | Place) -> int:
        found = memory[x.array][x.number] if isinstance(x, Place) else regs[x]
        assert found is not None, "read before it was written"
        return int(found)

    for line in allocation.code:
        match line:
            case Load(reg, place):
                regs[reg] = value(place)
            case Store(reg, place):
                assert place.array != "in"
                memory[place.array][place.number] = value(reg)
            case Copy(dst, src):
                assert machine.destructive
                regs[dst] = value(src)
            case Gate((0 | 15) as op, dst, _, _):
                regs[dst] = ones if op else 0
            case Gate(op, dst, a, b):
                assert op in machine.ops
                assert not machine.destructive or dst == a
                assert machine.memory_operand or not isinstance(b, Place)
                x, y, f = value(a), value(b), TRUTH[op].tolist()
                regs[dst] = ones & (
                    (f[0] * (~x & ~y)) | (f[1] * (~x & y)) | (f[2] * (x & ~y)) | (f[3] * (x & y))
                )
    return memory["out"]


@pytest.mark.parametrize("name", MACHINES)
@pytest.mark.parametrize("seed", range(12))
def test_code_does_what_the_circuit_does(name: str, seed: int) -> None:
    machine = MACHINES[name]
    registers = (0, 1, 7, 40)[seed % 4]
    circuit = netlist(seed, 1 + 5 * seed, 1 + 25 * seed, registers, machine.ops)
    allocation = allocate(circuit, depth_first(circuit), machine)
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, (5, 64, circuit.n_inputs)).astype(np.uint8)
    expected = np.stack([circuit.evaluate(bits[:, s]) for s in range(64)], axis=1)
    weights = 1 << np.arange(64, dtype=np.uint64)
    planes = (bits * weights[:, None]).sum(axis=1, dtype=np.uint64)
    wanted = (expected * weights[:, None]).sum(axis=1, dtype=np.uint64)
    state = [((1 << 64) - 1) * int(bit) for bit in circuit.register_init]
    for frame in range(5):
        assert step(allocation, machine, circuit, state, planes[frame].tolist()) == wanted[frame].tolist()


def test_registers_that_exchange_their_values() -> None:
    """Two circles, a tail and a register that keeps what it has."""
    nothing = np.zeros(0, np.int32)
    following = np.array([1, 2, 0, 4, 3, 0, 6])
    circuit = Circuit(
        0, nothing.astype(np.uint8), nothing, nothing, np.arange(7), following, np.zeros(7, np.uint8)
    )
    allocation = allocate(circuit, [], Machine(3, ALL))
    state = list(range(7))
    assert step(allocation, Machine(3, ALL), circuit, state, []) == list(range(7))
    assert state == [1, 2, 0, 4, 3, 0, 6]


@pytest.mark.parametrize("ordered", [depth_first, fewest_live])
def test_the_order_holds_only_what_is_needed_and_operands_first(ordered: Any) -> None:
    circuit = random_circuit(3, 20, 400, 5, 6)
    order = ordered(circuit)
    first, seen = 26, set(range(26))
    for node in order:
        assert {int(circuit.a[node - first]), int(circuit.b[node - first])} <= seen
        seen.add(node)
    assert {*circuit.outputs.tolist(), *circuit.register_next.tolist()} <= seen
    assert len(order) == len(set(order)) < 400


def test_sums_of_sums_keep_carries_and_not_every_bit() -> None:
    """Six numbers of 16 bits, added one after the other by full adders."""
    bits, n = 16, 6
    gates: list[tuple[int, int, int]] = []

    def gate(op: int, a: int, b: int) -> int:
        gates.append((op, a, b))
        return bits * n + len(gates) - 1

    total = list(range(bits))
    for number in range(1, n):
        carry, added = gate(0, 0, 0), []
        for x, y in zip(total, range(bits * number, bits * (number + 1)), strict=True):
            half = gate(6, x, y)
            added.append(gate(6, half, carry))
            carry = gate(7, gate(1, x, y), gate(1, half, carry))
        total = added
    op, a, b = np.array(gates, np.int32).T
    circuit = optimise(Circuit(bits * n, op.astype(np.uint8), a, b, np.array(total, np.int32)), THUMB)
    moves = {}
    for ordered in (depth_first, fewest_live):
        code = allocate(circuit, ordered(circuit), Machine(10, frozenset({*THUMB.ops, 12}))).code
        moves[ordered] = sum(
            isinstance(x, Load | Store) and x.place.array == "slot" for x in code
        )
    assert 2 * moves[fewest_live] < moves[depth_first]


def test_a_gate_the_machine_lacks_is_refused() -> None:
    circuit = dataclasses.replace(netlist(0, 40, 300, 0, ALL), outputs=np.arange(340))
    with pytest.raises(ValueError, match="op 7: the machine has"):
        allocate(circuit, depth_first(circuit), Machine(8, ALL - {7}))
    with pytest.raises(ValueError, match="at least 3 registers, found 2"):
        allocate(circuit, depth_first(circuit), Machine(2, ALL))


SIZES = [(1, 1), (2, 2), (3, 1), (4, 1), (30, 5), (64, 2), (255, 1), (256, 1)]


@pytest.mark.parametrize(("outputs", "groups"), SIZES)
def test_running_sums_are_the_counts(outputs: int, groups: int) -> None:
    """Every number of waiting bits, and outputs that repeat within a group."""
    circuit = random_circuit(outputs, 9, 120, 1)
    rng = np.random.default_rng(outputs)
    for chosen in (rng.permutation(circuit.n_nodes)[:outputs], rng.integers(0, 40, outputs)):
        source = dataclasses.replace(circuit, outputs=np.resize(chosen, outputs))
        bits = rng.integers(0, 2, (200, 9)).astype(np.uint8)
        sums = running_sums(source, groups).evaluate(bits).reshape(200, groups, -1)
        counts = source.evaluate(bits).reshape(200, groups, -1).sum(axis=2)
        assert np.array_equal((sums << np.arange(sums.shape[2])).sum(axis=2), counts)


def test_running_sums_take_as_many_gates_as_the_balanced_ones_and_fewer_slots() -> None:
    circuit = optimise(random_circuit(0, 300, 4_000, 1_500), X86)
    machine = MACHINES["two operands, memory"]
    balanced, running = (optimise(sums(circuit, 3), X86) for sums in (sum_groups, running_sums))
    assert running.n_gates < 1.02 * balanced.n_gates
    slots = [allocate(c, depth_first(c), machine).n_slots for c in (balanced, running)]
    assert slots[1] < slots[0]


@pytest.mark.parametrize("registers", [0, 9])
def test_a_repeated_first_level_gives_the_same(registers: int) -> None:
    circuit = random_circuit(4, 12, 300, 40, registers)
    bits = np.random.default_rng(4).integers(0, 2, (50, 12)).astype(np.uint8)
    again = repeated(circuit)
    assert again.n_gates > circuit.n_gates - np.sum(circuit.gate_levels == 1)
    assert np.array_equal(again.evaluate(bits), circuit.evaluate(bits))
    first = np.flatnonzero(again.gate_levels == 1) + 12 + registers
    reads = np.concatenate([again.a[again.a != again.b], again.b, again.outputs, again.register_next])
    assert np.bincount(reads, minlength=again.n_nodes)[first].max() == 1


def test_time_grows_with_the_gates() -> None:
    machine = MACHINES["two operands, memory"]
    circuit = netlist(0, 400, 30_000, 0, machine.ops)
    circuit = dataclasses.replace(circuit, outputs=np.arange(400, 30_400))
    start = time.process_time()
    allocation = allocate(circuit, depth_first(circuit), machine)
    assert time.process_time() - start < 5
    assert sum(isinstance(line, Gate) for line in allocation.code) == 30_000
