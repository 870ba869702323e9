"""Straight-line PRU code for any circuit: 32 frames or voices in the lanes of 32-bit words.

Every input, register and output is a plane: a word whose bit f belongs to stream f. One run of the code is one step of
every stream.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from exporters.c.names import ExportError
from exporters.pru.code import Code
from exporters.pru.devices import DEVICES, Device
from exporters.pru.flat_address import Bases, write
from exporters.pru.flat_items import LEAF, OUT, SLOT, Items, items
from exporters.pru.flat_layout import chains
from exporters.pru.flat_moves import move_registers
from exporters.pru.flat_netlist import Netlist, netlist
from exporters.pru.flat_order import Taste, by_registers, depth_first
from exporters.pru.flat_registers import REGISTERS, Allocator, Habits, Op
from exporters.pru.gates import Gates
from exporters.pru.memory import MemoryMap
from zoo.circuit import Circuit

Int64 = npt.NDArray[np.int64]

CONTROL = 0x22000, 0x24000  # control registers of each core
WINDOW = 256  # bytes that an entry of the constant table reaches


@dataclass(frozen=True, eq=False)
class FlatCode:
    """One step of a circuit.

    Args:
        code: Instructions; they run through, and use all registers and the scratchpad that the device leaves free.
        setup: Instructions to run once before the first step.
        inputs: int64 (n_inputs,): address of each input's plane, which the code leaves as it is.
        outputs: int64 (n_outputs,): address of each output's plane; equal outputs share one, and an output that is an
            input has the input's, unless they were asked for in order.
        state: int64 (registers kept,): address of each register's plane; memory starts with what the registers do.
        cycles: Cycles of one step.
        spent: Of these, how many in "gates", "not", "load", "store", "scratch" (with moves between registers) and
            "bases" (setting base registers).
        live_gates: Two-input gates of the circuit after optimisation.
    """

    code: Code
    setup: Code
    inputs: Int64
    outputs: Int64
    state: Int64
    cycles: int
    spent: dict[str, int]
    live_gates: int


@dataclass(frozen=True)
class Plan:
    """One way to write the code; `flat_code` keeps the one that costs least.

    Args:
        order: None for depth first.
        habits: Of the allocator.
        bases: Base registers.
        layout: Whether to write it a second time, with what was loaded together side by side.
    """

    order: Taste | None
    habits: Habits
    bases: int
    layout: bool = False


@dataclass
class _Draft:
    """Code before it has addresses."""

    items: Items
    ops: list[Op]
    leaves: list[int]
    sizes: tuple[int, int, int]
    out_word: dict[int, int]
    loads: list[int]
    plan: Plan
    cycles: int = field(default=0)


def flat_code(
    circuit: Circuit,
    memory: MemoryMap,
    *,
    ordered: bool = False,
    inputs_in_order: bool = False,
    windows: Mapping[int, int] | None = None,
    effort: int = 2,
) -> FlatCode:
    """Code for one step of a circuit.

    Args:
        circuit: Any.
        memory: Takes the planes, with the registers' start in them.
        ordered: Output i stands in word i of the outputs; else in whatever word suits.
        inputs_in_order: Input i stands in word i of the inputs; else they are in whatever order suits.
        windows: Entry of the constant table, 24 or 28, -> address that `setup` sets it to; {24: 0}, as after a reset,
            when None.
        effort: 0 tries one way, 1 a few, 2 more where the circuit is small.

    Raises:
        DoesNotFitError: The planes do not fit.
    """
    net = netlist(circuit)
    fixed = {24: 0} if windows is None else dict(windows)
    best: _Draft | None = None
    for draft in _drafts(net, memory.device, ordered, inputs_in_order, effort):
        draft.cycles = _cycles(draft, fixed)
        if best is None or draft.cycles < best.cycles:
            best = draft
    assert best is not None
    return _finish(net, best, memory, fixed)


def flat_gates(circuit: Circuit, memory: MemoryMap, inputs_in_order: bool) -> Gates:
    """The gates of a model whose circuit has no lanes: frame mode, in lane 0, with the outputs in order.

    Args:
        circuit: Any.
        memory: Takes the planes.
        inputs_in_order: Input i stands in word i of the inputs: a delay line moves them all by one.

    Raises:
        DoesNotFitError: The planes do not fit.
    """
    flat = flat_code(circuit, memory, ordered=True, inputs_in_order=inputs_in_order)
    inputs, outputs = (np.stack([x, np.zeros_like(x)], axis=1) for x in (flat.inputs, flat.outputs))
    return Gates(flat.code, "flat", inputs, outputs, planes=True)


def check_size(flat: FlatCode, device: Device, others: int = 0) -> None:
    """Refuse code that does not fit.

    Args:
        flat: The code.
        device: Where it shall run.
        others: Instructions beside it.

    Raises:
        ExportError: What was needed, what exists, and what would fit.
    """
    needed, room = flat.code.words + flat.setup.words + others, device.instruction_words
    if needed <= room:
        return
    gates = max(0, flat.live_gates * (room - flat.setup.words - others) // max(1, flat.code.words))
    larger = [
        f"--device {d.name} ({d.instruction_words:,})"
        for d in DEVICES.values()
        if d.instruction_words >= needed
    ]
    raise ExportError(
        f"{device.name}: {needed:,} instructions needed for {flat.live_gates:,} gates, {room:,} exist. "
        f"What would fit: {', or '.join([f'about {gates:,} gates of such a circuit', *larger])}"
    )


def _plans(net: Netlist, effort: int) -> Iterator[Plan]:
    """Ways to try, the likely best first; fewer for large circuits."""
    gates = len(net.gates)
    local = Habits(ahead=40, row=10, patience=0.15)
    yield Plan(None, local, 2)
    if effort == 0:
        return
    far = Habits()
    yield Plan(Taste(), far, 4, layout=True)
    if effort == 1 or gates > 5000:
        return
    yield Plan(None, replace(local, row=8), 1)
    yield Plan(None, replace(local, patience=0.3), 1)
    yield Plan(None, replace(local, row=14, burst=10), 1)
    yield Plan(Taste(registers=16, others=0.05, last=0.0), far, 4, layout=True)
    yield Plan(Taste(registers=20, others=0.05, soon=0.2, depth=0.05), far, 5, layout=True)


def _drafts(
    net: Netlist, device: Device, ordered: bool, inputs_in_order: bool, effort: int
) -> Iterator[_Draft]:
    natural = [LEAF + i for i in range(net.n_leaves)]
    orders: dict[Taste | None, Items] = {}
    for plan in _plans(net, effort):
        if plan.order not in orders:
            order = depth_first(net) if plan.order is None else by_registers(net, plan.order)
            orders[plan.order] = items(net, order, ordered)
        draft = _draft(orders[plan.order], natural, device, plan, [])
        yield draft
        if plan.layout:
            rows = chains(
                draft.loads,
                lambda n: (
                    not inputs_in_order
                    if n < net.n_inputs
                    else n >= net.n_leaves and 2 * n not in draft.items.stores
                ),
            )
            inputs = [n for row in rows for n in row if n < net.n_inputs]
            place = {n: i for i, n in enumerate(dict.fromkeys([*inputs, *range(net.n_inputs)]))}
            leaves = [LEAF + place.get(i, i) for i in range(net.n_leaves)]
            slots = [part for row in rows if len(part := [n for n in row if n >= net.n_leaves]) > 1]
            yield _draft(orders[plan.order], leaves, device, plan, slots)


def _draft(
    what: Items, leaves: list[int], device: Device, plan: Plan, rows: Sequence[Sequence[int]]
) -> _Draft:
    registers = range(REGISTERS - plan.bases)
    banks = {
        10 + bank: frozenset(range(low, high + 1)) & frozenset(registers)
        for bank, (low, high) in enumerate(device.scratch)
    }
    made = Allocator(what, leaves, registers, banks, plan.habits, rows)
    ops = made.run()
    spare = SLOT + made.slot_count
    moved = move_registers(what.moves, made.late, registers, spare)
    sizes = (len(leaves), made.slot_count + bool(moved), made.out_count)
    return _Draft(what, ops + moved, leaves, sizes, made.out_word, made.loads, plan)


def _areas(draft: _Draft, start: int) -> list[int]:
    """Addresses of LEAF, SLOT and OUT: slots first, where the constant table reaches them."""
    leaves, slots, _ = draft.sizes
    return [start + 4 * slots, start, start + 4 * (slots + leaves)]


def _bases(draft: _Draft, fixed: Mapping[int, int]) -> Bases:
    return Bases(fixed, range(REGISTERS - draft.plan.bases, REGISTERS))


def _cycles(draft: _Draft, fixed: Mapping[int, int]) -> int:
    words = write(draft.ops, _areas(draft, 0), _bases(draft, fixed)).words
    return sum(op.cycles - 1 for op in draft.ops) + words


def _finish(net: Netlist, draft: _Draft, memory: MemoryMap, fixed: Mapping[int, int]) -> FlatCode:
    """Places the planes and writes the code."""
    planes = np.zeros(sum(draft.sizes), "<u4")
    first = draft.sizes[1] + net.n_inputs
    planes[first : first + net.n_registers] = np.array(net.register_init, np.uint32) * np.uint32(0xFFFFFFFF)
    start = memory.place(
        "planes", 4 * sum(draft.sizes), "one word for each bit of the circuit", planes.tobytes()
    )
    areas = _areas(draft, start)
    code = write(draft.ops, areas, _bases(draft, fixed))
    address = {word: areas[word >> 24] + 4 * (word & 0xFFFFFF) for word in draft.leaves}
    inputs = [address[word] for word in draft.leaves[: net.n_inputs]]
    state = [address[word] for word in draft.leaves[net.n_inputs :]]
    outputs = []
    for i, literal in enumerate(net.outputs):
        word = draft.items.aliases.get(i)
        if word is not None:
            outputs.append(inputs[literal >> 1])
        else:
            at = draft.out_word.get(literal, OUT + i)
            outputs.append(areas[2] + 4 * (at - OUT))
    setup = Code()
    for entry, at in fixed.items():
        if at:
            setup.constant("r0", at // WINDOW)
            setup.constant("r1", CONTROL[memory.device.core])
            setup.op("sbbo", "&r0", "r1", 0x20 if entry == 24 else 0x28, 4)
    spent = _spent(draft.ops, code.words)
    planes_at = [np.array(x, np.int64) for x in (inputs, outputs, state)]
    return FlatCode(
        code, setup, planes_at[0], planes_at[1], planes_at[2], sum(spent.values()), spent, net.live_gates
    )


def _spent(ops: Sequence[Op], words: int) -> dict[str, int]:
    names = {"and": "gates", "or": "gates", "xor": "gates", "zero": "not", "mov": "scratch", "xin": "scratch"}
    spent: Counter[str] = Counter()
    for op in ops:
        spent[names.get(op.kind, "scratch" if op.kind == "xout" else op.kind)] += op.cycles
    spent["bases"] = words - len(ops)
    return dict(spent)
