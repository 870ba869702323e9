"""The word program of a lane circuit: constants folded into masks, copies followed, dead words left out."""

from __future__ import annotations

from dataclasses import dataclass

from zoo.circuit import Circuit
from zoo.lanes import lane_masks

ONES = 0xFFFF_FFFF


@dataclass(frozen=True)
class Word:
    """One gate word: `m0 ^ (m1 & a) ^ (b & (m2 ^ (m3 & a)))` with `b` rotated right first.

    Args:
        index: Its number; input words come first.
        a: Word number of the first operand.
        b: Word number of the second operand.
        rotation: Right rotation of b, 0 to 31.
        masks: m0 to m3.
    """

    index: int
    a: int
    b: int
    rotation: int
    masks: tuple[int, int, int, int]

    @property
    def reads(self) -> tuple[int, ...]:
        """Word numbers that the value really depends on, a first."""
        _, m1, m2, m3 = self.masks
        return ((self.a,) if m1 | m3 else ()) + ((self.b,) if m2 | m3 else ())


@dataclass(frozen=True)
class Term:
    """Part of an output word: `ror(word, rotation) & mask`."""

    word: int
    rotation: int
    mask: int


@dataclass(frozen=True)
class LaneProgram:
    """Words in an order of evaluation, and what each output word is made of.

    Args:
        n_input_words: Words 0 to this - 1 are inputs.
        words: Gate words that some output depends on.
        outputs: For each output word, the terms that are ORed.
    """

    n_input_words: int
    words: tuple[Word, ...]
    outputs: tuple[tuple[Term, ...], ...]

    @property
    def inputs(self) -> list[int]:
        """Input words that are read, ascending."""
        read = {index for word in self.words for index in word.reads}
        read |= {term.word for terms in self.outputs for term in terms}
        return sorted(index for index in read if index < self.n_input_words)


def lane_program(circuit: Circuit) -> LaneProgram:
    """Simplify the word wiring of a circuit with lanes."""
    assert circuit.lanes is not None
    lanes, first = circuit.lanes, circuit.n_inputs // 32
    masks = lane_masks(circuit)
    same = list(range(first))  # the word that holds the same value
    known = [(0, 0)] * first  # lanes whose value is known, and the values
    words: dict[int, Word] = {}
    for g in range(lanes.n_words):
        word = _fold(
            first + g,
            same[lanes.word_a[g]],
            same[lanes.word_b[g]],
            int(lanes.rotation[g]),
            [int(m) for m in masks[g]],
            known,
        )
        words[word.index] = word
        m0, m1, m2, m3 = word.masks
        fixed = ONES & ~(m1 | m2 | m3)
        known.append((fixed, m0 & fixed))
        same.append(word.a if (m0, m1, m2, m3) == (0, ONES, 0, 0) else word.index)
    outputs = _output_terms(circuit, same)
    return LaneProgram(first, _live(words, outputs), outputs)


def _fold(index: int, a: int, b: int, rotation: int, masks: list[int], known: list[tuple[int, int]]) -> Word:
    """Put the lanes whose operand is known into the masks of the others."""
    m0, m1, m2, m3 = masks
    fixed, value = known[a]
    m0 ^= m1 & value
    m2 ^= m3 & value
    m1 &= ~fixed
    m3 &= ~fixed
    fixed, value = (_ror(x, rotation) for x in known[b])
    m0 ^= m2 & value
    m1 ^= m3 & value
    m2 &= ~fixed
    m3 &= ~fixed
    return Word(index, a, b, rotation, (m0, m1, m2, m3))


def _output_terms(circuit: Circuit, same: list[int]) -> tuple[tuple[Term, ...], ...]:
    """Gather the output nodes: those that come from one word with one rotation share a term."""
    result = []
    for first in range(0, circuit.n_outputs, 32):
        masks: dict[tuple[int, int], int] = {}
        for lane, node in enumerate(circuit.outputs[first : first + 32].tolist()):
            key = same[node // 32], (node - lane) % 32
            masks[key] = masks.get(key, 0) | 1 << lane
        result.append(tuple(Term(word, rotation, mask) for (word, rotation), mask in masks.items()))
    return tuple(result)


def _live(words: dict[int, Word], outputs: tuple[tuple[Term, ...], ...]) -> tuple[Word, ...]:
    """The words that outputs need, in their own order."""
    needed = {term.word for terms in outputs for term in terms}
    for index in reversed(words):
        if index in needed:
            needed.update(words[index].reads)
    return tuple(word for word in words.values() if word.index in needed)


def _ror(x: int, count: int) -> int:
    return (x >> count | x << (32 - count)) & ONES
