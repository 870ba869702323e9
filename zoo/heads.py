"""Heads: from the circuit's output bits of a frame to integers, and to hits where the head has events.

A head's stream keeps what must live from frame to frame, so a signal in blocks gives what the whole gives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from zoo.head_base import Bits, Head, HeadFrames, HeadStream, Int32, Int64, check_range
from zoo.oscillator_bank import OscillatorBank, OscillatorStream

MAX_OUTPUTS = 65_535
MAX_FRAMES = 16
MAX_SCORE = MAX_FRAMES * MAX_OUTPUTS


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
        check_range("onset_score", "threshold", self.threshold, 1, MAX_SCORE)
        check_range("onset_score", "rearm", self.rearm, 1, MAX_SCORE + 1)
        check_range("onset_score", "refractory", self.refractory, 0, 65_535)
        check_range("onset_score", "frames", self.frames, 1, MAX_FRAMES)

    @property
    def n_values(self) -> int:
        """The score."""
        return 1

    def check_outputs(self, n_outputs: int) -> None:
        """Any number of outputs fits."""
        check_range("onset_score", "circuit outputs", n_outputs, 1, MAX_OUTPUTS)

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
        check_range("group_sum", "classes", self.classes, 2, MAX_OUTPUTS)
        check_range("group_sum", "frames", self.frames, 1, MAX_FRAMES)

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
        check_range("positional_sample", "width", self.width, 1, 16)

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
        check_range("control_values", "values", self.values, 1, MAX_OUTPUTS)
        check_range("control_values", "group", self.group, 1, MAX_OUTPUTS)

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


HEADS: dict[str, type[Head]] = {
    OnsetScore.kind: OnsetScore,
    GroupSum.kind: GroupSum,
    PositionalSample.kind: PositionalSample,
    ControlValues.kind: ControlValues,
    OscillatorBank.kind: OscillatorBank,
}

# Heads whose values are samples of sound: one a frame, or a whole hop.
SoundHead = PositionalSample | OscillatorBank

__all__ = [
    "HEADS",
    "ControlValues",
    "GroupSum",
    "Head",
    "HeadFrames",
    "HeadStream",
    "OnsetScore",
    "OscillatorBank",
    "OscillatorStream",
    "PositionalSample",
    "SoundHead",
]
