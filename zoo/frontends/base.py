"""What every front end offers: integer features from int16 samples, and bits from features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import numpy.typing as npt

Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]
Bits = npt.NDArray[np.uint8]


class FrontEndStream(Protocol):
    """The state of one audio stream."""

    def push(self, samples: Int16) -> Int32:
        """int16 (n,) -> int32 (hops completed, n_features); samples of an unfinished hop are kept."""
        ...


class FrontEnd(Protocol):
    """Immutable parameters of a front end."""

    kind: ClassVar[str]

    @property
    def rate(self) -> int:
        """Sample rate in Hz."""
        ...

    @property
    def hop(self) -> int:
        """Samples a frame."""
        ...

    @property
    def n_features(self) -> int:
        """Integers a frame."""
        ...

    @property
    def n_bits(self) -> int:
        """Bits a frame: the inputs of the circuit."""
        ...

    def stream(self) -> FrontEndStream:
        """A fresh state that takes samples in blocks of any size."""
        ...

    def features(self, samples: Int16) -> Int32:
        """int16 (n,) -> int32 (n // hop, n_features), from a fresh state."""
        ...

    def encode(self, features: Int32) -> Bits:
        """int32 (frames, n_features) -> uint8 (frames, n_bits) of 0 and 1."""
        ...

    def bits(self, samples: Int16) -> Bits:
        """int16 (n,) -> uint8 (n // hop, n_bits), from a fresh state."""
        ...

    def params(self) -> dict[str, Any]:
        """JSON-ready parameters."""
        ...

    def tensors(self) -> dict[str, npt.NDArray[Any]]:
        """Arrays that go to the safetensors file."""
        ...

    @classmethod
    def from_parts(cls, params: Mapping[str, Any], tensors: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Rebuild from `params()` and `tensors()`; ValueError when a parameter is out of range."""
        ...


class ThermometerBits:
    """What front ends share whose bit i is `features[feature[i]] >= threshold[i]`: all but their features."""

    feature: npt.NDArray[np.uint16]
    threshold: Int32

    @property
    def n_bits(self) -> int:
        """Bits a frame."""
        return int(self.feature.size)

    def tensors(self) -> dict[str, npt.NDArray[Any]]:
        """Arrays that go to the safetensors file."""
        return {"feature": self.feature, "threshold": self.threshold}

    def stream(self) -> FrontEndStream:
        """A fresh state that takes samples in blocks of any size."""
        raise NotImplementedError

    def features(self, samples: Int16) -> Int32:
        """int16 (n,) -> int32 (n // hop, n_features), from a fresh state."""
        return self.stream().push(samples)

    def encode(self, features: Int32) -> Bits:
        """int32 (frames, n_features) -> uint8 (frames, n_bits) of 0 and 1."""
        return (features[:, self.feature] >= self.threshold).view(np.uint8)

    def bits(self, samples: Int16) -> Bits:
        """int16 (n,) -> uint8 (n // hop, n_bits), from a fresh state."""
        return self.encode(self.features(samples))
