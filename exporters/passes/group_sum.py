"""GroupSum inside the circuit: popcounts by balanced carry-save adders.

Two full adders in a row that hand their carries on as a pair cost eight gates instead of ten: bits of one
weight travel in pairs (x, x ^ y), which both the sums and the carries need anyway. With a third bit z,

    s = z ^ (x ^ y),   n = (x ^ y) | (x ^ z),   carry = n ^ s

and n is the difference between the carry and s; the second adder turns n into the difference between both
carries in one gate (E. Demenkov, A. Kojevnikov, A. Kulikov, G. Yaroslavtsev, "New upper bounds on the Boolean
circuit complexity of symmetric functions", 2010). A count of n bits takes about 4.5 n gates; full adders
take 5 n. An output that stands twice in a group is one bit of twice the weight and costs no gate, so it pays
to optimise the circuit first.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field, replace

import numpy as np

from zoo.circuit import Circuit

_ZERO, _AND, _A_NOT_B, _XOR, _OR = 0, 1, 2, 6, 7
_CHAIN = 8  # pairs of adders in a row before a sum goes on elsewhere: short chains run side by side


def sum_groups(circuit: Circuit, classes: int) -> Circuit:
    """The circuit followed by the sums of a GroupSum head.

    Args:
        circuit: Its outputs are `classes` equal consecutive groups.
        classes: Number of groups, at least 1.

    Returns:
        A circuit whose outputs are each group's count of ones, least significant bit first,
        `outputs_per_class` bits each; inputs and registers as before, without lanes.

    Raises:
        ValueError: The outputs do not make equal groups.
    """
    if classes < 1 or circuit.n_outputs % classes:
        raise ValueError(f"sum_groups: expected a multiple of {classes} outputs, found {circuit.n_outputs}")
    adders = _Adders(circuit.n_nodes)
    outputs = [bit for group in circuit.outputs.reshape(classes, -1).tolist() for bit in adders.count(group)]
    columns = np.array(adders.gates, np.int32).reshape(-1, 3).T
    return replace(
        circuit,
        op=np.concatenate([circuit.op, columns[0].astype(np.uint8)]),
        a=np.concatenate([circuit.a, columns[1]]),
        b=np.concatenate([circuit.b, columns[2]]),
        outputs=np.array(outputs, np.int32),
        lanes=None,
    )


def outputs_per_class(group: int) -> int:
    """Bits of a count of 0 to `group` ones: ceil(log2(group + 1))."""
    return group.bit_length()


@dataclass
class _Weight:
    """Bits of one weight that are still to be added: single ones, and pairs as (x, x ^ y)."""

    single: deque[int] = field(default_factory=deque)
    pairs: deque[tuple[int, int]] = field(default_factory=deque)


def _carry_twins(weight: _Weight) -> _Weight:
    """Take out what stands twice among the single bits; returns what that carries."""
    times = Counter(weight.single)
    weight.single = deque(bit for bit, count in times.items() if count % 2)
    return _Weight(deque(bit for bit, count in times.items() for _ in range(count // 2)))


@dataclass
class _Adders:
    """Gates after node `start - 1`."""

    start: int
    gates: list[tuple[int, int, int]] = field(default_factory=list)

    def count(self, bits: list[int]) -> list[int]:
        """The number of ones, least significant bit first."""
        weight, total = _Weight(deque(bits)), []
        while weight.single or weight.pairs:
            carries = _carry_twins(weight)
            self._open_chains(weight)
            while len(weight.single) + 2 * len(weight.pairs) > 1:
                self._add_some(weight, carries)
            total.append(weight.single[0] if weight.single else self._gate(_ZERO, 0, 0))
            weight = carries
        return total

    def _gate(self, op: int, a: int, b: int) -> int:
        self.gates.append((op, a, b))
        return self.start + len(self.gates) - 1

    def _open_chains(self, weight: _Weight) -> None:
        """Take pairs apart until there are enough single bits to start short chains of adders from."""
        while len(weight.single) * 2 * _CHAIN < len(weight.pairs):
            x, differ = weight.pairs.popleft()
            weight.single += [x, self._gate(_XOR, x, differ)]

    def _add_some(self, weight: _Weight, carries: _Weight) -> None:
        """Replace some bits by one sum bit and what they carry."""
        single, pairs = weight.single, weight.pairs
        while len(pairs) < 2 and len(single) > 2:
            x, y = single.popleft(), single.popleft()
            pairs.append((x, self._gate(_XOR, x, y)))
        if single and pairs:
            s, n = self._sum(single.popleft(), *pairs.popleft())
            if pairs:
                s = self._second(s, n, *pairs.popleft(), carries)
            else:
                carries.single.append(self._gate(_XOR, n, s))
            single.append(s)
        elif pairs:
            x, differ = pairs.popleft()
            single.append(differ)
            carries.single.append(self._gate(_A_NOT_B, x, differ))
        else:
            x, y = single.popleft(), single.popleft()
            single.append(self._gate(_XOR, x, y))
            carries.single.append(self._gate(_AND, x, y))

    def _sum(self, z: int, x: int, differ: int) -> tuple[int, int]:
        """The first adder: s and n of the module's text."""
        return self._gate(_XOR, z, differ), self._gate(_OR, differ, self._gate(_XOR, x, z))

    def _second(self, s: int, n: int, x: int, differ: int, carries: _Weight) -> int:
        """A second adder after the first one's s and n; both carries as a pair; returns its sum."""
        carry = self._gate(_XOR, n, s)
        held = self._gate(_A_NOT_B, self._gate(_XOR, s, x), differ)  # its carry is s ^ held
        carries.pairs.append((carry, self._gate(_XOR, n, held)))
        return self._gate(_XOR, s, differ)
