"""The whole model as one PRU program: front end, gates and head, between a mailbox and a memory map."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from exporters.c.names import ExportError, checked_name, comment_text
from exporters.pru.assembler import Program, assemble
from exporters.pru.autocorrelation import AutocorrelationMemory, autocorrelation_code
from exporters.pru.code import Code
from exporters.pru.counter import counter_front
from exporters.pru.devices import Device
from exporters.pru.filterbank import FilterbankMemory, filterbank_code
from exporters.pru.flat import flat_gates
from exporters.pru.front import Front
from exporters.pru.gates import Gates
from exporters.pru.head import head_code
from exporters.pru.lanes import FORMS, lane_gates
from exporters.pru.mailbox import Mailbox, begin, end, place_mailbox
from exporters.pru.memory import DoesNotFitError, MemoryMap
from exporters.pru.note import NoteMemory, note_code
from exporters.pru.pcm import pcm_front
from exporters.pru.raw import raw_front
from exporters.pru.thermometer import thermometer_table, thermometer_unrolled
from zoo.frontends import (
    CounterBits,
    NoteTracker,
    PcmBits,
    RawBits,
    ShiftFilterbank,
    SignAutocorrelation,
    ThermometerFrontEnd,
)
from zoo.model import Model

Bank = FilterbankMemory | AutocorrelationMemory | NoteMemory

# What the labels of each part begin with; the rest of a program is the mailbox.
PARTS = ("features", "encode", "gates", "head")


@dataclass(frozen=True, eq=False)
class PruUnit:
    """A model as a program of one PRU core.

    Args:
        name: What its files and C names begin with.
        model: What it runs.
        device: Where.
        text: Source for pasm.
        memory: What stands where in data memory, and with what it starts.
        mailbox: Where the host talks to it.
        front: Its front end.
        gates: Its gates.
        forms: How gates and thermometer were written: "unrolled", "table", "flat", or "" where there is none.
    """

    name: str
    model: Model
    device: Device
    text: str
    memory: MemoryMap
    mailbox: Mailbox
    front: Front
    gates: Gates
    forms: dict[str, str]

    @cached_property
    def program(self) -> Program:
        """The words."""
        return assemble(self.text, name=f"{self.name}.p")

    @property
    def data_bytes(self) -> int:
        """Data memory taken."""
        return self.memory.used_bytes

    def images(self) -> list[tuple[int, bytes]]:
        """Address, as the core sees it, and bytes of what must stand in memory at the start."""
        return self.memory.images()

    @cached_property
    def part_of(self) -> npt.NDArray[np.int64]:
        """int64 (words,): index in `PARTS` of the part of each instruction, `len(PARTS)` for the mailbox."""
        parts = np.full(len(self.program.words), len(PARTS), np.int64)
        for label, address in sorted(self.program.labels.items(), key=lambda item: item[1]):
            stem = label.partition("_")[0]
            parts[address:] = PARTS.index(stem) if stem in PARTS else len(PARTS)
        return parts

    def part_sums(self, counts: npt.NDArray[np.int64]) -> dict[str, int]:
        """Sums over the instructions of each part, of cycles say: int64 (words,) -> name of part -> sum."""
        return {name: int(counts[self.part_of == i].sum()) for i, name in enumerate((*PARTS, "mailbox"))}


def make_pru_unit(model: Model, device: Device, name: str, forms: tuple[str, str] | None = None) -> PruUnit:
    """The whole model for a device.

    Args:
        model: What to run.
        device: Where; see `exporters.pru.devices.DEVICES`.
        name: A C identifier.
        forms: How to write the gates ("unrolled", "table"; "flat" without lanes) and the thermometer
            ("unrolled", "table"; "" without one); None takes the fastest that fits.

    Raises:
        ExportError: The name is no identifier, or the model does not fit: the message says what was needed,
            what there is, and what would fit.
    """
    checked_name(name)
    unit = first_that_fits(model, device, name, [forms] if forms else list(choices_of(model)))
    if unit is None:
        from exporters.pru.refusal import refusal

        raise ExportError(refusal(model, device, forms))
    return unit


def first_that_fits(
    model: Model, device: Device, name: str, choices: list[tuple[str, str]]
) -> PruUnit | None:
    """The first choice of forms that the device holds."""
    for choice in choices:
        try:
            unit = build(model, device, name, *choice)
        except DoesNotFitError:
            continue
        if len(unit.program.words) <= device.instruction_words:
            return unit
    return None


def choices_of(model: Model) -> Iterator[tuple[str, str]]:
    """Forms of gates and thermometer, the fastest together first."""
    gates = ("flat",) if model.circuit.lanes is None else FORMS
    thermometer = FORMS if isinstance(model.frontend, ThermometerFrontEnd) else ("",)
    if model.circuit.lanes is None and thermometer != ("",):
        thermometer = ("table",)
    yield from itertools.product(gates, thermometer)


def build(model: Model, device: Device, name: str, gates_form: str, thermometer: str) -> PruUnit:
    """One choice of forms, however long it gets."""
    memory = MemoryMap(device)
    mailbox = place_mailbox(model, memory)
    fe = model.frontend
    bank: Bank | None = None
    if isinstance(fe, ShiftFilterbank):
        bank = FilterbankMemory(fe, memory)
    elif isinstance(fe, SignAutocorrelation):
        bank = AutocorrelationMemory(fe, memory)
    elif isinstance(fe, NoteTracker):
        bank = NoteMemory(fe, memory)
    gates = _gates(model, gates_form, memory)
    front = _front(model, bank, gates, memory, mailbox, thermometer)
    head, head_after = head_code(model.head, gates, memory, mailbox.values)
    code = Code()
    begin(code, mailbox, device.core)
    for label, piece in zip(PARTS, (front.features, front.encode, gates.code, head), strict=True):
        code.label(label)
        code.extend(piece)
    end(code, mailbox, device.core)
    for after in (front.after, gates.after, head_after):
        if after is not None:
            code.extend(after)
    text = f"{_title(model, device)}.origin 0\n.entrypoint start\n\n{code.text}"
    chosen = {"gates": gates.form, "thermometer": thermometer}
    return PruUnit(name, model, device, text, memory, mailbox, front, gates, chosen)


def _gates(model: Model, form: str, memory: MemoryMap) -> Gates:
    any_order = isinstance(
        model.frontend, ThermometerFrontEnd
    )  # a thermometer's bits go wherever they should
    if form == "flat":
        return flat_gates(model.circuit, memory, inputs_in_order=not any_order)
    return lane_gates(model.circuit, form, memory, any_order)


def _front(
    model: Model,
    bank: Bank | None,
    gates: Gates,
    memory: MemoryMap,
    mailbox: Mailbox,
    thermometer: str,
) -> Front:
    """Any front end of the registry."""
    fe = model.frontend
    if isinstance(fe, PcmBits):
        return pcm_front(fe, gates, memory, mailbox.samples)
    if isinstance(fe, CounterBits):
        return counter_front(fe, gates, memory)
    if isinstance(fe, RawBits):
        return raw_front(fe, gates, mailbox.samples)
    assert isinstance(fe, ThermometerFrontEnd)
    assert bank is not None
    places = bank.places()
    if isinstance(bank, FilterbankMemory):
        features, after = filterbank_code(bank, mailbox.samples)
    elif isinstance(bank, NoteMemory):
        features, after = note_code(bank, mailbox.samples), Code()
    else:
        features, after = autocorrelation_code(bank, mailbox.samples), Code()
    if not fe.n_bits:
        return Front(features, Code(), after, places)
    if thermometer == "unrolled":
        return Front(features, thermometer_unrolled(fe, places, gates), after, places)
    encode, loop = thermometer_table(fe, places, gates, memory)
    after.extend(loop)
    return Front(features, encode, after, places)


def _title(model: Model, device: Device) -> str:
    """The comment at the top."""
    config, circuit = model.config, model.circuit
    lines = [
        f"{config.id}: {config.summary}",
        f"{circuit.n_gates} gates, {circuit.n_registers} registers",
        f"{model.rate} Hz, {model.hop} samples a frame",
        f"Circuit SHA-256: {circuit.digest()}",
        f"Licence: {config.licence}",
        *(f"Learned from: {s.title}, {s.authors} ({s.licence})" for s in config.sources),
        f"For {device.title}",
        "Generated by difflogic-zoo: change the model, not this file.",
    ]
    rows = [row for line in lines for row in textwrap.wrap(comment_text(line), 105)]
    return "".join(f"// {row}\n" for row in rows)
