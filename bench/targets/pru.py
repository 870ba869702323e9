"""The target `pru`: the whole model as one program of a PRU beside Bela's own, in the project's simulator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bench.targets.base import PARTS, Cost, CostLine, Int16, Memory, Method, Spread
from bench.targets.emulated import first_hops
from exporters.pru.devices import BELA, Device
from exporters.pru.runner import PruModel
from exporters.pru.unit import PruUnit, make_pru_unit
from zoo.golden import Golden
from zoo.model import Model
from zoo.results import Trace

WORD_BYTES = 4


class Pru:
    """PRU0 of a Bela, simulated.

    Args:
        device: What the program may use; PRU0 beside Bela's own program when nothing is said.
    """

    name = "pru"
    method: Method = "emulated"

    def __init__(self, device: Device = BELA) -> None:
        self.device = device

    def unit(self, model: Model) -> PruUnit:
        """The model's program.

        Raises:
            ExportError: The model does not fit the device; the message says what would.
        """
        return make_pru_unit(model, self.device, "model")

    def run(self, model: Model, clips: Sequence[Int16]) -> list[Trace]:
        """Every clip from a fresh state."""
        core = PruModel(self.unit(model))
        return [core.run(clip) for clip in clips]

    def stages(self, model: Model, samples: Int16) -> Golden:
        """What every stage gives for one clip."""
        return PruModel(self.unit(model)).stages(samples)

    def cost(self, model: Model, clips: Sequence[Int16]) -> Cost:
        """Instructions and cycles of hops of these clips, part by part."""
        hops, unit, device = first_hops(model, clips), self.unit(model), self.device
        core, counts, cycles, uncertain = _follow(unit, hops)
        lines = tuple(
            CostLine(part, instructions=Spread.of(counts[part]), cycles=Spread.of(cycles[part]), code=code)
            for part, code in _code_bytes(unit).items()
        )
        total = np.array(cycles["total"])
        budget = device.clock_hz * model.hop / model.rate
        least = float((total - uncertain).min())
        own = device.free_bytes("own")
        more = sum(region.size for region in device.free) - own
        forms = ", ".join(f"{part} {form}" for part, form in unit.forms.items() if form)
        return Cost(
            target=self.name,
            device=f"{device.title}, {device.clock_hz // 1_000_000} MHz (simulated)",
            method=self.method,
            mode="frame",
            compiler=f"this project's assembler; {forms}",
            rate=model.rate,
            hop=model.hop,
            lines=lines,
            percent=(
                100 * least / budget,
                100 * float(np.median(total)) / budget,
                100 * float(total.max()) / budget,
            ),
            memory=_memory(unit, core),
            notes=(
                "Instructions are exact, and so are the cycles of all but stores: the lowest has each store "
                "take one cycle, the others one more a word (docs/pru.md). No board was measured.",
                "The total has the mailbox too, which the parts do not: finding samples, giving the answer.",
                f"Data memory: {own:,} bytes of the core's own RAM, {more:,} of what it shares.",
                *device.notes,
            ),
        )


def _follow(
    unit: PruUnit, hops: Int16
) -> tuple[PruModel, dict[str, list[int]], dict[str, list[int]], npt.NDArray[np.int64]]:
    """Run hops and count, part by part: instructions, cycles, and those of the cycles that are uncertain."""
    core = PruModel(unit)
    counts: dict[str, list[int]] = {part: [] for part in PARTS}
    cycles: dict[str, list[int]] = {part: [] for part in PARTS}
    uncertain = []
    before = core.simulator.profile(core.core)
    for samples in hops:
        core.step(samples)
        after = core.simulator.profile(core.core)
        for found, now, then in (
            (counts, after.counts, before.counts),
            (cycles, after.cycles, before.cycles),
        ):
            sums = unit.part_sums(now - then)
            sums["total"] = sum(sums.values())
            for part in PARTS:
                found[part].append(sums[part])
        uncertain.append(after.uncertain - before.uncertain)
        before = after
    return core, counts, cycles, np.array(uncertain, np.int64)


def _code_bytes(unit: PruUnit) -> dict[str, int]:
    """Bytes of instructions of each part; the total has the mailbox's too."""
    words = unit.part_sums(np.ones(len(unit.program.words), np.int64))
    words["total"] = len(unit.program.words)
    return {part: WORD_BYTES * words[part] for part in PARTS}


def _memory(unit: PruUnit, core: PruModel) -> Memory:
    """Tables are what the hops so far left alone, but for the mailbox, which the host writes."""
    items = [item for item in unit.memory.items if item.name != "mailbox"]
    tables = [i for i in items if not core.simulator.stored(core.core, i.address, i.size)]
    constants = sum(item.size for item in tables)
    return Memory(
        code=WORD_BYTES * len(unit.program.words),
        constants=constants,
        state=unit.data_bytes - constants,
        stack=0,
        code_limit=WORD_BYTES * unit.device.instruction_words,
        data_limit=sum(region.size for region in unit.device.free),
    )
