"""The PRU's part of the record: the onset model's cycles and memory, and the largest lane nets that fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from exporters.pru.devices import BELA, DEVICES, Device, Region

if TYPE_CHECKING:
    from exporters.pru.unit import PruUnit
    from zoo.circuit import Circuit
    from zoo.model import Model

INPUT_BITS = 768
LAYERS = 3
FRAMES = 4  # of random bits, through every net that is said to fit


def pru() -> dict[str, Any]:
    """What `docs/records/compiler.json` says of the PRU."""
    return {
        "onset": {name: onset_cost(device) for name, device in DEVICES.items()},
        "largest": {
            f"{form}, {width} lanes": largest(form, width)
            for form in ("unrolled", "table")
            for width in (32, 128)
        },
        "largest_whole_model": {
            f"{form}, {width} lanes": largest_model(form, width)
            for form in ("unrolled", "table")
            for width in (32, 128)
        },
    }


def onset_cost(device: Device) -> dict[str, Any]:
    """Cycles of `bela/onset-gates` over its golden clip, whose every stage must be equal."""
    import zoo
    from exporters.pru.runner import PruModel
    from exporters.pru.unit import make_pru_unit
    from zoo.golden import read_golden

    model = zoo.load("bela/onset-gates")
    assert model.folder is not None
    golden = read_golden(model, model.folder)
    unit = make_pru_unit(model, device, "model")
    core = PruModel(unit)
    found = core.stages(golden.samples).tensors()
    for stage, expected in golden.tensors().items():
        if not np.array_equal(found[stage], expected):
            raise AssertionError(f"{device.name}: {stage} differs from the golden vectors")
    frames = len(golden.values)
    parts = {name: round(cycles / frames, 1) for name, cycles in core.part_cycles().items()}
    core.init()
    worst = max(core.hop(hop).cycles for hop in _hops(golden.samples, model.hop))
    budget = device.clock_hz * model.hop / model.rate
    return {
        "frames": frames,
        "stages_equal": True,
        "forms": unit.forms,
        "cycles_a_hop": parts | {"total": round(sum(parts.values()), 1)},
        "cycles_of_the_worst_hop": worst,
        "cycles_there_are": int(budget),
        "percent": round(100 * sum(parts.values()) / budget, 3),
        "percent_of_the_worst_hop": round(100 * worst / budget, 3),
        "instructions": _words(unit) | {"total": len(unit.program.words), "limit": device.instruction_words},
        "data_bytes": unit.data_bytes,
        "data_limit": sum(region.size for region in device.free),
    }


def _hops(samples: npt.NDArray[np.int16], hop: int) -> npt.NDArray[np.int16]:
    return samples[: len(samples) // hop * hop].reshape(-1, hop)


def _words(unit: PruUnit) -> dict[str, int]:
    return unit.part_sums(np.ones(len(unit.program.words), np.int64))


def lane_net(words: int, width: int, seed: int = 0) -> Circuit:
    """Layers of equal width, each word wired to two of the layer before so that all are read equally often.

    Args:
        words: Words in all layers together; the first layers get what is left over.
        width: Lanes a word.
        seed: Of wiring and gates: any of the 16, at random.
    """
    from zoo.lanes import STEPS, Lanes, from_lanes

    rng = np.random.default_rng(seed)
    before, first = INPUT_BITS // width, 0
    word_a: list[npt.NDArray[np.int64]] = []
    word_b: list[npt.NDArray[np.int64]] = []
    for layer in range(LAYERS):
        count = words // LAYERS + (layer < words % LAYERS)
        for operand in (word_a, word_b):
            rounds = [rng.permutation(before) for _ in range(-(-count // before))]
            operand.append(first + np.concatenate(rounds)[:count])
        first, before = first + before, count
    step = STEPS[width]
    rotation = (step * rng.integers(0, width // step, words)).astype(np.uint8)
    lanes = Lanes(
        np.concatenate(word_a).astype(np.int32), np.concatenate(word_b).astype(np.int32), rotation, width
    )
    op = rng.integers(0, 16, words * width).astype(np.uint8)
    outputs = np.arange(first * width, (first + before) * width, dtype=np.int32)
    return from_lanes(INPUT_BITS, lanes, op, outputs)


def largest(form: str, width: int) -> dict[str, Any]:
    """The largest net of `lane_net` whose gates alone fit PRU0 of a Bela, its inputs and outputs included."""
    from exporters.pru.lanes import lane_gates
    from exporters.pru.memory import DoesNotFitError, MemoryMap

    def attempt(words: int) -> tuple[int, int] | None:
        memory = MemoryMap(BELA)
        try:
            gates = lane_gates(lane_net(words, width), form, memory, True)
        except DoesNotFitError:
            return None
        used = gates.code.words + (gates.after.words if gates.after else 0) + 1  # and a HALT
        return (used, memory.used_bytes) if used <= BELA.instruction_words else None

    words = _search(lambda n: attempt(n) is not None)
    used = attempt(words)
    assert used is not None
    cycles = _checked_cycles(lane_net(words, width), form)
    return {
        "gates": words * width,
        "instructions": used[0],
        "data_bytes": used[1],
        "cycles": cycles,
        "gates_a_cycle": round(words * width / cycles, 2),
    }


def _search(fits: Callable[[int], bool]) -> int:
    """The largest number of words that fits, where every smaller one does too."""
    low, high = 3, 3
    while fits(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _checked_cycles(circuit: Circuit, form: str) -> int:
    """Cycles of one frame; every output bit must be numpy's."""
    from exporters.pru.runner import PruModel
    from exporters.pru.unit import build

    core = PruModel(build(_raw_model(circuit), _with_room_for_samples(), "net", form, ""))
    bits = np.random.default_rng(1).integers(0, 2, (FRAMES, circuit.n_inputs)).astype(np.int16)
    found = np.array([core.hop(frame).outputs for frame in bits])
    if not np.array_equal(found, circuit.evaluate(bits.astype(np.uint8))):
        raise AssertionError(f"a {form} net of {circuit.n_gates} gates differs from numpy")
    return core.part_cycles()["gates"] // FRAMES


