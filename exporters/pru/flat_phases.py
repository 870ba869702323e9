"""Search for the forms and phases of gates that need the fewest NOTs: simulated annealing, compiled.

A gate is computed as itself or as its complement, its phase. As its complement an AND is an OR of
complements and an OR an AND of complements; so both read their operands in the phase that their own asks
for. An XOR reads its second operand as it is computed, and its first in the phase that then is right.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from zoo.compiled import compiled

Int64 = npt.NDArray[np.int64]

XOR = 6
WARMTH = 0.4  # of the start, in NOTs


class Choices(NamedTuple):
    """What a search may choose from.

    Args:
        leaves: Nodes before the first gate; they keep their phase.
        starts: int64 (nodes + 1,): the forms of node v are `starts[v]` to `starts[v + 1] - 1`.
        kind: int64 (forms,): 1 AND, 6 XOR, 7 OR.
        a: int64 (forms,): literal of the first operand.
        b: int64 (forms,): literal of the second operand.
        rows: int64 (nodes + 1,): where the readers of each node begin in `readers`.
        readers: int64: nodes with a form that reads a node second.
    """

    leaves: int
    starts: Int64
    kind: Int64
    a: Int64
    b: Int64
    rows: Int64
    readers: Int64


@compiled()
def price(readers, shared):  # type: ignore[no-untyped-def]
    """What readers of a complement cost: the first a NOT, each more a share of one."""
    return 1.0 + shared * (readers - 1) if readers > 0 else 0.0


@compiled()
def count(m, form, phase, wanted, v, by):  # type: ignore[no-untyped-def]
    """Add `by` to the phases that node v reads."""
    f = form[v]
    x, y = m.a[f] >> 1, m.b[f] >> 1
    if m.kind[f] == XOR:
        wanted[y, phase[y]] += by
        wanted[x, (m.a[f] & 1) ^ (m.b[f] & 1) ^ phase[v] ^ phase[y]] += by
    else:
        wanted[x, (m.a[f] & 1) ^ phase[v]] += by
        wanted[y, (m.b[f] & 1) ^ phase[v]] += by


@compiled()
def count_readers(m, form, phase, wanted, v, by):  # type: ignore[no-untyped-def]
    """The same of the XORs that read v second: what they want of their first operand hangs on its phase."""
    for k in range(m.rows[v], m.rows[v + 1]):
        w = m.readers[k]
        if w != v and m.kind[form[w]] == XOR and m.b[form[w]] >> 1 == v:
            count(m, form, phase, wanted, w, by)


@compiled()
def change(m, form, phase, wanted, v, to, turn):  # type: ignore[no-untyped-def]
    """Give node v another form, and another phase if `turn`."""
    count(m, form, phase, wanted, v, -1)
    if turn:
        count_readers(m, form, phase, wanted, v, -1)
        phase[v] ^= 1
    form[v] = to
    if turn:
        count_readers(m, form, phase, wanted, v, 1)
    count(m, form, phase, wanted, v, 1)


@compiled()
def touched(m, form, v, to, turn, seen, stamp, nodes):  # type: ignore[no-untyped-def]
    """Write the nodes whose complements a change may make needed or not to `nodes`; returns how many."""
    n = 0
    f = form[v]
    for u in (v, m.a[f] >> 1, m.b[f] >> 1, m.a[to] >> 1, m.b[to] >> 1):
        if seen[u] != stamp:
            seen[u], nodes[n], n = stamp, u, n + 1
    if turn:
        for k in range(m.rows[v], m.rows[v + 1]):
            w = m.readers[k]
            u = m.a[form[w]] >> 1
            if m.kind[form[w]] == XOR and m.b[form[w]] >> 1 == v and seen[u] != stamp:
                seen[u], nodes[n], n = stamp, u, n + 1
    return n


@compiled()
def cost(nodes, n, phase, wanted, shared):  # type: ignore[no-untyped-def]
    """Cost of the first n of `nodes` and their complements, as far as anything reads them."""
    total = 0.0
    for i in range(n):
        v = nodes[i]
        itself, complement = wanted[v, phase[v]], wanted[v, 1 - phase[v]]
        total += price(complement, shared) + (itself + complement > 0)
    return total


@compiled()
def anneal(m, wanted, tries, shared):  # type: ignore[no-untyped-def]
    """The forms and phases found that cost least.

    Args:
        m: Choices.
        wanted: int64 (nodes, 2): how often outputs want a node itself, and its complement.
        tries: How many changes to try.
        shared: What each further reader of a complement costs.

    Returns:
        int64 (nodes,): number of each node's form; int64 (nodes,): phases.
    """
    np.random.seed(0)  # noqa: NPY002
    nodes = len(m.starts) - 1
    phase, form = np.zeros(nodes, np.int64), m.starts[:nodes].copy()
    for v in range(m.leaves, nodes):
        count(m, form, phase, wanted, v, 1)
    everything = np.arange(nodes)
    now = cost(everything, nodes, phase, wanted, shared)
    best, best_form, best_phase = now, form.copy(), phase.copy()
    seen, near = np.zeros(nodes, np.int64), np.empty(nodes, np.int64)
    for i in range(tries):
        v = np.random.randint(m.leaves, nodes)  # noqa: NPY002
        choices = m.starts[v + 1] - m.starts[v]
        old, to, turn = form[v], form[v], True
        if choices > 1 and np.random.random() < 0.6:  # noqa: NPY002
            to = m.starts[v] + np.random.randint(choices)  # noqa: NPY002
            turn = np.random.random() < 0.4  # noqa: NPY002
        n = touched(m, form, v, to, turn, seen, i + 1, near)
        before = cost(near, n, phase, wanted, shared)
        change(m, form, phase, wanted, v, to, turn)
        more = cost(near, n, phase, wanted, shared) - before
        warmth = WARMTH * (1 - i / tries)
        if more <= 0 or np.random.random() < np.exp(-more / warmth):  # noqa: NPY002
            now += more
            if now < best - 1e-9:
                best = now
                best_form[:] = form
                best_phase[:] = phase
        else:
            change(m, form, phase, wanted, v, old, turn)
    return best_form, best_phase
