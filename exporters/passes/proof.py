"""Is an optimised circuit equal to its source? A proof by the strongest method there is, or a counterexample.

Compared are all outputs and, through what each register of the source became, all next values and start
values: by induction the outputs are then equal for every sequence of inputs. Each output or next value is
settled by the first of these that can:

* "identical": both sides are the same gates over the same nodes, up to inversions and the order of operands;
* "exhaustive": every assignment of the inputs and registers it depends on, where these are few;
* "sat": a SAT solver within a budget of conflicts, helped by equal nodes inside (see `exporters.passes.sat`);
* "random": random assignments. That is no proof; the result says how many there were.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import monotonic

import numpy as np

from exporters.passes.miter import Miter
from exporters.passes.optimise import DEAD, Optimised
from exporters.passes.registers import CONSTANT
from exporters.passes.sat import Equivalence
from zoo.circuit import Bits, Circuit

METHODS = ("identical", "exhaustive", "sat", "random")  # strongest first


@dataclass(frozen=True)
class Counterexample:
    """Where two circuits differ.

    Args:
        bits: uint8 (inputs,): the input bits of one frame.
        state: uint8 (registers of the source,): what the source's registers hold in that frame. Registers
            that are supposed to be equal are so here, but no run need ever come to this state.
        where: For example "output 3", "next value of register 2" or "start value of register 0".
    """

    bits: Bits
    state: Bits
    where: str


@dataclass(frozen=True)
class Proof:
    """What was proved.

    Args:
        count: How many outputs and next values were compared.
        by: How many of them were settled by each of METHODS.
        vectors: Random assignments tried on what stands under "random"; 0 if nothing does.
        counterexample: Where the circuits differ, or None.
    """

    count: int
    by: dict[str, int]
    vectors: int
    counterexample: Counterexample | None = None

    @property
    def equal(self) -> bool:
        """No difference was found; `method` says how sure that is."""
        return self.counterexample is None

    @property
    def method(self) -> str:
        """The weakest method that anything rests on."""
        return next((method for method in reversed(METHODS) if self.by[method]), METHODS[0])

    def __str__(self) -> str:
        if self.counterexample is not None:
            return f"differs at {self.counterexample.where}"
        parts = ", ".join(f"{count} {method}" for method, count in self.by.items() if count)
        tried = f" ({self.vectors} random vectors)" if self.vectors else ""
        return f"equal at {self.count} outputs and next values: {parts}{tried}"


def prove(
    source: Circuit,
    optimised: Optimised | Circuit,
    exhaustive_leaves: int = 14,
    conflicts: int = 20_000,
    seconds: float = 60.0,
    vectors: int = 4096,
) -> Proof:
    """Compare an optimised circuit with its source.

    Args:
        source: The circuit before.
        optimised: The result of `optimise_traced`; or any circuit, whose registers (if it has any) are then
            taken to correspond to the source's one by one.
        exhaustive_leaves: Most inputs and registers that all assignments are tried of; 0 tries none.
        conflicts: Budget of the SAT solver for one output or next value; 0 leaves it out.
        seconds: Budget of the SAT solver altogether.
        vectors: Random assignments that everything is tried on first, and 16 times as many what the other
            methods leave open.

    Raises:
        ValueError: The numbers of inputs or outputs differ, or of registers where these must correspond.
    """
    comparison = _Comparison(source, _traced(source, optimised))
    miter, pairs = comparison.miter, comparison.pairs
    by = dict.fromkeys(METHODS, 0)

    def differs(where: str, assignment: Sequence[int]) -> Proof:
        return Proof(len(pairs), by, 0, comparison.counterexample(where, assignment))

    if comparison.wrong_start is not None:
        return differs(comparison.wrong_start, [0] * miter.n_leaves)
    roots = [literal >> 1 for pair in pairs for literal in (pair.source, pair.optimised)]
    values = _random_values(miter, roots, vectors, seed=0)
    for pair in pairs:
        if difference := _difference(values, pair, vectors):
            return differs(pair.where, _assignment(miter, values, difference))
    undecided = []
    for pair in pairs:
        if pair.source == pair.optimised:
            by["identical"] += 1
            continue
        found = _exhaustive(miter, pair, exhaustive_leaves)
        if found is None:
            undecided.append(pair)
        elif found:
            return differs(pair.where, found)
        else:
            by["exhaustive"] += 1
    if undecided and conflicts > 0:
        equivalence = Equivalence(miter, values, (1 << vectors) - 1, monotonic() + seconds)
        equivalence.merge([literal for pair in undecided for literal in (pair.source, pair.optimised)])
        for pair in undecided[:]:
            equal, assignment = equivalence.decide(pair.source, pair.optimised, conflicts)
            if equal:
                by["sat"] += 1
                undecided.remove(pair)
            elif equal is not None:
                values = dict(enumerate([0, *assignment]))
                miter.evaluate(miter.cone((pair.source >> 1, pair.optimised >> 1)), values, 1)
                if not _difference(values, pair, 1):
                    raise RuntimeError(
                        f"{pair.where}: the SAT solver's counterexample is none; please report this"
                    )
                return differs(pair.where, assignment)
    by["random"] = len(undecided)
    if not undecided:
        return Proof(len(pairs), by, 0)
    values = _random_values(miter, roots, 16 * vectors, seed=1)
    for pair in undecided:
        if difference := _difference(values, pair, 16 * vectors):
            return differs(pair.where, _assignment(miter, values, difference))
    return Proof(len(pairs), by, 17 * vectors)


@dataclass(frozen=True)
class _Pair:
    """Two literals that must be equal, and what they are."""

    where: str
    source: int
    optimised: int


class _Comparison:
    """Both circuits in one miter; leaves: inputs, optimised registers, kinds of dead source registers."""

    def __init__(self, source: Circuit, traced: Optimised) -> None:
        optimised = traced.circuit
        became = list(zip(traced.register.tolist(), traced.inverted.tolist(), strict=True))
        shared = optimised.n_inputs + optimised.n_registers
        dead = {register: i for i, register in enumerate({r: 0 for r, _ in became if r <= DEAD}, shared)}
        self.source = source
        self.miter = miter = Miter(shared + len(dead))
        self._leaves = [miter.leaf(i) for i in range(source.n_inputs)]
        for register, inverted in became:
            if register == CONSTANT:
                self._leaves.append(inverted)
            elif register <= DEAD:
                self._leaves.append(miter.leaf(dead[register]) ^ inverted)
            else:
                self._leaves.append(miter.leaf(source.n_inputs + register) ^ inverted)
        old = miter.add(source, self._leaves)
        new = miter.add(optimised, [miter.leaf(i) for i in range(shared)])
        self.pairs = [
            _Pair(f"output {i}", old[a], new[b])
            for i, (a, b) in enumerate(zip(source.outputs.tolist(), optimised.outputs.tolist(), strict=True))
        ]
        self.wrong_start: str | None = None
        # What each register of the source must become and start as, up to its inversion. Dead ones follow the
        # first of their kind.
        expected = {CONSTANT: (0, 0)}
        for register, (after, start) in enumerate(
            zip(optimised.register_next, optimised.register_init, strict=True)
        ):
            expected[register] = new[after], int(start)
        for i, (register, inverted) in enumerate(became):
            found = old[source.register_next[i]] ^ inverted, int(source.register_init[i]) ^ inverted
            after, start = expected.setdefault(register, found)
            self.pairs.append(_Pair(f"next value of register {i}", found[0], after))
            if found[1] != start and self.wrong_start is None:
                self.wrong_start = f"start value of register {i}"

    def counterexample(self, where: str, assignment: Sequence[int]) -> Counterexample:
        """The source's inputs and registers under a value of every leaf of the miter."""
        known = [0, *assignment]
        found = np.array([known[literal >> 1] ^ literal & 1 for literal in self._leaves], np.uint8)
        return Counterexample(found[: self.source.n_inputs], found[self.source.n_inputs :], where)


