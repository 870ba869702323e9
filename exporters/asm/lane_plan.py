"""An order for the words of a lane program, and which of them stay in registers from use to use.

Each word is read a few times, so words that share an operand go one after the other where they can. What has
to leave the registers is stored once, right after it was computed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import islice, pairwise

from exporters.c.lane_program import LaneProgram, Term, Word

LOOKED_AT = 24  # readers of a word among which the next one is chosen


@dataclass(frozen=True)
class Step:
    """One word of gates, or what one word gives to an output word that is gathered from several.

    Args:
        word: The gate word to compute; None for an output.
        output: The output word to gather; None for gates.
        reads: Words that must be in registers.
        loads: Those of them that have to be fetched from memory first.
        store: Whether the result goes to memory, for later loads.
        outputs: (output word, part of this word) that the result is, as it stands.
    """

    word: Word | None
    reads: tuple[int, ...]
    loads: tuple[int, ...]
    output: int | None = None
    store: bool = False
    outputs: tuple[tuple[int, int], ...] = ()


@dataclass
class LanePlan:
    """Steps in order.

    Args:
        steps: What is done.
        places: Word -> its first memory slot, of one word each; inputs have none.
        n_slots: Slots.
    """

    steps: list[Step]
    places: dict[int, int] = field(default_factory=dict)
    n_slots: int = 0


def lane_plan(program: LaneProgram, capacity: int, gather: bool = True) -> LanePlan:
    """Order the words of a program for so many registers that hold words.

    Args:
        program: What to compute.
        capacity: Words held at a time, at least 3: two operands and a result.
        gather: Whether outputs are gathered in registers. Otherwise the words they come from are stored, and
            kept, and there are no steps for them.
    """
    direct = direct_outputs(program)
    gathered = gathered_outputs(program, direct)
    order = _order(program.words, capacity)
    reads: list[tuple[int, ...]] = [tuple(dict.fromkeys(word.reads)) for word in order]
    if gather:
        reads += [(index,) for _, index in gathered]
    loads, stored = _residency(program, order, reads, capacity)
    kept = set() if gather else {index for _, index in gathered if index >= program.n_input_words}
    stored |= kept
    shown: dict[int, list[tuple[int, int]]] = {}
    for o, part in direct.items():
        shown.setdefault(part // program.parts, []).append((o, part % program.parts))
    steps = [
        Step(
            word,
            reads[i],
            loads[i],
            store=word.index in stored,
            outputs=tuple(shown.get(word.index, ())),
        )
        for i, word in enumerate(order)
    ]
    for k, (o, _) in enumerate(gathered if gather else (), len(order)):
        steps.append(Step(None, reads[k], loads[k], output=o))
    plan = LanePlan(steps)
    _slots(plan, kept)
    return plan


def direct_outputs(program: LaneProgram) -> dict[int, int]:
    """Output word -> the part of a gate word that it is, unturned and whole.

    Of words that have several parts, all must be outputs, one after the other.
    """
    parts, first = program.parts, program.parts * program.n_input_words
    whole = {
        o: terms[0].part
        for o, terms in enumerate(program.outputs)
        if len(terms) == 1 and terms[0] == Term(terms[0].part, 0, 0xFFFF_FFFF) and terms[0].part >= first
    }
    starts = [
        o
        for o, part in whole.items()
        if part % parts == 0 and all(whole.get(o + k) == part + k for k in range(parts))
    ]
    return {o + k: whole[o] + k for o in starts for k in range(parts)}


def gathered_outputs(program: LaneProgram, direct: dict[int, int]) -> list[tuple[int, int]]:
    """(output word, a word that gives bits to it) for all that are not `direct`."""
    pairs = ((o, term.part // program.parts) for o, terms in enumerate(program.outputs) for term in terms)
    return [(o, index) for o, index in dict.fromkeys(pairs) if o not in direct]


def _order(words: tuple[Word, ...], capacity: int) -> list[Word]:
    """Words that read what was used or made last go first."""
    uses: dict[int, int] = {}
    readers: dict[int, dict[int, Word]] = {}  # word -> who still has to read it
    for word in words:
        for index in set(word.reads):
            uses[index] = uses.get(index, 0) + 1
            readers.setdefault(index, {})[word.index] = word
    made = {word.index for word in words}
    missing = {word.index: sum(x in made for x in set(word.reads)) for word in words}
    ready = {word.index: word for word in words if not missing[word.index]}
    first = list(ready)  # a heap: of those that read nothing recent, only the first is a candidate
    heapify(first)
    recent: list[int] = []  # most recent last
    order = []
    while ready:
        while first[0] not in ready:
            heappop(first)
        near = {x for index in recent for x in islice(readers.get(index, ()), LOOKED_AT) if x in ready}
        best = min((ready[index] for index in {first[0], *near}), key=lambda word: _cost(word, recent, uses))
        del ready[best.index]
        order.append(best)
        for index in dict.fromkeys(best.reads):
            uses[index] -= 1
            del readers[index][best.index]
            if index in recent:
                recent.remove(index)
            if uses[index]:
                recent.append(index)
        for word in readers.get(best.index, {}).values():
            missing[word.index] -= 1
            if not missing[word.index]:
                ready[word.index] = word
                heappush(first, word.index)
        if uses.get(best.index):
            recent.append(best.index)
        del recent[: -capacity + 1 or None]
    return order


def _cost(word: Word, recent: list[int], uses: dict[int, int]) -> tuple[int, int, int]:
    """Fewest loads first, then most registers set free, then the order of the program."""
    reads = set(word.reads)
    fetched = sum(index not in recent for index in reads)
    freed = sum(uses[index] == 1 and index in recent for index in reads)
    return fetched, -freed, word.index


def _residency(
    program: LaneProgram, order: list[Word], reads: list[tuple[int, ...]], capacity: int
) -> tuple[list[tuple[int, ...]], set[int]]:
    """What each step loads, and which words are stored: the farthest next use leaves (Belady's rule)."""
    uses: dict[int, list[int]] = {}
    for i in range(len(reads) - 1, -1, -1):
        for index in reads[i]:
            uses.setdefault(index, []).append(i)
    held: set[int] = set()
    stored: set[int] = set()
    loads = []

    def room(keep: tuple[int, ...]) -> None:
        while len(held) >= capacity:
            victim = max(held.difference(keep), key=lambda index: uses[index][-1])
            held.remove(victim)
            if victim >= program.n_input_words:
                stored.add(victim)

    for i, wanted in enumerate(reads):
        fetched = tuple(index for index in wanted if index not in held)
        for index in fetched:
            room(wanted)
            held.add(index)
        loads.append(fetched)
        for index in wanted:
            uses[index].pop()
            if not uses[index]:
                held.remove(index)
        if i < len(order) and uses.get(order[i].index):
            held.add(order[i].index)
            if len(held) > capacity:
                room(())
    return loads, stored


def _slots(plan: LanePlan, kept: set[int]) -> None:
    """Memory for stored words: pairs that are fetched together stand together, and places are used again."""
    fetched = [index for step in plan.steps for index in step.loads]
    stored = {step.word.index for step in plan.steps if step.store and step.word is not None}
    sequence = [index for index in fetched if index in stored]
    partner: dict[int, int] = {}
    for one, other in pairwise(sequence):
        if one != other and one not in partner and other not in partner:
            partner[one], partner[other] = other, one
    last: dict[int, int] = {}
    for i, step in enumerate(plan.steps):
        last |= dict.fromkeys(step.loads, i)
    last |= dict.fromkeys(kept, len(plan.steps))
    free: list[int] = []  # pairs of slots
    until: dict[int, set[int]] = {}  # first slot of a pair -> words in it that are still needed
    for i, step in enumerate(plan.steps):
        if step.word is not None and step.store:
            _give_place(plan, step.word.index, partner, free, until)
        for index in step.loads:
            place = plan.places.get(index)
            if place is not None and last[index] == i:
                pair = place & ~1
                until[pair].discard(index)
                if not until[pair]:
                    del until[pair]
                    free.append(pair)


def _give_place(
    plan: LanePlan, index: int, partner: dict[int, int], free: list[int], until: dict[int, set[int]]
) -> None:
    """A slot for a word, beside that of its partner."""
    if index in plan.places:
        return
    if free:
        pair = free.pop()
    else:
        pair, plan.n_slots = plan.n_slots, plan.n_slots + 2
    # The partner's slot is kept from now on: it may be fetched together with this one.
    pair_words = [index] if index not in partner else [index, partner[index]]
    for slot, word in enumerate(pair_words, pair):
        plan.places[word] = slot
    until[pair] = set(pair_words)
