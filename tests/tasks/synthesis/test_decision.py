"""Circuits from truth tables are those tables, and small where the table has structure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.synthesis.completion import complete
from tasks.synthesis.decision import synthesise


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 7), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_any_table_becomes_a_circuit(width: int, outputs: int, seed: int) -> None:
    table = np.random.default_rng(seed).integers(0, 2, (1 << width, outputs)).astype(np.uint8)
    rows = ((np.arange(1 << width)[:, None] >> np.arange(width)) & 1).astype(np.uint8)
    assert np.array_equal(synthesise(table).evaluate(rows), table)


@pytest.mark.parametrize("value", [0, 1])
def test_constants_and_wires_need_next_to_nothing(value: int) -> None:
    table = np.full((16, 2), value, np.uint8)
    assert synthesise(table).n_gates == 1
    table[:, 1] = np.arange(16) >> 2 & 1
    assert synthesise(table).n_gates == 1


def test_sixteen_bits_of_parity_take_fifteen_gates() -> None:
    table = np.array([[t.bit_count() & 1] for t in range(1 << 16)], np.uint8)
    assert synthesise(table).n_gates == 15


def test_more_tries_are_never_worse() -> None:
    t = np.arange(1 << 10)
    table = (((t * (t >> 4))[:, None] >> np.arange(8)) & 1).astype(np.uint8)
    assert synthesise(table, tries=4).n_gates <= synthesise(table).n_gates


def test_a_rule_of_low_degree_is_found_from_half_of_its_rows() -> None:
    t = np.arange(64)
    rule = np.stack([t & t >> 3 & 1, (t >> 1 ^ t >> 4) & 1], axis=1).astype(np.uint8)
    known = np.zeros(64, bool)
    known[np.random.default_rng(3).permutation(64)[:32]] = True
    assert np.array_equal(complete(np.where(known[:, None], rule, 0).astype(np.uint8), known), rule)


def test_what_is_known_stays() -> None:
    rows = np.random.default_rng(1).integers(0, 2, (32, 9)).astype(np.uint8)
    known = np.arange(32) % 3 > 0
    assert np.array_equal(complete(rows, known)[known], rows[known])
