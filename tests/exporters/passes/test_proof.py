"""Proofs hold for what the passes do, and every method catches a planted miscompile."""

from dataclasses import replace

import numpy as np
import pytest

from exporters.passes import BASES, DEAD, Optimised, optimise_traced
from exporters.passes.miter import Miter
from exporters.passes.proof import METHODS, Proof, prove
from tests.exporters.passes.random_circuits import random_circuit, with_gate
from zoo.circuit import Circuit

WITHOUT = {  # only one method is left to find a difference
    "exhaustive": {"vectors": 0, "conflicts": 0},
    "sat": {"vectors": 0, "exhaustive_leaves": 0},
    "random": {"exhaustive_leaves": 0, "conflicts": 0},
}


def really_differs(source: Circuit, traced: Optimised, proof: Proof) -> bool:
    """Run both circuits on the counterexample."""
    found = proof.counterexample
    assert found is not None
    if found.where.startswith("start"):
        return True
    state = np.zeros(traced.circuit.n_registers, np.uint8)
    for value, register, inverted in zip(found.state, traced.register, traced.inverted, strict=True):
        if register >= 0:
            state[register] = value ^ inverted
    old, new = found.state.copy(), state
    outputs = source.evaluate(found.bits[None], old), traced.circuit.evaluate(found.bits[None], new)
    expected = [new[r] ^ i if r >= 0 else i for r, i in zip(traced.register, traced.inverted, strict=True)]
    differing = [o != e for o, e, r in zip(old, expected, traced.register, strict=True) if r > DEAD]
    return not np.array_equal(*outputs) or any(differing)


@pytest.mark.parametrize("op", range(16))
@pytest.mark.parametrize("operands", [(0, 1), (1, 0), (0, 0), (1, 1)])
def test_a_miter_reads_every_operation(op: int, operands: tuple[int, int]) -> None:
    a, b = operands
    miter = Miter(2)
    table = miter.table([miter.add(Circuit(2, [op], [a], [b], [2]), [2, 4])[2]], [1, 2])[0]
    every = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.uint8)
    truth = Circuit(2, [op], [a], [b], [2]).evaluate(every)[:, 0]
    assert [table >> i & 1 for i in range(4)] == truth.tolist()


@pytest.mark.parametrize("method", WITHOUT)
def test_what_the_passes_make_is_proved(method: str) -> None:
    rng = np.random.default_rng(3)
    for basis in list(BASES.values()) * 4:
        circuit = random_circuit(rng)
        proof = prove(circuit, optimise_traced(circuit, basis), **WITHOUT[method])
        assert proof.equal, str(proof)
        assert proof.count == sum(proof.by.values())
        assert METHODS.index(proof.method) <= METHODS.index(method)
        assert (proof.vectors > 0) == (proof.by["random"] > 0)


@pytest.mark.parametrize("method", WITHOUT)
def test_a_flipped_operation_is_caught(method: str) -> None:
    rng = np.random.default_rng(4)
    caught = 0
    while caught < 30:
        circuit = random_circuit(rng, 40)
        traced = optimise_traced(circuit)
        if not traced.circuit.n_gates:
            continue
        gate = int(rng.integers(traced.circuit.n_gates))
        op = 15 - int(traced.circuit.op[gate])
        wrong = replace(traced, circuit=with_gate(traced.circuit, gate, op=op))
        proof = prove(circuit, wrong, **WITHOUT[method])
        if proof.equal:  # an inverted gate may hide behind the others: then brute force must agree
            every = np.indices((2,) * circuit.n_inputs).reshape(circuit.n_inputs, -1).T.astype(np.uint8)
            state = np.random.default_rng(0).integers(0, 2, wrong.circuit.n_registers, np.uint8)
            for bits in every:
                old, new = state.copy(), state.copy()
                outputs = traced.circuit.evaluate(bits[None], old), wrong.circuit.evaluate(bits[None], new)
                assert np.array_equal(*outputs)
                assert np.array_equal(old, new)
            continue
        assert really_differs(circuit, wrong, proof)
        caught += 1


@pytest.mark.parametrize("method", WITHOUT)
def test_a_swapped_operand_is_caught(method: str) -> None:
    circuit = Circuit(3, [2, 6, 4], [0, 3, 4], [1, 2, 1], [5, 4])
    traced = optimise_traced(circuit)
    gate = int(np.flatnonzero(np.isin(traced.circuit.op, (2, 4, 11, 13)))[0])
    a, b = int(traced.circuit.b[gate]), int(traced.circuit.a[gate])
    wrong = replace(traced, circuit=with_gate(traced.circuit, gate, a=a, b=b))
    proof = prove(circuit, wrong, **WITHOUT[method])
    assert not proof.equal
    assert really_differs(circuit, wrong, proof)


