"""The loops of the note tracker, compiled by numba on first use (and cached on disk)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zoo.compiled import compiled
from zoo.frontends.filterbank import INPUT_SHIFT
from zoo.frontends.note import (
    CHANGE,
    LEVEL_SHIFT,
    LONGEST,
    MAX_AGE,
    NEAR,
    PERIODS,
    PITCH_BITS,
    TIME_BITS,
)

Int64 = npt.NDArray[np.int64]


@compiled()
def follow(
    samples: npt.NDArray[np.int16],
    low: Int64,
    sizes: Int64,
    filters: Int64,
    crossing: Int64,
    periods: Int64,
    filled: int,
    controls: Int64,
) -> int:
    """Phase increment and followed magnitude (times 64) of every frame completed.

    Every value stays in int32, as in the C export.

    Args:
        samples: int16 (n,).
        low: (stages,) right shifts.
        sizes: (3,): right shift of the slow low pass, instants of the window, samples a frame.
        filters: (stages + 3,) low passes, the slow one, followers of the band's and the input's magnitude.
        crossing: (6,) the band one sample before, whether it was low enough since, instants since the last
            crossing, periods in the window, their instants, the increment; updated in place.
        periods: (16,) the latest periods, the newest at 0; updated in place.
        filled: Samples already in the frame.
        controls: (frames, 2), written.

    Returns:
        Samples in the unfinished frame.
    """
    stages, frame = low.size, 0
    before, armed, since, count, total, increment = crossing
    for n in range(samples.size):
        x = np.int64(samples[n]) << INPUT_SHIFT
        filters[stages + 2] += (abs(x) - filters[stages + 2]) >> LEVEL_SHIFT
        for k in range(stages):
            filters[k] += (x - filters[k]) >> low[k]
            x = filters[k]
        filters[stages] += (x - filters[stages]) >> sizes[0]
        band = x - filters[stages]
        filters[stages + 1] += (abs(band) - filters[stages + 1]) >> LEVEL_SHIFT
        since = min(LONGEST, since + (1 << TIME_BITS))
        if band < -(filters[stages + 1] >> 1):
            armed = 1
        if armed and before <= 0 and band > 0:
            armed = 0
            # Where between the two samples: -before / (band - before), bit by bit.
            part, whole, left = 0, band - before, -before
            for _ in range(TIME_BITS):
                left += left
                part += part
                if left >= whole:
                    left -= whole
                    part += 1
            rest = (1 << TIME_BITS) - part
            period = since - rest
            since = rest
            near = count > 0 and abs(period - periods[0]) <= periods[0] >> NEAR
            for k in range(PERIODS, 0, -1):
                periods[k] = periods[k - 1]
            periods[0] = period
            count, total = (count + 1, total + period) if near else (1, period)
            while count > 2 and (count > PERIODS or total > sizes[1]):
                count -= 1
                total -= periods[count]
        before = band
        filled += 1
        if filled == sizes[2]:
            filled = 0
            if count >= 2:
                found = _quotient(count << (PITCH_BITS + 2 + TIME_BITS), total)
                if found < 1 << PITCH_BITS:
                    increment = found
            controls[frame, 0] = increment
            controls[frame, 1] = filters[stages + 2]
            frame += 1
    crossing[0], crossing[1], crossing[2] = before, armed, since
    crossing[3], crossing[4], crossing[5] = count, total, increment
    return filled


@compiled()
def _quotient(number: int, by: int) -> int:
    """The whole quotient, or 2^15 where it is larger: shifts, compares and subtractions."""
    if number >= by << PITCH_BITS:
        return 1 << PITCH_BITS
    found = 0
    for bit in range(PITCH_BITS - 1, -1, -1):
        if number >= by << bit:
            number -= by << bit
            found += 1 << bit
    return found


@compiled()
def ages(increments: Int64, differences: Int64, rise: int, state: Int64, counted: Int64) -> None:
    """Frames since an attack or another note, and since a release, at most 255.

    Args:
        increments: (frames,).
        differences: (frames,) of loudness.
        rise: See `NoteTracker`.
        state: (3,) both ages, the increment of the note; updated in place.
        counted: (frames, 2), written.
    """
    for n in range(increments.size):
        for k in range(2):
            state[k] = min(MAX_AGE, state[k] + 1)
        if differences[n] >= rise or abs(increments[n] - state[2]) > increments[n] >> CHANGE:
            state[0] = 0
            state[2] = increments[n]
        if differences[n] <= -rise:
            state[1] = 0
        counted[n, 0], counted[n, 1] = state[0], state[1]
