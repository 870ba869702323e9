"""IMA ADPCM, the four-bit codec of the Interactive Multimedia Association (1992)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

CHANGE = (-1, -1, -1, -1, 2, 4, 6, 8)  # of the step's index, by the code's magnitude
STEPS = (
    7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88,
    97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658,
    724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660,
    4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818,
    18500, 20350, 22385, 24623, 27086, 29794, 32767,
)  # fmt: skip
FIRST = 40  # index of the step at the start


def encode(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.uint8]:
    """int16 (n,) -> codes uint8 (n,), 0 to 15; the decoder starts at the first sample."""
    value, index = int(samples[0]), FIRST
    codes = np.empty(len(samples), np.uint8)
    for place, sample in enumerate(samples.tolist()):
        difference = sample - value
        magnitude = min(7, (abs(difference) * 4) // STEPS[index])
        codes[place] = magnitude | (8 if difference < 0 else 0)
        value, index = _after(value, index, int(codes[place]))
    return codes


def decode(codes: npt.NDArray[np.uint8], first: int) -> npt.NDArray[np.int16]:
    """Codes uint8 (n,) and the first sample -> int16 (n,)."""
    value, index = first, FIRST
    samples = np.empty(len(codes), np.int16)
    for place, code in enumerate(codes.tolist()):
        value, index = _after(value, index, code)
        samples[place] = value
    return samples


def _after(value: int, index: int, code: int) -> tuple[int, int]:
    """Sample and step index after a code."""
    step, magnitude = STEPS[index], code & 7
    change = (step >> 3) + sum(step >> place for place in range(3) if magnitude >> (2 - place) & 1)
    value = max(-32_768, min(32_767, value - change if code & 8 else value + change))
    return value, max(0, min(len(STEPS) - 1, index + CHANGE[magnitude]))
