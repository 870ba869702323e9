"""What every target offers: the same predictions as numpy, and a cost that says how it was found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from zoo.golden import Golden
from zoo.model import Model
from zoo.results import Trace

Int16 = npt.NDArray[np.int16]

# measured: by a clock on that machine. emulated: the machine code ran in an emulator, its cycles come from a
# core model. static: counted from the code without running it. The three never share a column.
Method = Literal["measured", "emulated", "static"]

PARTS = ("features", "encode", "gates", "head", "total")
PART_NAMES = {
    "features": "front end",
    "encode": "encoder",
    "gates": "gates",
    "head": "head",
    "total": "total",
}


@dataclass(frozen=True)
class Spread:
    """How a number varied from hop to hop, or from batch to batch.

    Args:
        minimum: Smallest.
        median: Middle one.
        maximum: Largest.
        n: How many there were.
    """

    minimum: float
    median: float
    maximum: float
    n: int

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """The spread of at least one number."""
        array = np.array(list(values), np.float64)
        return cls(float(array.min()), float(np.median(array)), float(array.max()), array.size)


@dataclass(frozen=True)
class CostLine:
    """The cost of one part of a model, for one hop.

    Args:
        part: One of `PARTS`.
        ns: Nanoseconds by the clock of a target that measures.
        instructions: Instructions that ran, on a target that emulates.
        cycles: Their cycles by the core model.
        code: Bytes of its machine code, counted from the file.
    """

    part: str
    ns: Spread | None = None
    instructions: Spread | None = None
    cycles: Spread | None = None
    code: int | None = None


@dataclass(frozen=True)
class Memory:
    """Bytes of the export; the samples it is given are not its own.

    Args:
        code: Machine code of all its functions.
        constants: Tables.
        state: The state struct.
        stack: Deepest use of the stack by one hop.
        code_cache: Size of the first-level instruction cache, where there is one.
        code_limit: Size of the instruction memory, where code beyond it cannot run at all.
        data_limit: Size of the data memory that the model may use, where there is such a limit.
    """

    code: int
    constants: int
    state: int
    stack: int
    code_cache: int | None = None
    code_limit: int | None = None
    data_limit: int | None = None

    @property
    def data(self) -> int:
        """Bytes of everything that is not code."""
        return self.constants + self.state + self.stack

    @property
    def fits_code_cache(self) -> bool:
        """All the code stays in the first-level instruction cache, or there is none to stay in."""
        return self.code_cache is None or self.code <= self.code_cache


@dataclass(frozen=True)
class Cost:
    """What one hop costs on a target.

    Args:
        target: The target's name.
        device: The processor, as people know it.
        method: How the numbers were found.
        mode: How the gates run: "frame" or "block".
        compiler: What built the code, with its flags.
        rate: Samples a second of the model.
        hop: Samples a hop.
        lines: One for each of `PARTS`.
        percent: Share of the processor at the model's rate: lowest, likely, highest.
        memory: Bytes, where the target knows them.
        notes: What a reader must know to read the numbers right.
    """

    target: str
    device: str
    method: Method
    mode: str
    compiler: str
    rate: int
    hop: int
    lines: tuple[CostLine, ...]
    percent: tuple[float, float, float]
    memory: Memory | None = None
    notes: tuple[str, ...] = ()

    def line(self, part: str) -> CostLine:
        """The line of a part."""
        return next(line for line in self.lines if line.part == part)


class Target(Protocol):
    """A place where exports run."""

    name: str
    method: Method

    def run(self, model: Model, clips: Sequence[Int16]) -> list[Trace]:
        """Every clip (int16 (n,) at the model's rate) from a fresh state, in the export's frame mode."""
        ...

    def stages(self, model: Model, samples: Int16) -> Golden:
        """What every stage of the export gives for one clip."""
        ...

    def cost(self, model: Model, clips: Sequence[Int16]) -> Cost:
        """What a hop costs, over hops of these clips.

        Raises:
            ZooError: No clip is as long as a hop.
        """
        ...
