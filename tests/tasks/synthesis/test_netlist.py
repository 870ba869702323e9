"""A netlist keeps what its gates mean, whatever it simplifies."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.synthesis.netlist import Netlist, tidy
from zoo.circuit import Circuit

ROWS = ((np.arange(16)[:, None] >> np.arange(4)) & 1).astype(np.uint8)
GATES = st.lists(
    st.tuples(st.integers(0, 15), st.integers(0, 999), st.integers(0, 999)), min_size=1, max_size=40
)


@settings(max_examples=150, deadline=None)
@given(GATES, st.lists(st.integers(0, 999), min_size=1, max_size=6))
def test_a_tidied_circuit_gives_the_same_bits(gates: list[tuple[int, int, int]], ends: list[int]) -> None:
    op = [gate[0] for gate in gates]
    a, b = ([gate[part] % (4 + place) for place, gate in enumerate(gates)] for part in (1, 2))
    outputs = [end % (4 + len(gates)) for end in ends]
    source = Circuit(4, *(np.array(part) for part in (op, a, b, outputs)))
    found = tidy(source)
    assert np.array_equal(found.evaluate(ROWS), source.evaluate(ROWS))
    assert found.n_gates <= source.n_gates + len(outputs)


def test_inversions_cost_nothing_but_where_both_phases_leave() -> None:
    netlist = Netlist(2)
    x = netlist.and_(netlist.input(0), netlist.input(1))
    assert netlist.circuit([x ^ 1]).op.tolist() == [14]
    assert netlist.circuit([x, x ^ 1]).n_gates == 2


def test_an_adder_of_three_bits_takes_five_gates() -> None:
    netlist = Netlist(3)
    total, carry = netlist.adder(*(netlist.input(index) for index in range(3)))
    circuit = netlist.circuit([total, carry])
    assert circuit.n_gates == 5
    rows = ROWS[:8, :3]
    assert np.array_equal(circuit.evaluate(rows) @ [1, 2], rows.sum(axis=1))
