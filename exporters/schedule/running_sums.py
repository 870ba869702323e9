"""GroupSum inside the circuit, in the shape that straight-line code likes: every weight has one running sum.

The adders are those of `exporters.passes.adders`: two pairs of bits are added to the running sum with eight
gates, which leave a pair of carries. Here an adder takes what has just arrived, so hardly anything waits; in
`exporters.passes.group_sum` many short chains run side by side, which is what hardware wants, and here would
send thousands of values to memory and back.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from exporters.passes.adders import A_NOT_B, AND, XOR, ZERO, Adders, Pair
from zoo.circuit import Circuit


def running_sums(circuit: Circuit, groups: int) -> Circuit:
    """The circuit followed by the count of ones in each of its equal groups of outputs.

    Args:
        circuit: Its outputs are `groups` equal consecutive groups.
        groups: Number of groups.

    Returns:
        A circuit whose outputs are each group's count, least significant bit first, without lanes.
    """
    adders, outputs = Adders(circuit.n_nodes), list[int]()
    for group in circuit.outputs.reshape(groups, -1).tolist():
        outputs += _Counter(adders, len(group).bit_length()).count(group)
    return adders.after(circuit, outputs)


@dataclass
class _Weight:
    """What has been added so far, and what waits to be."""

    total: int | None = None
    bit: int | None = None
    pair: Pair | None = None


class _Counter:
    """The adders of one group."""

    def __init__(self, adders: Adders, weights: int) -> None:
        self._adders, self._gate = adders, adders.gate
        self._weights = [_Weight() for _ in range(weights)]

    def count(self, bits: list[int]) -> list[int]:
        """The number of ones, least significant bit first."""
        for bit, times in Counter(bits).items():  # twice the same bit is one bit of twice the weight
            for weight in range(times.bit_length()):
                if times >> weight & 1:
                    self._add(weight, bit)
        for weight, held in enumerate(self._weights):
            self._finish(weight, held)
        return [self._gate(ZERO, 0, 0) if held.total is None else held.total for held in self._weights]

    def _add(self, weight: int, bit: int) -> None:
        if weight == len(self._weights):  # a carry out of the last weight is 0
            return
        held = self._weights[weight]
        if held.total is None:
            held.total = bit
        elif held.bit is None:
            held.bit = bit
        else:
            pair, held.bit = (held.bit, self._gate(XOR, held.bit, bit)), None
            self._add_pair(weight, pair)

    def _add_pair(self, weight: int, pair: Pair) -> None:
        if weight == len(self._weights):
            return
        held = self._weights[weight]
        if held.total is None:
            x, held.total = pair
            self._add(weight + 1, self._gate(A_NOT_B, x, held.total))
        elif held.pair is None:
            held.pair = pair
        else:
            (first, held.pair), (x, differ) = (held.pair, None), pair
            s, n = self._adders.add(held.total, *first)
            held.total, carries = self._adders.add_second(s, n, x, differ)
            self._add_pair(weight + 1, carries)

    def _finish(self, weight: int, held: _Weight) -> None:
        """Add what still waits."""
        if held.pair is not None and held.total is not None:
            held.total, n = self._adders.add(held.total, *held.pair)
            self._add(weight + 1, self._gate(XOR, n, held.total))
        if held.bit is not None and held.total is not None:
            carry = self._gate(AND, held.total, held.bit)
            held.total = self._gate(XOR, held.total, held.bit)
            self._add(weight + 1, carry)
