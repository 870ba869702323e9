"""Shift filterbank: octave bands from a cascade of one-pole low passes, with adds, shifts and compares only.

Each stage is `s += (x - s) >> k`, a one-pole low pass whose corner is near rate / (2 pi 2^k); what the stage
removes is one band. Mean magnitudes go through an integer log2 (4 mantissa bits, so 16 steps an octave), and
onsets show as differences to earlier hops, or to the loudest of the last hops (a ringing tail then never
looks new). There is no multiply, so a PRU can run it, and no rounding mode, so every machine agrees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

import numpy as np
import numpy.typing as npt

from zoo.frontends.base import ThermometerBits

Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]

INPUT_SHIFT = 6  # guard bits below the sample, so that the slowest stage still moves
MANTISSA_BITS = 4
MAX_HOP = 256  # |band| < 2^22, so 256 of them still fit an int32


@dataclass(frozen=True)
class ShiftFilterbank(ThermometerBits):
    """Octave-band log magnitudes, their differences in time and across bands, fluxes, and a thermometer.

    Args:
        rate: Sample rate in Hz.
        hop: Samples a frame, 1 to 256.
        shifts: One right shift (1 to 15) for each stage, fast to slow.
        floor: Added to each band's magnitude before the logarithm, at least 1; hides noise below it.
        lags: Distances in hops, each 1 to 1024: differences to the band as it was then.
        peaks: Windows in hops, each 1 to 1024: differences to the band's largest value in so many last hops.
        flux: Half-open band ranges over which positive differences are summed, for every lag and every peak.
        spans: Distances in bands: differences to the band so many stages later, whatever the loudness.
        feature: uint16 (n_bits,): which feature each bit looks at.
        threshold: int32 (n_bits,): a bit is 1 where its feature is at least this.
    """

    kind: ClassVar[str] = "shift_filterbank"

    rate: int = 44_100
    hop: int = 128
    shifts: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7, 8, 9)
    floor: int = 16
    lags: tuple[int, ...] = (1, 2, 4, 8, 16)
    peaks: tuple[int, ...] = ()
    flux: tuple[tuple[int, int], ...] = ()
    spans: tuple[int, ...] = ()
    feature: npt.NDArray[np.uint16] = field(default_factory=lambda: np.zeros(0, np.uint16), repr=False)
    threshold: Int32 = field(default_factory=lambda: np.zeros(0, np.int32), repr=False)

    def __post_init__(self) -> None:
        _check(1 <= self.rate <= 1_000_000, "rate", "1 to 1000000", self.rate)
        _check(1 <= self.hop <= MAX_HOP, "hop", f"1 to {MAX_HOP}", self.hop)
        _check(1 <= len(self.shifts) <= 24, "shifts", "1 to 24 stages", len(self.shifts))
        _check(all(1 <= k <= 15 for k in self.shifts), "shifts", "each 1 to 15", self.shifts)
        _check(1 <= self.floor <= 65_535, "floor", "1 to 65535", self.floor)
        _check(all(1 <= lag <= 1024 for lag in self.lags), "lags", "each 1 to 1024", self.lags)
        _check(all(1 <= window <= 1024 for window in self.peaks), "peaks", "each 1 to 1024", self.peaks)
        bands = len(self.shifts)
        in_range = all(0 <= lo < hi <= bands for lo, hi in self.flux)
        _check(in_range, "flux", f"ranges within 0 to {bands}", self.flux)
        _check(all(1 <= d < bands for d in self.spans), "spans", f"each 1 to {bands - 1}", self.spans)
        shape = self.feature.shape
        _check(shape == self.threshold.shape, "threshold", f"{shape}", self.threshold.shape)
        if self.feature.size:
            largest = int(self.feature.max())
            _check(largest < self.n_features, "feature", f"below {self.n_features}", largest)

    @property
    def n_bands(self) -> int:
        """Number of filter stages, one band each."""
        return len(self.shifts)

    @property
    def n_features(self) -> int:
        """Bands; each lag's and peak's differences, then fluxes; each span's differences."""
        in_time = (len(self.lags) + len(self.peaks)) * (self.n_bands + len(self.flux))
        return self.n_bands + in_time + sum(self.n_bands - span for span in self.spans)

    @property
    def silence(self) -> int:
        """The log magnitude of digital silence: what the history holds before the first frame."""
        exponent = self.floor.bit_length() - 1
        return 16 * exponent + ((self.floor << MANTISSA_BITS >> exponent) & 15)

    def stream(self) -> ShiftFilterbankStream:
        """A fresh state that takes samples in blocks of any size."""
        return ShiftFilterbankStream(self)

    def params(self) -> dict[str, Any]:
        """JSON-ready parameters (the tensors are apart); `spans` only where there are any."""
        params: dict[str, Any] = {
            "rate": self.rate,
            "hop": self.hop,
            "shifts": list(self.shifts),
            "floor": self.floor,
            "lags": list(self.lags),
            "peaks": list(self.peaks),
            "flux": [list(r) for r in self.flux],
        }
        return params | {"spans": list(self.spans)} if self.spans else params

    @classmethod
    def from_parts(
        cls, params: Mapping[str, Any], tensors: Mapping[str, npt.NDArray[Any]]
    ) -> ShiftFilterbank:
        """Rebuild from `params()` and `tensors()`.

        Raises:
            ValueError: A parameter is missing, unknown or out of range.
        """
        known = {"rate", "hop", "shifts", "floor", "lags", "peaks", "flux"}
        _check(set(params) - {"spans"} == known, "parameters", sorted(known), sorted(params))
        return cls(
            rate=params["rate"],
            hop=params["hop"],
            shifts=tuple(params["shifts"]),
            floor=params["floor"],
            lags=tuple(params["lags"]),
            peaks=tuple(params["peaks"]),
            flux=tuple((lo, hi) for lo, hi in params["flux"]),
            spans=tuple(params.get("spans") or ()),
            feature=np.asarray(tensors["feature"], np.uint16),
            threshold=np.asarray(tensors["threshold"], np.int32),
        )