def _with_room_for_samples() -> Device:
    """PRU0 of a Bela with more memory: for checking gates that leave no room for anything beside them."""
    more = Region("shared", 0x3000, 0xD000)
    return replace(BELA, instruction_words=4096, shared_bytes=65_536, free=(*BELA.free, more))


def _raw_model(circuit: Circuit) -> Model:
    from zoo.frontends import RawBits
    from zoo.heads import ControlValues
    from zoo.model import Model

    return Model.from_parts(
        RawBits(circuit.n_inputs, circuit.n_inputs), circuit, ControlValues(1, circuit.n_outputs),
        id="measure/net", summary="Random gates", licence="CC0-1.0",
    )  # fmt: skip


def largest_model(form: str, width: int) -> dict[str, Any]:
    """The same with the whole front end and head of `bela/onset-gates` beside the gates."""
    import zoo
    from exporters.pru.memory import DoesNotFitError
    from exporters.pru.unit import build
    from zoo.model import Model

    onset = zoo.load("bela/onset-gates")

    def attempt(words: int) -> PruUnit | None:
        model = Model.from_parts(
            onset.frontend, lane_net(words, width), onset.head,
            id="measure/net", summary="Random gates", licence="CC0-1.0",
        )  # fmt: skip
        try:
            unit = build(model, BELA, "net", form, "table")
        except DoesNotFitError:
            return None
        return unit if len(unit.program.words) <= BELA.instruction_words else None

    words = _search(lambda n: attempt(n) is not None)
    unit = attempt(words)
    assert unit is not None
    return {
        "gates": words * width,
        "instructions": len(unit.program.words),
        "data_bytes": unit.data_bytes,
    }
