"""A frame of whole models in GNU's PRU simulator: the same bytes in memory, where the tools are there."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import zoo
from exporters.pru.assembler import assemble
from exporters.pru.devices import BELA, Device, study
from exporters.pru.mailbox import FIELDS
from exporters.pru.runner import PruModel
from exporters.pru.unit import PruUnit, make_pru_unit
from tests.exporters.pru import test_gnu_tools
from tests.exporters.pru.test_gnu_tools import gnu, tool
from tests.tiny import MAKERS, drums
from zoo.model import Model

pytestmark = test_gnu_tools.pytestmark

OWN = BELA.data_bytes
FRAMES = 30  # here first, so that the one that both run has a history

# The simulator's system calls: write(1, 0, bytes), then exit(0).
TAIL = f"""ldi r1, 5
ldi r14, 1
ldi r15, 0
ldi r16, {OWN}
halt
ldi r1, 1
ldi r14, 0
halt
"""


def theirs(unit: PruUnit, memory: npt.NDArray[np.uint8], where: Path) -> npt.NDArray[np.uint8]:
    """Own data RAM after GNU's simulator has run from `memory` until the answer is there."""
    assert unit.text.count("jmp poll") == 1
    program = assemble(unit.text.replace("jmp poll", "jmp tail") + "tail:\n" + TAIL)
    listing = [f".word 0x{word:08x}" for word in program.words]
    data = [f".word 0x{word:08x}" for word in memory.view("<u4")]
    gnu("\n".join([*listing, ".data", *data]) + "\n", where)
    return np.frombuffer(tool("run", "a.elf", where=where).stdout, np.uint8)


def compare(model: Model, device: Device, forms: tuple[str, str] | None, where: Path) -> None:
    unit = make_pru_unit(model, device, "m", forms)
    assert all(item.address + item.size <= OWN for item in unit.memory.items)
    core = PruModel(unit)
    clip = drums(2.0)
    for start in range(0, FRAMES * model.hop, model.hop):
        core.hop(clip[start : start + model.hop])
    box, after = unit.mailbox, clip[FRAMES * model.hop :][: model.hop]
    before = core.memory(0, OWN).copy()
    before[box.samples :][: 2 * model.hop] = after.astype("<i2").view(np.uint8)
    before[box.address + FIELDS["REQUEST"][0] :][:4].view("<u4")[0] += 1
    core.hop(after)
    ours, found = core.memory(0, OWN).copy(), theirs(unit, before, where).copy()
    assert (ours != before).any()
    for memory in (ours, found):  # theirs has no cycle counter
        memory[box.address + FIELDS["CYCLES"][0] :][:4] = 0
    assert (ours == found).all(), np.flatnonzero(ours != found)[:20]


@pytest.mark.parametrize("kind", MAKERS)
def test_a_frame_of_every_kind_of_model(kind: str, tmp_path: Path) -> None:
    compare(MAKERS[kind](5), BELA, None, tmp_path)


@pytest.mark.parametrize("forms", [("unrolled", "table"), ("table", "table"), ("table", "unrolled")])
def test_a_frame_of_the_onset_model(forms: tuple[str, str], tmp_path: Path) -> None:
    device = dataclasses.replace(study(BELA), name="bela")
    compare(zoo.load("bela/onset-gates"), device, forms, tmp_path)
