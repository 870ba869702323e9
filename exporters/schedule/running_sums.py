"""GroupSum inside the circuit, in the shape that straight-line code likes: running carry-save adders."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zoo.circuit import Circuit

_AND, _XOR, _OR = 1, 6, 7


def running_sums(circuit: Circuit, groups: int) -> Circuit:
    """The circuit followed by the count of ones in each of its equal groups of outputs.

    As `exporters.passes.sum_groups`, with as many gates: but an adder takes the sum so far and the next two
    bits, so that hardly anything waits. A balanced tree is what hardware wants; here its waiting bits would
    go to memory and back.

    Args:
        circuit: Its outputs are `groups` equal consecutive groups.
        groups: Number of groups.

    Returns:
        A circuit whose outputs are each group's count, least significant bit first, without lanes.
    """
    gates: list[tuple[int, int, int]] = []

    def add(op: int, a: int, b: int) -> int:
        gates.append((op, a, b))
        return circuit.n_nodes + len(gates) - 1

    def count(bits: list[int]) -> list[int]:
        waiting: list[list[int]] = [[] for _ in range(len(bits).bit_length())]
        for bit in bits:
            for level in waiting:
                level.append(bit)
                if len(level) < 3:
                    break
                a, b, c = level
                differ = add(_XOR, a, b)
                level[:] = [add(_XOR, differ, c)]
                bit = add(_OR, add(_AND, a, b), add(_AND, differ, c))
        carry: list[int] = []
        for level in waiting:
            level += carry
            carry = []
            while len(level) > 1:
                a, b = level.pop(), level.pop()
                level.append(add(_XOR, a, b))
                carry.append(add(_AND, a, b))
        return [level[0] for level in waiting]

    outputs = [bit for group in circuit.outputs.reshape(groups, -1).tolist() for bit in count(group)]
    op, a, b = np.array(gates, np.int32).reshape(-1, 3).T
    return replace(
        circuit,
        op=np.concatenate([circuit.op, op.astype(np.uint8)]),
        a=np.concatenate([circuit.a, a]),
        b=np.concatenate([circuit.b, b]),
        outputs=np.array(outputs, np.int32),
        lanes=None,
    )
