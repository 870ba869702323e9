"""Which values stand side by side in memory: those loaded one after the other, for one burst to bring."""

from __future__ import annotations

from collections.abc import Callable, Sequence

APART = 3  # loads with at most two others between them may share a burst
LONGEST = 8


def chains(loads: Sequence[int], allowed: Callable[[int], bool], longest: int = LONGEST) -> list[list[int]]:
    """Rows of nodes, each with at most two neighbours, in the order in which they were first loaded.

    Args:
        loads: Nodes in the order of their loads; they repeat.
        allowed: Whether the place of a node can be chosen.
        longest: Nodes in a row.
    """
    nodes = [node for node in loads if allowed(node)]
    row: dict[int, list[int]] = {node: [node] for node in nodes}
    for distance in range(1, APART + 1):
        for u, v in zip(nodes, nodes[distance:], strict=False):
            left, right = row[u], row[v]
            if left is right or len(left) + len(right) > longest:
                continue
            if u not in (left[0], left[-1]) or v not in (right[0], right[-1]):
                continue
            joined = (left if left[-1] == u else left[::-1]) + (right if right[0] == v else right[::-1])
            for node in joined:
                row[node] = joined
    return list({id(row[node]): row[node] for node in nodes}.values())
