"""A played note as bits: pitch and loudness of one voice, measured from the sound or given as controls.

Pitch comes from the time between upward zero crossings of a low band, loudness from a follower of the
magnitude. Both have their past beside them: how loudness changed, and how long ago it rose, fell, or the
pitch changed.
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
Int64 = npt.NDArray[np.int64]

PITCH_BITS = 15  # of the phase increment, in 2^-17 cycles a sample: up to a quarter of the rate
TIME_BITS = 4  # a sample has sixteen instants
LONGEST = 1 << 15  # instants from crossing to crossing that are still counted
PERIODS = 15  # of the window, at most
NEAR = 3  # periods that follow one another differ by at most 1/8
CHANGE = 5  # a pitch that differs by more than 1/32, half a semitone, is another note
LEVEL_SHIFT = 8  # of the followers of magnitude: 256 samples
MAX_AGE = 255  # frames


@dataclass(frozen=True)
class NoteTracker(ThermometerBits):
    """Pitch and loudness, how they came about, the pitch's bits, and a thermometer over all of it.

    Features: the phase increment in `2^-17` cycles a sample; `L`, the log2 of the shift filterbank of the
    mean magnitude plus `floor`; `L - L(lag)` for each lag; frames since `L` rose by `rise` in the first lag
    or the note changed; frames since it fell by as much; then the fifteen bits of the increment, most
    significant first, which a circuit hands to an oscillator bank as they are.

    Args:
        rate: Sample rate in Hz.
        hop: Samples a frame, 1 to 256.
        low: One right shift (1 to 15) for each low pass ahead of the crossings; at most 8.
        high: Right shift (1 to 15) of the slower low pass that is taken away.
        window: Samples that the periods of one measurement last, if they are more than two; 1 to 4095.
        floor: Added to the magnitude before the logarithm, 1 to 65535.
        lags: Frames, each 1 to 64; at least one.
        rise: Difference of `L` that is an attack, or a release, 1 to 255.
        feature: uint16 (n_bits,): which feature each bit looks at.
        threshold: int32 (n_bits,): a bit is 1 where its feature is at least this.
    """

    kind: ClassVar[str] = "note_tracker"

    rate: int = 16_000
    hop: int = 128
    low: tuple[int, ...] = (3, 3, 3)
    high: int = 7
    window: int = 512
    floor: int = 16
    lags: tuple[int, ...] = (1, 2, 4, 8)
    rise: int = 6
    feature: npt.NDArray[np.uint16] = field(default_factory=lambda: np.zeros(0, np.uint16), repr=False)
    threshold: Int32 = field(default_factory=lambda: np.zeros(0, np.int32), repr=False)

    def __post_init__(self) -> None:
        _check(1 <= self.rate <= 1_000_000, "rate", "1 to 1000000", self.rate)
        _check(1 <= self.hop <= MAX_HOP, "hop", f"1 to {MAX_HOP}", self.hop)
        _check(len(self.low) <= 8, "low", "at most 8 stages", len(self.low))
        _check(all(1 <= k <= 15 for k in (*self.low, self.high)), "low, high", "each 1 to 15", self.low)
        _check(1 <= self.window <= 4_095, "window", "1 to 4095", self.window)
        _check(1 <= self.floor <= 65_535, "floor", "1 to 65535", self.floor)
        _check(1 <= len(self.lags) <= 16, "lags", "1 to 16 of them", len(self.lags))
        _check(all(1 <= lag <= 64 for lag in self.lags), "lags", "each 1 to 64", self.lags)
        _check(1 <= self.rise <= 255, "rise", "1 to 255", self.rise)
        shape = self.feature.shape
        _check(shape == self.threshold.shape, "threshold", f"{shape}", self.threshold.shape)
        if self.feature.size:
            largest = int(self.feature.max())
            _check(largest < self.n_features, "feature", f"below {self.n_features}", largest)

    @property
    def n_described(self) -> int:
        """Features ahead of the increment's bits: what gates learn from."""
        return 4 + len(self.lags)

    @property
    def n_features(self) -> int:
        """Increment, loudness, differences, two ages, bits."""
        return self.n_described + PITCH_BITS

    @property
    def silence(self) -> int:
        """`L` before the first sample."""
        return int(integer_log2(np.array([self.floor]))[0])

    def increment(self, hertz: float) -> int:
        """The phase increment nearest to a frequency.

        Raises:
            ValueError: It is not above 0 and below a quarter of the rate.
        """
        found = round(hertz * (1 << (PITCH_BITS + 2)) / self.rate)
        _check(1 <= found < 1 << PITCH_BITS, "hertz", f"above 0, below {self.rate / 4:g}", hertz)
        return found

    def loudness(self, magnitude: float) -> int:
        """`L` of a steady mean magnitude, 0 to 32768."""
        return int(integer_log2(np.array([int(magnitude) + self.floor]))[0])

    def describe(self, controls: npt.ArrayLike) -> Int32:
        """Controls of a fresh state (frames, 2), increment and `L`, -> int32 (frames, n_features).

        Raises:
            ValueError: Another shape, or a control out of range.
        """
        return self.stream().describe(np.asarray(controls, np.int64))

    def stream(self) -> NoteTrackerStream:
        """A fresh state that takes samples in blocks of any size."""
        return NoteTrackerStream(self)

    def params(self) -> dict[str, Any]:
        """JSON-ready parameters (the tensors are apart)."""
        return {
            "rate": self.rate,
            "hop": self.hop,
            "low": list(self.low),
            "high": self.high,
            "window": self.window,
            "floor": self.floor,
            "lags": list(self.lags),
            "rise": self.rise,
        }

    @classmethod
    def from_parts(cls, params: Mapping[str, Any], tensors: Mapping[str, npt.NDArray[Any]]) -> NoteTracker:
        """Rebuild from `params()` and `tensors()`.

        Raises:
            ValueError: A parameter is missing, unknown or out of range.
        """
        known = {"rate", "hop", "low", "high", "window", "floor", "lags", "rise"}
        _check(set(params) == known, "parameters", sorted(known), sorted(params))
        return cls(
            **{**params, "low": tuple(params["low"]), "lags": tuple(params["lags"])},
            feature=np.asarray(tensors["feature"], np.uint16),
            threshold=np.asarray(tensors["threshold"], np.int32),
        )


