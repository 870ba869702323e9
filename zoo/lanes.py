"""Lane wiring: gates in words of 32 or 128, wired word to word with a rotation: a frame is few operations.

Words are numbered with the input words first, then the register words, then the gate words in order. With n
lanes a word, lane `l` of word `w` is node `n w + l`. At the next frame a register word takes one whole word.
Gate word `g` computes, every lane with its own gate,

    a = word[word_a[g]];  b = ror(word[word_b[g]], rotation[g]);  out = m0 ^ (m1 & a) ^ (b & (m2 ^ (m3 & a)))

where lane `l` of `b` is lane `(l + rotation) % n` of the source word. Words of 128 rotate by whole bytes,
which a vector unit can do in one instruction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.circuit import ANF, Bits, Circuit, Int32, frozen_array
from zoo.errors import CircuitError

Words = npt.NDArray[np.uint32]

WIDTH = 32
STEPS = {32: 1, 128: 8}  # lanes a word -> what its rotations are multiples of


@dataclass(frozen=True, eq=False)
class Lanes:
    """The word wiring of a circuit.

    Args:
        word_a: int32 (gate words,): source word of the first operand.
        word_b: int32 (gate words,): source word of the second operand.
        rotation: uint8 (gate words,): right rotation of the second operand, 0 to width - 1; a multiple of 8
            where the width is 128.
        width: Lanes a word, 32 or 128.

    Raises:
        CircuitError: Lengths differ, or a value is out of range.
    """

    word_a: Int32
    word_b: Int32
    rotation: Bits
    width: int = WIDTH

    def __post_init__(self) -> None:
        object.__setattr__(self, "word_a", frozen_array("lanes.word_a", self.word_a, np.int32))
        object.__setattr__(self, "word_b", frozen_array("lanes.word_b", self.word_b, np.int32))
        object.__setattr__(self, "rotation", frozen_array("lanes.rotation", self.rotation, np.uint8))
        if self.width not in STEPS:
            raise CircuitError(f"lanes.width: expected {' or '.join(map(str, STEPS))}, found {self.width}")
        for name in ("word_b", "rotation"):
            found = getattr(self, name).size
            if found != self.n_words:
                raise CircuitError(f"lanes.{name}: expected {self.n_words} values, found {found}")
        step = STEPS[self.width]
        wrong = np.flatnonzero((self.rotation >= self.width) | (self.rotation % step != 0))
        if wrong.size:
            found, unit = self.rotation[wrong[0]], "" if step == 1 else f" in steps of {step}"
            raise CircuitError(
                f"lanes.rotation[{wrong[0]}]: expected 0 to {self.width - step}{unit}, found {found}"
            )

    @property
    def n_words(self) -> int:
        """Number of gate words."""
        return int(self.word_a.size)

    def operands(self) -> tuple[Int32, Int32]:
        """The flat netlist's `a` and `b` that this wiring means: two int32 (width * gate words,)."""
        lane = np.arange(self.width, dtype=np.int64)
        a = self.width * self.word_a[:, None] + lane
        b = self.width * self.word_b[:, None] + (lane + self.rotation[:, None]) % self.width
        return a.ravel().astype(np.int32), b.ravel().astype(np.int32)

    def next_words(self, circuit: Circuit) -> Int32:
        """int32 (register words,): the word that each register word takes at the next frame."""
        return circuit.register_next[:: self.width] // self.width

    def check(self, circuit: Circuit) -> None:
        """Prove that the flat netlist is exactly this wiring.

        Raises:
            CircuitError: Inputs or registers are not whole words, a register word's next value is no whole
                word, or a gate reads another node than the wiring says.
        """
        for name, count in (("inputs", circuit.n_inputs), ("registers", circuit.n_registers)):
            if count % self.width:
                raise CircuitError(f"lanes: expected a multiple of {self.width} {name}, found {count}")
        follows = (self.width * self.next_words(circuit)[:, None] + np.arange(self.width)).ravel()
        wrong = np.flatnonzero(circuit.register_next != follows)
        if wrong.size:
            r = int(wrong[0])
            raise CircuitError(
                f"lanes: register_next[{r}]: expected node {follows[r]}, found {circuit.register_next[r]}"
            )
        if circuit.n_gates != self.width * self.n_words:
            raise CircuitError(
                f"lanes: expected {self.width} gates a word, {self.n_words} words, "
                f"found {circuit.n_gates} gates"
            )
        for name, expected in zip(("a", "b"), self.operands(), strict=True):
            found = getattr(circuit, name)
            wrong = np.flatnonzero(found != expected)
            if wrong.size:
                g = int(wrong[0])
                raise CircuitError(f"lanes: {name}[{g}]: expected node {expected[g]}, found {found[g]}")


