"""The documented example of a task of one's own runs, and its model is like any other."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import zoo
from scripts.time_teach import PAGE, RECORD, render, with_section

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "own_task.py"


def test_the_page_shows_the_example_and_it_is_short() -> None:
    assert f"```python\n{EXAMPLE.read_text()}```" in (ROOT / "docs" / "own-task.md").read_text()
    assert len([line for line in EXAMPLE.read_text().splitlines() if line.strip()]) <= 40


def test_what_teaching_takes_is_as_recorded_and_under_twenty_seconds() -> None:
    record = json.loads(RECORD.read_text())
    page = PAGE.read_text()
    assert with_section(page, render(record)) == page
    assert [len(run["classes"]) for run in record["runs"]] == [2, 5, 8]
    assert all(run["processor_seconds"] < 20 for run in record["runs"])  # whatever else the machine did


@pytest.mark.slow
def test_it_makes_a_model_that_loads_runs_exports_and_benches(tmp_path: Path) -> None:
    from bench.targets import TARGETS

    spec = importlib.util.spec_from_file_location("own_task", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    example.main(tmp_path / "whistle")

    model = zoo.load(tmp_path / "whistle")
    samples, truth = example.recording(1_000)
    heard = model(samples)
    assert heard.names == example.NAMES
    assert (heard.classes == truth).mean() > 0.9
    assert {path.name for path in (tmp_path / "whistle.c").iterdir()} == {"whistle.c", "whistle.h"}
    host = TARGETS["host"]()
    (trace,) = host.run(model, [samples])
    np.testing.assert_array_equal(trace.values, heard.counts)
    total = TARGETS["cortex-a8"]().cost(model, [samples[:16_000]])
    assert {line.part for line in total.lines} >= {"features", "gates", "total"}