class NoteTrackerStream:
    """Filters, periods, and the past of one stream."""

    def __init__(self, frontend: NoteTracker) -> None:
        self.frontend = frontend
        self._low = np.asarray(frontend.low, np.int64)
        self._filters = np.zeros(len(frontend.low) + 3, np.int64)  # low passes, slow one, two followers
        self._crossing = np.zeros(6, np.int64)  # see the kernel
        self._crossing[2] = LONGEST
        self._periods = np.zeros(PERIODS + 1, np.int64)
        self._filled = 0
        self._past = np.full(max(frontend.lags), frontend.silence, np.int64)
        self._ages = np.array([MAX_AGE, MAX_AGE, 0], np.int64)  # since a rise, since a fall; the note's pitch

    def push(self, samples: Int16) -> Int32:
        """int16 (n,) -> int32 (frames completed, n_features)."""
        from zoo.frontends.note_kernel import follow

        fe = self.frontend
        samples = np.ascontiguousarray(samples, np.int16)
        controls = np.empty(((self._filled + samples.size) // fe.hop, 2), np.int64)
        self._filled = int(
            follow(
                samples,
                self._low,
                np.array([fe.high, fe.window << TIME_BITS, fe.hop], np.int64),
                self._filters,
                self._crossing,
                self._periods,
                self._filled,
                controls,
            )
        )
        controls[:, 1] = integer_log2((controls[:, 1] >> INPUT_SHIFT) + fe.floor)
        return self.describe(controls)

    def describe(self, controls: Int64) -> Int32:
        """int64 (frames, 2), increment and `L`, of the frames that follow -> int32 (frames, n_features).

        Raises:
            ValueError: Another shape, or a control out of range.
        """
        from zoo.frontends.note_kernel import ages

        fe = self.frontend
        _check(controls.ndim == 2 and controls.shape[1] == 2, "controls", "(frames, 2)", controls.shape)
        fits = ((controls >= 0) & (controls < [1 << PITCH_BITS, 512])).all()
        _check(bool(fits), "controls", f"increments below {1 << PITCH_BITS}, L below 512", "others")
        frames, longest = len(controls), len(self._past)
        levels = np.concatenate([self._past, controls[:, 1]])
        self._past = levels[frames:]
        lagged = [controls[:, 1] - levels[longest - lag : longest - lag + frames] for lag in fe.lags]
        counted = np.empty((frames, 2), np.int64)
        ages(controls[:, 0], lagged[0], fe.rise, self._ages, counted)
        bits = (controls[:, :1] >> np.arange(PITCH_BITS - 1, -1, -1)) & 1
        columns = np.concatenate([controls, np.stack(lagged, axis=1), counted, bits], axis=1)
        return cast(Int32, columns.astype(np.int32))


def _check(ok: bool, what: str, expected: object, found: object) -> None:
    if not ok:
        raise ValueError(f"note_tracker: {what}: expected {expected}, found {found}")