def from_lanes(
    n_inputs: int,
    lanes: Lanes,
    op: Bits,
    outputs: Int32,
    next_words: npt.ArrayLike = (),
    register_init: Bits | None = None,
) -> Circuit:
    """The circuit of a word wiring.

    Args:
        n_inputs: Input bits, whole words.
        lanes: The wiring.
        op: uint8 (width * gate words,): operations.
        outputs: Node ids.
        next_words: int (register words,): the word that each register word takes at the next frame.
        register_init: uint8 (registers,): values before the first frame; None for zeros.
    """
    a, b = lanes.operands()
    words: npt.NDArray[Any] = np.asarray(next_words)
    follows = (lanes.width * words[:, None] + np.arange(lanes.width)).astype(np.int32).ravel()
    init = np.zeros(follows.size, np.uint8) if register_init is None else register_init
    return Circuit(n_inputs, op, a, b, outputs, follows, init, lanes)


def lane_masks(circuit: Circuit) -> Words:
    """The normal form of each lane's gate: m_j of `zoo.circuit.ANF`, a word a coefficient.

    Returns:
        uint32 (gate words, 4): bit `l` of column j is m_j of lane `l`. Where a word has 128 lanes, uint32
        (gate words, 4, 4): lane `l` is bit `l` % 32 of entry `l` // 32 of the last axis.
    """
    width = WIDTH if circuit.lanes is None else circuit.lanes.width
    coefficients = ANF[circuit.op].reshape(-1, width, 4)
    masks = pack_words(np.ascontiguousarray(coefficients.transpose(0, 2, 1)).reshape(-1, width))
    return masks.reshape(-1, 4) if width == WIDTH else masks.reshape(-1, 4, width // WIDTH)


def evaluate_words(circuit: Circuit, inputs: Words) -> Words:
    """Run the word program on one stream, the way frame mode does on a target.

    Args:
        circuit: A circuit with lanes.
        inputs: uint32 (frames, n_inputs / 32), packed as by `pack_words`.

    Returns:
        uint32 (frames, ceil(outputs / 32)): output i is bit i % 32 of word i // 32.

    Raises:
        CircuitError: The circuit has no lanes.
    """
    lanes = circuit.lanes
    if lanes is None:
        raise CircuitError("evaluate_words: expected a circuit with lanes, found none")
    first, parts = circuit.n_inputs // lanes.width, lanes.width // WIDTH
    last = first + circuit.n_registers // lanes.width
    # A row is one word over time, in as many parts of 32 lanes as it has.
    words = np.empty((last + lanes.n_words, len(inputs), parts), np.uint32)
    words[:first] = inputs.reshape(len(inputs), first, parts).transpose(1, 0, 2)
    masks = lane_masks(circuit).reshape(-1, 4, parts)
    if last == first:
        _run_words(lanes, masks, words)
    else:
        state = pack_words(circuit.register_init[None]).reshape(last - first, parts)
        follows = lanes.next_words(circuit)
        for frame in range(len(inputs)):
            now = words[:, frame : frame + 1]
            now[first:last, 0] = state
            _run_words(lanes, masks, now)
            state = now[follows, 0]
    lane = (circuit.outputs % WIDTH).astype(np.uint32)
    source, part = circuit.outputs // lanes.width, circuit.outputs % lanes.width // WIDTH
    bits = (words[source, :, part] >> lane[:, None]) & np.uint32(1)
    return pack_words(np.ascontiguousarray(bits.T).astype(np.uint8))


def _run_words(lanes: Lanes, masks: Words, words: Words) -> None:
    """Fill in the gate words, the last rows of uint32 (words, frames, parts)."""
    first = len(words) - lanes.n_words
    for g in range(lanes.n_words):
        a = words[lanes.word_a[g]]
        b = rotate_lanes(words[lanes.word_b[g]], int(lanes.rotation[g]))
        m0, m1, m2, m3 = masks[g]
        words[first + g] = m0 ^ (m1 & a) ^ (b & (m2 ^ (m3 & a)))


def rotate_lanes(words: Words, count: int) -> Words:
    """uint32 (..., width / 32), each row one word, rotated right by `count` (0 to width - 1) lanes."""
    whole = np.roll(words, -(count // WIDTH), axis=-1)
    count %= WIDTH
    if count == 0:
        return whole
    return (whole >> np.uint32(count)) | (np.roll(whole, -1, axis=-1) << np.uint32(WIDTH - count))


def rotate_right(words: Words, count: int) -> Words:
    """uint32 of any shape, each rotated right by `count` (0 to 31) lanes."""
    return rotate_lanes(words[..., None], count)[..., 0]


def pack_words(bits: Bits) -> Words:
    """uint8 (frames, n) of 0 and 1 -> uint32 (frames, ceil(n / 32)): bit i is bit i % 32 of word i // 32."""
    packed = np.packbits(bits, axis=1, bitorder="little")
    padded = np.zeros((len(bits), -(-bits.shape[1] // WIDTH) * 4), np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view("<u4").astype(np.uint32)


def unpack_words(words: Words, n: int) -> Bits:
    """Undo `pack_words`: uint32 (frames, words) -> uint8 (frames, n)."""
    bytes_ = np.ascontiguousarray(words.astype("<u4")).view(np.uint8)
    return np.unpackbits(bytes_, axis=1, count=n, bitorder="little")
