"""What every head offers: integers from the output bits of a frame, and hits where it has events."""

from __future__ import annotations

from typing import ClassVar, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.uint8]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


class HeadFrames(NamedTuple):
    """What a head says about some frames.

    Args:
        values: int32 (frames, n_values).
        hits: int64 (hits,): frames of events, counted from the start of the stream.
    """

    values: Int32
    hits: Int64


class HeadStream(Protocol):
    """The state of one stream."""

    def push(self, outputs: Bits) -> HeadFrames:
        """uint8 (frames, outputs) -> values and hits of these frames."""
        ...


class Head(Protocol):
    """Immutable parameters of a head."""

    kind: ClassVar[str]

    @property
    def n_values(self) -> int:
        """Integers a frame."""
        ...

    def check_outputs(self, n_outputs: int) -> None:
        """ValueError unless a circuit with this many outputs fits."""
        ...

    def decode(self, outputs: Bits) -> Int32:
        """uint8 (frames, outputs) -> int32 (frames, n_values), each frame alone.

        A head that renders gives its controls, (frames, n_controls).
        """
        ...

    def stream(self) -> HeadStream:
        """A fresh state."""
        ...

    def params(self) -> dict[str, int]:
        """JSON-ready parameters; `HEADS[kind](**params)` rebuilds the head."""
        ...


def check_range(kind: str, name: str, value: int, low: int, high: int) -> None:
    """ValueError unless a parameter lies within its limits."""
    if not low <= value <= high:
        raise ValueError(f"{kind}: {name}: expected {low} to {high}, found {value}")
