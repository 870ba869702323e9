"""What a table may be where nobody looked: the polynomial of lowest degree through what is known.

Any function of bits is an exclusive or of products of them, its algebraic normal form. Among the forms that
agree with the known rows, this one takes products of few bits first: a guess that simple rules go on.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.uint8]


def complete(rows: Bits, known: npt.NDArray[np.bool_]) -> Bits:
    """Fill in unknown rows of a table.

    Args:
        rows: uint8 (2^k, columns): row i is what the columns are when the inputs are the bits of i.
        known: bool (2^k,): which rows to trust.

    Returns:
        uint8 (2^k, columns): the same where known.
    """
    size = len(rows)
    place = np.arange(size)
    products = np.array(sorted(range(size), key=lambda product: (product.bit_count(), product)))
    values = ((place[:, None] & products) == products).astype(np.uint8)  # of each product in each row
    work = np.concatenate([values[known], rows[known]], axis=1)
    pivots: list[int] = []
    for column in range(size):
        below = np.flatnonzero(work[len(pivots) :, column])
        if not len(below):
            continue
        row = len(pivots)
        work[[row, row + below[0]]] = work[[row + below[0], row]]
        others = np.flatnonzero(work[:, column])
        work[others[others != row]] ^= work[row]
        pivots.append(column)
        if len(pivots) == len(work):
            break
    coefficients = np.zeros((size, rows.shape[1]), np.uint8)
    coefficients[pivots] = work[: len(pivots), size:]
    found = (values.astype(np.int64) @ coefficients & 1).astype(np.uint8)
    found[known] = rows[known]
    return found
