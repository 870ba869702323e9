"""Nets built to be timed: they give numpy's counts, and a kept library tells what it took to compile."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench import timed_build
from bench.block_net import BlockNet
from bench.measure.schedules import variants
from bench.measure.throughput import TARGETS, alternate
from bench.peers import difflogic_net, torchlogix_net
from exporters.asm.x86 import AVX2, SSE2
from exporters.schedule import Gate
from zoo.circuit import Circuit
from zoo.errors import ZooError

CLASSES, SAMPLES = 3, 512

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "timed"


def layered(width: int = 300) -> Circuit:
    """Three layers wired at random, each reading all of the one before."""
    rng = np.random.default_rng(0)
    a, b, first, size = [], [], 0, 48
    for _ in range(3):
        order = rng.permutation(2 * width) % size
        a.append(first + order[:width])
        b.append(first + order[width:])
        first, size = first + size, width
    op = rng.integers(0, 16, 3 * width)
    return Circuit(48, op, np.concatenate(a), np.concatenate(b), np.arange(first, first + width))  # type: ignore[arg-type]


def samples(circuit: Circuit) -> tuple[Any, Any]:
    """Bools, and numpy's counts of them."""
    bits = np.random.default_rng(1).random((SAMPLES, circuit.n_inputs)) < 0.5
    counts = circuit.evaluate(bits).reshape(SAMPLES, CLASSES, -1).sum(axis=2, dtype=np.int32)
    return bits, counts


@pytest.mark.parametrize("target", TARGETS)
def test_every_way_through_a_net_gives_numpys_counts(target: str) -> None:
    circuit = layered()
    bits, expected = samples(circuit)
    try:
        net = BlockNet(circuit, CLASSES, target)
    except ZooError as error:
        pytest.skip(str(error))
    planes, outputs, found = net.planes(SAMPLES), net.outputs(), np.zeros_like(expected)
    net.counts(bits, found)
    assert np.array_equal(found, expected)
    net.pack(bits, planes)
    found[:] = 0
    net.counts_of_planes(planes, found)
    assert np.array_equal(found, expected)
    net.gates_only(planes, outputs)
    last = np.zeros((net.frames, CLASSES), np.int32)
    net.counts_only(outputs, last)
    assert np.array_equal(last, expected[-net.frames :])
    assert net.export_seconds > 0
    assert net.built.seconds > 0


def test_a_library_is_built_once_and_keeps_what_it_took(own_cache: Path) -> None:
    files = {"one.c": "int one(void) { return 1; }\n"}
    built = timed_build.build_timed(files, ("-O1",))
    (note,) = own_cache.glob("*/built.json")
    assert json.loads(note.read_text())["seconds"] == built.seconds > 0
    note.write_text(note.read_text().replace(f"{built.seconds}", "12345.0"))
    assert timed_build.build_timed(files, ("-O1",)).seconds == 12345.0
    with pytest.raises(subprocess.CalledProcessError):
        timed_build.build_timed({"one.c": "int one(\n"}, ("-O1",))
    assert {path.name for path in own_cache.glob("*/*")} == {"library.so", "built.json"}
    assert len(list(own_cache.glob("*/built.json"))) == 1
    with pytest.raises(FileNotFoundError, match="no-such-compiler is not installed"):
        timed_build.build_timed(files, (), "no-such-compiler")


@pytest.mark.peers
def test_the_peers_give_numpys_counts_too() -> None:
    circuit = layered(900)
    bits, expected = samples(circuit)
    found = np.zeros_like(expected)
    difflogic_net.DifflogicNet(circuit, CLASSES, ("-O1",)).counts(bits, found)
    assert np.array_equal(found, expected)
    try:
        peer = torchlogix_net.TorchlogixNet(circuit, CLASSES)
    except (ImportError, SyntaxError) as error:
        pytest.skip(f"torchlogix: {error!r}")
    theirs = np.zeros(expected.shape, np.uint16)
    peer.counts(bits, theirs)
    assert np.array_equal(theirs, expected)


def test_rounds_alternate() -> None:
    calls: list[str] = []
    times = alternate({name: lambda name=name: calls.append(name) for name in "ab"}, 3)  # type: ignore[misc]
    assert calls == ["a", "b"] * 4
    assert {name: len(spread) for name, spread in times.items()} == {"a": 3, "b": 3}


@pytest.mark.parametrize("vectors", [SSE2, AVX2])
def test_the_variants_are_what_they_are_called(vectors: Any) -> None:
    made = variants(layered(), CLASSES, vectors)
    gates = {name: sum(isinstance(line, Gate) for line in code.code) for name, code in made.items()}
    assert gates["gates, level after level"] == gates["gates, depth first"]
    assert gates["gates, depth first"] < gates["gates, first level repeated"]
    assert gates["gates and running sums"] < gates["gates and running sums, first level repeated"]
    assert made["gates, depth first"].n_slots < made["gates, level after level"].n_slots
