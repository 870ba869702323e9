"""What a model costs in its hosts: CPU time a block of 64 samples, beside that of the bare C core.

A host runs, not in real time, with no instance and with many; the difference is theirs. The bare core is the
export in C, fed sample by sample; the unit is what all hosts wrap around it. Times are CPU time of this
machine. The table goes to build/host-costs.md.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import zoo
from bench.targets.host import Host
from exporters.c.names import default_name
from exporters.hosts import HOSTS
from exporters.hosts.engine import best_engine
from exporters.hosts.host import Wrapped
from exporters.hosts.pd.patches import Patch
from exporters.hosts.supercollider import class_name
from tests.exporters.hosts import supercollider_host
from tests.exporters.hosts.hosts import make, needs
from tests.exporters.hosts.test_unit import Unit
from tests.tiny import drums
from zoo.atomic import write_file

MODELS = ("bela/onset-gates", "bela/drum-gates-nano", "bela/bytebeat-42-gates", "bela/drive-gates-nano")
SECONDS, INSTANCES, BLOCK, ROUNDS = 20, 16, 64, 3


ROOT = Path(__file__).parents[2]
Row = tuple[str, str, str, float, float]  # model, host, engine, nanoseconds a block, times the core


@pytest.fixture(scope="module")
def rows() -> Iterator[list[Row]]:
    """Collects the table, and writes it at the end."""
    found: list[Row] = []
    yield found
    lines = [f"| {m} | {h} | {e} | {ns:,.0f} | {ratio:.2f} |" for m, h, e, ns, ratio in found]
    head = "| model | host | engine | ns a block | times the bare core |\n| --- | --- | --- | ---: | ---: |\n"
    (ROOT / "build").mkdir(exist_ok=True)
    write_file(ROOT / "build" / "host-costs.md", head + "\n".join(lines) + "\n")


def cpu_of(command: list[str], folder: Path) -> float:
    """CPU seconds of a program."""
    done = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(done.pid, 0)
    done.returncode = os.waitstatus_to_exitcode(status)
    assert done.returncode == 0, command
    return used.ru_utime + used.ru_stime


def pd(folder: Path, wrapped: Wrapped, instances: int) -> list[str]:
    patch = Patch()
    bang = patch.add("obj", 10, 10, "loadbang")
    for text in ("; pd dsp 1",):
        patch.wire(bang, patch.add("msg", 10, 40, text))
    wait = patch.add("obj", 10, 70, f"delay {1_000 * SECONDS}")
    patch.wire(bang, wait)
    patch.wire(wait, patch.add("msg", 10, 100, "; pd quit"))
    noise = patch.add("obj", 10, 130, "noise~")
    for _ in range(instances):
        unit = patch.add("obj", 10, 160, f"{wrapped.name}~")
        if wrapped.hears:
            patch.wire(noise, unit)
    (folder / "cost.pd").write_text(patch.text())
    command = ["pd", "-nogui", "-batch", "-noaudio", "-nrt", "-noprefs", "-path", "."]
    return [*command, "-r", str(wrapped.model.rate), "-open", "cost.pd"]


def csound(folder: Path, wrapped: Wrapped, instances: int) -> list[str]:
    given = " aIn" if wrapped.hears else ""
    outputs = [", ".join(f"a{i}_{k}" for k in range(len(wrapped.signals))) for i in range(instances)]
    units = "\n".join(f"{row} {wrapped.name}{given}" for row in outputs)
    head = f"sr={wrapped.model.rate}\nksmps={BLOCK}\nnchnls=1\n0dbfs=1\ninstr 1\naIn noise 0.5, 0\n"
    score = f"<CsScore>\ni 1 0 {SECONDS}\n</CsScore>\n"
    (folder / "cost.csd").write_text(
        f"<CsoundSynthesizer>\n<CsInstruments>\n{head}{units}\nout aIn\nendin\n</CsInstruments>\n"
        f"{score}</CsoundSynthesizer>\n"
    )
    return ["csound", f"--opcode-lib=./lib{wrapped.name}.so", "--nodisplays", "-n", "cost.csd"]


def supercollider(folder: Path, wrapped: Wrapped, instances: int) -> list[str]:
    noise, zero, one = supercollider_host.ugen("WhiteNoise", [], 1), (-1, 0), (-1, 1)
    inputs = [*([(0, 0)] if wrapped.hears else []), *[zero] * (len(wrapped.parameters) + 1), one]
    units = [supercollider_host.ugen(class_name(wrapped.name), inputs, len(wrapped.outputs))] * instances
    out = supercollider_host.ugen("Out", [zero, (0, 0)], 0)
    synth = supercollider_host.synth_file([0.0, 1.0], [noise, *units, out])
    (folder / "cost.osc").write_bytes(supercollider_host.score(synth, SECONDS))
    command = ["scsynth", "-N", "cost.osc", "_", "cost.wav", str(wrapped.model.rate), "WAV", "int16"]
    plugins = f"{supercollider_host.PLUGINS}:{folder}"
    return [*command, "-o", "1", "-i", "0", "-z", str(BLOCK), "-m", "65536", "-w", "2048", "-U", plugins]


COMMANDS: dict[str, Callable[[Path, Wrapped, int], list[str]]] = {
    "pd": pd,
    "csound": csound,
    "supercollider": supercollider,
}
PROGRAMS = {"pd": "pd", "csound": "csound", "supercollider": "scsynth"}


def bare(id: str) -> float:
    """CPU seconds of the core alone."""
    model = zoo.load(id)
    samples, port = drums(SECONDS, 1, model.rate), Host().load(model)
    return least(lambda: port.push(samples))


def least(work: Callable[[], Any]) -> float:
    found = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


@pytest.mark.parametrize("id", MODELS)
@pytest.mark.parametrize("host", ["unit", *COMMANDS])
def test_cost_of_a_host(benchmark: Any, host: str, id: str, tmp_path: Path, rows: list[Row]) -> None:
    model = zoo.load(id)
    wrapped = Wrapped(model, default_name(id), best_engine(model))
    blocks = SECONDS * model.rate / BLOCK
    if host == "unit":
        unit = Unit(id, wrapped.engine)
        sound = (drums(SECONDS, 1, model.rate) / 32_768).astype("float32")
        cost = least(lambda: unit.process(sound, 4_096))
    else:
        needs(PROGRAMS[host], host)
        HOSTS[host].export(model, tmp_path)
        supercollider_host.build(tmp_path) if host == "supercollider" else make(tmp_path)
        many = min(cpu_of(COMMANDS[host](tmp_path, wrapped, INSTANCES), tmp_path) for _ in range(ROUNDS))
        none = min(cpu_of(COMMANDS[host](tmp_path, wrapped, 0), tmp_path) for _ in range(ROUNDS))
        cost = (many - none) / INSTANCES
    core = bare(id)
    benchmark.group = f"{id}, blocks of {BLOCK} samples at {model.rate} Hz"
    benchmark.extra_info.update(
        ns_a_block=1e9 * cost / blocks, core_ns_a_block=1e9 * core / blocks, times_the_core=cost / core
    )
    benchmark.pedantic(lambda: None, rounds=1)  # the host timed itself; the table stands in extra_info
    rows.append((id, host, wrapped.engine, 1e9 * cost / blocks, cost / core))
    assert 0 < cost < 0.01 * SECONDS  # a hundredth of a core, at most
