"""Small models with random gates, for tests that need a model and not what it has learned.

tiny_model()       lanes: 64 filterbank bits, 2 x 64 gates, onset score
wide_model()       the same with lanes of 128
kept_model()       the first with register words
kept_wide_model()  the second with register words
flat_model()       random wiring, filterbank, onset score
register_model()   registers: PCM bits, class by GroupSum
pcm_model()        PCM bits, 8-bit sample
counter_model()    counter and Gray bits, 8-bit sample
raw_model()        raw bits, class by GroupSum
control_model()    filterbank bits, control values
delay_model()      PCM bits, registers that only delay, 8-bit sample
note_model()       note tracker, oscillator bank
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from zoo.circuit import Circuit
from zoo.frontends import CounterBits, NoteTracker, PcmBits, RawBits, ShiftFilterbank
from zoo.heads import ControlValues, GroupSum, OnsetScore, OscillatorBank, PositionalSample
from zoo.lanes import STEPS, Lanes, from_lanes
from zoo.model import Model

DELAY_WIDTH = 5  # input bits of delay_model


def drums(seconds: float = 1.0, seed: int = 0, rate: int = 44_100) -> npt.NDArray[np.int16]:
    """int16: decaying noise bursts of many levels over a faint hum, so every part of a model has work."""
    rng = np.random.default_rng(seed)
    n = int(seconds * rate)
    out = 200 * np.sin(2 * np.pi * 50 / rate * np.arange(n))
    for start in range(n // 16, n, rate // 8):
        length = min(rate // 10, n - start)
        burst = rng.normal(size=length) * np.exp(-np.arange(length) / (rate / 50))
        out[start : start + length] += rng.uniform(500, 12_000) * burst
    return np.clip(np.rint(out), -32_768, 32_767).astype(np.int16)


def random_circuit(seed: int, n_inputs: int, n_gates: int, n_outputs: int, n_registers: int = 0) -> Circuit:
    """Random wiring and gates; the outputs are the last gates."""
    rng = np.random.default_rng(seed)
    first = n_inputs + n_registers
    limit = np.arange(first, first + n_gates)
    return Circuit(
        n_inputs,
        rng.integers(0, 16, n_gates),
        rng.integers(0, limit),
        rng.integers(0, limit),
        np.arange(first + n_gates - n_outputs, first + n_gates),
        rng.integers(0, first + n_gates, n_registers),
        rng.integers(0, 2, n_registers),
    )


def lane_circuit(
    seed: int,
    n_input_words: int = 2,
    words: tuple[int, ...] = (2, 2),
    width: int = 32,
    registers: int = 0,
) -> Circuit:
    """Layers of gate words, each wired to two words of the layer before; the last layer is the output.

    Register words stand with the inputs and take any word next.
    """
    rng = np.random.default_rng(seed)
    word_a, word_b, first, before = [], [], 0, n_input_words + registers
    for count in words:
        word_a.append(first + rng.integers(0, before, count))
        word_b.append(first + rng.integers(0, before, count))
        first, before = first + before, count
    total = sum(words)
    step = STEPS[width]
    rotation = step * rng.integers(0, width // step, total)
    lanes = Lanes(np.concatenate(word_a), np.concatenate(word_b), rotation, width)
    outputs = np.arange(width * first, width * (first + before), dtype=np.int32)
    op = rng.choice([1, 2, 3, 5, 6, 7, 9, 11, 14], width * total).astype(np.uint8)
    if not registers:
        return from_lanes(width * n_input_words, lanes, op, outputs)
    follows = rng.integers(0, n_input_words + registers + total, registers)
    init = rng.integers(0, 2, width * registers).astype(np.uint8)
    return from_lanes(width * n_input_words, lanes, op, outputs, follows, init)


def filterbank(seed: int, n_bits: int = 64) -> ShiftFilterbank:
    """A filterbank with one flux range, bits on features of its own signal's size."""
    rng = np.random.default_rng(seed)
    plain = ShiftFilterbank(peaks=(4, 12), flux=((0, 4),))
    features = plain.features(drums(1.0, seed))
    feature = rng.integers(0, plain.n_features, n_bits).astype(np.uint16)
    threshold = features[rng.integers(0, len(features), n_bits), feature].astype(np.int32)
    return ShiftFilterbank(peaks=(4, 12), flux=((0, 4),), feature=feature, threshold=threshold)


def tiny_model(seed: int = 0) -> Model:
    """Lane wiring, filterbank, onset score."""
    return _model(
        "tiny", filterbank(seed), lane_circuit(seed), OnsetScore(threshold=38, rearm=34, refractory=5)
    )


def wide_model(seed: int = 0) -> Model:
    """Lane wiring of 128 lanes, filterbank, onset score."""
    head = OnsetScore(threshold=140, rearm=130, refractory=5)
    return _model("wide", filterbank(seed, 128), lane_circuit(seed, 1, width=128), head)


def kept_model(seed: int = 0) -> Model:
    """Lane wiring with register words, filterbank, onset score."""
    head = OnsetScore(threshold=38, rearm=34, refractory=5)
    return _model("kept", filterbank(seed), lane_circuit(seed, registers=3), head)


