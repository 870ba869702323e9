"""Lane programs in vector instructions: 128 lanes a register, masks streamed, rotations by whole bytes.

A gate is what it answers to a where b is 0, and what it answers where b is 1; a select takes one of them:

    zero = a & z;  one = select(a, p, q);  out = select(rotated b, one, zero)
"""

from __future__ import annotations

from typing import Protocol

from exporters.asm.lane_integers import SETTLE, LaneCode
from exporters.asm.lane_plan import LanePlan, Step
from exporters.c.lane_program import LaneProgram, Word
from exporters.schedule.interleave import Core, Op, interleave


class VectorDialect(Protocol):
    """How an instruction set writes what is needed here; `{0}` and so on are register numbers.

    The stages are those of the unit that the code is ordered for.
    """

    core: Core
    operand: int  # stage at which operands are needed
    result: int  # stage after which results are there
    chosen: int  # the same for selects
    moved: tuple[int, int]  # the same for rotations and stores, and rotations and loads
    turn_cycles: int
    input_cycles: int
    turn_unit: str
    streams: int  # masks are loaded in turn from so many streams; 0: in any order

    def logic(self, name: str) -> str:
        """`{0} = {1} name {2}`; name is and, bic, orr, orn or eor."""
        ...

    def inverse(self) -> str:
        """`{0} = ~{1}`."""
        ...

    def constant(self, ones: bool) -> str:
        """`{0}` all ones or all zeros."""
        ...

    def insert(self, where: bool) -> str:
        """`{0} = {3} == where ? {2} : {1}`, `{0}` and `{1}` being one register."""
        ...

    def select(self) -> str:
        """`{0} = {1} ? {2} : {3}`, `{0}` and `{1}` being one register."""
        ...

    def turned(self, count: int) -> str:
        """`{0}` is `{1}` rotated right by so many bytes."""
        ...

    def mask(self, number: int) -> str:
        """`{0}` is the next mask of the table."""
        ...

    def load(self, word: int) -> str:
        """`{0}` is an input word."""
        ...

    def store(self, output: int) -> str:
        """`{0}` goes to four output words from this one on."""
        ...

    def fetch(self, slot: int) -> str:
        """`{0}` from the stack."""
        ...

    def keep(self, slot: int) -> str:
        """`{0}` to the stack."""
        ...


def vector_lane_code(
    program: LaneProgram, plan: LanePlan, dialect: VectorDialect, registers: tuple[int, ...]
) -> LaneCode:
    """Instructions for a plan; its masks are of 128 bits, its slots of 16 bytes."""
    code = _Code(program, plan, dialect)
    return LaneCode(interleave(code.ops, registers, dialect.core), code.masks, plan.n_slots, plan.places)


