"""What gates are measured against when they imitate a sound: stored samples, a codec, and luck.

Stored samples and the codec may take as many bits as a circuit of 1,024 gates does (see `circuit_bits`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tasks.base import Task
from tasks.baselines.ima_adpcm import decode, encode
from tasks.data.bytebeat import RATE, evaluate, number
from tasks.matching import BITS, coarse, sample_bits
from tasks.spectra import signal_to_noise
from zoo.results import Trace

Int16 = npt.NDArray[np.int16]

GATES = 1_024
TRIES = 1_000
ADPCM_START_BITS = 16 + 7  # first sample, first step


@dataclass(frozen=True)
class Imitation:
    """A sound that is there already.

    Args:
        sound: int16 (n,): what it answers, whatever it hears.
        about: How it was made.
        bits: That describe it.
    """

    sound: Int16
    about: str
    bits: int

    rate: int = RATE
    hop: int = 1

    def predict(self, samples: Int16) -> Trace:
        """Its first samples."""
        return Trace(self.sound[: len(samples), None].astype(np.int32), np.zeros(0, np.int64))


def gate_bits(gates: int, inputs: int = 16) -> int:
    """Bits that describe a circuit: of each gate, four for its operation, and which two nodes it reads."""
    nodes = inputs + np.arange(gates)
    return int(np.sum(4 + 2 * np.ceil(np.log2(np.maximum(2, nodes)))))


def constant(target: Int16) -> Imitation:
    """The byte each of whose bits is right most often."""
    byte = np.rint(sample_bits(target).mean(axis=0)).astype(int)
    level = int(byte @ (1 << np.arange(BITS - 1, -1, -1)))
    return Imitation(np.full_like(target, (level - 128) << 8), f"byte {level}", BITS)


def rom(target: Int16, budget: int) -> Imitation:
    """Stored samples: as many bits each, held as long, as gives the most decibels within the budget."""
    found = None
    for hold in range(len(target).bit_length() + 1):
        for bits in range(1, BITS + 1):
            size = -(-len(target) // (1 << hold)) * bits
            if size <= budget:
                sound = coarse(target, bits, hold)
                snr = signal_to_noise(target / 32_768, sound / 32_768)
                if found is None or snr > found[0]:
                    found = snr, Imitation(sound, f"{bits} bits, each held {1 << hold} samples", size)
    assert found is not None
    return found[1]


def adpcm(target: Int16, budget: int) -> Imitation:
    """IMA ADPCM, four bits a sample, of every so-manieth mean; between them straight lines."""
    n = len(target)
    step = max(1, -(-4 * n // max(4, budget - ADPCM_START_BITS)))
    starts = np.arange(0, n, step)
    means = np.add.reduceat(target.astype(np.int64), starts) / np.diff(np.append(starts, n))
    few = np.rint(means).astype(np.int16)
    back = decode(encode(few), int(few[0]))
    sound = np.interp(np.arange(n), starts + (step - 1) / 2, back)
    whole = (np.clip(np.rint(sound / 256), -128, 127) * 256).astype(np.int16)
    return Imitation(whole, f"a code for {step} samples", 4 * len(few) + ADPCM_START_BITS)


def random_bytebeat(target: Int16, seed: int, tries: int = TRIES) -> Imitation:
    """Of so many random formulas, the one with the most bits that are equal."""
    rng = np.random.default_rng(seed)
    t = np.arange(len(target), dtype=np.uint32)
    wanted = ((target.astype(np.int32) >> 8) + 128).astype(np.uint8)
    best, most = "", -1
    for formula in _formulas(rng, tries):
        byte = (evaluate(formula, t, number) & np.uint32(255)).astype(np.uint8) + np.zeros_like(wanted)
        equal = 8 * len(target) - int(np.bitwise_count(byte ^ wanted).sum())
        if equal > most:
            best, most, sound = formula, equal, byte
    return Imitation(((sound.astype(np.int16) - 128) << 8).astype(np.int16), best, 8 * len(best))


def _formulas(rng: np.random.Generator, count: int) -> Iterator[str]:
    """Random formulas of up to seven operators; shifts are by constants."""

    def grow(depth: int) -> str:
        kind = rng.random()
        if depth == 0 or kind < 0.15:
            shift = int(rng.integers(0, 14))
            return f"(t>>{shift})" if rng.random() < 0.6 else ("t" if rng.random() < 0.6 else str(shift + 1))
        return f"({grow(depth - 1)}{rng.choice(list('+-*&|^'))}{grow(depth - 1)})"

    for _ in range(count):
        yield grow(int(rng.integers(1, 4)))


# What an imitation is made from: the target, a budget of bits, and a seed; not everything is used by all.
BUILDERS: dict[str, Callable[[Int16, int, int], Imitation]] = {
    "constant": lambda target, budget, seed: constant(target),
    "rom": lambda target, budget, seed: rom(target, budget),
    "adpcm": lambda target, budget, seed: adpcm(target, budget),
    "random-bytebeat": lambda target, budget, seed: random_bytebeat(target, seed),
}


def _build(name: str, task: Task, seed: int, data: Path | None) -> Imitation:
    (clip,) = task.load("train", data)
    assert clip.target is not None
    return BUILDERS[name](clip.target, gate_bits(GATES), seed)


build_constant = partial(_build, "constant")
build_rom = partial(_build, "rom")
build_adpcm = partial(_build, "adpcm")
build_random_bytebeat = partial(_build, "random-bytebeat")