def _traced(source: Circuit, optimised: Optimised | Circuit) -> Optimised:
    """With what became of every register, after a check that the two can be compared at all."""
    if isinstance(optimised, Circuit):
        if optimised.n_registers != source.n_registers:
            raise ValueError(
                f"optimised: expected {source.n_registers} registers as in its source, found "
                f"{optimised.n_registers}; pass the result of optimise_traced, which says what became of each"
            )
        same = np.arange(source.n_registers, dtype=np.int32)
        optimised = Optimised(optimised, same, np.zeros(source.n_registers, np.uint8))
    for name in ("n_inputs", "n_outputs"):
        expected, found = getattr(source, name), getattr(optimised.circuit, name)
        if expected != found:
            raise ValueError(f"optimised: expected {name} {expected} as in its source, found {found}")
    return optimised


def _random_values(miter: Miter, roots: Iterable[int], vectors: int, seed: int) -> dict[int, int]:
    """As many random bits of every leaf, and what follows for the nodes under the roots."""
    generator = random.Random(seed)
    values = {0: 0} | {leaf: generator.getrandbits(vectors) for leaf in range(1, miter.n_leaves + 1)}
    miter.evaluate(miter.cone(roots), values, (1 << vectors) - 1)
    return values


def _difference(values: dict[int, int], pair: _Pair, vectors: int) -> int:
    """Bits of the vectors in which two literals differ."""
    difference = values[pair.source >> 1] ^ values[pair.optimised >> 1]
    return difference ^ ((1 << vectors) - 1 if (pair.source ^ pair.optimised) & 1 else 0)


def _assignment(miter: Miter, values: dict[int, int], vectors: int) -> list[int]:
    """Values of all leaves in the first of some vectors."""
    first = (vectors & -vectors).bit_length() - 1
    return [values[leaf] >> first & 1 for leaf in range(1, miter.n_leaves + 1)]


def _exhaustive(miter: Miter, pair: _Pair, most: int) -> list[int] | None:
    """Compare under all assignments: [] if equal, an assignment if not, None if there are too many."""
    support = miter.support[pair.source >> 1] | miter.support[pair.optimised >> 1]
    if support.bit_count() > most:
        return None
    nodes = [leaf for leaf in range(1, miter.n_leaves + 1) if support >> (leaf - 1) & 1]
    first, second = miter.table((pair.source, pair.optimised), nodes)
    if first == second:
        return []
    at = ((first ^ second) & -(first ^ second)).bit_length() - 1
    chosen = {node: at >> i & 1 for i, node in enumerate(nodes)}
    return [chosen.get(leaf, 0) for leaf in range(1, miter.n_leaves + 1)]
