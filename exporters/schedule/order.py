"""Orders in which gates can be evaluated; a good one keeps values close to their uses."""

from __future__ import annotations

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
