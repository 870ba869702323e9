"""Straight-line PRU code for any circuit: 32 frames or voices in the lanes of 32-bit words.

Every input, register and output is a plane: a word whose bit f belongs to stream f. One run of the code is
one step of every stream.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from exporters.pru.code import Code
from exporters.pru.devices import DEVICES, Device
from exporters.pru.flat_address import Bases, write
from exporters.pru.flat_items import LEAF, OUT, SLOT, Items, items
from exporters.pru.flat_layout import chains
from exporters.pru.flat_machine import REGISTERS, Habits, Op
from exporters.pru.flat_moves import move_registers
from exporters.pru.flat_netlist import Netlist, netlist
from exporters.pru.flat_order import Taste, by_registers, depth_first
from exporters.pru.flat_registers import Allocator
from exporters.pru.gates import Gates
from exporters.pru.memory import DoesNotFitError, MemoryMap
from zoo.circuit import Circuit

Int64 = npt.NDArray[np.int64]

CONTROL = 0x22000, 0x24000  # control registers of each core
POINTERS = {24: 0x20, 28: 0x28}  # entries of the constant table that can be moved, by which of them
WINDOW = 256  # bytes that an entry of the constant table reaches


@dataclass(frozen=True, eq=False)
class FlatCode:
    """One step of a circuit.

    Args:
        code: Instructions; they run through, and use all registers, and the scratchpad as far as it is free.
        setup: Instructions to run once before the first step.
        inputs: int64 (n_inputs,): address of each input's plane, which the code leaves as it is.
        outputs: int64 (n_outputs,): address of each output's plane. Unless they were wanted in order, equal
            outputs share one, and an output that is an input has the input's.
        state: int64 (registers,): address of the plane of each register left by the optimiser.
        cycles: Cycles of one step.
        spent: Of these, how many in "gates", "not", "load", "store", "scratch" (with moves between registers)
            and "bases" (setting base registers).
        stored: Words that one step stores: so many cycles less if a store of any length takes one.
        live_gates: Two-input gates of the circuit after optimisation.
    """

    code: Code
    setup: Code
    inputs: Int64
    outputs: Int64
    state: Int64
    cycles: int
    spent: dict[str, int]
    stored: int
    live_gates: int


@dataclass(frozen=True)
class Plan:
    """One way to write the code; `flat_code` keeps the one that costs least.

    Args:
        taste: What orders the gates; None for depth first.
        habits: Of the allocator.
        bases: Base registers.
    """

    taste: Taste | None
    habits: Habits
    bases: int


# Found by trying many on dense and local nets of 4 x 1000 gates.
NEAR = Habits(ahead=50, burst=8, row=14, patience=0.15, load=3.4)
NEARS = (
    NEAR,
    Habits(ahead=60, burst=5, row=10, patience=0.1, load=3.4),
    Habits(ahead=60, burst=12, row=10, patience=0.05, load=3.4),
    Habits(ahead=40, burst=10, row=8, patience=0.15, load=1.5, scratch=100),
)
FAR = Habits(ahead=24, burst=8, row=7, patience=0.1, load=3.0, scratch=400, again=200)
TASTES = (
    Taste(),
    Taste(registers=14, last=0.0, others=0.1, soon=0.0, unsaved=1.0, chain=0.0),
    Taste(registers=14, last=0.0, others=0.1, depth=0.1, soon=-0.3, unsaved=1.0),
    Taste(registers=50, last=0.2, others=0.1, depth=0.1, chain=0.0),
)
GOOD = 2.3  # cycles a gate: then next to nothing is spilled, and no other order is better
MOST_TRIED = 5_000  # gates of a circuit for which many ways are tried


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
    cycles: int = 0


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
        windows: Entry of the constant table, 24 or 28, -> address, a multiple of 256, where `setup` puts it.
            None is {24: 0}, as after a reset.
        effort: 0 tries one way, 1 two, 2 many where the circuit is small.

    Raises:
        DoesNotFitError: The planes do not fit, or the gates alone are more instructions than there are.
    """
    net = netlist(circuit)
    memory.check_code(len(net.gates))
    fixed = {24: 0} if windows is None else dict(windows)
    drafts: list[_Draft] = []
    for plans in _families(net, effort):
        drafts += _drafts(net, memory.device, ordered, inputs_in_order, plans, fixed)
        drafts.sort(key=lambda draft: draft.cycles)
        if drafts[0].cycles < GOOD * net.live_gates:
            break
    for draft in drafts:
        try:
            return _finish(net, draft, memory, fixed)
        except DoesNotFitError:
            continue
    return _finish(net, min(drafts, key=lambda draft: sum(draft.sizes)), memory, fixed)


