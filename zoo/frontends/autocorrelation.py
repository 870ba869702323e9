"""Sign autocorrelation: how often the sign of a band-limited signal equals its sign some samples earlier.

A signal of period p agrees with itself p samples ago, whatever its level and timbre, so pitch shows in counts
of equal bits: XNOR and popcount, no multiply. A cascade of one-pole low passes, less a slower one, leaves the
band whose signs are taken; the magnitude of that band is one more feature, the log2 of the shift filterbank.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

import numpy as np
import numpy.typing as npt

from zoo.frontends.base import ThermometerBits
from zoo.frontends.filterbank import INPUT_SHIFT, MAX_HOP, integer_log2

Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]

WORD = 32  # samples whose signs make a word: hops are multiples of it
MAX_LAG = 1024
MAX_HOPS = 16


@dataclass(frozen=True)
class SignAutocorrelation(ThermometerBits):
    """Counts of equal signs at several lags over the last hops, a log magnitude, and a thermometer over them.

    Args:
        rate: Sample rate in Hz.
        hop: Samples a frame, 32 to 256, a multiple of 32.
        low: One right shift (1 to 15) for each low pass, first to last; at most 8.
        high: Right shift (1 to 15) of the slower low pass that is taken away.
        lags: Distances in samples, each 1 to 1024.
        hops: Frames that a count sums over, 1 to 16.
        floor: Added to the magnitude before the logarithm, 1 to 65535.
        feature: uint16 (n_bits,): which feature each bit looks at.
        threshold: int32 (n_bits,): a bit is 1 where its feature is at least this.
    """

    kind: ClassVar[str] = "sign_autocorrelation"

    rate: int = 16_000
    hop: int = 256
    low: tuple[int, ...] = (2, 2)
    high: int = 6
    lags: tuple[int, ...] = (16, 32, 64, 128)
    hops: int = 4
    floor: int = 64
    feature: npt.NDArray[np.uint16] = field(default_factory=lambda: np.zeros(0, np.uint16), repr=False)
    threshold: Int32 = field(default_factory=lambda: np.zeros(0, np.int32), repr=False)

    def __post_init__(self) -> None:
        _check(1 <= self.rate <= 1_000_000, "rate", "1 to 1000000", self.rate)
        in_words = WORD <= self.hop <= MAX_HOP and self.hop % WORD == 0
        _check(in_words, "hop", f"a multiple of {WORD} up to {MAX_HOP}", self.hop)
        _check(len(self.low) <= 8, "low", "at most 8 stages", len(self.low))
        _check(all(1 <= k <= 15 for k in (*self.low, self.high)), "low, high", "each 1 to 15", self.low)
        _check(1 <= len(self.lags) <= 1024, "lags", "1 to 1024 of them", len(self.lags))
        _check(all(1 <= lag <= MAX_LAG for lag in self.lags), "lags", f"each 1 to {MAX_LAG}", self.lags)
        _check(1 <= self.hops <= MAX_HOPS, "hops", f"1 to {MAX_HOPS}", self.hops)
        _check(1 <= self.floor <= 65_535, "floor", "1 to 65535", self.floor)
        shape = self.feature.shape
        _check(shape == self.threshold.shape, "threshold", f"{shape}", self.threshold.shape)
        if self.feature.size:
            largest = int(self.feature.max())
            _check(largest < self.n_features, "feature", f"below {self.n_features}", largest)

    @property
    def n_features(self) -> int:
        """A count for each lag, and the log magnitude."""
        return len(self.lags) + 1

    @property
    def past_words(self) -> int:
        """Words of signs before the hop that a lag can reach into."""
        return max(self.lags) // WORD + 1

    def stream(self) -> SignAutocorrelationStream:
        """A fresh state that takes samples in blocks of any size."""
        return SignAutocorrelationStream(self)

    def params(self) -> dict[str, Any]:
        """JSON-ready parameters (the tensors are apart)."""
        return {
            "rate": self.rate,
            "hop": self.hop,
            "low": list(self.low),
            "high": self.high,
            "lags": list(self.lags),
            "hops": self.hops,
            "floor": self.floor,
        }

    @classmethod
    def from_parts(
        cls, params: Mapping[str, Any], tensors: Mapping[str, npt.NDArray[Any]]
    ) -> SignAutocorrelation:
        """Rebuild from `params()` and `tensors()`.

        Raises:
            ValueError: A parameter is missing, unknown or out of range.
        """
        known = {"rate", "hop", "low", "high", "lags", "hops", "floor"}
        _check(set(params) == known, "parameters", sorted(known), sorted(params))
        return cls(
            **{**params, "low": tuple(params["low"]), "lags": tuple(params["lags"])},
            feature=np.asarray(tensors["feature"], np.uint16),
            threshold=np.asarray(tensors["threshold"], np.int32),
        )


class SignAutocorrelationStream:
    """Filter state, signs of the past and counts of one audio stream."""

    def __init__(self, frontend: SignAutocorrelation) -> None:
        self.frontend = frontend
        self._low = np.asarray(frontend.low, np.int64)
        self._state = np.zeros(len(frontend.low) + 1, np.int64)
        self._reach = max(frontend.lags)
        self._signs = np.zeros(self._reach, np.bool_)  # the last ones before the hop, then the hop's so far
        self._sum = 0  # magnitude of the hop so far
        self._counts = np.full((frontend.hops - 1, len(frontend.lags)), frontend.hop, np.int64)

    def push(self, samples: Int16) -> Int32:
        """int16 (n,) -> int32 (frames completed, n_features)."""
        from zoo.frontends.autocorrelation_kernel import signs

        fe = self.frontend
        samples = np.ascontiguousarray(samples, np.int16)
        filled = len(self._signs) - self._reach
        frames = (filled + samples.size) // fe.hop
        new, magnitudes = np.empty(samples.size, np.bool_), np.empty(frames, np.int64)
        self._sum = int(
            signs(samples, self._low, fe.high, self._state, self._sum, filled, fe.hop, new, magnitudes)
        )
        known = np.concatenate([self._signs, new])
        self._signs = known[frames * fe.hop :]
        counts = np.concatenate([self._counts, self._equal(known, frames)])
        self._counts = counts[len(counts) - (fe.hops - 1) :]
        sums = np.concatenate([np.zeros((1, len(fe.lags)), np.int64), np.cumsum(counts, axis=0)])
        windows = sums[fe.hops :] - sums[: len(sums) - fe.hops]
        logs = integer_log2((magnitudes >> INPUT_SHIFT) + fe.floor)
        return cast(Int32, np.concatenate([windows.astype(np.int32), logs[:, None]], axis=1))

    def _equal(self, known: Bools, frames: int) -> npt.NDArray[np.int64]:
        """int64 (frames, lags): equal signs in each hop alone."""
        fe, first = self.frontend, self._reach
        now = known[first : first + frames * fe.hop]
        found = np.empty((frames, len(fe.lags)), np.int64)
        for i, lag in enumerate(fe.lags):
            then = known[first - lag : first - lag + now.size]
            found[:, i] = (now == then).reshape(frames, fe.hop).sum(axis=1)
        return found


def _check(ok: bool, what: str, expected: object, found: object) -> None:
    if not ok:
        raise ValueError(f"sign_autocorrelation: {what}: expected {expected}, found {found}")
