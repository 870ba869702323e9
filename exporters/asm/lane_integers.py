"""Lane programs in integer instructions: 32 lanes a register, masks from a table, rotations in the operand.

    t = m3 & a;  t ^= m2;  t &= ror(b);  out = (m1 & a) ^ t

Most words have no m0 (see `exporters.c.lane_program`). Masks and words are loaded two at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from exporters.asm.lane_plan import LanePlan, Step, lane_plan
from exporters.c.lane_program import LaneProgram, Word
from exporters.schedule.interleave import Core, Interleaved, Op, RegistersError, interleave

ONES = 0xFFFF_FFFF
BITS, OUTPUTS = 0, 1  # values that are there at the start: the arguments
MANY = 1_000  # words of a program for which two plans are enough
SETTLE = 3  # cycles between a store and a load of the same place


class Dialect(Protocol):
    """How an instruction set writes what is needed here; `{0}` and so on are register numbers."""

    core: Core
    registers: tuple[int, ...]  # for values; the first two hold the arguments at the start
    halves: bool  # whether a pair of masks is one register of 64 bits, the first mask in the lower half
    spare_outputs: bool  # whether the pointer to the outputs waits in memory until it is needed

    def logic(self, name: str, rotation: int = 0) -> str:
        """`{0} = {1} name ror({2}, rotation)`."""
        ...

    def upper(self, name: str) -> str:
        """`{0} = {1} name upper half of {2}`; only where masks are halves."""
        ...

    def turned(self, rotation: int) -> str:
        """`{0} = ror({1}, rotation)`; rotation 32 takes the upper half."""
        ...

    def constant(self, ones: bool) -> str:
        """`{0}` all ones or all zeros."""
        ...

    def load(self, offset: int) -> str:
        """`{0}` from the array at `{1}`."""
        ...

    def store(self, offset: int) -> str:
        """`{0}` to the array at `{1}`."""
        ...

    def fetch(self, slot: int) -> str:
        """`{0}` from the stack."""
        ...

    def fetch_pair(self, slot: int) -> str | None:
        """`{0}` and `{1}` from the stack; None where it does not reach."""
        ...

    def keep(self, slot: int) -> str:
        """`{0}` to the stack."""
        ...

    def keep_pointer(self, slot: int) -> str:
        """The pointer `{0}` to the stack, two slots."""
        ...

    def fetch_pointer(self, slot: int) -> str:
        """The pointer `{0}` from the stack."""
        ...

    def masks(self, pair: int) -> tuple[str, bool]:
        """Masks `{0}` and `{1}` of the table; whether this must follow the one before."""
        ...

    def next_masks(self, pair: int) -> str | None:
        """What moves the table's pointer before this pair of masks."""
        ...


class Mask(NamedTuple):
    """A mask in a register, or in the upper half of one."""

    value: int
    upper: bool = False


@dataclass(frozen=True)
class LaneCode:
    """A function's body.

    Args:
        body: Instructions.
        masks: The table, an even number of entries.
        n_slots: Words of stack.
        places: Word -> the slot in which it stays to the end, for who gathers outputs from memory.
    """

    body: Interleaved
    masks: list[int]
    n_slots: int
    places: dict[int, int] = field(default_factory=dict)


def best_lane_code(
    program: LaneProgram, capacities: Iterable[int], make: Callable[[LanePlan], LaneCode], gather: bool = True
) -> LaneCode:
    """The cheapest code among plans that hold few or many words in registers."""
    found = []
    tried = list(capacities)
    for capacity in tried if len(program.words) <= MANY else tried[:2]:
        try:
            found.append(make(lane_plan(program, capacity, gather)))
        except RegistersError:
            continue
    return min(found, key=lambda code: code.body.cycles)


def integer_lane_code(program: LaneProgram, plan: LanePlan, dialect: Dialect) -> LaneCode:
    """Instructions for a plan."""
    code = _Code(program, plan, dialect)
    held = dict(zip((BITS, OUTPUTS), dialect.registers, strict=False))
    body = interleave(code.ops, dialect.registers, dialect.core, held)
    return LaneCode(body, code.masks + [0] * (len(code.masks) % 2), code.n_slots)


