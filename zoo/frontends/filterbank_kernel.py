"""The sample loop of the shift filterbank, compiled by numba on first use (and cached on disk)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zoo.compiled import compiled
from zoo.frontends.filterbank import INPUT_SHIFT

Int64 = npt.NDArray[np.int64]


@compiled()
def band_magnitudes(
    samples: npt.NDArray[np.int16],
    shifts: Int64,
    state: Int64,
    sums: Int64,
    filled: int,
    hop: int,
    out: Int64,
) -> int:
    """Filter `samples`, writing sum(|band|) >> 6 for every hop completed.

    `state` and `sums` (both (n_bands,)) are updated in place. Every value stays in int32, as in the C export.

    Args:
        samples: int16 (n,).
        shifts: (n_bands,) right shifts.
        state: Low-pass states.
        sums: Magnitudes of the hop under way.
        filled: Samples already in it.
        hop: Samples a frame.
        out: (frames, n_bands), written.

    Returns:
        Samples in the unfinished hop.
    """
    frame = 0
    for n in range(samples.size):
        low = np.int64(samples[n]) << INPUT_SHIFT
        for k in range(shifts.size):
            state[k] += (low - state[k]) >> shifts[k]
            sums[k] += abs(low - state[k])
            low = state[k]
        filled += 1
        if filled == hop:
            for k in range(shifts.size):
                out[frame, k] = sums[k] >> INPUT_SHIFT
                sums[k] = 0
            frame += 1
            filled = 0
    return filled