def flat_gates(circuit: Circuit, memory: MemoryMap, inputs_in_order: bool) -> Gates:
    """The gates of a model whose circuit has no lanes: frame mode, in lane 0, with the outputs in order.

    Args:
        circuit: Any.
        memory: Takes the planes.
        inputs_in_order: Input i stands in word i of the inputs: a delay line moves them all by one.

    Raises:
        DoesNotFitError: The planes do not fit, or the gates alone are more instructions than there are.
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
        DoesNotFitError: What was needed, what exists, and what would fit.
    """
    others += flat.setup.words
    needed, room = flat.code.words + others, device.instruction_words
    if needed <= room:
        return
    gates = max(0, flat.live_gates * (room - others) // flat.code.words)
    fits = [f"about {gates:,} gates of such a circuit"]
    fits += [
        f"--device {d.name} ({d.instruction_words:,})"
        for d in DEVICES.values()
        if d.instruction_words >= needed
    ]
    raise DoesNotFitError(
        f"{device.name}: instruction memory: {needed:,} instructions needed for {flat.live_gates:,} gates, "
        f"{room:,} exist. What would fit: {', or '.join(fits)}"
    )


def _families(net: Netlist, effort: int) -> Iterator[list[Plan]]:
    """Ways to try: for nets of which little is spilled, then for others; fewer for large circuits."""
    many = effort > 1 and len(net.gates) <= MOST_TRIED
    yield [Plan(None, habits, bases) for habits in NEARS for bases in (1, 2)][: None if many else 1]
    if effort:
        yield [Plan(taste, FAR, bases) for taste in (None, *TASTES) for bases in (5, 6)][:: 1 if many else 2][
            : None if many else 2
        ]


def _drafts(
    net: Netlist,
    device: Device,
    ordered: bool,
    inputs_in_order: bool,
    plans: Sequence[Plan],
    fixed: Mapping[int, int],
) -> Iterator[_Draft]:
    """Code by each plan; where much is spilled a second time, with what was loaded together side by side."""
    natural = [LEAF + i for i in range(net.n_leaves)]
    ready: dict[Taste | None, Items] = {}
    for plan in plans:
        if plan.taste not in ready:
            order = depth_first(net) if plan.taste is None else by_registers(net, plan.taste)
            ready[plan.taste] = items(net, order, ordered)
        draft = _draft(ready[plan.taste], natural, [], device, plan, fixed)
        yield draft
        if plan.habits is FAR:
            leaves, rows = _layout(net, draft, inputs_in_order)
            yield _draft(draft.items, leaves, rows, device, plan, fixed)


def _layout(net: Netlist, draft: _Draft, inputs_in_order: bool) -> tuple[list[int], list[list[int]]]:
    """Words of the leaves, and rows of other nodes, so that what a draft loads together lies side by side."""

    def movable(node: int) -> bool:
        if node < net.n_inputs:
            return not inputs_in_order
        return node >= net.n_leaves and 2 * node not in draft.items.stores

    rows = chains(draft.loads, movable)
    inputs = [n for row in rows for n in row if n < net.n_inputs]
    place = {n: i for i, n in enumerate(dict.fromkeys([*inputs, *range(net.n_inputs)]))}
    others = [[n for n in row if n >= net.n_leaves] for row in rows]
    return [LEAF + place.get(i, i) for i in range(net.n_leaves)], [row for row in others if len(row) > 1]


def _draft(
    what: Items,
    leaves: list[int],
    rows: Sequence[Sequence[int]],
    device: Device,
    plan: Plan,
    fixed: Mapping[int, int],
) -> _Draft:
    registers = range(REGISTERS - plan.bases)
    banks = {
        10 + i: frozenset(registers) & frozenset(range(low, high + 1))
        for i, (low, high) in enumerate(device.scratch)
    }
    made = Allocator(what, leaves, registers, banks, plan.habits, rows)
    ops = made.run()
    moved = move_registers(what.moves, made.late, registers, SLOT + made.slot_count)
    sizes = (len(leaves), made.slot_count + bool(moved), made.out_count)
    draft = _Draft(what, ops + moved, leaves, sizes, made.out_word, made.loads, plan)
    draft.cycles = sum(op.cycles - 1 for op in draft.ops) + _write(draft, 0, fixed).words
    return draft


def _areas(draft: _Draft, start: int) -> list[int]:
    """Addresses of LEAF, SLOT and OUT: slots first, where the constant table reaches them."""
    leaves, slots, _ = draft.sizes
    return [start + 4 * slots, start, start + 4 * (slots + leaves)]


def _write(draft: _Draft, start: int, fixed: Mapping[int, int]) -> Code:
    bases = Bases(fixed, range(REGISTERS - draft.plan.bases, REGISTERS))
    return write(draft.ops, _areas(draft, start), bases)


def _finish(net: Netlist, draft: _Draft, memory: MemoryMap, fixed: Mapping[int, int]) -> FlatCode:
    """Places the planes and writes the code."""
    planes = np.zeros(sum(draft.sizes), "<u4")
    first = draft.sizes[1] + net.n_inputs
    planes[first : first + net.n_registers] = np.array(net.register_init, np.uint32) * np.uint32(0xFFFFFFFF)
    start = memory.place("planes", planes.nbytes, "a word for each bit of the circuit", planes.tobytes())
    code = _write(draft, start, fixed)
    leaf, _, out = _areas(draft, start)
    places = np.array([leaf + 4 * (word - LEAF) for word in draft.leaves], np.int64)
    outputs = [
        places[literal >> 1]
        if i in draft.items.aliases
        else out + 4 * (draft.out_word.get(literal, OUT + i) - OUT)
        for i, literal in enumerate(net.outputs)
    ]
    return FlatCode(
        code,
        _setup(fixed, memory.device),
        places[: net.n_inputs],
        np.array(outputs, np.int64),
        places[net.n_inputs :],
        sum(op.cycles - 1 for op in draft.ops) + code.words,
        _spent(draft.ops, code),
        sum(op.a for op in draft.ops if op.kind == "store"),
        net.live_gates,
    )


def _setup(fixed: Mapping[int, int], device: Device) -> Code:
    """Moves entries of the constant table; a pointer also holds the next entry's, which goes to 0."""
    setup = Code()
    for entry, at in fixed.items():
        if at:
            setup.constant("r0", at // WINDOW)
            setup.constant("r1", CONTROL[device.core])
            setup.op("sbbo", "&r0", "r1", POINTERS[entry], 4)
    return setup


def _spent(ops: Sequence[Op], code: Code) -> dict[str, int]:
    names = {
        "load": "load",
        "store": "store",
        "not": "not",
        "zero": "not",
        "and": "gates",
        "or": "gates",
        "xor": "gates",
    }
    spent = Counter(dict.fromkeys(("gates", "not", "load", "store", "scratch"), 0))
    for op in ops:
        spent[names.get(op.kind, "scratch")] += op.cycles
    return {**spent, "bases": code.words - len(ops)}
