"""GroupSum inside the circuit, in the shape that straight-line code likes: every weight has one running sum.

The adders are those of `exporters.passes.group_sum`, where their source is named: two bits of a weight travel
as a pair (x, x ^ y), and two pairs are added to the running sum with eight gates, which leave a pair of
carries. Here an adder takes what has just arrived, so hardly anything waits; there many short chains run side
by side, which is what hardware wants, and here would send thousands of values to memory and back.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from zoo.circuit import Circuit

_ZERO, _AND, _A_NOT_B, _XOR, _OR = 0, 1, 2, 6, 7

Pair = tuple[int, int]


def running_sums(circuit: Circuit, groups: int) -> Circuit:
    """The circuit followed by the count of ones in each of its equal groups of outputs.

    Args:
        circuit: Its outputs are `groups` equal consecutive groups.
        groups: Number of groups.

    Returns:
        A circuit whose outputs are each group's count, least significant bit first, without lanes.
    """
    gates: list[tuple[int, int, int]] = []
    outputs: list[int] = []
    for group in circuit.outputs.reshape(groups, -1).tolist():
        outputs += _Counter(circuit.n_nodes, gates, len(group).bit_length()).count(group)
    columns = np.array(gates, np.int32).reshape(-1, 3).T
    return replace(
        circuit,
        op=np.concatenate([circuit.op, columns[0].astype(np.uint8)]),
        a=np.concatenate([circuit.a, columns[1]]),
        b=np.concatenate([circuit.b, columns[2]]),
        outputs=np.array(outputs, np.int32),
        lanes=None,
    )


@dataclass
class _Weight:
    """What has been added so far, and what waits to be."""

    total: int | None = None
    bit: int | None = None
    pair: Pair | None = None


class _Counter:
    """The adders of one group, as gates after node `start - 1`."""

    def __init__(self, start: int, gates: list[tuple[int, int, int]], weights: int) -> None:
        self._start, self._gates = start, gates
        self._weights = [_Weight() for _ in range(weights)]

    def count(self, bits: list[int]) -> list[int]:
        """The number of ones, least significant bit first."""
        for bit, times in Counter(bits).items():  # twice the same bit is one bit of twice the weight
            for weight in range(times.bit_length()):
                if times >> weight & 1:
                    self._add(weight, bit)
        for weight, held in enumerate(self._weights):
            self._finish(weight, held)
        return [self._gate(_ZERO, 0, 0) if held.total is None else held.total for held in self._weights]

    def _gate(self, op: int, a: int, b: int) -> int:
        self._gates.append((op, a, b))
        return self._start + len(self._gates) - 1

    def _add(self, weight: int, bit: int) -> None:
        if weight == len(self._weights):  # a carry out of the last weight is 0
            return
        held = self._weights[weight]
        if held.total is None:
            held.total = bit
        elif held.bit is None:
            held.bit = bit
        else:
            pair, held.bit = (held.bit, self._gate(_XOR, held.bit, bit)), None
            self._add_pair(weight, pair)

    def _add_pair(self, weight: int, pair: Pair) -> None:
        if weight == len(self._weights):
            return
        held = self._weights[weight]
        if held.total is None:
            x, held.total = pair
            self._add(weight + 1, self._gate(_A_NOT_B, x, held.total))
        elif held.pair is None:
            held.pair = pair
        else:
            (first, held.pair), (x, differ) = (held.pair, None), pair
            s, n = self._sum(held.total, *first)
            keeps = self._gate(_A_NOT_B, self._gate(_XOR, s, x), differ)  # the second carry is s ^ keeps
            held.total = self._gate(_XOR, s, differ)
            self._add_pair(weight + 1, (self._gate(_XOR, n, s), self._gate(_XOR, n, keeps)))

    def _sum(self, z: int, x: int, differ: int) -> Pair:
        """One adder: the sum s, and n, whose difference to s is the carry."""
        return self._gate(_XOR, z, differ), self._gate(_OR, differ, self._gate(_XOR, x, z))

    def _finish(self, weight: int, held: _Weight) -> None:
        """Add what still waits."""
        if held.pair is not None and held.total is not None:
            held.total, n = self._sum(held.total, *held.pair)
            self._add(weight + 1, self._gate(_XOR, n, held.total))
        if held.bit is not None and held.total is not None:
            carry = self._gate(_AND, held.total, held.bit)
            held.total = self._gate(_XOR, held.total, held.bit)
            self._add(weight + 1, carry)
