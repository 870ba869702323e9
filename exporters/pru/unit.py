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
from exporters.pru.code import Code
from exporters.pru.counter import counter_front
from exporters.pru.devices import DEVICES, Device
from exporters.pru.filterbank import FilterbankMemory, filterbank_code
from exporters.pru.front import Front
from exporters.pru.gates import Gates
from exporters.pru.head import head_code
from exporters.pru.lanes import FORMS, lane_gates
from exporters.pru.mailbox import Mailbox, begin, end, place_mailbox
from exporters.pru.memory import DataMemoryError, MemoryMap
from exporters.pru.pcm import pcm_front
from exporters.pru.thermometer import thermometer_table, thermometer_unrolled
from zoo.frontends import CounterBits, PcmBits, ShiftFilterbank
from zoo.model import Model

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
    problems: list[_Problem] = []
    for choice in [forms] if forms else _choices(model):
        try:
            unit = _build(model, device, name, *choice)
        except DataMemoryError as error:
            problems.append(_Problem(choice, str(error), 0))
            continue
        if len(unit.program.words) <= device.instruction_words:
            return unit
        problems.append(_too_long(unit))
    raise ExportError(_refusal(model, device, problems, forms is None))


@dataclass(frozen=True)
class _Problem:
    """Why one choice of forms does not fit; `gates` is about how many would."""

    forms: tuple[str, str]
    why: str
    gates: int


def _choices(model: Model) -> Iterator[tuple[str, str]]:
    """Forms of gates and thermometer, the fastest together first."""
    gates = ("flat",) if model.circuit.lanes is None else FORMS
    thermometer = FORMS if isinstance(model.frontend, ShiftFilterbank) else ("",)
    if model.circuit.lanes is None and thermometer != ("",):
        thermometer = ("table",)
    yield from itertools.product(gates, thermometer)


def _build(model: Model, device: Device, name: str, gates_form: str, thermometer: str) -> PruUnit:
    """One choice of forms, however long it gets."""
    memory = MemoryMap(device)
    mailbox = place_mailbox(model, memory)
    fe = model.frontend
    bank = FilterbankMemory(fe, memory) if isinstance(fe, ShiftFilterbank) else None
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
    if form == "flat":
        from exporters.pru.flat import flat_gates

        return flat_gates(model.circuit, memory)
    return lane_gates(model.circuit, form, memory, isinstance(model.frontend, ShiftFilterbank))


def _front(
    model: Model,
    bank: FilterbankMemory | None,
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
    assert isinstance(fe, ShiftFilterbank)
    assert bank is not None
    places = bank.places()
    features, after = filterbank_code(bank, mailbox.samples)
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


def _too_long(unit: PruUnit) -> _Problem:
    """More instructions than there are."""
    words, room = len(unit.program.words), unit.device.instruction_words
    own = unit.gates.code.words + (unit.gates.after.words if unit.gates.after else 0)
    spare = room - (words - own)
    gates = unit.model.circuit.n_gates * max(0, spare) // own if unit.gates.form != "table" else 0
    why = f"{words:,} instructions needed ({own:,} of them for the gates), {room:,} exist"
    return _Problem((unit.forms["gates"], unit.forms["thermometer"]), why, gates)


def _refusal(model: Model, device: Device, problems: list[_Problem], look_elsewhere: bool) -> str:
    """What was needed, what exists, what would fit."""
    tried = "; ".join(
        f"gates {p.forms[0]}{f', thermometer {p.forms[1]}' if p.forms[1] else ''}: {p.why}" for p in problems
    )
    fits = []
    gates = max(p.gates for p in problems)
    if gates:
        fits.append(f"a circuit of about {gates:,} gates (this one has {model.circuit.n_gates:,})")
    if look_elsewhere:
        fits += [f"--device {other.name}" for other in DEVICES.values() if _fits(model, other, device)]
    would = f" What would fit: {', or '.join(fits)}." if fits else " No device here holds it: use --to c."
    return f"{model.id} does not fit the PRU of {device.name}. {tried}.{would}"


def _fits(model: Model, other: Device, device: Device) -> bool:
    """Whether another, larger device holds the model."""
    if other.name == device.name:
        return False
    for choice in _choices(model):
        try:
            unit = _build(model, other, "model", *choice)
        except DataMemoryError:
            continue
        if len(unit.program.words) <= other.instruction_words:
            return True
    return False