@pytest.mark.parametrize("method", WITHOUT)
def test_a_wrong_start_value_is_caught(method: str) -> None:
    circuit = Circuit(1, [6], [0], [1], [2], [2], [1])
    traced = optimise_traced(circuit)
    wrong = replace(traced, circuit=replace(traced.circuit, register_init=np.array([0], np.uint8)))
    proof = prove(circuit, wrong, **WITHOUT[method])
    assert str(proof) == "differs at start value of register 0"


def test_registers_that_are_dead_because_they_are_alike_are_proved_so() -> None:
    """Two registers that follow the input cancel out in an XOR: neither stays, but that rests on both."""
    circuit = Circuit(1, [6, 7], [1, 3], [2, 0], [4], [0, 0], [1, 1])
    traced = optimise_traced(circuit)
    assert traced.circuit.n_registers == 0
    assert traced.register[0] == traced.register[1] <= DEAD
    proof = prove(circuit, traced)
    assert proof.equal
    assert proof.method == "identical"
    unlike = replace(circuit, register_init=np.array([1, 0], np.uint8))
    assert str(prove(unlike, traced)) == "differs at start value of register 1"
    never_alike = replace(circuit, register_next=np.array([0, 1], np.int32))
    assert str(prove(never_alike, traced)) == "differs at next value of register 1"


def test_a_register_wrongly_called_constant_is_caught() -> None:
    circuit = Circuit(1, [7], [0], [1], [1], [2], [0])  # 1 once an input was 1
    zero = Circuit(1, [0], [0], [0], [1])
    wrong = Optimised(zero, np.array([-1], np.int32), np.array([0], np.uint8))
    proof = prove(circuit, wrong)
    assert proof.counterexample is not None
    assert proof.counterexample.where == "next value of register 0"
    assert proof.counterexample.bits.tolist() == [1]


def wide_and(width: int, order: list[int], but_one: bool = False) -> Circuit:
    """All of the inputs, in some order; `but_one` forgets the last: random vectors do not notice."""
    gates = [(1, order[0], order[1])]
    for i in order[2 : -1 if but_one else None]:
        gates.append((1, width + len(gates) - 1, i))
    op, a, b = np.array(gates).T
    return Circuit(width, op, a, b, [width + len(gates) - 1])


def test_sat_sees_what_random_vectors_do_not() -> None:
    source, forgetful = wide_and(40, list(range(40))), wide_and(40, list(range(40)), but_one=True)
    assert prove(source, forgetful, conflicts=0).method == "random"
    proof = prove(source, forgetful)
    assert not proof.equal
    assert proof.counterexample is not None
    assert proof.counterexample.bits.tolist() == [1] * 39 + [0]
    reversed_ = prove(source, wide_and(40, list(range(40))[::-1]))
    assert reversed_.equal
    assert reversed_.method == "sat"


def test_circuits_that_cannot_be_compared_are_refused() -> None:
    source = Circuit(2, [1], [0], [1], [2])
    with pytest.raises(ValueError, match="n_inputs 2"):
        prove(source, Circuit(3, [1], [0], [1], [3]))
    with pytest.raises(ValueError, match="optimise_traced"):
        prove(Circuit(1, [], [], [], [1], [0], [0]), Circuit(1, [], [], [], [0]))


def test_sat_alone_agrees_with_brute_force() -> None:
    """Deep circuits over few inputs, most of them changed somewhere: proofs and counterexamples are right."""
    rng = np.random.default_rng(5)
    for _ in range(150):
        inputs = int(rng.integers(2, 8))
        every = np.indices((2,) * inputs).reshape(inputs, -1).T.astype(np.uint8)
        circuit = combinational(rng, inputs, int(rng.integers(5, 100)))
        small = optimise_traced(circuit, list(BASES.values())[int(rng.integers(len(BASES)))]).circuit
        if small.n_gates and rng.random() < 0.7:
            gate = int(rng.integers(small.n_gates))
            changes = {"op": rng.integers(16), "a": rng.integers(inputs + gate), "b": small.a[gate]}
            name = str(rng.choice(list(changes)))
            small = with_gate(small, gate, **{name: int(changes[name])})
        proof = prove(circuit, small, exhaustive_leaves=0, vectors=int(rng.choice([0, 1, 8, 64])))
        assert proof.by["random"] == 0
        assert proof.equal == np.array_equal(circuit.evaluate(every), small.evaluate(every))
        if proof.counterexample is not None:
            bits = proof.counterexample.bits[None]
            assert not np.array_equal(circuit.evaluate(bits), small.evaluate(bits))


def combinational(rng: np.random.Generator, inputs: int, gates: int) -> Circuit:
    """Gates that read near ones, many XORs among them, so that depth and cancellations come about."""
    own = np.arange(inputs, inputs + gates)
    near = np.maximum(0, own - rng.integers(2, 25, gates))
    op = rng.choice([1, 2, 4, 6, 7, 8, 9, 11, 13, 14, 6, 9, 6, 9], gates)
    return Circuit(inputs, op, rng.integers(near, own), rng.integers(near, own), own[-4:])
