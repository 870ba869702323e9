"""Registers in an order that lets lines of delays move by whole words.

Where registers stand 32 a word, one that follows another costs an instruction or two a frame: a bit leaves
its word and goes into the next one. But a register that stands at the same bit as the one it follows, in
another word, is copied with 31 neighbours at once. So what is equally old stands together, line beside line,
the longest lines first; words are filled up with registers that nobody reads.
"""

from __future__ import annotations

from collections import defaultdict
from graphlib import CycleError, TopologicalSorter

import numpy as np

from exporters.passes.optimise import Optimised
from zoo.circuit import Circuit

WORD = 32
FEWEST = 4  # registers of one age that are worth words of their own


def lined_up(circuit: Circuit) -> Optimised:
    """The circuit with its registers in this order, and where each went; unread registers may come in.

    Args:
        circuit: Any; gates and their order stay. Lanes are dropped where registers move.
    """
    ages = _by_age(_lines(circuit))
    if len(ages) < 2:
        same = np.arange(circuit.n_registers, dtype=np.int32)
        return Optimised(circuit, same, np.zeros(circuit.n_registers, np.uint8))
    order: list[int] = []  # registers as they were numbered, -1 for new ones
    start_of: dict[int, int] = {}  # age -> first place
    aged = {register for age in ages[1:] for register in age}
    youngest = ages[0] + [r for r in range(circuit.n_registers) if r not in aged and r not in set(ages[0])]
    padded = -(-len(ages[1]) // WORD) * WORD
    for age in range(len(ages) - 1, 0, -1):
        start_of[age] = len(order)
        order += ages[age] + [-1] * (-len(ages[age]) % WORD)
    start_of[0] = len(order)
    order += youngest + [-1] * (padded - len(youngest))
    return _moved(circuit, order, start_of)


def whole_words(circuit: Circuit) -> dict[int, int]:
    """Words of registers that become another word, or stay as they are: word -> that word.

    In this order a word is copied before it is overwritten, where all are read before the rest is written.
    """
    first = circuit.n_inputs
    following = circuit.register_next - first
    found: dict[int, int] = {}
    for word in range(-(-circuit.n_registers // WORD)):
        own = np.arange(WORD * word, min(WORD * (word + 1), circuit.n_registers))
        source = int(following[own[0]]) // WORD
        wanted = own + WORD * (source - word)
        if source >= 0 and np.array_equal(following[own], wanted) and wanted[-1] < circuit.n_registers:
            found[word] = source
    return _readers_first(found)


def _readers_first(found: dict[int, int]) -> dict[int, int]:
    """The copies in an order that can be done in place; where words go round, one of them is left out."""
    left = {word: source for word, source in found.items() if word != source}
    while True:
        readers: dict[int, list[int]] = {word: [] for word in left}
        for word, source in left.items():
            readers.setdefault(source, []).append(word)
        try:
            order = [word for word in TopologicalSorter(readers).static_order() if word in left]
        except CycleError as error:
            del left[error.args[1][0]]
        else:
            still = {word: word for word, source in found.items() if word == source}
            return {word: left[word] for word in order} | still


def _lines(circuit: Circuit) -> list[list[int]]:
    """Registers that follow one another, the youngest first; the longest lines first."""
    low, high = circuit.n_inputs, circuit.n_inputs + circuit.n_registers
    heirs: dict[int, int] = {}
    roots = []
    for register, node in enumerate(circuit.register_next.tolist()):
        if low <= node < high and node - low != register and node - low not in heirs:
            heirs[node - low] = register
        else:
            roots.append(register)
    lines = []
    for root in roots:  # registers that only hear one another have no root, and stay out
        line = [root]
        while line[-1] in heirs:
            line.append(heirs[line[-1]])
        lines.append(line)
    return sorted(lines, key=len, reverse=True)


def _by_age(lines: list[list[int]]) -> list[list[int]]:
    """The registers of each age, from the youngest up to where they are few."""
    ages = defaultdict(list)
    for line in lines:
        for age, register in enumerate(line):
            ages[age].append(register)
    return [ages[age] for age in range(len(ages)) if age == 0 or len(ages[age]) >= FEWEST]


def _moved(circuit: Circuit, order: list[int], start_of: dict[int, int]) -> Optimised:
    """The circuit with registers in a new order, -1 for new ones."""
    low, high = circuit.n_inputs, circuit.n_inputs + circuit.n_registers
    place = {register: p for p, register in enumerate(order) if register >= 0}
    node_of = np.arange(circuit.n_nodes, dtype=np.int32)
    node_of[low:high] = [low + place[register] for register in range(circuit.n_registers)]
    node_of[high:] += len(order) - circuit.n_registers
    following = []
    starts = sorted((start, age) for age, start in start_of.items())
    for p, register in enumerate(order):
        if register >= 0:
            following.append(int(node_of[circuit.register_next[register]]))
            continue
        start, age = max(pair for pair in starts if pair[0] <= p)
        following.append(low + (start_of[age - 1] + p - start if age else p))
    init = [int(circuit.register_init[register]) if register >= 0 else 0 for register in order]
    result = Circuit(
        circuit.n_inputs,
        circuit.op,
        node_of[circuit.a],
        node_of[circuit.b],
        node_of[circuit.outputs],
        np.array(following, np.int32),
        np.array(init, np.uint8),
    )
    where = np.array([place[register] for register in range(circuit.n_registers)], np.int32)
    return Optimised(result, where, np.zeros(circuit.n_registers, np.uint8))
