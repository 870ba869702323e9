"""Run an export through its harness, on whatever machine can call the harness's functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from bench.targets.harness import harness_source
from exporters.c import Mode, make_unit
from zoo.golden import Golden
from zoo.heads import OnsetScore
from zoo.lanes import pack_words
from zoo.model import Model
from zoo.results import Trace

Int16 = npt.NDArray[np.int16]

NAME = "model"  # the export's name inside a target
MAX_BYTES = 1 << 24  # of the arrays that one call moves


class Machine(Protocol):
    """Something that can call `harness_*` functions."""

    def init(self) -> None:
        """Put the model's state to its start."""
        ...

    def call(self, function: str, source: npt.NDArray[Any], count: int, *results: npt.NDArray[Any]) -> None:
        """Call a harness function over `source`; it fills the results."""
        ...


def sources(model: Model, mode: Mode = "frame", target: str = "portable") -> dict[str, str]:
    """Name -> text of the export and its harness."""
    unit = make_unit(model, NAME, mode, target)
    return unit.files() | {"harness.c": harness_source(NAME, mode == "block", unit.streams)}


def planes(bits: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint32]:
    """uint8 (frames, n) -> uint32 (ceil(frames / 32), n): bit f of a word is frame f of its block."""
    padded = np.pad(bits, ((0, -len(bits) % 32), (0, 0)))
    return np.ascontiguousarray(pack_words(np.ascontiguousarray(padded.T)).T)


def frames_of(words: npt.NDArray[np.uint32], frames: int) -> npt.NDArray[np.uint8]:
    """Undo `planes`: uint32 (blocks, n) -> uint8 (frames, n)."""
    lanes = (words[:, None, :] >> np.arange(32, dtype=np.uint32)[:, None]) & 1
    return lanes.reshape(-1, words.shape[1])[:frames].astype(np.uint8)


class Port:
    """A model on a machine.

    Args:
        model: The model; its sizes say how large the arrays are.
        machine: Where its export and harness are loaded.
    """

    def __init__(self, model: Model, machine: Machine) -> None:
        self.model = model
        self.machine = machine

    def run(self, samples: Int16) -> Trace:
        """int16 (n,) from a fresh state, hop by hop; samples of an unfinished hop are left out."""
        model, machine = self.model, self.machine
        frames, hop = len(samples) // model.hop, model.hop
        values = np.zeros((frames, model.head.n_values), np.int32)
        answers = np.zeros(frames, np.int32)
        step = max(1, MAX_BYTES // (4 * max(hop, model.head.n_values)))
        machine.init()
        for first in range(0, frames, step):
            part = slice(first, first + step)
            count = len(answers[part])
            chunk = np.ascontiguousarray(samples[first * hop : (first + count) * hop])
            machine.call("harness_run", chunk, count, values[part], answers[part])
        return Trace(values, self._hits(answers))

    def push(self, samples: Int16) -> Trace:
        """As `run`, one sample at a time."""
        frames = len(samples) // self.model.hop
        values = np.zeros((frames, self.model.head.n_values), np.int32)
        answers = np.zeros(len(samples), np.int32)
        self.machine.init()
        self.machine.call("harness_push", np.ascontiguousarray(samples), len(samples), values, answers)
        return Trace(values, self._hits(answers[answers >= 0]))

    def stages(self, samples: Int16) -> Golden:
        """int16 (n,) from a fresh state, stage by stage over all hops."""
        model, call = self.model, self.machine.call
        frames, fe, circuit = len(samples) // model.hop, model.frontend, model.circuit
        samples = np.ascontiguousarray(samples)
        features = np.zeros((frames, fe.n_features), np.int32)
        bits = np.zeros((frames, -(-fe.n_bits // 32)), np.uint32)
        outputs = np.zeros((frames, -(-circuit.n_outputs // 32)), np.uint32)
        values = np.zeros((frames, model.head.n_values), np.int32)
        answers = np.zeros(frames, np.int32)
        self.machine.init()
        call("harness_features", samples, frames, features)
        call("harness_encode", features, frames, bits)
        call("harness_gates", bits, frames, outputs)
        call("harness_head", outputs, frames, values, answers)
        return Golden(samples, features, bits, outputs, values, self._hits(answers))

    def gates(self, bits: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint32]:
        """uint8 (frames, inputs) through frame mode, from a fresh state -> packed outputs."""
        outputs = np.zeros((len(bits), -(-self.model.circuit.n_outputs // 32)), np.uint32)
        self.machine.init()
        self.machine.call("harness_gates", pack_words(bits), len(bits), outputs)
        return outputs

    def gates_block(self, bits: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """uint8 (frames, inputs) through block mode -> uint8 (frames, outputs); the export must have it."""
        given = planes(bits)
        outputs = np.zeros((len(given), self.model.circuit.n_outputs), np.uint32)
        self.machine.call("harness_gates_block", given, len(given), outputs)
        return frames_of(outputs, len(bits))

    def stream(self, samples: Int16, block: int) -> Trace:
        """int16 (n,) as one stream in blocks of so many samples; the export must have it."""
        given = np.pad(samples, (0, -len(samples) % block))
        sound = np.zeros_like(given)
        self.machine.call("harness_stream", given, len(given) // block, sound)
        values = sound[: len(samples), None].astype(np.int32)
        return Trace(values, np.zeros(0, np.int64))

    def _hits(self, answers: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        """Frames with an onset; other heads return something else than hits."""
        if not isinstance(self.model.head, OnsetScore):
            return np.zeros(0, np.int64)
        return np.flatnonzero(answers == 1).astype(np.int64)


class PortTarget:
    """A target that runs an export through its harness; a subclass says where, and what it costs."""

    def load(self, model: Model) -> Port:
        """Build the export and load it."""
        raise NotImplementedError

    def run(self, model: Model, clips: Sequence[Int16]) -> list[Trace]:
        """Every clip from a fresh state."""
        port = self.load(model)
        return [port.run(clip) for clip in clips]

    def stages(self, model: Model, samples: Int16) -> Golden:
        """What every stage gives for one clip."""
        return self.load(model).stages(samples)
