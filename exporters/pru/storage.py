"""How the words of a lane circuit are kept: each rotated so that its readers need few rotations.

The lanes of a word may stand in any rotation, as long as its masks and its readers' say so. A PRU rotates
with shifts and an OR, three instructions, or fewer by whole bytes and halves, which any operand may name. So
the rotations are chosen that cost least over the circuit: most words then read one operand as it stands, many
both.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from exporters.c.lane_program import LaneProgram, Word, ror

WIDTH = 32
VISITS = 16_000  # of words, by the search: at most so much work
# Instructions beyond those of an operand that stands right, where it is read once (AND by parts) and twice.
READ_ONCE = np.full(WIDTH, 3)
READ_ONCE[[0, 16, 8, 24, 31]] = 0, 1, 2, 2, 2
READ_TWICE = np.full(WIDTH, 3)
READ_TWICE[[0, 16, 31]] = 0, 2, 2


@dataclass(frozen=True)
class StoredWord:
    """`m0 ^ (m1 & a) ^ (b & (m2 ^ (m3 & a)))` over operands as they are kept, each rotated right first.

    Args:
        index: Number of the word.
        a: Word of the first operand.
        b: Word of the second.
        turn_a: Rotation of the first, 0 in most words.
        turn_b: Rotation of the second.
        masks: m0 to m3.
    """

    index: int
    a: int
    b: int
    turn_a: int
    turn_b: int
    masks: tuple[int, int, int, int]

    @property
    def reads(self) -> tuple[int, ...]:
        """Words that the value depends on."""
        _, m1, m2, m3 = self.masks
        return tuple(dict.fromkeys(((self.a,) if m1 | m3 else ()) + ((self.b,) if m2 | m3 else ())))


def stored_words(
    program: LaneProgram, free_inputs: bool, fixed: Collection[int] = ()
) -> tuple[dict[int, int], list[StoredWord]]:
    """Choose a rotation for every word.

    Args:
        program: A lane program of 32 lanes a word.
        free_inputs: The front end can put its bits in any order, so input words may be rotated too.
        fixed: Words that may not be rotated.

    Returns:
        Word -> rotation (lane `l` stands in bit `l - rotation`), and the words over operands so kept.
    """
    rotation = _search(program, free_inputs, fixed)
    stored = []
    for word in program.words:
        own = rotation[word.index]  # an operand that is not read may be a dead word
        turn_a = (own - rotation.get(word.a, 0)) % WIDTH
        turn_b = (word.rotation + own - rotation.get(word.b, 0)) % WIDTH
        m0, m1, m2, m3 = (ror(mask, own, WIDTH) for mask in word.masks)
        if _swapped(turn_a, turn_b):
            stored.append(StoredWord(word.index, word.b, word.a, turn_b, turn_a, (m0, m2, m1, m3)))
        else:
            stored.append(StoredWord(word.index, word.a, word.b, turn_a, turn_b, (m0, m1, m2, m3)))
    return rotation, stored


def _swapped(turn_a: int, turn_b: int) -> bool:
    """Whether the roles of the operands change: the one that needs a rotation is better read once."""
    return bool(READ_TWICE[turn_b] + READ_ONCE[turn_a] < READ_TWICE[turn_a] + READ_ONCE[turn_b])


# Instructions for both operands, by the rotations that they need.
PAIR = np.minimum(READ_TWICE[:, None] + READ_ONCE[None, :], READ_ONCE[:, None] + READ_TWICE[None, :])


def _table(first: Any, second: Any) -> np.ndarray:
    """`PAIR` by a constant (row) and a rotation that goes round twice (column), sliced from anywhere."""
    constant, turn = np.arange(WIDTH)[:, None], np.arange(2 * WIDTH)[None, :]
    return PAIR[first(constant, turn) % WIDTH, second(constant, turn) % WIDTH].astype(np.float64)


# What is free: a word's own rotation, its first operand's, its second's, or that of both, being one word.
OWN = _table(lambda c, t: t, lambda c, t: t + c)
FIRST = _table(lambda c, t: -t, lambda c, t: c)
SECOND = _table(lambda c, t: c, lambda c, t: -t)
BOTH = _table(lambda c, t: -t, lambda c, t: c - t)


def _search(program: LaneProgram, free_inputs: bool, fixed: Collection[int]) -> dict[int, int]:
    """Simulated annealing over one word at a time, always with the same random numbers."""
    rotation = dict.fromkeys(range(program.n_input_words), 0) | {w.index: 0 for w in program.words}
    both = [w for w in program.words if len(w.reads) == 2]
    users: dict[int, list[Word]] = {w: [] for w in rotation}
    for word in both:
        for index in {word.index, word.a, word.b}:
            users[index].append(word)
    first = 0 if free_inputs else program.n_input_words
    movable = [w for w in rotation if users[w] and w >= first and w not in fixed]
    rng = np.random.default_rng(0)
    sweeps = max(4, min(40, VISITS // max(1, len(movable))))
    for sweep in range(sweeps):
        warmth = 1.5 * (1 - (sweep + 1) / sweeps)
        for w in rng.permutation(len(movable)).tolist():
            index = movable[w]
            cost = _costs(index, users[index], rotation)
            if warmth:
                cost = cost + rng.gumbel(size=WIDTH) * -warmth
            rotation[index] = int(cost.argmin())
    return rotation


def _costs(index: int, users: Sequence[Word], rotation: dict[int, int]) -> np.ndarray:
    """Instructions of all words that a word takes part in, for each of its 32 rotations."""
    total = np.zeros(WIDTH)
    for word in users:
        own, a, b = rotation[word.index], rotation[word.a], rotation[word.b]
        if index == word.index:
            table, place, start = OWN, word.rotation - b + a, a
        elif index == word.a:
            table, place = (BOTH, 0) if word.a == word.b else (FIRST, own - b)
            place, start = word.rotation + place, own
        else:
            table, place, start = SECOND, own - a, word.rotation + own
        begin = -start % WIDTH
        total += table[place % WIDTH, begin : begin + WIDTH]
    return total
