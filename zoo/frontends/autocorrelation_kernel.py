"""The sample loop of the sign autocorrelation, compiled by numba on first use (and cached on disk)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zoo.compiled import compiled
from zoo.frontends.filterbank import INPUT_SHIFT

Int64 = npt.NDArray[np.int64]


@compiled()
def signs(
    samples: npt.NDArray[np.int16],
    low: Int64,
    high: int,
    state: Int64,
    total: int,
    filled: int,
    hop: int,
    out: npt.NDArray[np.bool_],
    magnitudes: Int64,
) -> int:
    """Whether the band is above 0 at every sample, and the sum of |band| of every hop completed.

    Every value stays in int32, as in the C export.

    Args:
        samples: int16 (n,).
        low: (stages,) right shifts.
        high: Right shift of the low pass that is taken away.
        state: (stages + 1,) low-pass states, the slow one last; updated in place.
        total: Magnitude of the hop under way.
        filled: Samples already in it.
        hop: Samples a frame.
        out: bool (n,), written.
        magnitudes: (frames,), written.

    Returns:
        Magnitude of the unfinished hop.
    """
    frame, slow = 0, low.size
    for n in range(samples.size):
        x = np.int64(samples[n]) << INPUT_SHIFT
        for k in range(low.size):
            state[k] += (x - state[k]) >> low[k]
            x = state[k]
        state[slow] += (x - state[slow]) >> high
        band = x - state[slow]
        out[n] = band > 0
        total += abs(band)
        filled += 1
        if filled == hop:
            magnitudes[frame] = total
            frame += 1
            total = 0
            filled = 0
    return total
