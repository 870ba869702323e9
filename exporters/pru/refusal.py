"""What a person reads when a model does not fit: what was needed, what there is, and what would fit."""

from __future__ import annotations

from dataclasses import replace

from exporters.c.names import ExportError
from exporters.pru.devices import DEVICES, Device, Region
from exporters.pru.unit import PruUnit, build, choices_of, first_that_fits
from zoo.model import Model

# Items of memory that grow with the circuit.
GATE_ITEMS = {"words", "masks", "inner", "last", "bits", "planes"}


def refusal(model: Model, device: Device, forms: tuple[str, str] | None) -> str:
    """Why no choice of forms fits.

    Args:
        model: What was to be exported.
        device: Where to.
        forms: The only choice that was tried; None for all.
    """
    choices = [forms] if forms else list(choices_of(model))
    room = sum(region.size for region in device.free)
    # The same device with memory for anything: what it takes there is what is needed.
    roomy = replace(device, instruction_words=1 << 14, free=(Region("shared", 0, 1 << 20),))
    needs: list[str] = []
    most, form = 0, ""
    least = 1 << 32  # instructions of the shortest form
    for choice in choices:
        what = f"gates {choice[0]}{f', thermometer {choice[1]}' if choice[1] else ''}"
        try:
            unit = build(model, roomy, "model", *choice)
        except ExportError as error:
            needs.append(f"{what}: {error}")
            continue
        needs.append(f"{what}: {len(unit.program.words):,} instructions and {unit.data_bytes:,} bytes")
        least = min(least, len(unit.program.words))
        most, form = max((most, form), (_gates_that_fit(unit, device, room), choice[0]))
    fits = [f"a circuit of about {most:,} gates ({form})"] if 0 < most < model.circuit.n_gates else []
    fits += [
        f"--device {other.name}"
        for other in DEVICES.values()
        if other.name != device.name and least <= other.instruction_words
        if first_that_fits(model, other, "model", choices)
    ]
    return (
        f"{model.id} ({model.circuit.n_gates:,} gates) does not fit the PRU of {device.name}, which has "
        f"{device.instruction_words:,} instructions and {room:,} bytes of free data memory. It needs, with "
        f"{'; with '.join(needs)}. What would fit: {', or '.join([*fits, 'the ARM core (--to c)'])}."
    )


def _gates_that_fit(unit: PruUnit, device: Device, room: int) -> int:
    """About how many gates the device would hold in this form, were all else the same."""
    own_words = unit.gates.code.words if unit.gates.form != "table" else 0
    own_bytes = sum(item.size for item in unit.memory.items if item.name in GATE_ITEMS)
    share = 1.0
    for there_is, needed, own in (
        (device.instruction_words, len(unit.program.words), own_words),
        (room, unit.data_bytes, own_bytes),
    ):
        left = there_is - (needed - own)
        share = min(share, left / own if own else float(left >= 0))
    return int(unit.model.circuit.n_gates * max(0.0, share))
