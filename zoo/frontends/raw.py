"""Raw bits: each sample is one input of the circuit, for networks that bring bits of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from zoo.frontends.base import Bits, Int16, Int32

MAX_WIDTH = 65_535


@dataclass(frozen=True)
class RawBits:
    """A frame is `width` samples, and input k of the circuit is whether sample k of them is above 0.

    Nothing is heard here: whoever runs the model makes the bits and passes them as samples of 0 and 1, frame
    after frame; see `samples_of_bits`.

    Args:
        rate: Samples, that is bits, a second; a frame takes width / rate seconds.
        width: Bits a frame, 1 to 65535.
    """

    kind: ClassVar[str] = "raw_bits"

    rate: int
    width: int

    def __post_init__(self) -> None:
        for name, value, high in (("rate", self.rate, 100_000_000), ("width", self.width, MAX_WIDTH)):
            if not 1 <= value <= high:
                raise ValueError(f"raw_bits: {name}: expected 1 to {high}, found {value}")

    @property
    def hop(self) -> int:
        """Samples a frame: its bits."""
        return self.width

    @property
    def n_features(self) -> int:
        """The bits."""
        return self.width

    @property
    def n_bits(self) -> int:
        """Bits a frame."""
        return self.width

    def stream(self) -> RawBitsStream:
        """No frame under way."""
        return RawBitsStream(self)

    def features(self, samples: Int16) -> Int32:
        """int16 (n,) -> int32 (n // width, width) of 0 and 1."""
        return self.stream().push(samples)

    def encode(self, features: Int32) -> Bits:
        """int32 (frames, width) -> uint8 (frames, width)."""
        return (features > 0).view(np.uint8)

    def bits(self, samples: Int16) -> Bits:
        """int16 (n,) -> uint8 (n // width, width)."""
        return self.encode(self.features(samples))

    def params(self) -> dict[str, Any]:
        """JSON-ready parameters."""
        return {"rate": self.rate, "width": self.width}

    def tensors(self) -> dict[str, npt.NDArray[Any]]:
        """None."""
        return {}

    @classmethod
    def from_parts(cls, params: Mapping[str, Any], tensors: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Rebuild from `params()`."""
        return cls(**params)


class RawBitsStream:
    """The samples of a frame that is not whole yet."""

    def __init__(self, frontend: RawBits) -> None:
        self.frontend = frontend
        self._rest = np.zeros(0, np.int16)

    def push(self, samples: Int16) -> Int32:
        """int16 (n,) -> int32 (frames completed, width)."""
        width = self.frontend.width
        line = np.concatenate([self._rest, samples])
        whole = len(line) // width * width
        self._rest = line[whole:]
        return (line[:whole] > 0).astype(np.int32).reshape(-1, width)


def samples_of_bits(bits: npt.NDArray[Any]) -> Int16:
    """Bool or integer (frames, width) of 0 and 1 -> int16 (frames * width,): samples for `RawBits`."""
    return np.asarray(bits).astype(np.int16).reshape(-1)
