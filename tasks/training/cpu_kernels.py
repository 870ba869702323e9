"""Gate layers on the CPU: one pass over the rows of a feature-major batch, nothing kept between the passes.

Rows are contiguous, so wiring costs nothing and the inner loops vectorise. `table` is float32 (4, gates):
what a gate answers for (a, b) = 00, 01, 10, 11. Loops may reassociate sums, never reorder gates: the same
machine gives the same bits every time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.compiled import compiled

Float = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]

_FAST: Any = {"fastmath": {"reassoc", "contract", "nsz", "arcp"}}


@compiled(**_FAST)
def gates_forward(x: Float, table: Float, ia: Index, ib: Index, out: Float) -> None:
    """out[g] = expectation of gate g given the rows x[ia[g]] and x[ib[g]]."""
    n = x.shape[1]
    for g in range(ia.size):
        a, b, o = x[ia[g]], x[ib[g]], out[g]
        c0 = table[0, g]
        c1 = table[2, g] - c0
        c2 = table[1, g] - c0
        c3 = table[3, g] - c0 - c1 - c2
        for i in range(n):
            o[i] = c0 + c1 * a[i] + (c2 + c3 * a[i]) * b[i]


@compiled(**_FAST)
def gates_backward(
    x: Float, table: Float, ia: Index, ib: Index, grad: Float, grad_x: Float, grad_table: Float
) -> None:
    """Add to grad_x (zeros at first; no rows when it is not wanted) and fill grad_table (4, gates)."""
    n = x.shape[1]
    wanted = grad_x.shape[0] > 0
    for g in range(ia.size):
        a, b, d = x[ia[g]], x[ib[g]], grad[g]
        s0, s1, s2, s3 = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
        for i in range(n):
            da = d[i] * a[i]
            s0 += d[i]
            s1 += da
            s2 += d[i] * b[i]
            s3 += da * b[i]
        grad_table[0, g] = s0 - s1 - s2 + s3
        grad_table[1, g] = s2 - s3
        grad_table[2, g] = s1 - s3
        grad_table[3, g] = s3
        if wanted:
            c1 = table[2, g] - table[0, g]
            c2 = table[1, g] - table[0, g]
            c3 = table[3, g] - table[2, g] - c2
            ga, gb = grad_x[ia[g]], grad_x[ib[g]]
            for i in range(n):
                ga[i] += d[i] * (c1 + c3 * b[i])
            for i in range(n):
                gb[i] += d[i] * (c2 + c3 * a[i])


@compiled(**_FAST)
def choices_backward(
    x: Float,
    table: Float,
    chosen: Index,
    candidates: Index,
    grad: Float,
    grad_x: Float,
    grad_table: Float,
    grad_choice: Float,
) -> None:
    """As `gates_backward` for gates that choose their operands.

    `chosen` is (2, gates), `candidates` (2, k, gates); `grad_choice` (2, k, gates) is filled with the
    gradient of the loss by the weight of each candidate.
    """
    n = x.shape[1]
    gates_backward(x, table, chosen[0], chosen[1], grad, grad_x, grad_table)
    row = np.empty(n, np.float32)
    for g in range(chosen.shape[1]):
        d = grad[g]
        c1 = table[2, g] - table[0, g]
        c2 = table[1, g] - table[0, g]
        c3 = table[3, g] - table[2, g] - c2
        for operand in range(2):
            other = x[chosen[1 - operand, g]]
            slope = c1 if operand == 0 else c2
            for i in range(n):
                row[i] = d[i] * (slope + c3 * other[i])
            for k in range(candidates.shape[1]):
                source = x[candidates[operand, k, g]]
                total = np.float32(0)
                for i in range(n):
                    total += row[i] * source[i]
                grad_choice[operand, k, g] = total
