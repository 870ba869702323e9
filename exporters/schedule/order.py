"""Orders in which gates can be evaluated; a good one keeps values close to their uses."""

from __future__ import annotations

from dataclasses import replace
from heapq import heappop, heappush

import numpy as np

from zoo.circuit import Circuit


def depth_first(circuit: Circuit) -> list[int]:
    """Node ids of the gates that outputs and registers need, each right before its first use.

    Roots are the outputs, the last one first (of a number the most significant bit, which needs the rest),
    then what the registers take. Of two operands the one that needs more registers comes first (Sethi and
    Ullman's rule, which is exact for trees).

    Args:
        circuit: Any circuit; dead gates are left out.

    Returns:
        Node ids, operands before the gates that read them.
    """
    first = circuit.n_inputs + circuit.n_registers
    a, b = circuit.a.tolist(), circuit.b.tolist()
    need = [0] * first
    for x, y in zip(a, b, strict=True):
        p, q = need[x], need[y]
        need.append(max(p, q, 1) if p != q or x == y else p + 1)
    done = bytearray(circuit.n_nodes)
    done[:first] = b"\1" * first
    order: list[int] = []
    for root in (*circuit.outputs[::-1].tolist(), *circuit.register_next.tolist()):
        stack = [root]
        while stack:
            node = stack[-1]
            if done[node]:
                stack.pop()
                continue
            x, y = a[node - first], b[node - first]
            if need[x] > need[y]:  # the last one pushed is visited first
                x, y = y, x
            waiting = [z for z in (x, y) if not done[z]]
            if waiting:
                stack += waiting
            else:
                done[node] = 1
                order.append(node)
                stack.pop()
    return order


def fewest_live(circuit: Circuit) -> list[int]:
    """As `depth_first`, another order: always the gate after which most values are not needed any more.

    Among equals those that are read once go first, then the one whose operands are youngest, then the one
    that is furthest from the end. Where sums feed sums (chains of adders), this goes column by column and
    keeps carries; depth first would go number by number and keep every bit.
    """
    first = circuit.n_inputs + circuit.n_registers
    operands = [{x, y} for x, y in zip(circuit.a.tolist(), circuit.b.tolist(), strict=True)]
    roots = {*circuit.outputs.tolist(), *circuit.register_next.tolist()}
    live, height = bytearray(circuit.n_nodes), [0] * circuit.n_nodes
    for root in roots:
        live[root] = 1
    left = [int(node in roots) for node in range(circuit.n_nodes)]  # uses to come
    users: list[list[int]] = [[] for _ in range(circuit.n_nodes)]
    for node in range(circuit.n_nodes - 1, first - 1, -1):
        if live[node]:
            for operand in operands[node - first]:
                live[operand] = 1
                left[operand] += 1
                users[operand].append(node)
                height[operand] = max(height[operand], height[node] + 1)
    waiting = [sum(operand >= first for operand in gate) for gate in operands]
    made, order = [-1] * circuit.n_nodes, list[int]()
    ready: list[tuple[int, bool, int, int, int]] = []  # a heap; a gate may come again, earlier

    def offer(node: int) -> None:
        gates = [operand for operand in operands[node - first] if operand >= first]
        ending = sum(left[operand] == 1 for operand in gates)
        youngest = max((made[operand] for operand in gates), default=-1)
        heappush(ready, (-ending, left[node] > 1, -youngest, -height[node], node))

    for node in range(first, circuit.n_nodes):
        if live[node] and not waiting[node - first]:
            offer(node)
    while ready:
        node = heappop(ready)[-1]
        if made[node] >= 0:
            continue
        made[node] = len(order)
        order.append(node)
        for operand in operands[node - first]:
            left[operand] -= 1
            if left[operand] == 1 and operand >= first:
                for user in users[operand]:
                    if made[user] < 0 and not waiting[user - first]:
                        offer(user)
        for user in users[node]:
            waiting[user - first] -= 1
            if not waiting[user - first]:
                offer(user)
    return order


def repeated(circuit: Circuit) -> Circuit:
    """The circuit with a copy of each gate of the first level for every use, to be computed right there.

    Two inputs are always at hand; the value of a gate that was computed long ago may have left the nearest
    cache. So this is faster where there are more values to keep than that cache holds, and slower elsewhere.
    """
    first = circuit.n_inputs + circuit.n_registers
    level, op_of = circuit.gate_levels.tolist(), circuit.op.tolist()
    a_of, b_of = circuit.a.tolist(), circuit.b.tolist()
    op: list[int] = []
    a: list[int] = []
    b: list[int] = []
    new = list(range(first))

    def add(gate: int, x: int, y: int) -> int:
        op.append(op_of[gate])
        a.append(x)
        b.append(y)
        return first + len(op) - 1

    def use(node: int) -> int:
        gate = node - first
        return add(gate, a_of[gate], b_of[gate]) if gate >= 0 and level[gate] == 1 else new[node]

    for gate, (x, y) in enumerate(zip(a_of, b_of, strict=True)):
        if level[gate] == 1:
            new.append(-1)  # no one asks for it
        else:
            left = use(x)
            new.append(add(gate, left, left if x == y else use(y)))
    return replace(
        circuit,
        outputs=np.array([use(node) for node in circuit.outputs.tolist()], np.int32),
        register_next=np.array([use(node) for node in circuit.register_next.tolist()], np.int32),
        op=np.array(op, np.uint8),
        a=np.array(a, np.int32),
        b=np.array(b, np.int32),
        lanes=None,
    )