def kept_wide_model(seed: int = 0) -> Model:
    """The same with lanes of 128."""
    head = OnsetScore(threshold=140, rearm=130, refractory=5)
    circuit = lane_circuit(seed, 1, width=128, registers=2)
    return _model("kept-wide", filterbank(seed, 128), circuit, head)


def flat_model(seed: int = 0) -> Model:
    """Random wiring, filterbank, onset score."""
    return _model("flat", filterbank(seed, 50), random_circuit(seed, 50, 150, 40), OnsetScore(20, 18, 5))


def register_model(seed: int = 0) -> Model:
    """Registers, PCM bits, GroupSum."""
    frontend = PcmBits(rate=8_000, width=6, taps=3, code="gray")
    return _model("register", frontend, random_circuit(seed, 18, 80, 12, n_registers=10), GroupSum(3))


def pcm_model(seed: int = 0) -> Model:
    """PCM bits, a sample of 8 bits."""
    return _model("pcm", PcmBits(rate=8_000), random_circuit(seed, 128, 200, 8), PositionalSample(8))


def counter_model(seed: int = 0) -> Model:
    """Counter and Gray bits, a sample of 8 bits."""
    return _model("counter", CounterBits(gray=True), random_circuit(seed, 32, 100, 8), PositionalSample(8))


def raw_model(seed: int = 0) -> Model:
    """Raw bits, registers, GroupSum."""
    frontend = RawBits(rate=4_100, width=41)
    return _model("raw", frontend, random_circuit(seed, 41, 120, 15, n_registers=5), GroupSum(3))


def control_model(seed: int = 0) -> Model:
    """Filterbank, control values."""
    return _model("control", filterbank(seed), lane_circuit(seed), ControlValues(values=4, group=16))


def delay_model(seed: int = 3, code: str = "positional") -> Model:
    """PCM bits, registers that only delay: random gates in three layers, random delays between, some set."""
    rng = np.random.default_rng(seed)
    n_registers, layer = 60, 30
    first = DELAY_WIDTH + n_registers
    op: list[int] = []
    a: list[int] = []
    b: list[int] = []
    following: list[int] = []
    sources_of = [list(range(DELAY_WIDTH))]
    reads: list[list[int]] = []
    for k in range(3):  # twenty registers that follow what is there, or one another
        own: list[int] = []
        for r in range(20 * k, 20 * k + 20):
            chained = own and rng.random() < 0.6
            following.append(own[-1] if chained else int(rng.choice(sources_of[-1])))
            own.append(DELAY_WIDTH + r)
        reads.append(own + sources_of[-1])
        nodes = [first + len(op) + i for i in range(layer)]
        op += rng.choice([1, 2, 6, 7, 9, 14], layer).tolist()
        a += rng.choice(reads[-1], layer).tolist()
        b += rng.choice(reads[-1], layer).tolist()
        sources_of.append(nodes)
    circuit = Circuit(
        DELAY_WIDTH,
        np.array(op, np.uint8),
        np.array(a, np.int32),
        np.array(b, np.int32),
        np.array([*sources_of[-1][:6], following[0], DELAY_WIDTH + 45], np.int32),
        np.array(following, np.int32),
        rng.integers(0, 2, n_registers).astype(np.uint8),
    )
    return _model("delay", PcmBits(8_000, DELAY_WIDTH, 1, code), circuit, PositionalSample(8))


def note_model(seed: int = 0, noise: int = 3) -> Model:
    """Note tracker, random gates, oscillator bank; the pitch passes the circuit by."""
    rng = np.random.default_rng(seed)
    plain = NoteTracker()
    head = OscillatorBank(plain.hop, 15, harmonics=6, noise=noise, group=10)
    features = plain.features(drums(1.0, seed, plain.rate))
    described = rng.integers(0, plain.n_described, 40)
    threshold = features[rng.integers(0, len(features), 40), described]
    feature = np.concatenate([described, np.arange(plain.n_described, plain.n_features)])
    frontend = replace(
        plain,
        feature=feature.astype(np.uint16),
        threshold=np.concatenate([threshold, np.ones(15)]).astype(np.int32),
    )
    gates = random_circuit(seed, frontend.n_bits, 300, head.n_groups * head.group)
    outputs = np.concatenate([np.arange(40, 55), gates.outputs]).astype(np.int32)
    return _model("note", frontend, replace(gates, outputs=outputs), head)


MAKERS: dict[str, Callable[[int], Model]] = {
    "tiny": tiny_model,
    "wide": wide_model,
    "kept": kept_model,
    "kept-wide": kept_wide_model,
    "flat": flat_model,
    "register": register_model,
    "pcm": pcm_model,
    "counter": counter_model,
    "raw": raw_model,
    "control": control_model,
}


def _model(name: str, frontend: object, circuit: Circuit, head: object) -> Model:
    return Model.from_parts(
        frontend, circuit, head, id=f"test/{name}", summary="Random gates, for tests only", licence="CC0-1.0"
    )
