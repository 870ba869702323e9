"""The Cortex-A53: its numbers, and its model; see docs/cortex-a53-model.md."""

from __future__ import annotations

from collections.abc import Mapping

from bench.core_model import CoreModel
from bench.pipeline import Timing

MISPREDICT = 7
CLOCK_HZ = 1_400_000_000
L1I_BYTES = 32 * 1024
ERROR = 0.20  # of the cycles, both ways, for integer code within the first-level caches
VECTOR_ERROR = 0.30  # the same for code that mostly works on vectors


class CortexA53Model(CoreModel):
    """The core: feed it blocks of instructions in the order of execution.

    Args:
        timings: What each address holds; see `bench.a53_decode`.
    """

    def __init__(self, timings: Mapping[int, Timing]) -> None:
        super().__init__("Cortex-A53", MISPREDICT, timings)
