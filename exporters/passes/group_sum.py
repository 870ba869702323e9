"""GroupSum inside the circuit: popcounts by balanced carry-save adders."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np

from zoo.circuit import Circuit

_AND, _XOR, _OR = 1, 6, 7


def sum_groups(circuit: Circuit, classes: int) -> Circuit:
    """The circuit followed by the sums of a GroupSum head.

    Three bits of one weight make a sum bit and a carry with five gates (a full adder), oldest bits first,
    which keeps the adders balanced; two bits make them with two.

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
    gates: list[tuple[int, int, int]] = []

    def add(op: int, a: int, b: int) -> int:
        gates.append((op, a, b))
        return circuit.n_nodes + len(gates) - 1

    def half(a: int, b: int) -> tuple[int, int]:
        return add(_XOR, a, b), add(_AND, a, b)

    def full(a: int, b: int, c: int) -> tuple[int, int]:
        differ = add(_XOR, a, b)
        through, both = add(_AND, differ, c), add(_AND, a, b)
        return add(_XOR, differ, c), add(_OR, through, both)

    def count(bits: list[int]) -> list[int]:
        group = len(bits)
        total: list[int] = []
        while len(total) < outputs_per_class(group):
            waiting, carries = deque(bits), []
            while len(waiting) > 1:
                taken = [waiting.popleft() for _ in range(min(3, len(waiting)))]
                bit, carry = full(*taken) if len(taken) == 3 else half(*taken)
                waiting.append(bit)
                carries.append(carry)
            total.append(waiting[0])
            bits = carries
        return total

    outputs = [bit for group in circuit.outputs.reshape(classes, -1).tolist() for bit in count(group)]
    op, a, b = np.array(gates, np.int32).reshape(-1, 3).T
    return replace(
        circuit,
        op=np.concatenate([circuit.op, op.astype(np.uint8)]),
        a=np.concatenate([circuit.a, a]),
        b=np.concatenate([circuit.b, b]),
        outputs=np.array(outputs, np.int32),
        lanes=None,
    )


def outputs_per_class(group: int) -> int:
    """Bits of a count of 0 to `group` ones: ceil(log2(group + 1))."""
    return group.bit_length()
