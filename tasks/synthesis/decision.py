"""A circuit from a truth table alone: decision diagrams with a choice of decomposition at every node.

Take an input x away from a function f: with f0, f1 the function where x is 0 and 1, and f2 = f0 ^ f1,

    f = x ? f1 : f0  (Shannon)  =  f0 ^ x f2  (positive Davio)  =  f1 ^ ~x f2  (negative Davio),

so any two of the three suffice. Level by level, one input is taken from all functions at once, the input and
for each function the pair that leave the fewest functions, equal or complementary ones being one (a pseudo-
Kronecker decision diagram; R. Drechsler, B. Becker, "Ordered Kronecker functional decision diagrams", 1998).
Which functions are equal is told by linear 64-bit hashes; the result is checked against the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tasks.synthesis.netlist import FALSE, Netlist
from zoo.circuit import Circuit

Bits = npt.NDArray[np.uint8]
Hashes = npt.NDArray[np.uint64]

ZERO = 0  # the hash of the constant function 0


class Part(NamedTuple):
    """A function of the next level, and whether its complement is meant."""

    hash: int
    phase: int


@dataclass(frozen=True)
class Level:
    """What taking one input away needs.

    Args:
        variable: The input.
        choice: For each function `0 1`, `0 2` or `1 2`: the pair that makes it.
        parts: For each function, f0, f1 and f2.
        kept: Hash -> (which function, 0 or 1 half or 2 their sum) that stands for it at the next level.
        cost: An estimate of gates, here and below.
    """

    variable: int
    choice: list[tuple[int, int]]
    parts: list[tuple[Part, Part, Part]]
    kept: dict[int, tuple[int, int]]
    cost: float


def synthesise(table: Bits, seed: int = 0, tries: int = 1) -> Circuit:
    """The smallest circuit found for a table.

    Args:
        table: uint8 (2^inputs, outputs): row t holds the outputs when the inputs are the bits of t, least
            significant first.
        seed: Draws hashes, and the other orders of inputs that are tried.
        tries: Orders of inputs; the first is the greedy one.

    Raises:
        AssertionError: The circuit is not the table; two functions had one hash.
    """
    rng = np.random.default_rng(seed)
    best: Circuit | None = None
    for attempt in range(tries):
        circuit = _attempt(table, rng, 0.0 if attempt == 0 else 0.15)
        if best is None or circuit.n_gates < best.n_gates:
            best = circuit
    assert best is not None
    width = best.n_inputs
    rows = (np.arange(len(table))[:, None] >> np.arange(width)) & 1
    assert np.array_equal(best.evaluate(rows.astype(np.uint8)), table)
    return best


def _attempt(table: Bits, rng: np.random.Generator, noise: float) -> Circuit:
    """One pass from the top to the constants and back, building gates."""
    width = len(table).bit_length() - 1
    functions = np.ascontiguousarray(table.T)
    flips = functions[:, 0].copy()
    functions = functions ^ flips[:, None]
    left = list(range(width))  # inputs, from the least significant axis up
    start = _hashes(functions, _weights(rng, functions.shape[1]))
    order = {int(h): i for i, h in reversed(list(enumerate(start))) if h != ZERO}
    functions = functions[list(order.values())]
    roots = [Part(int(h), int(p)) for h, p in zip(start, flips, strict=True)]
    levels: list[tuple[list[int], Level]] = []
    names = list(order)
    while names:  # what is left when no input is, is constant
        weights = _weights(rng, functions.shape[1] // 2)
        found = [_take(functions, axis, left[axis], weights) for axis in range(len(left))]
        costs = [level.cost * (1 + noise * rng.random()) for level, _ in found]
        axis = int(np.argmin(costs))
        level, halves = found[axis]
        levels.append((names, level))
        names = list(level.kept)
        functions = np.array(
            [_normal(halves[half][which]) for which, half in level.kept.values()], np.uint8
        ).reshape(len(names), functions.shape[1] // 2)
        left.pop(axis)
    return _build(width, levels, roots)


def _take(functions: Bits, axis: int, variable: int, weights: Hashes) -> tuple[Level, list[Bits]]:
    """What remains when the input of an axis goes; and f0, f1, f2 of every function."""
    split = functions.reshape(len(functions), -1, 2, 1 << axis)
    f0 = split[:, :, 0].reshape(len(functions), -1)
    f1 = split[:, :, 1].reshape(len(functions), -1)
    h0, h1 = _hashes(f0, weights), _hashes(f1, weights)
    ones = np.bitwise_xor.reduce(weights)
    p0, p1 = f0[:, 0], f1[:, 0]
    n0, n1 = h0 ^ p0 * ones, h1 ^ p1 * ones
    n2, p2 = h0 ^ h1 ^ (p0 ^ p1) * ones, p0 ^ p1
    parts = [
        (Part(a, int(x)), Part(b, int(y)), Part(c, int(z)))
        for a, b, c, x, y, z in zip(n0.tolist(), n1.tolist(), n2.tolist(), p0, p1, p2, strict=True)
    ]
    choice, kept, gates = _choose(parts)
    return Level(variable, choice, parts, kept, gates + 2.3 * len(kept)), [f0, f1, f0 ^ f1]


def _choose(
    parts: Sequence[tuple[Part, Part, Part]],
) -> tuple[list[tuple[int, int]], dict[int, tuple[int, int]], float]:
    """Pairs for all functions: first where there is no choice, then of what is there, then of the popular."""
    kept: dict[int, tuple[int, int]] = {}
    choice: list[tuple[int, int]] = [(0, 0)] * len(parts)
    uses: dict[int, int] = {}
    gates, open_ = 0.0, []
    for which, three in enumerate(parts):
        constant = [half for half in range(3) if three[half].hash == ZERO]
        if constant:
            other = (constant[0] + 1) % 3  # the other two are then equal or complementary
            choice[which] = (min(constant[0], other), max(constant[0], other))
            if three[other].hash != ZERO:
                kept.setdefault(three[other].hash, (which, other))
            gates += 0.0 if three[2] == (ZERO, 0) else 1.0
        else:
            open_.append(which)
            for part in three:
                uses[part.hash] = uses.get(part.hash, 0) + 1
    open_.sort(key=lambda which: -max(uses[part.hash] for part in parts[which]))
    for which in open_:
        three = parts[which]

        def worth(half: int, three: tuple[Part, Part, Part] = three) -> float:
            return 1e9 if three[half].hash in kept else uses[three[half].hash]

        drop = min((1, 0, 2), key=lambda half: worth(half) + (0.5 if half == 2 else 0.0))
        pair = tuple(half for half in range(3) if half != drop)
        choice[which] = (pair[0], pair[1])
        for half in pair:
            kept.setdefault(three[half].hash, (which, half))
        gates += 3.0 if drop == 2 else 2.0
    return choice, kept, gates


def _build(width: int, levels: Sequence[tuple[list[int], Level]], roots: Sequence[Part]) -> Circuit:
    """Gates from the constants up."""
    netlist = Netlist(width)
    literal = {ZERO: FALSE}
    for names, level in reversed(levels):
        x, below = netlist.input(level.variable), literal
        literal = {ZERO: FALSE}
        for name, pair, three in zip(names, level.choice, level.parts, strict=True):
            f = {half: below[three[half].hash] ^ three[half].phase for half in pair}
            if pair == (0, 1):
                made = netlist.mux(x, f[0], f[1])
            elif pair == (0, 2):
                made = netlist.xor(f[0], netlist.and_(x, f[2]))
            else:
                made = netlist.xor(f[1], netlist.and_(x ^ 1, f[2]))
            literal[name] = made
    return netlist.circuit([literal[root.hash] ^ root.phase for root in roots])


def _weights(rng: np.random.Generator, size: int) -> Hashes:
    return rng.integers(1, 1 << 63, size, dtype=np.uint64)


def _hashes(functions: Bits, weights: Hashes) -> Hashes:
    """uint64 (functions,): linear over exclusive or; 0 for the constant 0."""
    out = np.empty(len(functions), np.uint64)
    for row, function in enumerate(functions):
        out[row] = np.bitwise_xor.reduce(weights[function.view(bool)])
    return out


def _normal(function: Bits) -> Bits:
    """The function or its complement, whichever is 0 at 0."""
    return function ^ function[0]
