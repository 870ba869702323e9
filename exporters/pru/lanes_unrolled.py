"""Lane circuits of 32 lanes as straight code: masks arrive in bursts, words stay in registers while they can.

A word is `m0 ^ (m1 & a) ^ (b & (m2 ^ (m3 & a)))`. The registers that its masks were loaded into take the
intermediate values, so it needs five instructions (six where m0 counts) and no other register than its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exporters.c.lane_program import LaneProgram
from exporters.pru.code import Code
from exporters.pru.gates import Gates, input_places, output_nodes, output_places
from exporters.pru.lane_order import greedy_order, uses
from exporters.pru.memory import MemoryMap
from exporters.pru.storage import StoredWord, stored_words
from zoo.circuit import Circuit

ONES = 0xFFFF_FFFF
MASKS = 12  # registers that a burst of masks fills
WINDOW = 256  # bytes that an immediate offset reaches
MAX_BASES = 4
SPARE = ("r1", "r2")  # for rotations

Place = tuple[str, int]  # "in", "out" or "slot", and the number of the word in it


def unrolled_gates(
    program: LaneProgram, circuit: Circuit, memory: MemoryMap, free_inputs: bool, n_next: int = 0
) -> Gates:
    """Straight code for a lane program of 32 lanes a word.

    Args:
        program: Its words.
        circuit: Where it comes from.
        memory: Takes the words and the masks.
        free_inputs: The front end can put its bits in any order.
        n_next: So many words at the start of the outputs stand as they are, not rotated.

    Raises:
        DoesNotFitError: Words or masks do not fit.
    """
    memory.check_code(5 * len(program.words))
    nodes = output_nodes(program, circuit)
    rotation, words = stored_words(program, free_inputs, {part for part, _ in nodes[: 32 * n_next]})
    shown = sorted({part for part, _ in nodes} - set(range(program.n_input_words)))
    writer = _Writer(program.n_input_words, words, shown)
    sizes = {"in": program.n_input_words, "out": len(shown), "slot": writer.slots}
    base = memory.place("words", 4 * sum(sizes.values()), "words of the circuit: inputs, outputs, others")
    starts = {"in": 0, "out": 4 * sizes["in"], "slot": 4 * (sizes["in"] + sizes["out"])}
    masks = np.array(writer.masks, "<u4").tobytes()
    at = (
        memory.place("masks", len(masks), "masks of the circuit in the order of their use", masks)
        if masks
        else 0
    )
    address = {w: base + 4 * w for w in range(program.n_input_words)}
    address |= {w: base + starts["out"] + 4 * i for i, w in enumerate(shown)}
    inputs = input_places(program, [base + 4 * w for w in range(program.n_input_words)], rotation)
    outputs = output_places(program, circuit, address, rotation)
    return Gates(writer.code(base, starts, at), "unrolled", inputs, outputs)


@dataclass(frozen=True)
class _Access:
    """A load or store whose address is known only when all are."""

    name: str
    register: str
    place: Place


class _Writer:
    """Chooses registers and writes the instructions of all words."""

    def __init__(self, n_inputs: int, words: list[StoredWord], shown: list[int]) -> None:
        wanted = n_inputs + len(shown) + min(len(words) - len(shown), 64)
        self.bases = min(MAX_BASES, -(-4 * wanted // WINDOW))
        first = 3 + self.bases
        self._mask_base = first
        registers = [f"r{i}" for i in range(first + MASKS, 30)]
        self.masks: list[int] = []
        self.slots = 0
        self._bursts = [-MASKS]  # position of the first mask of each burst; none yet
        self._lines: list[tuple[object, ...] | _Access | int] = []
        self._free = registers
        self._free_slots: list[int] = []
        self._register: dict[int, str] = {}
        self._home: dict[int, Place] = {w: ("in", w) for w in range(n_inputs)}
        self._shown = {w: ("out", i) for i, w in enumerate(shown)}
        order = greedy_order(words, len(registers) - 1)
        self._uses = uses(order)
        for word in order:
            self._word(word)

    def code(self, base: int, starts: dict[str, int], masks: int) -> Code:
        """The instructions, once it is known where everything stands."""
        code = Code()
        if self.masks:
            code.constant("r0", masks, note="masks")
        for window in range(self.bases):
            code.constant(f"r{3 + window}", base + WINDOW * window, note="words" if window == 0 else "")
        masks_at = [4 * start for start in self._bursts[1:]] + [4 * len(self.masks)]
        reached = 0
        for line in self._lines:
            if isinstance(line, int):
                if masks_at[line] - reached >= WINDOW:
                    code.op("add", "r0", "r0", masks_at[line - 1] - reached)
                    reached = masks_at[line - 1]
                size = masks_at[line + 1] - masks_at[line]
                if not size:  # the masks of that word are all trivial
                    continue
                code.op("lbbo", f"&r{self._mask_base}", "r0", masks_at[line] - reached, size)
            elif isinstance(line, _Access):
                self._access(code, line, starts[line.place[0]] + 4 * line.place[1])
            else:
                code.op(*line)  # type: ignore[arg-type]
        return code

    def _access(self, code: Code, line: _Access, offset: int) -> None:
        window = offset // WINDOW
        if window < self.bases:
            code.op(line.name, f"&{line.register}", f"r{3 + window}", offset % WINDOW, 4)
        else:
            code.op("ldi", SPARE[0], offset)
            code.op(line.name, f"&{line.register}", "r3", SPARE[0], 4)

    def _op(self, *line: object) -> None:
        self._lines.append(line)

    def _mask(self, value: int) -> str:
        """The register of the next mask of the burst."""
        self.masks.append(value)
        return f"r{self._mask_base + len(self.masks) - 1 - self._bursts[-1]}"

    def _burst(self, masks: tuple[int, ...]) -> None:
        """See that the masks of a word are in registers: they take its values, so no burst comes between."""
        needed = sum(mask != 0 for mask in masks)
        if len(self.masks) + needed > self._bursts[-1] + MASKS:
            self._lines.append(len(self._bursts) - 1)
            self._bursts.append(len(self.masks))

    def _word(self, word: StoredWord) -> None:
        for index in word.reads:
            if index not in self._register:
                register = self._take(word.reads)
                self._lines.append(_Access("lbbo", register, self._home[index]))
                self._register[index] = register
        a, b = (self._register.get(index, "") for index in (word.a, word.b))
        self._burst(word.masks)
        # Where every mask counts, the word's own register is written last: an operand's may become it.
        plain = all(mask not in (0, ONES) for mask in word.masks[1:])
        if plain:
            self._end_uses(word)
        if word.index in self._shown or self._uses.get(word.index):
            own = self._take(word.reads)
            self._value(word, a, b, own)
            self._register[word.index] = own
        if not plain:
            self._end_uses(word)
        if word.index in self._shown:
            self._home[word.index] = self._shown[word.index]
            self._lines.append(_Access("sbbo", self._register[word.index], self._home[word.index]))
        if not self._uses.get(word.index):
            self._release(word.index)

    def _end_uses(self, word: StoredWord) -> None:
        """This use of the operands is over; values without another one go."""
        for index in word.reads:
            self._uses[index].pop()
            if not self._uses[index]:
                self._release(index)

    def _release(self, index: int) -> None:
        if index in self._register:
            self._free.append(self._register.pop(index))
        home = self._home.get(index)
        if home and home[0] == "slot":
            self._free_slots.append(home[1])

    def _take(self, needed: tuple[int, ...]) -> str:
        """A free register; if there is none, that of the value that is needed last."""
        if self._free:
            return self._free.pop()
        candidates = [index for index in self._register if index not in needed]
        index = max(candidates, key=lambda i: (self._uses[i][-1], i in self._home))
        if index not in self._home:
            if not self._free_slots:
                self._free_slots.append(self.slots)
                self.slots += 1
            self._home[index] = "slot", self._free_slots.pop()
            self._lines.append(_Access("sbbo", self._register[index], self._home[index]))
        return self._register.pop(index)

    def _value(self, word: StoredWord, a: str, b: str, own: str) -> None:
        """The instructions of one word; the last one writes `own`."""
        m0, m1, m2, m3 = word.masks
        if word.turn_a and m1 | m3:
            a = self._turned(a, word.turn_a, *SPARE)
        inner = self._inner(a, m2, m3)
        linear = ""
        if m1 == ONES and not word.turn_a:
            linear = a
        elif m1:
            linear = self._mask(m1)
            self._op("and", linear, linear, a)
        # A rotated a is no longer needed: both spare registers are free again.
        product = self._product(inner, b, word.turn_b, own) if m2 | m3 else ""
        terms = [term for term in (product, linear) if term]
        if m0 not in (0, ONES):
            terms.append(self._mask(m0))
        if len(terms) == 3:  # only a mask's register may change on the way
            self._op("xor", terms[2], terms[2], terms[0])
            terms = terms[1:]
        if not terms:
            self._op("ldi", own, 0)
        elif len(terms) == 2:
            self._op("xor", own, *terms)
        elif terms[0] != own:
            self._op("mov", own, terms[0])
        if m0 == ONES:
            self._op("not", own, own)

    def _inner(self, a: str, m2: int, m3: int) -> str:
        """`m2 ^ (m3 & a)`: the register that holds it, "" where it is all ones."""
        if m3 == 0:
            return self._mask(m2) if m2 not in (0, ONES) else ""
        if m3 == ONES:
            if m2 == 0:
                return a
            inner = self._mask(m2)
            self._op("xor", inner, inner, a)
            return inner
        inner = self._mask(m3)
        self._op("and", inner, inner, a)
        if m2 == ONES:
            self._op("not", inner, inner)
        elif m2:
            self._op("xor", inner, inner, self._mask(m2))
        return inner

    def _product(self, inner: str, b: str, turn: int, own: str) -> str:
        """`inner & b`, b rotated: the register that holds it."""
        if not inner:
            return self._turned(b, turn, *SPARE) if turn else b
        # A mask's register may change; one that holds a word may not.
        target = inner if int(inner[1:]) in range(self._mask_base, self._mask_base + MASKS) else own
        if turn in BYTES:
            for to, source in BYTES[turn]:
                self._op("and", f"{target}.{to}", f"{inner}.{to}", f"{b}.{source}")
            return target
        if turn:
            b = self._turned(
                b, turn, SPARE[1] if inner == SPARE[0] else SPARE[0], own if inner == SPARE[0] else SPARE[1]
            )
        self._op("and", target, inner, b)
        return target

    def _turned(self, word: str, turn: int, to: str, spare: str) -> str:
        """Rotate right into another register."""
        if turn in BYTES:
            for part, source in BYTES[turn]:
                self._op("mov", f"{to}.{part}", f"{word}.{source}")
        elif turn == 31:
            self._op("add", to, word, word)
            self._op("adc", to, to, 0)
        else:
            self._op("lsr", to, word, turn)
            self._op("lsl", spare, word, 32 - turn)
            self._op("or", to, to, spare)
        return to


# Rotations by whole bytes: parts of the result and the parts that they come from.
BYTES = {
    16: (("w0", "w2"), ("w2", "w0")),
    8: (("w0", "w1"), ("b2", "b3"), ("b3", "b0")),
    24: (("b0", "b3"), ("w1", "w0"), ("b3", "b2")),
}
