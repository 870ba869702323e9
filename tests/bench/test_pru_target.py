"""The target `pru`: what it counts, and models that it cannot hold."""

from dataclasses import replace

import pytest

from bench.api import benchmark
from bench.targets import TARGETS
from bench.targets.base import PARTS, Cost
from bench.targets.pru import Pru
from bench.verify import first_stage_difference, verify
from exporters.c.names import ExportError
from exporters.pru.devices import BELA
from tests.tiny import drums, tiny_model
from zoo import load
from zoo.golden import read_golden


@pytest.fixture(scope="module")
def cost() -> Cost:
    return Pru().cost(tiny_model(), [drums(0.5)])


def test_the_total_has_the_mailbox_and_the_parts_have_not(cost: Cost) -> None:
    assert (cost.target, cost.method, cost.mode) == ("pru", "emulated", "frame")
    assert tuple(line.part for line in cost.lines) == PARTS
    *parts, total = cost.lines
    assert total.cycles is not None
    together = sum(line.cycles.median for line in parts if line.cycles)
    assert together + 20 < total.cycles.median < together + 80
    code = [line.code for line in cost.lines if line.code is not None]
    assert 0 < sum(code[:-1]) < code[-1]


def test_the_share_has_stores_at_their_cheapest_and_at_their_dearest(cost: Cost) -> None:
    low, likely, high = cost.percent
    total = cost.line("total").cycles
    assert total is not None
    budget = 200e6 * 128 / 44_100
    assert likely == pytest.approx(100 * total.median / budget)
    assert high == pytest.approx(100 * total.maximum / budget)
    assert 0.8 * likely < low < 100 * total.minimum / budget


def test_memory_is_what_the_program_takes(cost: Cost) -> None:
    unit, memory = Pru().unit(tiny_model()), cost.memory
    assert memory is not None
    assert (memory.code, memory.code_limit) == (4 * len(unit.program.words), 4 * 2048)
    assert (memory.data, memory.data_limit) == (unit.data_bytes, 8192 + 4096)
    tables = sum(item.size for item in unit.memory.items if item.name in ("masks", "thresholds"))
    assert 0 < memory.constants == tables


@pytest.mark.slow
def test_the_shipped_model_fits_beside_bela() -> None:
    model = load("bela/onset-gates")
    assert model.folder is not None
    golden = read_golden(model, model.folder)
    assert first_stage_difference(golden, Pru().stages(model, golden.samples)) is None
    assert Pru().cost(model, [golden.samples]).percent[2] < 100


@pytest.fixture
def _no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TARGETS, "pru", lambda: Pru(replace(BELA, instruction_words=100)))


@pytest.mark.usefixtures("_no_room")
def test_a_model_that_does_not_fit_is_a_note_beside_other_targets() -> None:
    findings = benchmark(tiny_model(), ("host", "pru"), seconds=0.1)
    assert [cost.target for cost in findings.costs] == ["host"]
    assert [note for note in findings.notes if note.startswith("pru: ") and "100 instructions" in note]


@pytest.mark.usefixtures("_no_room")
def test_a_model_that_does_not_fit_is_refused_where_only_the_pru_was_asked_for() -> None:
    with pytest.raises(ExportError, match="does not fit the PRU of bela"):
        benchmark(tiny_model(), ("pru",), seconds=0.1)


@pytest.mark.usefixtures("_no_room")
def test_a_model_that_does_not_fit_is_a_skipped_check() -> None:
    checks = [check for check in verify(tiny_model(), 0.1) if "on pru" in check.what]
    assert [check.ok for check in checks] == [None, None]
    assert all("does not fit" in check.result for check in checks)
