"""Frame mode of lane circuits: a word of 32 gates is a few word operations with masks.

The shape of the C decides what an in-order core pays. Masks come in order from a table, so that two arrive
with one load; words go through an array, two independent ones at a time, so that one's work fills the other's
waits. A compiler left to itself does worse: it turns the masks into immediates, or loads hundreds of them
ahead and spills them again. So it is told nothing about the two addresses, by statements that cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from exporters.c.lane_program import ONES, LaneProgram, Term, Word
from exporters.c.part import Part, indented, table

# A Thumb-2 load of two words reaches 1,020 bytes from its base.
MASKS_IN_REACH = 256

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


def lanes_part(program: LaneProgram) -> Part:
    """`$name_gates` of a lane circuit."""
    code = _Writer(program)
    body = ["(void)s;", "(void)bits;"]
    if program.words:
        body += [f"uint32_t words[{len(program.words)}], *w = words;", "$NAME_HIDE(w);"]
    if code.masks:
        body += ["const uint32_t *m = $name_masks;", "$NAME_HIDE(m);"]
    body += code.lines
    masks = table([f"0x{mask:08X}u" for mask in code.masks], 8)
    masks = f"static const uint32_t $name_masks[{len(code.masks)}] = {{\n{masks}}};\n\n" if code.masks else ""
    rotates = ROR if any("$name_ror" in line for line in code.lines) else ""
    function = "void $name_gates($name_state *s, const uint32_t *bits, uint32_t *outputs)"
    return Part(code=f"{HIDE}{masks}{rotates}{function}\n{{\n{indented(body)}}}\n")


class _Writer:
    """The statements of all words, and the masks in the order in which they are used."""

    def __init__(self, program: LaneProgram) -> None:
        self.masks: list[int] = []
        self.lines: list[str] = []
        self._base = 0  # the entry of the table that m points at
        self._n_inputs = program.n_input_words
        self._slot = {word.index: slot for slot, word in enumerate(program.words)}
        whole = {terms[0]: o for o, terms in enumerate(program.outputs) if len(terms) == 1}
        direct = {
            t.word: o for t, o in whole.items() if t.mask == ONES and t.rotation == 0 and t.word in self._slot
        }
        read = {index for word in program.words for index in word.reads}
        read |= {t.word for o, terms in enumerate(program.outputs) if o not in direct.values() for t in terms}
        for pair in pairs(program.words):
            self._pair(pair, read, direct)
        for o, terms in enumerate(program.outputs):
            if o not in direct.values():
                self.lines.append(f"outputs[{o}] = {self._gathered(terms)};")

    def _pair(self, pair: tuple[Word, ...], read: set[int], direct: dict[int, int]) -> None:
        """Both words, then both stores: straight to the output where a word is one."""
        if len(self.masks) - self._base > MASKS_IN_REACH - 8:
            self.lines += [f"m += {len(self.masks) - self._base};", "$NAME_HIDE(m);"]
            self._base = len(self.masks)
        self.lines.append("{")
        self.lines += [
            f"    const uint32_t {x} = {self._word(word)};" for x, word in zip("xy", pair, strict=False)
        ]
        for x, word in zip("xy", pair, strict=False):
            if word.index in read:
                self.lines.append(f"    w[{self._slot[word.index]}] = {x};")
            if word.index in direct:
                self.lines.append(f"    outputs[{direct[word.index]}] = {x};")
        self.lines += ["}", "$NAME_HIDE(w);"]

    def _word(self, word: Word) -> str:
        """The C of `m0 ^ (m1 & a) ^ (b & (m2 ^ (m3 & a)))` without the terms whose mask is 0."""
        a, b = self._value(word.a), rotated(self._value(word.b), word.rotation)
        m0, m1, m2, m3 = word.masks
        terms = [self._mask(m0)] if m0 else []
        if m1:
            terms.append(self._masked(m1, a))
        if m3:
            inner = f"({self._mask(m2)} ^ {self._masked(m3, a)})" if m2 else self._masked(m3, a)
            terms.append(f"({b} & {inner})")
        elif m2:
            terms.append(self._masked(m2, b))
        return " ^ ".join(terms) or "0"

    def _value(self, index: int) -> str:
        return (
            f"bits[{index}]"
            if index < self._n_inputs
            else f"w[{self._slot[index]}]"
            if index in self._slot
            else "0"
        )

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
            value = rotated(self._value(term.word), term.rotation)
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
