"""The loops of the oscillator bank, compiled by numba on first use (and cached on disk).

A product here is one of a few bits: the C export makes the same number by adding shifted values.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.compiled import compiled
from zoo.oscillators import CYCLE, DETAIL, FRACTION, NOISE_DETAIL, STEPS

Int64 = npt.NDArray[np.int64]

HALF, QUARTER = CYCLE // 2, CYCLE // 4
INDEX = 32 - (CYCLE - 1).bit_length()  # bits of the phase below the wave's step
WORD = 0xFFFF_FFFF


@compiled()
def build_wave(
    control: Int64, sizes: Int64, sine: npt.NDArray[np.int16], wave: Int64, odd: Int64, even: Int64
) -> None:
    """Half a cycle of a frame's harmonics from a quarter: odd ones mirror there, even ones turn over too."""
    pitch, harmonics, _, top, quiet = sizes
    odd[:] = 0
    even[:] = 0
    reach = 0
    for h in range(1, harmonics + 1):
        reach += control[0]
        count = control[1 + h]
        level = control[1] + count
        if count == 0 or level < quiet or reach >= 1 << (pitch + 1):
            continue
        factor, shift = STEPS + level % STEPS, 2 + top - level // STEPS
        total = odd if h & 1 else even
        for p in range(QUARTER + 1):
            total[p] += ((sine[(h * p) % CYCLE] * factor) << DETAIL) >> shift
    for p in range(QUARTER + 1):
        wave[p] = (odd[p] + even[p]) >> DETAIL
        wave[HALF - p] = (odd[p] - even[p]) >> DETAIL


@compiled()
def render(
    controls: Int64,
    sizes: Int64,
    sine: npt.NDArray[np.int16],
    waves: Int64,
    levels: Int64,
    lows: Int64,
    words: Int64,
    out: npt.NDArray[np.int32],
) -> None:
    """Every frame's samples; every value stays in int32, as in the C export.

    Args:
        controls: (frames, n_controls): increment, gain, harmonics, noise bands.
        sizes: (5,): bits of the increment, harmonics, noise bands, octaves of levels, softest level.
        sine: (512,) a cycle.
        waves: (2, 257) half cycles of the frame before and of this one, updated in place.
        levels: (2, noise) levels of the bands of both, 0 where silent, updated in place.
        lows: (noise,) low passes of the noise; the last one is not used. Updated in place.
        words: (2,) phase and noise generator as uint32, updated in place.
        out: (frames, hop), written.
    """
    pitch, harmonics, noise, top, quiet = sizes
    hop = out.shape[1]
    odd, even = np.empty(QUARTER + 1, np.int64), np.empty(QUARTER + 1, np.int64)
    phase, word = words[0], words[1]
    both = np.empty(2, np.int64)
    for frame in range(controls.shape[0]):
        control = controls[frame]
        waves[0] = waves[1]
        levels[0] = levels[1]
        build_wave(control, sizes, sine, waves[1], odd, even)
        for k in range(noise):
            count = control[2 + harmonics + k]
            level = control[1] + count
            levels[1, k] = level if count and level >= quiet else 0
        for n in range(hop):
            phase = (phase + (control[0] << (30 - pitch))) & WORD
            later = phase >> 31  # the second half of a cycle is the first, backwards and turned over
            place = phase ^ WORD if later else phase
            index, part = place >> INDEX, (place >> (INDEX - FRACTION)) & ((1 << FRACTION) - 1)
            for i in range(2):
                here = waves[i, index]
                here += ((waves[i, index + 1] - here) * part) >> FRACTION
                both[i] = -here if later else here
            word ^= (word << 13) & WORD
            word ^= word >> 17
            word ^= (word << 5) & WORD
            rest: Any = ((word >> 16) - ((word >> 31) << 16)) << NOISE_DETAIL
            for k in range(noise):
                band = rest
                if k < noise - 1:
                    lows[k] += (rest - lows[k]) >> (k + 1)
                    band = rest - lows[k]
                    rest = lows[k]
                for i in range(2):
                    level = levels[i, k]
                    if level:
                        shift = 2 + NOISE_DETAIL + top - level // STEPS
                        both[i] += (band * (STEPS + level % STEPS)) >> shift
            sound = both[0] + (((both[1] - both[0]) * n) // hop)
            out[frame, n] = min(32_767, max(-32_768, sound))
    words[0], words[1] = phase, word
