"""Lane wiring: gates in words of 32, wired word to word with a rotation, so a frame costs a few operations.

Words are numbered with the input words first, then the gate words in order. Lane `l` of word `w` is node
`32 w + l`.
Gate word `g` computes, every lane with its own gate,

    a = word[word_a[g]];  b = ror(word[word_b[g]], rotation[g]);  out = m0 ^ (m1 & a) ^ (b & (m2 ^ (m3 & a)))

where lane `l` of `b` is lane `(l + rotation) % 32` of the source word.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoo.circuit import ANF, Bits, Circuit, Int32, frozen_array
from zoo.errors import CircuitError

Words = npt.NDArray[np.uint32]

WIDTH = 32


@dataclass(frozen=True, eq=False)
class Lanes:
    """The word wiring of a circuit.

    Args:
        word_a: int32 (gate words,): source word of the first operand.
        word_b: int32 (gate words,): source word of the second operand.
        rotation: uint8 (gate words,): right rotation of the second operand, 0 to 31.
        width: Lanes a word; 32 is the only one so far.

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
        if self.width != WIDTH:
            raise CircuitError(f"lanes.width: expected {WIDTH}, found {self.width}")
        for name in ("word_b", "rotation"):
            found = getattr(self, name).size
            if found != self.n_words:
                raise CircuitError(f"lanes.{name}: expected {self.n_words} values, found {found}")
        if self.rotation.max(initial=0) >= WIDTH:
            first = int(np.flatnonzero(self.rotation >= WIDTH)[0])
            found = self.rotation[first]
            raise CircuitError(f"lanes.rotation[{first}]: expected 0 to {WIDTH - 1}, found {found}")

    @property
    def n_words(self) -> int:
        """Number of gate words."""
        return int(self.word_a.size)

    def operands(self) -> tuple[Int32, Int32]:
        """The flat netlist's `a` and `b` that this wiring means: two int32 (32 * gate words,)."""
        lane = np.arange(WIDTH, dtype=np.int64)
        a = WIDTH * self.word_a[:, None] + lane
        b = WIDTH * self.word_b[:, None] + (lane + self.rotation[:, None]) % WIDTH
        return a.ravel().astype(np.int32), b.ravel().astype(np.int32)

    def check(self, circuit: Circuit) -> None:
        """Prove that the flat netlist is exactly this wiring.

        Raises:
            CircuitError: Inputs are not whole words, there are registers, or a gate reads another node than
                the wiring says.
        """
        if circuit.n_inputs % WIDTH:
            raise CircuitError(f"lanes: expected a multiple of {WIDTH} inputs, found {circuit.n_inputs}")
        if circuit.n_registers:
            raise CircuitError(f"lanes: expected no registers, found {circuit.n_registers}")
        if circuit.n_gates != WIDTH * self.n_words:
            raise CircuitError(
                f"lanes: expected {WIDTH} gates a word, {self.n_words} words, found {circuit.n_gates} gates"
            )
        for name, expected in zip(("a", "b"), self.operands(), strict=True):
            found = getattr(circuit, name)
            wrong = np.flatnonzero(found != expected)
            if wrong.size:
                g = int(wrong[0])
                raise CircuitError(f"lanes: {name}[{g}]: expected node {expected[g]}, found {found[g]}")


def from_lanes(n_inputs: int, lanes: Lanes, op: Bits, outputs: Int32) -> Circuit:
    """The circuit of a word wiring: `op` is uint8 (32 * gate words,), `outputs` are node ids."""
    a, b = lanes.operands()
    return Circuit(n_inputs, op, a, b, outputs, lanes=lanes)


def lane_masks(circuit: Circuit) -> Words:
    """uint32 (gate words, 4): bit `l` of column j is m_j (see `zoo.circuit.ANF`) of the gate in lane `l`."""
    coefficients = ANF[circuit.op].reshape(-1, WIDTH, 4)
    return pack_words(np.ascontiguousarray(coefficients.transpose(0, 2, 1)).reshape(-1, WIDTH)).reshape(-1, 4)


def evaluate_words(circuit: Circuit, inputs: Words) -> Words:
    """Run the word program, the way frame mode does on a target.

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
    first = circuit.n_inputs // WIDTH
    words = np.empty((first + lanes.n_words, len(inputs)), np.uint32)  # a row is one word over time
    words[:first] = inputs.T
    masks = lane_masks(circuit)
    for g in range(lanes.n_words):
        a = words[lanes.word_a[g]]
        b = rotate_right(words[lanes.word_b[g]], int(lanes.rotation[g]))
        m0, m1, m2, m3 = masks[g]
        words[first + g] = m0 ^ (m1 & a) ^ (b & (m2 ^ (m3 & a)))
    lane = (circuit.outputs % WIDTH).astype(np.uint32)
    bits = (words[circuit.outputs // WIDTH] >> lane[:, None]) & np.uint32(1)
    return pack_words(np.ascontiguousarray(bits.T).astype(np.uint8))


def rotate_right(words: Words, count: int) -> Words:
    """uint32 of any shape, each rotated right by `count` (0 to 31) lanes."""
    if count == 0:
        return words
    return (words >> np.uint32(count)) | (words << np.uint32(WIDTH - count))


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
