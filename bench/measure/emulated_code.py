"""What one call of a function costs on an emulated core, with its answer checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint32]


class Cost(NamedTuple):
    """Of one call."""

    cycles: int
    instructions: int
    code_bytes: int


def run_code(
    files: Mapping[str, str],
    symbol: str,
    target: str,
    given: Words,
    expected: Words,
    arguments: Callable[[int, int], tuple[int, ...]],
) -> Cost:
    """Build, call once, compare.

    Args:
        files: Name -> text of C and assembly files.
        symbol: The function; all code is in functions that start with this up to its first "_".
        target: `cortex-a8` or `cortex-a53`.
        given: What it reads.
        expected: What it must write.
        arguments: Addresses of both -> its arguments.

    Raises:
        AssertionError: It wrote something else.
    """
    from bench.targets import TARGETS
    from bench.targets.emulated import EmulatedTarget
    from bench.targets.machine import EmulatedMachine, Program
    from exporters.c.build import build, zig

    emulated: Any = TARGETS[target]()
    assert isinstance(emulated, EmulatedTarget)
    flags = emulated.core.flags
    program = Program(build(zig(), flags, files, "code.elf", (f"-Wl,-e,{symbol}",)))
    machine = EmulatedMachine(program)
    source, result = machine.place(given), machine.place(np.zeros_like(expected))
    blocks = machine.trace(symbol, *arguments(source, result))
    if not np.array_equal(machine.read(result, np.uint32, expected.shape), expected):
        raise AssertionError(f"{symbol} on {target}: the answer differs from numpy's")
    instructions, cycles = emulated.core.model(program.timings()).run(blocks)
    return Cost(cycles, instructions, program.code_bytes(symbol.partition("_")[0]))
