"""Which two nodes of the layer before each gate reads. Drawn once; only `learned` wiring moves later.

Every source is read about equally often: operands are runs of random permutations, not independent draws.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoo.lanes import STEPS, WIDTH

Index = npt.NDArray[np.int64]

REDRAWS = 64  # of gates that repeat another gate's pair, before some repeats are left


@dataclass(frozen=True)
class LaneWords:
    """The words behind one lane-wired layer; sources count from the layer's first input word.

    Args:
        a: int64 (words,): source word of the first operand.
        b: int64 (words,): source word of the second operand.
        rotation: int64 (words,): right rotation of the second operand, 0 to width - 1.
        width: Lanes a word.
    """

    a: Index
    b: Index
    rotation: Index
    width: int = WIDTH

    def flat(self) -> tuple[Index, Index]:
        """Both operands of every gate, int64 (gates,) each."""
        lane = np.arange(self.width)
        turned = (lane + self.rotation[:, None]) % self.width
        first, second = self.a[:, None] * self.width + lane, self.b[:, None] * self.width + turned
        return first.ravel(), second.ravel()


@dataclass(frozen=True)
class Wiring:
    """Operands of one layer's gates, as positions in the layer before.

    Args:
        a: int64 (gates,), or (k, gates) candidates when the wiring is learned.
        b: int64, same shape.
        lanes: The words, when the layer is lane-wired.
    """

    a: Index
    b: Index
    lanes: LaneWords | None = None


def random_wiring(rng: np.random.Generator, n_inputs: int, n_gates: int, first: int = 0) -> Wiring:
    """Any two different inputs; no two gates share a pair where there are pairs enough.

    Args:
        rng: Draws the inputs.
        n_inputs: Rows of the layer before.
        n_gates: Gates.
        first: The first operand is drawn from so many rows at the start only; 0: from all.
    """
    a, b = _spread(rng, first or n_inputs, n_gates), _spread(rng, n_inputs, n_gates)
    return Wiring(a, _partners(rng, a, b, lambda gates: rng.integers(0, n_inputs, gates.size)))


def local_wiring(rng: np.random.Generator, n_inputs: int, n_gates: int, window: int) -> Wiring:
    """Two different inputs within `window` positions around the gate's own place in the layer before.

    Raises:
        ValueError: The window is narrower than 2 or wider than the layer before.
    """
    if not 2 <= window <= n_inputs:
        raise ValueError(f"local wiring: window: expected 2 to {n_inputs}, found {window}")
    centre = (np.arange(n_gates) * n_inputs) // n_gates
    first = np.clip(centre - window // 2, 0, n_inputs - window)
    a = first + rng.integers(0, window, n_gates)
    b = first + rng.integers(0, window, n_gates)
    return Wiring(a, _partners(rng, a, b, lambda gates: first[gates] + rng.integers(0, window, gates.size)))


def lane_wiring(
    rng: np.random.Generator, n_inputs: int, n_gates: int, width: int = WIDTH, first: int = 0
) -> Wiring:
    """Whole words of `width`: a gate reads its own lane of one word, and of another word rotated.

    Args:
        rng: Draws the words.
        n_inputs: Rows of the layer before.
        n_gates: Gates.
        width: Lanes a word.
        first: The first operand is drawn from so many rows at the start only; 0: from all.

    Raises:
        ValueError: The width is none that words have, or inputs or gates are not whole words.
    """
    if width not in STEPS:
        raise ValueError(f"lane wiring: width: expected {' or '.join(map(str, STEPS))}, found {width}")
    for name, count in (("inputs", n_inputs), ("gates", n_gates), ("first", first)):
        if count % width or not (count or name == "first"):
            raise ValueError(f"lane wiring: {name}: expected a multiple of {width}, found {count}")
    sources, words, turns = n_inputs // width, n_gates // width, width // STEPS[width]
    a = _spread(rng, first // width or sources, words)
    # Word and rotation as one number; where it is `turns` a, the gate would read one node twice.
    turned = _spread(rng, sources, words) * turns + rng.integers(0, turns, words)
    turned = _partners(rng, a * turns, turned, lambda gates: rng.integers(0, sources * turns, gates.size))
    words_of = LaneWords(a, b=turned // turns, rotation=turned % turns * STEPS[width], width=width)
    return Wiring(*words_of.flat(), words_of)


def lane_words(a: Index, b: Index, width: int) -> LaneWords:
    """The words of which these are the gates' operands, int64 (gates,).

    Raises:
        ValueError: There are none.
    """
    found = LaneWords(a[::width] // width, b[::width] // width, b[::width] % width, width)
    turned = found.rotation % STEPS[width] == 0
    if not turned.all() or not all(map(np.array_equal, found.flat(), (a, b))):
        raise ValueError(f"wiring: expected words of {width} lanes, found other sources")
    return found


def learned_wiring(rng: np.random.Generator, n_inputs: int, n_gates: int, candidates: int) -> Wiring:
    """`candidates` sources for each operand, to choose from; the first of each is as in random wiring.

    Raises:
        ValueError: Fewer than 2 candidates, or more than inputs.
    """
    if not 2 <= candidates <= n_inputs:
        raise ValueError(f"learned wiring: candidates: expected 2 to {n_inputs}, found {candidates}")
    start = random_wiring(rng, n_inputs, n_gates)
    a, b = (_with_others(rng, first, n_inputs, candidates) for first in (start.a, start.b))
    return Wiring(a, b)


def _spread(rng: np.random.Generator, n_sources: int, n: int) -> Index:
    """Draws that use every source equally often, as near as may be."""
    rounds = -(-n // n_sources)
    return np.concatenate([rng.permutation(n_sources) for _ in range(rounds)])[:n].astype(np.int64)


def _partners(rng: np.random.Generator, a: Index, b: Index, draw: Callable[[Index], Index]) -> Index:
    """New draws for b where it equals a or repeats another gate's pair, in either order."""
    b = b.copy()
    for _ in range(REDRAWS):
        low, high = np.minimum(a, b), np.maximum(a, b)
        pair = low * (int(high.max(initial=0)) + 1) + high
        repeated = np.ones(a.size, bool)
        repeated[np.unique(pair, return_index=True)[1]] = False
        wrong = np.flatnonzero((a == b) | repeated)
        if not wrong.size:
            return b
        b[wrong] = draw(wrong)
    for _ in range(REDRAWS):  # repeats may stay, a gate with one operand twice may not
        wrong = np.flatnonzero(a == b)
        if not wrong.size:
            break
        b[wrong] = draw(wrong)
    return b


def _with_others(rng: np.random.Generator, first: Index, n_inputs: int, k: int) -> Index:
    """(k, gates): `first` and k - 1 other inputs, all different within a column."""
    ranks = rng.random((first.size, n_inputs))
    ranks[np.arange(first.size), first] = -1.0
    return np.argpartition(ranks, np.arange(k), axis=1)[:, :k].T.astype(np.int64).copy()