class _Code:
    """Instructions over values, in the order of the plan."""

    def __init__(self, program: LaneProgram, plan: LanePlan, dialect: VectorDialect) -> None:
        self.ops: list[Op] = []
        self.masks: list[int] = []
        self._program, self._plan, self._dialect = program, plan, dialect
        self._words: dict[int, int] = {}  # word -> its value
        self._n_values = 0
        self._stored: dict[int, int] = {}  # word -> number of its store
        self._touched: dict[int, list[int]] = {}  # slot -> numbers of the fetches since its last store
        self._loaded: list[int] = []  # numbers of the instructions that load masks
        for step in plan.steps:
            self._step(step)

    def _emit(
        self,
        text: str,
        unit: str,
        reads: tuple[int, ...] = (),
        *,
        moves: bool = False,
        results: int = 1,
        cycles: int = 1,
        after: tuple[tuple[int, int], ...] = (),
    ) -> int:
        """An instruction; its result, if it has one."""
        dialect, value = self._dialect, self._n_values
        self._n_values += results
        needed, there = dialect.moved if moves else (dialect.operand, dialect.result)
        writes = ((value, there),) * results
        self.ops.append(Op(text, unit, tuple((r, needed) for r in reads), writes, cycles, after=after))
        return value

    def _process(self, text: str, *reads: int) -> int:
        return self._emit(text, "process", reads)

    def _select(self, text: str, *reads: int) -> int:
        """An instruction whose result replaces the first operand."""
        value, dialect = self._n_values, self._dialect
        self._n_values += 1
        needed = tuple((r, dialect.operand) for r in reads)
        self.ops.append(Op(text, "process", needed, ((value, dialect.chosen),), tied=True))
        return value

    def _step(self, step: Step) -> None:
        assert step.word is not None
        for index in step.loads:
            self._fetch(index)
        value = self._words[step.word.index] = self._word(step.word)
        if step.store:
            slot = self._plan.places[step.word.index]
            after = tuple((number, 0) for number in self._touched.pop(slot, ()))
            self._stored[step.word.index] = len(self.ops)
            self._emit(self._dialect.keep(slot), "memory", (value,), moves=True, results=0, after=after)
        for output, part in step.outputs:
            if part == 0:
                cycles = self._dialect.input_cycles
                text = self._dialect.store(output)
                self._emit(text, "memory", (value,), moves=True, results=0, cycles=cycles)

    def _fetch(self, index: int) -> None:
        if index < self._program.n_input_words:
            text, cycles = self._dialect.load(index), self._dialect.input_cycles
            self._words[index] = self._emit(text, "memory", moves=True, cycles=cycles)
            return
        slot = self._plan.places[index]
        self._touched.setdefault(slot, []).append(len(self.ops))
        after = ((self._stored[index], SETTLE),)
        self._words[index] = self._emit(self._dialect.fetch(slot), "memory", moves=True, after=after)

    def _mask(self, mask: int) -> int:
        """The next mask of the table."""
        streams, n = self._dialect.streams, len(self.masks)
        after = ((self._loaded[n - streams], 1),) if 0 < streams <= n else ()
        self._loaded.append(len(self.ops))
        self.masks.append(mask)
        return self._emit(self._dialect.mask(len(self.masks) - 1), "memory", moves=True, after=after)

    def _word(self, word: Word) -> int:
        """The value of a word."""
        ones, (m0, m1, m2, m3) = self._program.ones, word.masks
        zero, one = (m0, m0 ^ m1), (m0 ^ m2, m0 ^ m1 ^ m2 ^ m3)  # what a = 0 and a = 1 give
        if zero == one:
            return self._whole(zero, word)
        dialect, turn = self._dialect, word.rotation // 8
        b = self._words[word.b]
        if turn:
            b = self._emit(
                dialect.turned(turn), dialect.turn_unit, (b,), moves=True, cycles=dialect.turn_cycles
            )
        none, every = (0, 0), (ones, ones)
        if (zero, one) in ((none, every), (every, none)):
            return b if one == every else self._process(dialect.inverse(), b)
        if one == (zero[0] ^ ones, zero[1] ^ ones):
            return self._process(dialect.logic("eor"), self._whole(zero, word), b)
        if zero in (none, every):
            return self._process(dialect.logic("and" if zero == none else "orn"), self._whole(one, word), b)
        if one in (none, every):
            return self._process(dialect.logic("bic" if one == none else "orr"), self._whole(zero, word), b)
        low, high = self._whole(zero, word), self._whole(one, word)
        if turn:
            return self._select(dialect.select(), b, high, low)
        if low != self._words.get(word.a):
            return self._select(dialect.insert(True), low, high, b)
        return self._select(dialect.insert(False), high, low, b)

    def _whole(self, answers: tuple[int, int], word: Word) -> int:
        """A function of a: what it gives where a is 0, and where it is 1."""
        (q, p), ones, dialect = answers, self._program.ones, self._dialect
        if q == p:
            if q in (0, ones):
                return self._process(dialect.constant(q == ones))
            return self._mask(q)
        a = self._words[word.a]
        if (q, p) == (0, ones):
            return a
        if (q, p) == (ones, 0):
            return self._process(dialect.inverse(), a)
        if q == 0 or p == ones:
            return self._process(dialect.logic("orr" if q else "and"), self._mask(q or p), a)
        if p == 0 or q == ones:
            return self._process(dialect.logic("orn" if p else "bic"), self._mask(p or q), a)
        low = self._mask(q)
        return self._select(dialect.insert(True), low, self._mask(p), a)
