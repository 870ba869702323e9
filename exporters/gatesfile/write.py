r"""Writes a model as a `.gates` file: words of 32 bits, little-endian, that the C runtime reads in place.

The file is `GATES1\r\n`, its size, the CRC-32 of all that follows, then chunks of (tag, words, payload):

    TEXT  names of classes, bytes of text; id, summary, licence, task, circuit digest, classes, zero-ended
    FRNT  kind, rate, hop, bits, then what the kind needs; a thermometer is thresholds, then features
          in halves
    FLAT  inputs, gates of the model, nodes, delays, loops, runs, outputs, wide, gates that can be bent; runs
          (op, how many), start bits of delays and of loops, next of loops, outputs, the nodes of the gates
          that can be bent, operands in halves (in words where wide)
    LANE  width, input words, gates, register words, gate words, outputs; next of registers, their start
          words, outputs as lanes, then for each gate word a | b << 16, rotation, masks m0 to m3
    HEAD  kind, frames, then what the kind needs

There is one of FLAT and LANE. A flat circuit is optimised first, and proved equal by the passes' own tests;
unless its gates shall be bent while it runs, when each of them must be there. Lane circuits have all gates.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path

import numpy as np

from exporters.c.names import ExportError, default_name
from exporters.gatesfile.program import run_program
from exporters.passes import optimise
from zoo.circuit import Circuit
from zoo.frontends import (
    CounterBits,
    FrontEnd,
    NoteTracker,
    PcmBits,
    RawBits,
    ShiftFilterbank,
    SignAutocorrelation,
    ThermometerFrontEnd,
)
from zoo.heads import ControlValues, GroupSum, Head, OnsetScore, OscillatorBank, PositionalSample
from zoo.lanes import WIDTH, lane_masks, pack_words
from zoo.model import Model
from zoo.oscillators import CYCLE, sine_table

MAGIC = b"GATES1\r\n"
NARROW = 1 << 16  # nodes that halves of words can number

Words = list[int]


def gates_file(model: Model, bendable: bool = False) -> bytes:
    """The bytes of a model's `.gates` file.

    Args:
        model: The model.
        bendable: Keep every gate of a flat circuit, so that each can be held at 0 or 1 while it runs.

    Raises:
        ExportError: The front end or the head is of a kind that the runtime does not know.
    """
    circuit = model.circuit
    if type(model.frontend) not in _FRONT_ENDS or type(model.head) not in _HEADS:
        what = model.head.kind if type(model.frontend) in _FRONT_ENDS else model.frontend.kind
        raise ExportError(f"{model.id}: a .gates file cannot hold {what}. Export it as C: --to c")
    gates = (b"FLAT", _flat(circuit, bendable)) if circuit.lanes is None else (b"LANE", _lanes(circuit))
    chunks = [
        (b"TEXT", _text(model)),
        (b"FRNT", _FRONT_ENDS[type(model.frontend)](model.frontend)),
        gates,
        (b"HEAD", _HEADS[type(model.head)](model.head)),
    ]
    body = b"".join(tag + _packed([len(words), *words]) for tag, words in chunks)
    return MAGIC + struct.pack("<II", len(MAGIC) + 8 + len(body), zlib.crc32(body)) + body


def export_gates(
    model: Model, directory: str | PathLike[str], name: str | None = None, bendable: bool = False
) -> Path:
    """Write `<name>.gates`.

    Args:
        model: What to export.
        directory: Where; it is made if needed.
        name: Of the file; the last part of the model's id when None.
        bendable: See `gates_file`.

    Raises:
        ExportError: The model cannot be such a file.
    """
    from zoo.atomic import write_file

    content = gates_file(model, bendable)
    path = Path(directory) / f"{default_name(model.id) if name is None else name}.gates"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, content)
    return path


def _packed(words: Sequence[int]) -> bytes:
    return np.array([word & 0xFFFFFFFF for word in words], "<u4").tobytes()


def _halves(values: Sequence[int]) -> Words:
    """Two values a word, the first in its lower half."""
    padded = [*values, 0] if len(values) % 2 else list(values)
    return [low | high << 16 for low, high in zip(padded[::2], padded[1::2], strict=True)]


def _bits(values: Sequence[int]) -> Words:
    """32 bits a word, the first lowest."""
    words = [0] * -(-len(values) // 32)
    for i, bit in enumerate(values):
        words[i // 32] |= bit << i % 32
    return words


def _text(model: Model) -> Words:
    config = model.config
    texts = [config.id, config.summary, config.licence, config.task or "", model.circuit.digest()]
    classes = config.classes or ()
    data = b"".join(text.encode() + b"\0" for text in (*texts, *classes))
    padded = data + bytes(-len(data) % 4)
    return [len(classes), len(data), *np.frombuffer(padded, "<u4").tolist()]


def _flat(circuit: Circuit, bendable: bool) -> Words:
    program = run_program(circuit if bendable else optimise(circuit))
    bent = program.gates.tolist() if bendable else []
    nodes = len(program.operands)
    wide = program.n_inputs + len(program.loops) + nodes > NARROW
    operands = program.operands.ravel().tolist()
    return [
        *(program.n_inputs, circuit.n_gates, nodes, len(program.delays), len(program.loops)),
        *(len(program.runs), len(program.outputs), int(wide), len(bent)),
        *(word for run in program.runs for word in run),
        *_bits(program.delays),
        *_bits(program.loops),
        *program.loop_next.tolist(),
        *program.outputs.tolist(),
        *bent,
        *(operands if wide else _halves(operands)),
    ]


def _lanes(circuit: Circuit) -> Words:
    lanes = circuit.lanes
    assert lanes is not None
    parts = lanes.width // WIDTH
    masks = lane_masks(circuit).reshape(-1, 4 * parts).tolist()
    wiring = zip(*(x.tolist() for x in (lanes.word_a, lanes.word_b, lanes.rotation)), masks, strict=True)
    follows = lanes.next_words(circuit).tolist()
    return [
        *(lanes.width, circuit.n_inputs // lanes.width, circuit.n_gates, len(follows), lanes.n_words),
        circuit.n_outputs,
        *follows,
        *pack_words(circuit.register_init[None])[0].tolist(),
        *circuit.outputs.tolist(),
        *(word for a, b, rotation, mask in wiring for word in (a | b << 16, rotation, *mask)),
    ]


def _thermometer(fe: ThermometerFrontEnd) -> Words:
    return [*fe.threshold.tolist(), *_halves(fe.feature.tolist())]


def _filterbank(fe: ShiftFilterbank) -> Words:
    lists = (fe.shifts, fe.lags, fe.peaks, [edge for pair in fe.flux for edge in pair], fe.spans)
    sizes = (len(fe.lags), len(fe.peaks), len(fe.flux), len(fe.spans))
    head = [1, fe.rate, fe.hop, fe.n_bits, len(fe.shifts), fe.floor, fe.silence, *sizes]
    return [*head, *(word for values in lists for word in values), *_thermometer(fe)]


def _autocorrelation(fe: SignAutocorrelation) -> Words:
    head = [5, fe.rate, fe.hop, fe.n_bits, len(fe.low), fe.high, len(fe.lags), fe.hops, fe.floor]
    return [*head, *fe.low, *fe.lags, *_thermometer(fe)]


def _note(fe: NoteTracker) -> Words:
    head = [6, fe.rate, fe.hop, fe.n_bits, len(fe.low), fe.high, fe.window, fe.floor, fe.silence]
    return [*head, len(fe.lags), fe.rise, *fe.low, *fe.lags, *_thermometer(fe)]


def _bank(head: OscillatorBank) -> Words:
    quarter = sine_table()[: CYCLE // 4 + 1].tolist()
    return [5, 1, head.pitch, head.harmonics, head.noise, head.group, *_halves(quarter)]


_FRONT_ENDS: dict[type[FrontEnd], Callable[..., Words]] = {
    ShiftFilterbank: _filterbank,
    PcmBits: lambda fe: [2, fe.rate, fe.hop, fe.n_bits, fe.width, fe.taps, int(fe.code == "gray")],
    CounterBits: lambda fe: [3, fe.rate, fe.hop, fe.n_bits, fe.width, int(fe.gray)],
    RawBits: lambda fe: [4, fe.rate, fe.hop, fe.n_bits],
    SignAutocorrelation: _autocorrelation,
    NoteTracker: _note,
}

_HEADS: dict[type[Head], Callable[..., Words]] = {
    OnsetScore: lambda head: [1, head.frames, head.threshold, head.rearm, head.refractory],
    GroupSum: lambda head: [2, head.frames, head.classes],
    PositionalSample: lambda head: [3, 1, head.width],
    ControlValues: lambda head: [4, 1, head.values],
    OscillatorBank: _bank,
}