class _Code:
    """Instructions over values, in the order of the plan."""

    def __init__(self, program: LaneProgram, plan: LanePlan, dialect: Dialect) -> None:
        self.ops: list[Op] = []
        self.masks: list[int] = []
        self._program, self._plan, self._dialect = program, plan, dialect
        self._words: dict[int, int] = {}  # word -> its value
        self._n_values = 2
        self._stored: dict[int, int] = {}  # word -> number of its store
        self._touched: dict[int, list[int]] = {}  # slot -> numbers of the fetches since its last store
        self._fetches = [index for step in plan.steps for index in step.loads]
        self._fetched = 0  # of `_fetches`
        self._ahead: set[int] = set()  # words fetched with an earlier one
        self._waiting: list[Mask] = []  # loaded with an earlier one
        self._moved = -1  # number of the instruction that last moved the table's pointer
        self._since: list[int] = []  # numbers of the mask loads after it
        self._sums: dict[int, int] = {}  # output word -> what was gathered so far
        self._outputs = OUTPUTS
        self.n_slots = plan.n_slots
        if dialect.spare_outputs:
            self._emit(dialect.keep_pointer(self.n_slots), "memory", ((OUTPUTS, 3),))
            self._outputs, self.n_slots = -1, self.n_slots + 2
        self._masks = iter(_mask_stream(program, plan))
        for step in plan.steps:
            self._step(step)

    def _value(self) -> int:
        self._n_values += 1
        return self._n_values - 1

    def _emit(
        self,
        text: str,
        unit: str,
        reads: tuple[tuple[int, int], ...] = (),
        stage: int = 0,
        results: int = 0,
        after: tuple[tuple[int, int], ...] = (),
    ) -> tuple[int, ...]:
        """An instruction; its results, there after a stage."""
        values = tuple(self._value() for _ in range(results))
        self.ops.append(Op(text, unit, reads, tuple((v, stage) for v in values), after=after))
        return values

    def _logic(self, name: str, a: int, b: int, rotation: int = 0) -> int:
        reads = ((a, 2), (b, 1 if rotation else 2))
        return self._emit(self._dialect.logic(name, rotation), "alu", reads, 2, 1)[0]

    def _step(self, step: Step) -> None:
        for index in step.loads:
            self._fetch(index)
        if step.word is None:
            self._gather(step)
            return
        value = self._word(step.word)
        self._words[step.word.index] = value
        if step.store:
            slot = self._plan.places[step.word.index]
            after = tuple((number, 0) for number in self._touched.pop(slot, ()))
            self._stored[step.word.index] = len(self.ops)
            self._emit(self._dialect.keep(slot), "memory", ((value, 3),), after=after)
        for output, _ in step.outputs:
            self._to_output(value, output)

    def _to_output(self, value: int, output: int) -> None:
        if self._outputs < 0:
            self._outputs = self._emit(
                self._dialect.fetch_pointer(self.n_slots - 2), "memory", (), 3, 1, after=((0, SETTLE),)
            )[0]
        self._emit(self._dialect.store(4 * output), "memory", ((value, 3), (self._outputs, 1)))

    def _fetch(self, index: int) -> None:
        """A word from memory, with the one fetched next where the two stand together."""
        self._fetched += 1
        if index in self._ahead:
            self._ahead.remove(index)
            return
        if index < self._program.n_input_words:
            self._words[index] = self._emit(self._dialect.load(4 * index), "memory", ((BITS, 1),), 3, 1)[0]
            return
        places, slot = self._plan.places, self._plan.places[index]
        following = self._fetches[self._fetched] if self._fetched < len(self._fetches) else -1
        if places.get(following) == slot ^ 1 and following in self._stored and following not in self._ahead:
            pair = self._dialect.fetch_pair(slot & ~1)
            if pair is not None:
                both = (index, following) if slot & 1 == 0 else (following, index)
                after = tuple((self._stored[x], SETTLE) for x in both)
                self._touch(slot, slot ^ 1)
                values = self._emit(pair, "memory", (), 3, 2, after=after)
                self._words |= dict(zip(both, values, strict=True))
                self._ahead.add(following)
                return
        self._touch(slot)
        after = ((self._stored[index], SETTLE),)
        self._words[index] = self._emit(self._dialect.fetch(slot), "memory", (), 3, 1, after=after)[0]

    def _touch(self, *slots: int) -> None:
        for slot in slots:
            self._touched.setdefault(slot, []).append(len(self.ops))

    def _mask(self) -> Mask:
        """The next mask of the table, loaded with the one after it."""
        if not self._waiting:
            dialect, pair = self._dialect, len(self.masks) // 2
            move = dialect.next_masks(pair)
            if move is not None:
                after = tuple((number, 0) for number in self._since)
                self._moved, self._since = len(self.ops), []
                self._emit(move, "alu", after=after)
            after = ((self._moved, 2),) if self._moved >= 0 else ()
            text, in_turn = dialect.masks(pair)
            if in_turn and self._since:
                after += ((self._since[-1], 1),)
            self._since.append(len(self.ops))
            values = self._emit(text, "memory", (), 3, 1 if dialect.halves else 2, after=after)
            self._waiting = [Mask(values[0]), Mask(values[-1], upper=dialect.halves)]
            self.masks += [next(self._masks), next(self._masks, 0)]
        return self._waiting.pop(0)

    def _masked(self, name: str, a: int) -> int:
        """A value and the next mask."""
        mask = self._mask()
        if not mask.upper:
            return self._logic(name, a, mask.value)
        reads = ((a, 2), (mask.value, 1))
        return self._emit(self._dialect.upper(name), "alu", reads, 2, 1)[0]

    def _plain_mask(self) -> int:
        """The next mask in a register of its own."""
        mask = self._mask()
        if not mask.upper:
            return mask.value
        return self._emit(self._dialect.turned(32), "alu", ((mask.value, 1),), 1, 1)[0]

    def _word(self, word: Word) -> int:
        """The value of a word, without the operations whose mask is trivial; masks as in `word_masks`."""
        m0, m1, m2, m3 = word.masks
        a, b, turn = self._words.get(word.a, -1), self._words.get(word.b, -1), word.rotation
        inner = None
        if m3:
            inner = a if m3 == ONES else self._masked("and", a)
            if m2:
                inner = self._masked("eor", inner)
            inner = self._logic("and", inner, b, turn)
        elif m2 and m2 != ONES:
            inner = self._masked("and", b) if turn == 0 else self._logic("and", self._plain_mask(), b, turn)
        outer = None
        if m1:
            outer = a if m1 == ONES else self._masked("and", a)
        if m0:
            outer = self._plain_mask() if outer is None else self._masked("eor", outer)
        if inner is None and m2:  # b as it is
            if outer is not None:
                return self._logic("eor", outer, b, turn)
            return self._emit(self._dialect.turned(turn), "alu", ((b, 1),), 1, 1)[0]
        if inner is None or outer is None:
            value = inner if inner is not None else outer
            return self._emit(self._dialect.constant(False), "alu", (), 1, 1)[0] if value is None else value
        return self._logic("eor", outer, inner)

    def _gather(self, step: Step) -> None:
        """The bits that one word gives to an output."""
        assert step.output is not None
        terms = self._program.outputs[step.output]
        (index,) = step.reads
        for term in terms:
            if term.part != index:
                continue
            value = self._words[index]
            if term.mask != ONES and term.rotation == 0:
                value = self._masked("and", value)
            elif term.mask != ONES:
                value = self._logic("and", self._plain_mask(), value, term.rotation)
            elif term.rotation:
                value = self._emit(self._dialect.turned(term.rotation), "alu", ((value, 1),), 1, 1)[0]
            if step.output in self._sums:
                value = self._logic("orr", self._sums[step.output], value)
            self._sums[step.output] = value
        if list(dict.fromkeys(term.part for term in terms))[-1] == index:
            self._to_output(self._sums.pop(step.output), step.output)


def word_masks(word: Word) -> list[int]:
    """The masks that a word needs from the table, in the order of use."""
    m0, m1, m2, m3 = word.masks
    used = [m3] if m3 not in (0, ONES) else []
    used += [m2] if m2 and (m3 or m2 != ONES) else []
    used += [m1] if m1 not in (0, ONES) else []
    return used + ([m0] if m0 else [])


def _mask_stream(program: LaneProgram, plan: LanePlan) -> list[int]:
    """Every mask in the order of use."""
    masks = []
    for step in plan.steps:
        if step.word is not None:
            masks += word_masks(step.word)
            continue
        assert step.output is not None
        terms = program.outputs[step.output]
        masks += [term.mask for term in terms if term.part == step.reads[0] and term.mask != ONES]
    return masks
