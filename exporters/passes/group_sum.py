"""GroupSum inside the circuit: popcounts by balanced carry-save adders, those of `exporters.passes.adders`.

An output that stands twice in a group is one bit of twice the weight and costs no gate, so it pays to
optimise the circuit first.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

from exporters.passes.adders import A_NOT_B, AND, XOR, ZERO, Adders, Pair
from zoo.circuit import Circuit

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
    adders = _Balanced(circuit.n_nodes)
    outputs = [bit for group in circuit.outputs.reshape(classes, -1).tolist() for bit in adders.count(group)]
    return adders.after(circuit, outputs)


def outputs_per_class(group: int) -> int:
    """Bits of a count of 0 to `group` ones: ceil(log2(group + 1))."""
    return group.bit_length()


@dataclass
class _Weight:
    """Bits of one weight that are still to be added: single ones, and pairs as (x, x ^ y)."""

    single: deque[int] = field(default_factory=deque)
    pairs: deque[Pair] = field(default_factory=deque)


def _carry_twins(weight: _Weight) -> _Weight:
    """Take out what stands twice among the single bits; returns what that carries."""
    times = Counter(weight.single)
    weight.single = deque(bit for bit, count in times.items() if count % 2)
    return _Weight(deque(bit for bit, count in times.items() for _ in range(count // 2)))


class _Balanced(Adders):
    """Many short chains of adders side by side."""

    def count(self, bits: list[int]) -> list[int]:
        """The number of ones, least significant bit first."""
        weight, total = _Weight(deque(bits)), []
        while weight.single or weight.pairs:
            carries = _carry_twins(weight)
            self._open_chains(weight)
            while len(weight.single) + 2 * len(weight.pairs) > 1:
                self._add_some(weight, carries)
            total.append(weight.single[0] if weight.single else self.gate(ZERO, 0, 0))
            weight = carries
        return total

    def _open_chains(self, weight: _Weight) -> None:
        """Take pairs apart until there are enough single bits to start short chains of adders from."""
        while len(weight.single) * 2 * _CHAIN < len(weight.pairs):
            x, differ = weight.pairs.popleft()
            weight.single += [x, self.gate(XOR, x, differ)]

    def _add_some(self, weight: _Weight, carries: _Weight) -> None:
        """Replace some bits by one sum bit and what they carry."""
        single, pairs = weight.single, weight.pairs
        while len(pairs) < 2 and len(single) > 2:
            x, y = single.popleft(), single.popleft()
            pairs.append((x, self.gate(XOR, x, y)))
        if single and pairs:
            s, n = self.add(single.popleft(), *pairs.popleft())
            if pairs:
                s, both = self.add_second(s, n, *pairs.popleft())
                carries.pairs.append(both)
            else:
                carries.single.append(self.gate(XOR, n, s))
            single.append(s)
        elif pairs:
            x, differ = pairs.popleft()
            single.append(differ)
            carries.single.append(self.gate(A_NOT_B, x, differ))
        else:
            x, y = single.popleft(), single.popleft()
            single.append(self.gate(XOR, x, y))
            carries.single.append(self.gate(AND, x, y))
