"""Frame mode of lane circuits: a word of 32 gates is a few word operations with masks.

A word of 128 gates is four of them, its rotation a shift across two neighbours.

The shape of the C decides what an in-order core pays. Masks come in order from a table, so that two arrive
with one load; words go through an array, two independent ones at a time, so that one's work fills the other's
waits. A compiler left to itself does worse: it turns the masks into immediates, or loads hundreds of them
ahead and spills them again. So it is told nothing about the two addresses, by statements that cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from exporters.c.lane_memory import lane_memory, memory_part
from exporters.c.lane_program import LaneProgram, Term, Word, lane_program
from exporters.c.part import Part, indented, table
from zoo.circuit import Circuit

# A Thumb-2 load of two words reaches 1,020 bytes from its base.
MASKS_IN_REACH = 256
ONES = 0xFFFF_FFFF

HIDE = """\
/* The compiler knows nothing about the address after this: it keeps loads and stores near their use. */
#if defined(__GNUC__)
#define $NAME_HIDE(address) __asm__("" : "+r"(address))
#else
#define $NAME_HIDE(address) ((void)0)
#endif

"""

ROR = """\
/* The word rotated right by n lanes, n from 1 to 31. */
static uint32_t $name_ror(uint32_t word, int n)
{
    return (word >> n) | (word << (32 - n));
}

"""

SHIFT = """\
/* The lower 32 bits of high:low shifted right by n, n from 1 to 31. */
static uint32_t $name_shift(uint32_t low, uint32_t high, int n)
{
    return (low >> n) | (high << (32 - n));
}

