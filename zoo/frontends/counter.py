"""Counter bits: no audio goes in; the frame number is the input, as in bytebeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from zoo.frontends.base import Bits, Int16, Int32


@dataclass(frozen=True)
class CounterBits:
    """The low bits of the frame number t, least significant first; Gray bits of t after them on request.

    One frame for every sample pushed, whatever its value: the samples only say how many frames to run.

    Args:
        rate: Frames a second.
        width: Bits of t, 1 to 31; t starts again after 2^width frames.
        gray: Also give the `width` bits of `t ^ (t >> 1)`.
    """

    kind: ClassVar[str] = "counter_bits"

    rate: int = 8_000
    width: int = 16
    gray: bool = False

    def __post_init__(self) -> None:
        for name, value, high in (("rate", self.rate, 1_000_000), ("width", self.width, 31)):
            if not 1 <= value <= high:
                raise ValueError(f"counter_bits: {name}: expected 1 to {high}, found {value}")

    @property
    def hop(self) -> int:
        """Samples a frame: 1."""
        return 1

    @property
    def n_features(self) -> int:
        """The counter itself."""
        return 1

    @property
    def n_bits(self) -> int:
        """Bits a frame."""
        return self.width * (2 if self.gray else 1)

    def stream(self) -> CounterBitsStream:
        """A counter at 0."""
        return CounterBitsStream(self)

    def features(self, samples: Int16) -> Int32:
        """int16 (n,) -> int32 (n, 1): 0, 1, 2, ... modulo 2^width."""
        return self.stream().push(samples)

    def encode(self, features: Int32) -> Bits:
        """int32 (frames, 1) -> uint8 (frames, n_bits)."""
        codes = np.concatenate([features, features ^ (features >> 1)], axis=1) if self.gray else features
        shifts = np.arange(self.width, dtype=np.int32)
        return ((codes[:, :, None] >> shifts) & 1).astype(np.uint8).reshape(len(features), self.n_bits)

    def bits(self, samples: Int16) -> Bits:
        """int16 (n,) -> uint8 (n, n_bits)."""
        return self.encode(self.features(samples))

    def params(self) -> dict[str, Any]:
        """JSON-ready parameters."""
        return {"rate": self.rate, "width": self.width, "gray": self.gray}

    def tensors(self) -> dict[str, npt.NDArray[Any]]:
        """None."""
        return {}

    @classmethod
    def from_parts(cls, params: Mapping[str, Any], tensors: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Rebuild from `params()`."""
        return cls(**params)


class CounterBitsStream:
    """The counter of one stream."""

    def __init__(self, frontend: CounterBits) -> None:
        self.frontend = frontend
        self._next = 0

    def push(self, samples: Int16) -> Int32:
        """int16 (n,) -> int32 (n, 1)."""
        period = 1 << self.frontend.width
        t = (self._next + np.arange(len(samples), dtype=np.int64)) % period
        self._next = (self._next + len(samples)) % period
        return t.astype(np.int32)[:, None]
