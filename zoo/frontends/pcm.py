"""PCM bits: the top bits of the last samples, as they are (positional) or in Gray code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from zoo.frontends.base import Bits, Int16, Int32

CODES = ("positional", "gray")


@dataclass(frozen=True)
class PcmBits:
    """A delay line of samples, each as an unsigned code of `width` bits; one frame a sample.

    Feature k is the code of the sample k steps ago; bits follow in that order, most significant first.
    The code is the sample's top bits in offset binary (silence is 1000...), Gray coded as `u ^ (u >> 1)` on
    request.

    Args:
        rate: Sample rate in Hz.
        width: Bits a sample, 1 to 16.
        taps: Samples in view, 1 to 1024; before the first sample the line holds silence.
        code: "positional" or "gray".
    """

    kind: ClassVar[str] = "pcm_bits"

    rate: int = 44_100
    width: int = 8
    taps: int = 16
    code: str = "positional"

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("rate", self.rate, 1, 1_000_000),
            ("width", self.width, 1, 16),
            ("taps", self.taps, 1, 1024),
        ):
            if not low <= value <= high:
                raise ValueError(f"pcm_bits: {name}: expected {low} to {high}, found {value}")
        if self.code not in CODES:
            raise ValueError(f"pcm_bits: code: expected one of {CODES}, found {self.code!r}")

    @property
    def hop(self) -> int:
        """Samples a frame: 1."""
        return 1

    @property
    def n_features(self) -> int:
        """One code a tap."""
        return self.taps

    @property
    def n_bits(self) -> int:
        """Bits a frame."""
        return self.taps * self.width

    def stream(self) -> PcmBitsStream:
        """A fresh delay line."""
        return PcmBitsStream(self)

    def features(self, samples: Int16) -> Int32:
        """int16 (n,) -> int32 (n, taps) of codes, newest first."""
        return self.stream().push(samples)

    def encode(self, features: Int32) -> Bits:
        """int32 (frames, taps) -> uint8 (frames, taps * width)."""
        n_bytes = 1 if self.width <= 8 else 2
        aligned = (features << (8 * n_bytes - self.width)).astype(f">u{n_bytes}")
        bits = np.unpackbits(aligned.view(np.uint8), axis=1).reshape(len(features), self.taps, 8 * n_bytes)
        return np.ascontiguousarray(bits[:, :, : self.width]).reshape(len(features), self.n_bits)

    def bits(self, samples: Int16) -> Bits:
        """int16 (n,) -> uint8 (n, taps * width)."""
        return self.encode(self.features(samples))

    def params(self) -> dict[str, Any]:
        """JSON-ready parameters."""
        return {"rate": self.rate, "width": self.width, "taps": self.taps, "code": self.code}

    def tensors(self) -> dict[str, npt.NDArray[Any]]:
        """None."""
        return {}

    @classmethod
    def from_parts(cls, params: Mapping[str, Any], tensors: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Rebuild from `params()`."""
        return cls(**params)


class PcmBitsStream:
    """The delay line of one audio stream."""

    def __init__(self, frontend: PcmBits) -> None:
        self.frontend = frontend
        self._line = np.zeros(frontend.taps - 1, np.int16)

    def push(self, samples: Int16) -> Int32:
        """int16 (n,) -> int32 (n, taps)."""
        fe = self.frontend
        if not len(samples):  # a window needs at least one
            return np.empty((0, fe.taps), np.int32)
        line = np.concatenate([self._line, samples])
        self._line = line[len(samples) :]
        codes = (line.astype(np.int32) + 32_768) >> (16 - fe.width)
        if fe.code == "gray":
            codes ^= codes >> 1
        return np.lib.stride_tricks.sliding_window_view(codes, fe.taps)[:, ::-1].copy()
