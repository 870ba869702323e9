"""The word program of a lane circuit: fewer masks, constants folded, copies followed, dead words left out.

A word that only other words read is kept with those lanes inverted whose gate answers 1 to two zeros, and its
readers' masks say so. Its own m0 is then 0: a mask to load and an operation less.
"""

from __future__ import annotations

from dataclasses import dataclass

from zoo.circuit import Circuit
from zoo.lanes import lane_masks


@dataclass(frozen=True)
class Word:
    """One gate word: `m0 ^ (m1 & a) ^ (b & (m2 ^ (m3 & a)))` with `b` rotated right first.

    Args:
        index: Its number; input words come first.
        a: Word number of the first operand.
        b: Word number of the second operand.
        rotation: Right rotation of b, 0 to width - 1.
        masks: m0 to m3; lane `l` is bit `l`.
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
    """Part of an output word: `ror(part, rotation) & mask`, all of 32 bits.

    Args:
        part: Lanes `32 part % width` on of word `32 part // width`; the word itself where the width is 32.
        rotation: 0 to 31.
        mask: The bits that stand right then.
    """

    part: int
    rotation: int
    mask: int


@dataclass(frozen=True)
class LaneProgram:
    """Words in an order of evaluation, and what each output word is made of.

    Args:
        n_input_words: Words 0 to this - 1 are inputs.
        words: Gate words that some output depends on.
        outputs: For each 32 outputs, the terms that are ORed.
        width: Lanes a word.
    """

    n_input_words: int
    words: tuple[Word, ...]
    outputs: tuple[tuple[Term, ...], ...]
    width: int = 32

    @property
    def ones(self) -> int:
        """The mask of all lanes."""
        return (1 << self.width) - 1

    @property
    def parts(self) -> int:
        """Machine words of 32 bits that hold a word."""
        return self.width // 32

    @property
    def inputs(self) -> list[int]:
        """Input words that are read, ascending."""
        read = {index for word in self.words for index in word.reads}
        read |= {term.part // self.parts for terms in self.outputs for term in terms}
        return sorted(index for index in read if index < self.n_input_words)


@dataclass(frozen=True)
class _Kept:
    """How a word's value is kept.

    Args:
        word: The word that holds it; another one when this is a copy.
        flip: Lanes that are kept inverted; a known lane's value.
        fixed: Lanes whose value is known.
    """

    word: int
    flip: int = 0
    fixed: int = 0


def lane_program(circuit: Circuit) -> LaneProgram:
    """Simplify the word wiring of a circuit with lanes."""
    assert circuit.lanes is not None
    lanes, width = circuit.lanes, circuit.lanes.width
    ones, first = (1 << width) - 1, circuit.n_inputs // width
    shown = set((circuit.outputs // width).tolist())
    kept = [_Kept(w) for w in range(first)]
    words: dict[int, Word] = {}
    for g, masks in enumerate(_mask_numbers(circuit)):
        index, rotation = first + g, int(lanes.rotation[g])
        a, b = kept[lanes.word_a[g]], kept[lanes.word_b[g]]
        m0, m1, m2, m3 = _fold(masks, a, b, rotation, width)
        flip = 0 if index in shown else m0
        fixed = ones & ~(m1 | m2 | m3)
        copy = (m0 ^ flip, m1, m2, m3) == (0, ones, 0, 0)
        words[index] = Word(index, a.word, b.word, rotation, (m0 ^ flip, m1, m2, m3))
        kept.append(_Kept(a.word if copy else index, flip | m0 & fixed, fixed))
    outputs = _output_terms(circuit, kept)
    return LaneProgram(first, _live(words, outputs, width), outputs, width)


def _mask_numbers(circuit: Circuit) -> list[tuple[int, int, int, int]]:
    """The masks of each word, each mask one number."""
    masks = lane_masks(circuit)
    rows = masks.reshape(len(masks), 4, -1).astype("<u4")
    return [tuple(int.from_bytes(m.tobytes(), "little") for m in row) for row in rows]  # type: ignore[misc]


def _fold(
    masks: tuple[int, int, int, int], a: _Kept, b: _Kept, rotation: int, width: int
) -> tuple[int, int, int, int]:
    """The masks over the operands as they are kept."""
    m0, m1, m2, m3 = masks
    m0 ^= m1 & a.flip
    m2 ^= m3 & a.flip
    m1 &= ~a.fixed
    m3 &= ~a.fixed
    flip, fixed = ror(b.flip, rotation, width), ror(b.fixed, rotation, width)
    m0 ^= m2 & flip
    m1 ^= m3 & flip
    m2 &= ~fixed
    m3 &= ~fixed
    return m0, m1, m2, m3


def _output_terms(circuit: Circuit, kept: list[_Kept]) -> tuple[tuple[Term, ...], ...]:
    """Gather the output nodes: those that come from one part with one rotation share a term."""
    assert circuit.lanes is not None
    width, result = circuit.lanes.width, []
    for first in range(0, circuit.n_outputs, 32):
        masks: dict[tuple[int, int], int] = {}
        for lane, node in enumerate(circuit.outputs[first : first + 32].tolist()):
            part = (kept[node // width].word * width + node % width) // 32
            key = part, (node - lane) % 32
            masks[key] = masks.get(key, 0) | 1 << lane
        result.append(tuple(Term(part, rotation, mask) for (part, rotation), mask in masks.items()))
    return tuple(result)


def _live(words: dict[int, Word], outputs: tuple[tuple[Term, ...], ...], width: int) -> tuple[Word, ...]:
    """The words that outputs need, in their own order."""
    needed = {32 * term.part // width for terms in outputs for term in terms}
    for index in reversed(words):
        if index in needed:
            needed.update(words[index].reads)
    return tuple(word for word in words.values() if word.index in needed)


def ror(x: int, count: int, width: int) -> int:
    """`x` of `width` bits, rotated right."""
    return (x >> count | x << (width - count)) & ((1 << width) - 1)
