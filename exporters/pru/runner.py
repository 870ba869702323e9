"""A model's PRU program in the simulator, hop by hop, every stage in view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from exporters.pru.devices import RAM_ADDRESS
from exporters.pru.mailbox import FIELDS
from exporters.pru.simulator import Pruss
from exporters.pru.unit import PruUnit
from zoo.golden import Golden
from zoo.heads import OnsetScore
from zoo.lanes import pack_words
from zoo.results import Trace

UInt8 = npt.NDArray[np.uint8]
Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Hop:
    """One frame.

    Args:
        features: int32 (n_features,).
        bits: uint8 (n_bits,) of 0 and 1.
        outputs: uint8 (outputs,) of 0 and 1.
        values: int32 (n_values,).
        answer: What the head answers: 1 for an onset, the class of a GroupSum, else 0.
        cycles: Cycles from poll to poll.
        counted: Cycles that the program itself counted and wrote to the mailbox.
    """

    features: Int32
    bits: UInt8
    outputs: UInt8
    values: Int32
    answer: int
    cycles: int
    counted: int


class PruModel:
    """A unit loaded into a simulated device.

    Args:
        unit: What to run.
    """

    def __init__(self, unit: PruUnit) -> None:
        self.unit = unit
        self.simulator = Pruss(unit.device)
        self.core = unit.device.core
        self.simulator.load(self.core, unit.program)
        self._frames = 0
        self.init()

    def init(self) -> None:
        """Before the first sample, as after loading: what memory starts with, counters at zero."""
        for address, data in self.unit.images():
            self.memory(address, len(data))[:] = np.frombuffer(data, np.uint8)
        self.simulator.reset(self.core)
        self.simulator.run((self.core,), until={self.core: "poll"}, max_cycles=1)
        self._frames = 0

    def memory(self, address: int, size: int) -> UInt8:
        """A view of the bytes that the core sees at an address."""
        simulator = self.simulator
        if address >= RAM_ADDRESS["shared"]:
            ram, start = simulator.shared, RAM_ADDRESS["shared"]
        elif address >= RAM_ADDRESS["other"]:
            ram, start = simulator.data[1 - self.core], RAM_ADDRESS["other"]
        else:
            ram, start = simulator.data[self.core], RAM_ADDRESS["own"]
        return ram[address - start : address - start + size]

    def run(self, samples: Int16) -> Trace:
        """int16 (n,) from a fresh state, hop by hop; samples of an unfinished hop are left out."""
        self.init()
        model = self.unit.model
        frames = len(samples) // model.hop
        values = np.zeros((frames, model.head.n_values), np.int32)
        answers = np.zeros(frames, np.int64)
        for i, frame in enumerate(samples[: frames * model.hop].reshape(frames, model.hop)):
            values[i], answers[i], _ = self.step(frame)
        hits = np.flatnonzero(answers == 1) if isinstance(model.head, OnsetScore) else np.zeros(0, np.int64)
        return Trace(values, hits.astype(np.int64))

    def hop(self, samples: Int16) -> Hop:
        """int16 (hop,) -> the frame, with what every stage gave."""
        values, answer, cycles = self.step(samples)
        bits, outputs = self._bits(self.unit.gates.inputs), self._bits(self.unit.gates.outputs)
        return Hop(self._features(bits), bits, outputs, values, answer, cycles, self._word("CYCLES"))

    def step(self, samples: Int16) -> tuple[Int32, int, int]:
        """int16 (hop,): write samples and a request, run until the program polls again.

        Returns:
            int32 (n_values,), the answer, and the cycles from poll to poll.
        """
        box = self.unit.mailbox
        self.memory(box.samples, 2 * len(samples))[:] = samples.astype("<i2").view(np.uint8)
        self._frames += 1
        self.memory(box.address + FIELDS["REQUEST"][0], 4).view("<u4")[0] = self._frames
        run = self.simulator.run((self.core,), until={self.core: "poll"}, max_cycles=100_000_000)
        if self._word("DONE") != self._frames:
            raise RuntimeError(f"{self.unit.name}: the program has not answered request {self._frames}")
        values = self.memory(box.values, 4 * self.unit.model.head.n_values).view("<i4").astype(np.int32)
        return values, self._word("ANSWER"), run.cycles[self.core]

    def stages(self, samples: Int16) -> Golden:
        """Every stage of a clip from a fresh state, as golden vectors hold them."""
        self.init()
        model = self.unit.model
        whole = samples[: len(samples) // model.hop * model.hop].reshape(-1, model.hop)
        hops = [self.hop(frame) for frame in whole]
        hits = [i for i, hop in enumerate(hops) if isinstance(model.head, OnsetScore) and hop.answer]

        def stack(name: str, width: int, kind: type) -> npt.NDArray[Any]:
            return np.array([getattr(hop, name) for hop in hops], kind).reshape(len(hops), width)

        return Golden(
            samples,
            stack("features", model.frontend.n_features, np.int32),
            pack_words(stack("bits", model.frontend.n_bits, np.uint8)),
            pack_words(stack("outputs", model.circuit.n_outputs, np.uint8)),
            stack("values", model.head.n_values, np.int32),
            np.array(hits, np.int64),
        )

    def part_cycles(self) -> dict[str, int]:
        """Cycles in each part since `init`."""
        return self.unit.part_sums(self.simulator.profile(self.core).cycles)

    def _word(self, field: str) -> int:
        return int(self.memory(self.unit.mailbox.address + FIELDS[field][0], 4).view("<u4")[0])

    def _bits(self, places: npt.NDArray[np.int64]) -> UInt8:
        """Bits from their places, an item of memory at a time."""
        bits = np.zeros(len(places), np.uint8)
        address = places[:, 0]
        for item in self.unit.memory.items:
            here = (address >= item.address) & (address < item.address + item.size)
            if here.any():
                data = self.memory(item.address, item.size)
                bits[here] = data[address[here] - item.address] >> places[here, 1].astype(np.uint8) & 1
        return bits

    def _features(self, bits: UInt8) -> Int32:
        """Features of the frame; where they are no more than groups of bits, from those."""
        places = self.unit.front.places
        fe = self.unit.model.frontend
        if places is not None:
            first, last = int(places[:, 0].min()), int(places[:, 0].max()) + 2
            data = self.memory(first, last - first)
            low, high = (data[places[:, 0] - first + i].astype(np.int32) for i in (0, 1))
            return (low + 256 * high - places[:, 1]).astype(np.int32)
        return _decoded(fe, bits)


def _decoded(fe: object, bits: UInt8) -> Int32:
    """The features whose bits these are."""
    from zoo.frontends import CounterBits, PcmBits, RawBits

    if isinstance(fe, CounterBits):
        return bits[: fe.width].astype(np.int32) @ (1 << np.arange(fe.width, dtype=np.int32))[:, None]
    if isinstance(fe, RawBits):
        return bits.astype(np.int32)
    assert isinstance(fe, PcmBits)
    powers = 1 << np.arange(fe.width - 1, -1, -1, dtype=np.int32)
    return (bits.reshape(fe.taps, fe.width).astype(np.int32) * powers).sum(axis=1).astype(np.int32)
