"""The Cortex-A8: its numbers, and its model over an exact instruction stream.

What the model leaves out (cache misses, replays, the fetch queue) is listed in docs/cortex-a8-model.md, with
the error bars.
"""

from __future__ import annotations

from collections.abc import Mapping

from bench.core_model import CoreModel
from bench.pipeline import Timing

MISPREDICT = 13
CLOCK_HZ = 1_000_000_000
L1I_BYTES = 32 * 1024
ERROR = 0.15  # of the cycles, both ways, for integer code within the first-level caches
NEON_ERROR = 0.25  # the same for code that mostly runs in the NEON unit


class CortexA8Model(CoreModel):
    """The core: feed it blocks of instructions in the order of execution.

    Args:
        timings: What each address holds; see `bench.a8_decode`.
    """

    def __init__(self, timings: Mapping[int, Timing]) -> None:
        super().__init__("Cortex-A8", MISPREDICT, timings)
