"""Heads: from the circuit's output bits of a frame to integers, and to hits where the head has events.

A head's stream keeps what must live from frame to frame, so a signal in blocks gives what the whole gives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from zoo.oscillators import MAX_GROUP, Bank, Oscillators

Bits = npt.NDArray[np.uint8]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

MAX_OUTPUTS = 65_535
MAX_FRAMES = 16
MAX_SCORE = MAX_FRAMES * MAX_OUTPUTS


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


@dataclass(frozen=True)
class OnsetScore:
    """Onsets from the number of outputs that are 1, with threshold, hysteresis and refractory time.

    The score of a frame is the number of ones in it and in the `frames - 1` before it (none before the
    first): a circuit that looks at one frame at a time then steadies itself over a few milliseconds.
    Every frame, in this order: the waiting time counts down; a score below `rearm` arms the detector; an
    armed detector that no longer waits hits when the score reaches `threshold`, disarms, and waits
    `refractory` frames.

    Args:
        threshold: Score that makes a hit, 1 to 1048560.
        rearm: The score must fall below this between two hits, 1 to 1048561.
        refractory: Frames from a hit to the earliest next one, 0 to 65535.
        frames: Frames that a score sums over, 1 to 16.
    """

    kind: ClassVar[str] = "onset_score"

    threshold: int
    rearm: int
    refractory: int
    frames: int = 1

    def __post_init__(self) -> None:
        _check_range("onset_score", "threshold", self.threshold, 1, MAX_SCORE)
        _check_range("onset_score", "rearm", self.rearm, 1, MAX_SCORE + 1)
        _check_range("onset_score", "refractory", self.refractory, 0, 65_535)
        _check_range("onset_score", "frames", self.frames, 1, MAX_FRAMES)

    @property
    def n_values(self) -> int:
        """The score."""
        return 1

    def check_outputs(self, n_outputs: int) -> None:
        """Any number of outputs fits."""
        _check_range("onset_score", "circuit outputs", n_outputs, 1, MAX_OUTPUTS)

    def decode(self, outputs: Bits) -> Int32:
        """uint8 (frames, outputs) -> int32 (frames, 1): the number of ones, each frame alone."""
        return outputs.sum(axis=1, dtype=np.int32, keepdims=True)

    def stream(self) -> OnsetStream:
        """Armed, not waiting."""
        return OnsetStream(self)

    def params(self) -> dict[str, int]:
        """JSON-ready parameters."""
        return {
            "threshold": self.threshold,
            "rearm": self.rearm,
            "refractory": self.refractory,
            "frames": self.frames,
        }


class OnsetStream:
    """Armed flag, waiting time and latest counts of one stream."""

    def __init__(self, head: OnsetScore) -> None:
        self.head = head
        self._armed = True
        self._wait = 0
        self._frame = 0
        self._counts = np.zeros(head.frames - 1, np.int32)

    def push(self, outputs: Bits) -> HeadFrames:
        """uint8 (frames, outputs) -> scores (frames, 1) and hit frames."""
        return self.answer(self.head.decode(outputs)[:, 0])

    def answer(self, counts: Int32) -> HeadFrames:
        """int32 (frames,) counts of ones -> scores (frames, 1) and hit frames."""
        n = len(counts)
        counts = np.concatenate([self._counts, counts])
        self._counts = counts[n:]
        scores = running_sum(counts, self.head.frames)
        return HeadFrames(scores[:, None], self.hits(scores))

    def hits(self, scores: Int32) -> Int64:
        """int32 (frames,) -> int64 (hits,): the frames that hit."""
        threshold, rearm, refractory = self.head.threshold, self.head.rearm, self.head.refractory
        hits: list[int] = []
        armed, wait = self._armed, self._wait
        for frame, score in enumerate(scores.tolist(), self._frame):
            if wait:
                wait -= 1
            if score < rearm:
                armed = True
            if armed and wait == 0 and score >= threshold:
                hits.append(frame)
                armed, wait = False, refractory
        self._armed, self._wait = armed, wait
        self._frame += len(scores)
        return np.array(hits, np.int64)


def running_sum(counts: Int32, frames: int) -> Int32:
    """int32 (n + frames - 1, ...) -> int32 (n, ...): sums of `frames` consecutive counts."""
    n = len(counts) - frames + 1
    return np.sum([counts[start : start + n] for start in range(frames)], axis=0, dtype=np.int32)


@dataclass(frozen=True)
class GroupSum:
    """A class from equal consecutive groups of outputs: the group with the most ones, the first of equals.

    The ones of a frame are those in it and in the `frames - 1` before it (none before the first).

    Args:
        classes: Number of groups, 2 to 65535.
        frames: Frames that a count sums over, 1 to 16.
    """

    kind: ClassVar[str] = "group_sum"

    classes: int
    frames: int = 1

    def __post_init__(self) -> None:
        _check_range("group_sum", "classes", self.classes, 2, MAX_OUTPUTS)
        _check_range("group_sum", "frames", self.frames, 1, MAX_FRAMES)

    @property
    def n_values(self) -> int:
        """One count a class."""
        return self.classes

    def check_outputs(self, n_outputs: int) -> None:
        """The outputs divide into the groups."""
        if n_outputs % self.classes:
            raise ValueError(
                f"group_sum: circuit outputs: expected a multiple of {self.classes}, found {n_outputs}"
            )

    def stream(self) -> GroupSumStream:
        """No frames before."""
        return GroupSumStream(self)

    def decode(self, outputs: Bits) -> Int32:
        """uint8 (frames, outputs) -> int32 (frames, classes): ones in each group, each frame alone."""
        group = outputs.shape[1] // self.classes
        return outputs.reshape(len(outputs), self.classes, group).sum(axis=2, dtype=np.int32)

    def params(self) -> dict[str, int]:
        """JSON-ready parameters."""
        return {"classes": self.classes, "frames": self.frames}


class GroupSumStream:
    """Latest counts of one stream."""

    def __init__(self, head: GroupSum) -> None:
        self.head = head
        self._counts = np.zeros((head.frames - 1, head.classes), np.int32)

    def push(self, outputs: Bits) -> HeadFrames:
        """uint8 (frames, outputs) -> counts (frames, classes), no hits."""
        counts = np.concatenate([self._counts, self.head.decode(outputs)])
        self._counts = counts[len(counts) - (self.head.frames - 1) :]
        return HeadFrames(running_sum(counts, self.head.frames), np.zeros(0, np.int64))


@dataclass(frozen=True)
class PositionalSample:
    """An audio sample from its bits: offset binary, most significant first, left aligned in int16.

    Args:
        width: Bits a sample, 1 to 16.
    """

    kind: ClassVar[str] = "positional_sample"

    width: int

    def __post_init__(self) -> None:
        _check_range("positional_sample", "width", self.width, 1, 16)

    @property
    def n_values(self) -> int:
        """The sample."""
        return 1

    def check_outputs(self, n_outputs: int) -> None:
        """One output a bit."""
        if n_outputs != self.width:
            raise ValueError(f"positional_sample: circuit outputs: expected {self.width}, found {n_outputs}")

    def stream(self) -> FrameStream:
        """No state."""
        return FrameStream(self)

    def decode(self, outputs: Bits) -> Int32:
        """uint8 (frames, width) -> int32 (frames, 1) within -32768 to 32767."""
        shifts = np.arange(15, 15 - self.width, -1, dtype=np.int32)
        return (outputs.astype(np.int32) << shifts).sum(axis=1, dtype=np.int32, keepdims=True) - 32_768

    def params(self) -> dict[str, int]:
        """JSON-ready parameters."""
        return {"width": self.width}


@dataclass(frozen=True)
class ControlValues:
    """Control values, each the number of ones in its group of outputs.

    Args:
        values: Number of values, 1 to 65535.
        group: Outputs a value: each lies within 0 to this.
    """

    kind: ClassVar[str] = "control_values"

    values: int
    group: int

    def __post_init__(self) -> None:
        _check_range("control_values", "values", self.values, 1, MAX_OUTPUTS)
        _check_range("control_values", "group", self.group, 1, MAX_OUTPUTS)

    @property
    def n_values(self) -> int:
        """One count a value."""
        return self.values

    def check_outputs(self, n_outputs: int) -> None:
        """One group a value."""
        if n_outputs != self.values * self.group:
            raise ValueError(
                f"control_values: circuit outputs: expected {self.values * self.group}, found {n_outputs}"
            )

    def stream(self) -> FrameStream:
        """No state."""
        return FrameStream(self)

    def decode(self, outputs: Bits) -> Int32:
        """uint8 (frames, outputs) -> int32 (frames, values) within 0 to `group`."""
        return outputs.reshape(len(outputs), self.values, self.group).sum(axis=2, dtype=np.int32)

    def params(self) -> dict[str, int]:
        """JSON-ready parameters."""
        return {"values": self.values, "group": self.group}


class FrameStream:
    """The stream of a head that looks at one frame at a time and has no hits."""

    def __init__(self, head: Head) -> None:
        self.head = head

    def push(self, outputs: Bits) -> HeadFrames:
        """uint8 (frames, outputs) -> values (frames, n_values), no hits."""
        return HeadFrames(self.head.decode(outputs), np.zeros(0, np.int64))


@dataclass(frozen=True)
class OscillatorBank:
    """Samples of an oscillator bank, whose pitch and amplitudes are the outputs.

    Outputs, in this order: the phase increment, most significant bit first, in `2^-(pitch + 2)` cycles a
    sample; then groups whose ones are counted: gain, harmonics from the first, noise bands from high to low.
    Levels add: a harmonic's amplitude is `gain + count` quarters of an octave, silent where either is 0.
    Amplitudes ramp from the frame before to this one. See `zoo.oscillators`.

    Args:
        hop: Samples a frame, that of the front end: 2, 4, ... or 256.
        pitch: Bits of the phase increment, 8 to 20.
        harmonics: 1 to 32.
        noise: Bands of noise, 0 to 8.
        group: Outputs a group, 1 to 48.
    """

    kind: ClassVar[str] = "oscillator_bank"

    hop: int
    pitch: int
    harmonics: int
    noise: int
    group: int

    def __post_init__(self) -> None:
        _check_range("oscillator_bank", "hop", self.hop, 2, 256)
        if self.hop & (self.hop - 1):
            raise ValueError(f"oscillator_bank: hop: expected a power of two, found {self.hop}")
        _check_range("oscillator_bank", "pitch", self.pitch, 8, 20)
        _check_range("oscillator_bank", "harmonics", self.harmonics, 1, 32)
        _check_range("oscillator_bank", "noise", self.noise, 0, 8)
        _check_range("oscillator_bank", "group", self.group, 1, MAX_GROUP)

    @property
    def bank(self) -> Bank:
        """What renders."""
        return Bank(self.hop, self.pitch, self.harmonics, self.noise, self.group)

    @property
    def n_values(self) -> int:
        """The samples of a frame."""
        return self.hop

    @property
    def n_groups(self) -> int:
        """Gain, harmonics, noise bands."""
        return 1 + self.harmonics + self.noise

    def check_outputs(self, n_outputs: int) -> None:
        """The increment's bits, and every group."""
        expected = self.pitch + self.n_groups * self.group
        if n_outputs != expected:
            raise ValueError(f"oscillator_bank: circuit outputs: expected {expected}, found {n_outputs}")

    def stream(self) -> OscillatorStream:
        """A silent bank."""
        return OscillatorStream(self)

    def decode(self, outputs: Bits) -> Int32:
        """uint8 (frames, outputs) -> int32 (frames, 2 + harmonics + noise): increment, gain, amplitudes."""
        shifts = np.arange(self.pitch - 1, -1, -1, dtype=np.int32)
        increments = (outputs[:, : self.pitch].astype(np.int32) << shifts).sum(axis=1, dtype=np.int32)
        groups = outputs[:, self.pitch :].reshape(len(outputs), self.n_groups, self.group)
        return np.concatenate([increments[:, None], groups.sum(axis=2, dtype=np.int32)], axis=1)

    def params(self) -> dict[str, int]:
        """JSON-ready parameters."""
        return {
            "hop": self.hop,
            "pitch": self.pitch,
            "harmonics": self.harmonics,
            "noise": self.noise,
            "group": self.group,
        }


class OscillatorStream:
    """The oscillators of one stream."""

    def __init__(self, head: OscillatorBank) -> None:
        self.head = head
        self._oscillators = Oscillators(head.bank)

    def push(self, outputs: Bits) -> HeadFrames:
        """uint8 (frames, outputs) -> samples (frames, hop), no hits."""
        return self.answer(self.head.decode(outputs))

    def answer(self, controls: Int32) -> HeadFrames:
        """int32 (frames, 2 + harmonics + noise) -> samples (frames, hop), no hits."""
        return HeadFrames(self._oscillators.render(controls), np.zeros(0, np.int64))


HEADS: dict[str, type[Head]] = {
    OnsetScore.kind: OnsetScore,
    GroupSum.kind: GroupSum,
    PositionalSample.kind: PositionalSample,
    ControlValues.kind: ControlValues,
    OscillatorBank.kind: OscillatorBank,
}


def _check_range(kind: str, name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ValueError(f"{kind}: {name}: expected {low} to {high}, found {value}")