class ShiftFilterbankStream:
    """Filter, accumulator and history state of one audio stream."""

    def __init__(self, frontend: ShiftFilterbank) -> None:
        self.frontend = frontend
        self._shifts = np.asarray(frontend.shifts, np.int64)
        self._state = np.zeros(frontend.n_bands, np.int64)
        self._sums = np.zeros(frontend.n_bands, np.int64)
        self._filled = 0
        depth = max((*frontend.lags, *frontend.peaks), default=0)
        self._history = np.full((depth, frontend.n_bands), frontend.silence, np.int32)

    def push(self, samples: Int16) -> Int32:
        """int16 (n,) -> int32 (frames completed, n_features)."""
        from zoo.frontends.filterbank_kernel import band_magnitudes

        fe = self.frontend
        samples = np.ascontiguousarray(samples, np.int16)
        frames = (self._filled + samples.size) // fe.hop
        magnitudes = np.empty((frames, fe.n_bands), np.int64)
        self._filled = int(
            band_magnitudes(samples, self._shifts, self._state, self._sums, self._filled, fe.hop, magnitudes)
        )
        return self._describe(integer_log2(magnitudes + fe.floor))

    def _describe(self, logs: Int32) -> Int32:
        """Bands, differences in time, fluxes, differences across bands; the history moves on."""
        fe, depth = self.frontend, len(self._history)
        padded = np.concatenate([self._history, logs])
        now = padded[depth:]
        self._history = padded[len(padded) - depth :]
        past = padded[: len(padded) - 1] if depth else padded  # one hop before `now`, and all older ones
        earlier = [padded[depth - lag : len(padded) - lag] for lag in fe.lags]
        loudest = [running_max(past[depth - window :], window) for window in fe.peaks]
        differences = [now - reference for reference in (*earlier, *loudest)]
        fluxes = [
            np.maximum(d[:, lo:hi], 0).sum(axis=1, dtype=np.int32, keepdims=True)
            for d in differences
            for lo, hi in fe.flux
        ]
        across = [now[:, :-span] - now[:, span:] for span in fe.spans]
        return cast(Int32, np.concatenate([now, *differences, *fluxes, *across], axis=1))


def running_max(values: Int32, window: int) -> Int32:
    """Largest of each `window` consecutive rows: int32 (n, bands) -> (n - window + 1, bands), by doubling."""
    size = 1
    while 2 * size <= window:
        values, size = np.maximum(values[:-size], values[size:]), 2 * size
    rest = window - size
    return np.maximum(values[: len(values) - rest], values[rest:]) if rest else values


def integer_log2(values: npt.NDArray[np.int64]) -> Int32:
    """16 log2(v) with the mantissa cut to 4 bits, piecewise linear: 16 e + the 4 bits below the leading one.

    Args:
        values: Integers from 1 to 2^52, any shape.

    Returns:
        int32, same shape.
    """
    exponent = np.frexp(values.astype(np.float64))[1].astype(np.int64) - 1  # exact below 2^53
    mantissa = (values << MANTISSA_BITS >> exponent) & 15
    return cast(Int32, (16 * exponent + mantissa).astype(np.int32))


def _check(ok: bool, what: str, expected: object, found: object) -> None:
    if not ok:
        raise ValueError(f"shift_filterbank: {what}: expected {expected}, found {found}")
