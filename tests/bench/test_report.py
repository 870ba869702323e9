"""The report: right numbers, honest kinds, one file that stands alone, one clear error for bad arguments."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import zoo
from bench.api import bench_command, benchmark, curves
from bench.report import figures
from bench.report.findings import Example, Findings, typical_example
from bench.report.page import page
from bench.report.rows import (
    INDENT,
    OVERVIEW,
    accuracy_headings,
    accuracy_row,
    cost_rows,
    memory_text,
    overview_rows,
)
from bench.report.tables import print_findings
from bench.scaling import circuits_like, gate_curve
from bench.targets.base import PART_NAMES, PARTS, Cost, Int16, Memory
from exporters.c import gates_flat
from tasks.data.clip import Clip
from tasks.evaluate import SetResult
from tasks.metrics import ClipScore
from tasks.registry import get_task
from tests.tiny import control_model, drums, flat_model, register_model, tiny_model
from zoo.errors import ZooError
from zoo.model import Model

TASK = get_task("onset")
OTHER_TASKS = "drum-gates", "voice-gates", "drive-gates", "violin-gates"  # one of each kind of answer


def clip(name: str, seconds: float) -> Clip:
    samples = drums(seconds)
    return Clip(name, samples, np.arange(0.1, seconds, 0.2), "a <kit>", "CC0-1.0")


def score(f: float, seconds: float) -> ClipScore:
    matched = round(100 * f)
    return ClipScore(seconds, 100, 100, (matched, matched - 1), np.linspace(-0.004, 0.03, matched))


@pytest.fixture(scope="module")
def findings() -> Findings:
    """Real costs of a tiny model, and the accuracy of sets made up here."""
    model = tiny_model()
    found = benchmark(model, seconds=1)
    sets = {"test3": [clip("short", 1.0), clip("long", 2.0), clip("best", 3.0)]}
    clips = tuple(score(f, c.seconds) for f, c in zip((0.8, 0.81, 0.99), sets["test3"], strict=True))
    accuracy = [
        SetResult(TASK, "test1", "0" * 64, "0" * 64, 60.0, (score(0.95, 60.0),)),
        SetResult(TASK, "test3", "0" * 64, "0" * 64, 6.0, clips),
    ]
    example = typical_example(model, sets, accuracy)
    return Findings(
        model, None, accuracy, example, found.costs, found.agreements, ["[odd] note"], curves(found)
    )


def text_of(findings: Findings, width: int = 80) -> str:
    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    print_findings(findings, console)
    return console.export_text()


def test_the_example_is_typical(findings: Findings) -> None:
    assert isinstance(findings.example, Example)
    assert (findings.example.clip.name, findings.example.f) == ("long", pytest.approx(0.81))


def test_rows_hold_the_numbers(findings: Findings) -> None:
    row = dict(zip(accuracy_headings(TASK), accuracy_row(findings.accuracy[0]), strict=True))
    assert row["set"] == "held-out kits"
    assert (row["F at ±50 ms"], row["F at ±25 ms"], row["minutes"]) == ("0.950", "0.940", "1.0")
    assert row["false a minute"] == "5.0"
    for cost in findings.costs:
        headings, rows = cost_rows(cost)
        assert [r[0] for r in rows] == [PART_NAMES[part] for part in PARTS]
        measured = any("ns a hop" in heading for heading in headings)
        assert measured == (cost.method == "measured")
        assert measured != any("cycles" in heading for heading in headings)


def test_static_emulated_and_measured_numbers_share_no_column(findings: Findings) -> None:
    """A cell is filled where its target has that kind of number, and only there."""
    target = ""
    costs = {cost.target: cost for cost in findings.costs}
    for row in overview_rows(findings.costs):
        target = target if row[0].startswith(INDENT) else row[0]
        cells = dict(zip(OVERVIEW, row, strict=True))
        assert (cells["measured: ns"] == "-") == (costs[target].method != "measured")
        assert (cells["emulated: cycles"] == "-") == (costs[target].method == "measured")
        assert (cells["of the processor"] == "") == row[0].startswith(INDENT)
    assert target == findings.costs[-1].target


def test_memory_is_told_against_what_bounds_it(findings: Findings) -> None:
    (a8,) = (cost for cost in findings.costs if cost.target == "cortex-a8")
    assert "fits the 32 KiB instruction cache" in memory_text(a8)
    pru = replace(a8, memory=Memory(4096, 1000, 20, 4, code_limit=8192, data_limit=2048))
    assert memory_text(pru) == (
        "1,024 of 2,048 instruction words (50%); 1,000 of tables, 20 of state, 4 of stack: "
        "1,024 of 2,048 bytes of data memory (50%)"
    )
    assert memory_text(replace(a8, memory=None)) == ""


def test_curves_grow_with_the_gates_and_pass_near_the_model(findings: Findings) -> None:
    """The last size is the model's twice; a random circuit of its own size costs what it costs, nearly."""
    (curve,) = (curve for curve in findings.curves if curve.target == "cortex-a8")
    gates, cycles = zip(*curve.points, strict=True)
    assert gates == tuple(sorted(gates))
    assert cycles == tuple(sorted(cycles))
    assert curve.own[0] == findings.model.circuit.n_gates
    (cost,) = (cost for cost in findings.costs if cost.target == curve.target)
    assert curve.own[1] == cost.line("gates").cycles.median  # type: ignore[union-attr]


