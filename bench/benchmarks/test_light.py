"""What must stay light: front ends far faster than real time, and a front door that opens at once.

Times are CPU time, so that other work on the machine disturbs little.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import zoo
from zoo.frontends import CounterBits, FrontEnd, PcmBits

REAL_TIME = 100.0  # seconds of audio in a second, at least
SECONDS = 20  # of audio
ROUNDS = 5

FRONT_ENDS: dict[str, Callable[[], FrontEnd]] = {
    "shift_filterbank": lambda: zoo.load("bela/onset-gates").frontend,
    "pcm_bits": lambda: PcmBits(width=8, taps=8),
    "pcm_bits, gray": lambda: PcmBits(width=8, taps=8, code="gray"),
    "counter_bits": lambda: CounterBits(gray=True),
}
FRONT_DOOR = {  # CPU seconds, at most
    "import": (("-c", "import zoo"), 0.5),
    "help": (("-m", "zoo.cli", "--help"), 0.7),
}


@pytest.mark.parametrize("name", FRONT_ENDS)
@pytest.mark.benchmark(group="front end", timer=time.process_time)
def test_front_end(benchmark: Any, name: str) -> None:
    """Samples to bits, on one core."""
    frontend = FRONT_ENDS[name]()
    noise = np.random.default_rng(0).normal(0, 4_000, SECONDS * frontend.rate)
    samples = np.clip(noise, -32_768, 32_767).astype(np.int16)
    frontend.bits(samples[: frontend.rate])  # compiles
    times: list[float] = []

    def round_() -> None:
        start = time.process_time()
        frontend.bits(samples)
        times.append(time.process_time() - start)

    benchmark.pedantic(round_, rounds=ROUNDS)
    benchmark.extra_info["times_real_time"] = SECONDS / min(times)
    assert SECONDS / min(times) >= REAL_TIME


@pytest.mark.parametrize("name", FRONT_DOOR)
@pytest.mark.benchmark(group="front door")
def test_front_door(benchmark: Any, name: str) -> None:
    """A fresh interpreter each time; the first round fills the caches."""
    arguments, most = FRONT_DOOR[name]
    times: list[float] = []

    def round_() -> None:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    benchmark.pedantic(round_, rounds=ROUNDS)
    benchmark.extra_info["cpu_seconds"] = min(times)
    assert min(times) <= most