"""


def lanes_part(circuit: Circuit) -> Part:
    """`$name_gates` of a lane circuit."""
    if circuit.n_registers:
        memory = lane_memory(circuit)
        signature = "static void $name_gates_frame(const uint32_t *bits, uint32_t *outputs)"
        return memory_part(memory, _function(memory.program, signature, []))
    signature = "void $name_gates($name_state *s, const uint32_t *bits, uint32_t *outputs)"
    return Part(code=_function(lane_program(circuit), signature, ["(void)s;"]))


def _function(program: LaneProgram, signature: str, body: list[str]) -> str:
    """The words of a program, with all they need."""
    code = _Writer(program)
    body += ["(void)bits;"]
    if program.words:
        body += [f"uint32_t words[{program.parts * len(program.words)}], *w = words;", "$NAME_HIDE(w);"]
    if code.masks:
        body += ["const uint32_t *m = $name_masks;", "$NAME_HIDE(m);"]
    body += code.lines
    masks = table([f"0x{mask:08X}u" for mask in code.masks], 8)
    masks = f"static const uint32_t $name_masks[{len(code.masks)}] = {{\n{masks}}};\n\n" if code.masks else ""
    all_lines = "".join(code.lines)
    helpers = "".join(
        text for call, text in (("ror", ROR), ("shift", SHIFT)) if f"$name_{call}(" in all_lines
    )
    return f"{HIDE}{masks}{helpers}{signature}\n{{\n{indented(body)}}}\n"


class _Writer:
    """The statements of all words, and the masks in the order in which they are used."""

    def __init__(self, program: LaneProgram) -> None:
        self.masks: list[int] = []
        self.lines: list[str] = []
        self._base = 0  # the entry of the table that m points at
        self._parts = parts = program.parts
        self._n_inputs = parts * program.n_input_words
        self._slot = {
            parts * word.index + p: parts * slot + p
            for slot, word in enumerate(program.words)
            for p in range(parts)
        }
        whole = {terms[0]: o for o, terms in enumerate(program.outputs) if len(terms) == 1}
        direct = {
            t.part: o for t, o in whole.items() if t.mask == ONES and t.rotation == 0 and t.part in self._slot
        }
        read = {parts * index + p for word in program.words for index in word.reads for p in range(parts)}
        read |= {t.part for o, terms in enumerate(program.outputs) if o not in direct.values() for t in terms}
        for pair in pairs(program.words):
            self._pair(pair, read, direct)
        for o, terms in enumerate(program.outputs):
            if o not in direct.values():
                self.lines.append(f"outputs[{o}] = {self._gathered(terms)};")

    def _pair(self, pair: tuple[Word, ...], read: set[int], direct: dict[int, int]) -> None:
        """Both words, then their stores: straight to the output where a part of a word is one."""
        if len(self.masks) - self._base > MASKS_IN_REACH - 8 * self._parts:
            self.lines += [f"m += {len(self.masks) - self._base};", "$NAME_HIDE(m);"]
            self._base = len(self.masks)
        made = [(word, p) for word in pair for p in range(self._parts)]
        self.lines.append("{")
        self.lines += [f"    const uint32_t x{i} = {self._word(*one)};" for i, one in enumerate(made)]
        for i, (word, p) in enumerate(made):
            part = self._parts * word.index + p
            if part in read:
                self.lines.append(f"    w[{self._slot[part]}] = x{i};")
            if part in direct:
                self.lines.append(f"    outputs[{direct[part]}] = x{i};")
        self.lines += ["}", "$NAME_HIDE(w);"]

    def _word(self, word: Word, part: int) -> str:
        """The C of `m0 ^ (m1 & a) ^ (b & (m2 ^ (m3 & a)))` without the terms whose mask is 0."""
        a, b = self._value(self._parts * word.a + part), self._rotated(word, part)
        m0, m1, m2, m3 = (m >> 32 * part & ONES for m in word.masks)
        terms = [self._mask(m0)] if m0 else []
        if m1:
            terms.append(self._masked(m1, a))
        if m3:
            inner = f"({self._mask(m2)} ^ {self._masked(m3, a)})" if m2 else self._masked(m3, a)
            terms.append(f"({b} & {inner})")
        elif m2:
            terms.append(self._masked(m2, b))
        return " ^ ".join(terms) or "0"

    def _rotated(self, word: Word, part: int) -> str:
        """A part of the second operand, rotated: 32 lanes of a word, or of two neighbours."""
        whole, bits = divmod(word.rotation, 32)
        low, high = (self._value(self._parts * word.b + (part + whole + n) % self._parts) for n in range(2))
        return rotated(low, bits) if bits == 0 or self._parts == 1 else f"$name_shift({low}, {high}, {bits})"

    def _value(self, part: int) -> str:
        if part < self._n_inputs:
            return f"bits[{part}]"
        return f"w[{self._slot[part]}]" if part in self._slot else "0"

    def _mask(self, mask: int) -> str:
        """A new entry of the table, unless the mask is trivial."""
        if mask == ONES:
            return "0xFFFFFFFFu"
        self.masks.append(mask)
        return f"m[{len(self.masks) - 1 - self._base}]"

    def _masked(self, mask: int, operand: str) -> str:
        return operand if mask == ONES else f"({self._mask(mask)} & {operand})"

    def _gathered(self, terms: tuple[Term, ...]) -> str:
        """An output word from the words its bits stand in."""
        parts = []
        for term in terms:
            value = rotated(self._value(term.part), term.rotation)
            parts.append(value if term.mask == ONES else f"({value} & 0x{term.mask:08X}u)")
        return " | ".join(parts)


def pairs(words: tuple[Word, ...]) -> Iterator[tuple[Word, ...]]:
    """All words in an order of evaluation, two at a time where some word does not wait for the other."""
    waiting, unknown = list(words), {word.index for word in words}
    while waiting:
        ready = [word for word in waiting if unknown.isdisjoint(word.reads)][:2]
        yield tuple(ready)
        for word in ready:
            waiting.remove(word)
        unknown.difference_update(word.index for word in ready)


def rotated(word: str, count: int) -> str:
    """The C of a word rotated right."""
    return word if count == 0 else f"$name_ror({word}, {count})"
