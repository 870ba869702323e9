"""Search for the phases that need the fewest NOTs: simulated annealing, compiled.

An AND computed as its complement is an OR of complements. So an AND or OR reads both operands in the phase that its own
phase asks for, and an XOR reads its second operand as it is computed and its first in the phase that then is right.
"""

from __future__ import annotations

import numpy as np

from exporters.pru.flat_netlist import AND
from zoo.compiled import compiled

WARMTH = 0.4  # of the start, in NOTs


@compiled()
def price(readers, shared):  # type: ignore[no-untyped-def]
    """What readers of a complement cost: the first a NOT, each more a share of one."""
    return 1.0 + shared * (readers - 1) if readers > 0 else 0.0


@compiled()
def count(kind, a, b, phase, wanted, v, by):  # type: ignore[no-untyped-def]
    """Add `by` to the phases that node v reads."""
    x, y = a[v] >> 1, b[v] >> 1
    if kind[v] == AND:
        wanted[x, (a[v] & 1) ^ phase[v]] += by
        wanted[y, (b[v] & 1) ^ phase[v]] += by
    else:
        wanted[y, phase[y]] += by
        wanted[x, (a[v] & 1) ^ (b[v] & 1) ^ phase[v] ^ phase[y]] += by


@compiled()
def flip(kind, a, b, phase, wanted, starts, readers, v):  # type: ignore[no-untyped-def]
    """Turn a node's phase over, and what it and the XORs that read it second want."""
    count(kind, a, b, phase, wanted, v, -1)
    for k in range(starts[v], starts[v + 1]):
        if kind[readers[k]] != AND and b[readers[k]] >> 1 == v:
            count(kind, a, b, phase, wanted, readers[k], -1)
    phase[v] ^= 1
    for k in range(starts[v], starts[v + 1]):
        if kind[readers[k]] != AND and b[readers[k]] >> 1 == v:
            count(kind, a, b, phase, wanted, readers[k], 1)
    count(kind, a, b, phase, wanted, v, 1)


@compiled()
def cost_near(kind, a, b, phase, wanted, starts, readers, v, shared, seen, stamp):  # type: ignore[no-untyped-def]
    """Cost of the complements of all nodes that a flip of v touches."""
    total = 0.0
    for i in range(3 + starts[v + 1] - starts[v]):
        if i == 0:
            node = v
        elif i == 1:
            node = a[v] >> 1
        elif i == 2:
            node = b[v] >> 1
        else:
            w = readers[starts[v] + i - 3]
            if kind[w] == AND or b[w] >> 1 != v:
                continue
            node = a[w] >> 1
        if seen[node] != stamp:
            seen[node] = stamp
            total += price(wanted[node, 1 - phase[node]], shared)
    return total


@compiled()
def anneal(kind, a, b, leaves, wanted, starts, readers, tries, shared):  # type: ignore[no-untyped-def]
    """The best phases found.

    Args:
        kind, a, b: int64 (nodes,): AND or XOR, and operand literals; nothing of the leaves.
        leaves: How many nodes keep their phase.
        wanted: int64 (nodes, 2): how often outputs want a node itself, and its complement.
        starts, readers: The readers of node v are `readers[starts[v] : starts[v + 1]]`.
        tries: How many flips to try.
        shared: What each further reader of a complement costs.

    Returns:
        int64 (nodes,).
    """
    np.random.seed(0)
    nodes = len(kind)
    phase = np.zeros(nodes, np.int64)
    for v in range(leaves, nodes):
        count(kind, a, b, phase, wanted, v, 1)
    now = 0.0
    for v in range(nodes):
        now += price(wanted[v, 1], shared)
    best, kept = now, phase.copy()
    seen = np.zeros(nodes, np.int64)
    for i in range(tries):
        warmth = WARMTH * (1 - i / tries)
        v = np.random.randint(leaves, nodes)
        before = cost_near(kind, a, b, phase, wanted, starts, readers, v, shared, seen, 2 * i + 1)
        flip(kind, a, b, phase, wanted, starts, readers, v)
        more = cost_near(kind, a, b, phase, wanted, starts, readers, v, shared, seen, 2 * i + 2) - before
        if more <= 0 or np.random.random() < np.exp(-more / warmth):
            now += more
            if now < best - 1e-9:
                best = now
                kept[:] = phase
        else:
            flip(kind, a, b, phase, wanted, starts, readers, v)
    return kept
