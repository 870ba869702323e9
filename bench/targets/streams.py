"""One stream in block mode, on this machine and on emulated cores: is it what numpy gives?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.targets.base import Int16
from bench.targets.host import HostMachine
from bench.targets.machine import EmulatedMachine, Program
from bench.targets.port import Port, sources
from exporters.c.build import A8_FLAGS, A53_FLAGS, HOST_FLAGS, build, host_compiler, zig
from exporters.c.stream import stream_mode
from exporters.c.targets import find_target
from exporters.passes import optimise
from zoo.model import Model
from zoo.results import Trace

ENTRY = ("-Wl,-e,harness_run",)


@dataclass(frozen=True)
class StreamTarget:
    """Where streams run.

    Args:
        way: A key of `exporters.c.TARGETS`.
        flags: Of the compiler; None builds for this machine.
    """

    way: str
    flags: tuple[str, ...] | None = None

    def run(self, model: Model, clips: Sequence[Int16]) -> list[Trace]:
        """Every clip from a fresh state."""
        files = sources(model, "block", self.way)
        machine: Any
        if self.flags is None:
            machine = HostMachine(build(host_compiler(), HOST_FLAGS, files, "model.so"))
        else:
            machine = EmulatedMachine(Program(build(zig(), self.flags, files, "model.elf", ENTRY)))
        port = Port(model, machine)
        return [port.stream(clip, 32 * find_target(self.way).words) for clip in clips]


HOST = StreamTarget("portable")
EMULATED = (
    StreamTarget("cortex-a8", A8_FLAGS),
    StreamTarget("cortex-a8-neon", A8_FLAGS),
    StreamTarget("cortex-a53", A53_FLAGS),
)


def has_streams(model: Model) -> bool:
    """Whether a block export has `NAME_stream`."""
    target = find_target(HOST.way)
    return model.hop == 1 and bool(stream_mode(model, optimise(model.circuit, target.basis), target).code)
