"""What the passes leave of trained nets, proved, in seconds."""

from time import process_time

import numpy as np
import pytest

import zoo
from bench import nets
from exporters.passes import BASES, PRU, Basis, optimise_traced, sum_groups
from exporters.passes.proof import prove

# Two-input gates, in percent of the net's. The random 3x2000 net has no published figure to compare with.
MOST_LEFT = {"random-4x8000": 46.3, "residual-4x8000": 25.2, "residual-3x2000": 37.7, "random-3x2000": 51.0}


@pytest.mark.parametrize("name", nets.RECIPES)
def test_gates_left_of_a_trained_net(name: str) -> None:
    circuit, _ = nets.load(name)
    start = process_time()
    traced = optimise_traced(circuit)
    seconds = process_time() - start
    ops = np.bincount(traced.circuit.op, minlength=16)
    assert (traced.circuit.n_gates - ops[12]) / circuit.n_gates <= MOST_LEFT[name] / 100
    assert ops[12] <= 0.025 * circuit.n_gates, "inverters only where an output is wanted in both phases"
    assert seconds < 5
    proof = prove(circuit, traced)
    assert proof.equal
    assert proof.method in ("identical", "exhaustive")


@pytest.mark.parametrize("basis", BASES.values(), ids=BASES)
def test_bundled_models_are_proved_in_every_basis(basis: Basis) -> None:
    models = zoo.list_models()
    assert models
    for model in models:
        circuit = zoo.load(model).circuit
        proof = prove(circuit, optimise_traced(circuit, basis))
        assert proof.equal
        assert proof.by["random"] == 0


@pytest.mark.slow
def test_a_net_with_its_counts_is_proved_by_sat() -> None:
    circuit, classes = nets.load("residual-4x8000")
    summed = sum_groups(circuit, classes)
    proof = prove(summed, optimise_traced(summed, PRU))
    assert proof.equal
    assert proof.method == "sat"
    assert proof.by["random"] == 0
