"""Registers in lines: the same circuit, and words that are copied whole."""

import numpy as np
import pytest

from exporters.asm import flat_frame
from exporters.asm.thumb import Thumb
from exporters.c import make_unit
from exporters.passes import THUMB, optimise
from exporters.passes.lines import FEWEST, WORD, lined_up, whole_words
from exporters.passes.proof import prove
from tests.exporters.passes.random_circuits import random_circuit
from tests.tiny import delay_model
from zoo.circuit import Circuit


def delay_lines(lengths: list[int], seed: int = 0) -> Circuit:
    """Lines of these lengths behind the inputs, numbered in a random order; outputs are their ends."""
    rng = np.random.default_rng(seed)
    n, lines = sum(lengths), len(lengths)
    number = rng.permutation(n)
    following, ends, at = np.zeros(n, np.int32), [], 0
    for line, length in enumerate(lengths):
        before = line
        for _ in range(length):
            following[number[at]] = before
            before, at = lines + number[at], at + 1
        ends.append(before)
    none = np.zeros(0, np.int32)
    start = rng.integers(0, 2, n).astype(np.uint8)
    return Circuit(lines, none.astype(np.uint8), none, none, np.array(ends, np.int32), following, start)


def assert_same(circuit: Circuit) -> Circuit:
    moved = lined_up(circuit)
    assert prove(circuit, moved).equal
    bits = np.random.default_rng(1).integers(0, 2, (200, circuit.n_inputs), np.uint8)
    assert np.array_equal(circuit.evaluate(bits), moved.circuit.evaluate(bits))
    return moved.circuit


def test_lines_of_many_lengths_move_by_words() -> None:
    lengths = [*range(1, 41), 40, 40]
    circuit = assert_same(delay_lines(lengths))
    copied = whole_words(circuit)
    ages = [sum(length > age for length in lengths) for age in range(40)]
    words = sum(-(-count // WORD) for count in ages[1:] if count >= FEWEST)
    assert len([word for word, source in copied.items() if word != source]) == words
    assert not {words, words + 1} & set(copied), "the youngest"


def test_a_copy_reads_what_no_earlier_one_has_written() -> None:
    circuit = lined_up(delay_lines([9] * 50 + [30] * 7)).circuit
    written: set[int] = set()
    for word, source in whole_words(circuit).items():
        if word != source:
            assert source not in written
            written.add(word)
    assert len(written) > 20


def test_words_that_go_round_are_not_all_copied() -> None:
    none = np.zeros(0, np.int32)
    swap = np.concatenate([np.arange(32, 64), np.arange(32)]).astype(np.int32)
    start = np.arange(64).astype(np.uint8) % 2
    ring = Circuit(0, none.astype(np.uint8), none, none, np.arange(3, dtype=np.int32), swap, start)
    assert len(whole_words(ring)) == 1


@pytest.mark.parametrize("seed", range(30))
def test_any_circuit_stays_the_same(seed: int) -> None:
    assert_same(optimise(random_circuit(np.random.default_rng(seed)), THUMB))


def test_branches_rings_and_short_lines() -> None:
    none = np.zeros(0, np.int32)
    following = [0, 2, 2, 3, 6, 5, 7]  # two follow register 0; a ring of two; one that follows itself
    circuit = Circuit(
        2, none.astype(np.uint8), none, none, np.array([3, 4, 5, 6, 8], np.int32),
        np.array(following, np.int32), np.array([1, 0, 1, 0, 1, 0, 1], np.uint8),
    )  # fmt: skip
    assert_same(circuit)
    assert_same(delay_lines([3, 2, 2, 1]))
    assert lined_up(delay_lines([1, 1])).circuit.n_registers == 2


def test_frame_mode_of_a_line_takes_an_access_or_two_a_word() -> None:
    circuit = lined_up(delay_lines([20] * 32)).circuit
    lines = flat_frame.frame_code(circuit, Thumb())[0].lines
    ends = 2 * 2 * 32  # instructions for what comes in and goes out, bit by bit
    assert len(lines) < ends + 3 * 20
    before = flat_frame.frame_code(delay_lines([20] * 32), Thumb())[0].lines
    assert len(before) > 600


def test_c_copies_words() -> None:
    assert "next[0] = state[" in make_unit(delay_model(), "tiny").source
