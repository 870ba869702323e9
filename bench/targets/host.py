"""The target `host`: the export compiled for this machine, called through ctypes, timed by the clock."""

from __future__ import annotations

import ctypes
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.targets.base import Cost, CostLine, Int16, Method, Spread
from bench.targets.port import Port, PortTarget, sources
from exporters.c import Mode
from exporters.c.build import HOST_FLAGS, Compiler, build, host_compiler
from zoo.errors import ZooError
from zoo.model import Model

BATCHES = 50
BATCH_SECONDS = 0.002


class HostMachine:
    """A shared library with the export and its harness.

    Args:
        path: The library.
    """

    def __init__(self, path: Path) -> None:
        self._library: Any = ctypes.CDLL(str(path))

    def init(self) -> None:
        """Put the model's state to its start."""
        self._library.harness_init()

    def call(self, function: str, source: npt.NDArray[Any], count: int, *results: npt.NDArray[Any]) -> None:
        """Call a harness function; it reads `source` and writes the results in place."""
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in (source, *results)]
        getattr(self._library, function)(pointers[0], ctypes.c_uint32(count), *pointers[1:])


class Host(PortTarget):
    """This machine.

    Args:
        mode: "frame", or "block" for the block function too.
        compiler: What to build with; the one that `host_compiler` finds when None.
    """

    name = "host"
    method: Method = "measured"

    def __init__(self, mode: Mode = "frame", compiler: Compiler | None = None) -> None:
        self.mode = mode
        self._compiler = compiler

    def load(self, model: Model) -> Port:
        """Build the export and load it."""
        compiler = self._compiler or host_compiler()
        return Port(model, HostMachine(build(compiler, HOST_FLAGS, sources(model, self.mode), "model.so")))

    def cost(self, model: Model, clips: Sequence[Int16]) -> Cost:
        """Time of a hop, part by part: batches of hops, so that the clock's own time does not show."""
        longest = max(clips, key=len)
        if len(longest) < model.hop:
            raise ZooError(
                f"cost: expected a clip of at least a hop ({model.hop} samples), found none so long"
            )
        port = self.load(model)
        stages = port.stages(longest)
        frames = len(stages.features)
        call, values, answers = port.machine.call, np.zeros_like(stages.values), np.zeros(frames, np.int32)
        port.machine.init()
        work: dict[str, Callable[[], None]] = {
            "features": lambda: call("harness_features", stages.samples, frames, stages.features),
            "encode": lambda: call("harness_encode", stages.features, frames, stages.bits),
            "gates": lambda: call("harness_gates", stages.bits, frames, stages.outputs),
            "head": lambda: call("harness_head", stages.outputs, frames, values, answers),
            "total": lambda: call("harness_run", stages.samples, frames, values, answers),
        }
        lines = tuple(CostLine(part, ns=_time(run, frames)) for part, run in work.items())
        total = lines[-1].ns
        assert total is not None
        budget = 1e9 * model.hop / model.rate
        return Cost(
            target=self.name,
            device=cpu_name(),
            method=self.method,
            mode="frame",
            compiler=f"{(self._compiler or host_compiler()).label} {' '.join(HOST_FLAGS)}",
            rate=model.rate,
            hop=model.hop,
            lines=lines,
            percent=tuple(100 * x / budget for x in (total.minimum, total.median, total.maximum)),  # type: ignore[arg-type]
            notes=(
                "Time on this machine, which other programs share; it says nothing about a Bela. "
                "The total is timed by itself, so it is not quite the sum of the parts.",
            ),
        )


def cpu_name() -> str:
    """The processor of this machine as its maker calls it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return (names or [platform.processor() or platform.machine()])[0]


def _time(run: Callable[[], None], frames: int) -> Spread:
    """Nanoseconds a frame, over batches of whole runs."""
    run()
    start = time.perf_counter_ns()
    run()
    once = max(time.perf_counter_ns() - start, 1)
    repeats = max(1, round(BATCH_SECONDS * 1e9 / once))
    times = []
    for _ in range(BATCHES):
        start = time.perf_counter_ns()
        for _ in range(repeats):
            run()
        times.append((time.perf_counter_ns() - start) / (repeats * frames))
    return Spread.of(times)