@pytest.mark.parametrize("make", [tiny_model, flat_model, register_model, control_model])
def test_circuits_like_a_model_fit_it(make: Callable[[], Model]) -> None:
    model = make()
    sizes = [0.5, 1.0, 3.0]
    for size, circuit in zip(sizes, circuits_like(model, sizes), strict=True):
        assert circuit.n_gates == pytest.approx(size * model.circuit.n_gates, rel=0.1, abs=128)
        assert circuit.n_inputs == model.circuit.n_inputs
        assert (circuit.lanes is None) == (model.circuit.lanes is None)
        Model.from_parts(model.frontend, circuit, model.head, id="a/b", summary="x", licence="MIT")


def test_a_size_that_a_target_refuses_ends_its_curve(findings: Findings) -> None:
    class Small:
        name, method = "small", "emulated"

        def cost(self, model: Model, clips: Sequence[Int16]) -> Cost:
            if model.circuit.n_gates > findings.model.circuit.n_gates:
                raise ZooError("too large")
            return findings.costs[-1]

    curve = gate_curve(findings.model, Small(), 1.0, drums(0.1))  # type: ignore[arg-type]
    assert curve.beyond == "too large"
    assert len(curve.points) == 3
    html = page(replace(findings, curves=[curve]))
    assert "small refuses the next size: too large" in html


def test_the_terminal_fits_80_columns(findings: Findings) -> None:
    text = text_of(findings)
    assert max(map(len, text.splitlines())) <= 80
    for words in (
        "target by target",
        "held-out kits",
        "Cost on host, measured",
        "Cost on cortex-a8, emulated",
        "[odd] note",
    ):
        assert words in text
    assert "host equals numpy bit for bit" in text
    assert "cortex-a8 equals numpy bit for bit" in text
    assert "…" not in text


def test_the_page_stands_alone(findings: Findings) -> None:
    html = page(findings)
    outside = [
        u
        for u in re.findall(r'(?:src|href|url)\s*[=(]\s*"?([^">)]{1,40})', html)
        if not u.startswith("data:")
    ]
    assert [u for u in outside if not u.startswith("#")] == []
    assert "a &lt;kit&gt;" in html
    assert html.count("<svg") == 3 + len(findings.costs)
    assert html.count("<audio") == 2
    assert html.count("<em>measured</em>") == 1
    assert html.count("<em>emulated</em>") == len(findings.costs) - 1
    assert "No Bela was measured" in html
    assert not re.search(r"(?<![\w.$/-])/(?:home|root|tmp)/", re.sub(r"base64,[^\"]*", "", html))


def test_the_page_of_a_model_without_task_or_onsets() -> None:
    found = benchmark(control_model(), ["host"], seconds=1)
    assert (found.accuracy, found.example) == ([], None)
    html = page(found)
    assert "How well it does" not in html
    assert "What it costs on this machine" in html
    assert "Accuracy" not in text_of(found)


@pytest.mark.parametrize(
    "id",
    [
        "bela/bytebeat-sierpinski-gates",
        *(pytest.param(f"bela/{name}-nano", marks=pytest.mark.slow) for name in OTHER_TASKS),
    ],
)
def test_models_that_hear_no_onsets_are_benchmarked_too(id: str) -> None:
    found = benchmark(zoo.load(id), ["host"], seconds=1)
    assert (found.example, len(found.accuracy) > 0) == (None, True)
    heard = "never heard" if "bytebeat" not in id else "against the sound that it is to play"
    assert heard in " ".join(text_of(found).split())
    assert "How well it does" in page(found)


def test_figures_are_the_same_every_time(findings: Findings) -> None:
    with figures.style():
        assert figures.accuracy_figure(findings.accuracy) == figures.accuracy_figure(findings.accuracy)
        assert figures.delay_figure([findings.accuracy[0]]).startswith("<svg")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = zoo.save(tiny_model(), tmp_path / "model")
    html = tmp_path / "report.html"
    assert bench_command(folder, target=["cortex-a8"], html=html, seconds=1) == 0
    assert "cycles of the gates, a hop" in html.read_text()
    assert "cortex-a8 equals numpy" in capsys.readouterr().out
    assert html.read_text().startswith("<!DOCTYPE html>")
    assert "on this machine" not in html.read_text()


def test_a_target_that_disagrees_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(gates_flat.EXPRESSIONS, 1, "{a} | {b}")
    folder = zoo.save(flat_model(), tmp_path / "model")
    assert bench_command(folder, target=["host"], seconds=1) == 1
    assert "host differs from numpy over 1 s of audio: differs first at clip 0" in " ".join(
        capsys.readouterr().out.split()
    )


def test_bad_arguments_are_one_error_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(ZooError, match="--target: expected all or one of host, cortex-a8.*found 'z80'"):
        bench_command("nowhere/none", target=["z80"])
    with pytest.raises(ZooError, match="found no folder"):
        bench_command("nowhere/none", html=tmp_path / "no" / "report.html")
    with pytest.raises(ZooError, match="found a folder"):
        bench_command("nowhere/none", html=tmp_path)
    with pytest.raises(ZooError, match="nowhere/none"):
        bench_command("nowhere/none", html=tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []
