"""The trained dense net of 4 x 8000 gates over 8,192 digits, one core: ours in blocks, and its peers' C.

Times are CPU time, and the peers' runs alternate with ours in one process. Every build gives numpy's counts
before it is timed.
"""

from __future__ import annotations

import platform
from functools import cache
from statistics import median
from typing import Any

import numpy as np
import pytest

from bench.block_net import BlockNet
from bench.measure.throughput import TARGETS, alternate, checked_nets, expected_counts, samples
from bench.nets import load
from bench.peers import difflogic_net, torchlogix_net
from zoo.circuit import Circuit

NET = "random-4x8000"
ROUNDS = 15

# How many times difflogic's throughput, by the minimum and by the median, each way from its own bool array or
# from planes; and the share of its compile time.
WANTED = {"x86-64 bools": 2.5, "avx2 bools": 4.5, "avx2 planes": 6.0}
WANTED_COMPILE = 0.1


@cache
def net() -> tuple[Circuit, int]:
    return load(NET)


@cache
def ours() -> tuple[dict[str, BlockNet], list[str]]:
    if platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip(f"x86-64 code does not run on this {platform.machine()}")
    try:
        return checked_nets(*net(), samples())
    except FileNotFoundError as error:
        pytest.skip(str(error))


def our_net(target: str) -> BlockNet:
    nets, missing = ours()
    if target not in nets:
        pytest.skip("; ".join(missing))
    return nets[target]


@cache
def difflogic() -> difflogic_net.DifflogicNet:
    try:
        return difflogic_net.DifflogicNet(*net())
    except (ImportError, FileNotFoundError) as error:
        pytest.skip(f"difflogic: {error}. Install it with python -m bench.peers.install_difflogic")


@pytest.mark.parametrize("given", ["bools", "planes"])
@pytest.mark.parametrize("target", TARGETS)
def test_ours(benchmark: Any, target: str, given: str) -> None:
    """8,192 samples from bool arrays or from planes to class counts."""
    one, bits = our_net(target), samples()
    out, planes = np.zeros((len(bits), net()[1]), np.int32), one.planes(len(bits))
    one.pack(bits, planes)
    benchmark.group = f"{NET}, {len(bits)} samples"
    benchmark.extra_info["compile_seconds"] = one.export_seconds + one.built.seconds
    if given == "bools":
        benchmark(one.counts, bits, out)
    else:
        benchmark(one.counts_of_planes, planes, out)
    assert np.array_equal(out, expected_counts(*net(), bits))


@pytest.mark.peers
def test_difflogic(benchmark: Any) -> None:
    """The same from the same bool array."""
    peer, bits = difflogic(), samples()
    out = np.zeros((len(bits), net()[1]), np.int32)
    benchmark.group = f"{NET}, {len(bits)} samples"
    benchmark.extra_info["compile_seconds"] = peer.built.seconds
    benchmark(peer.counts, bits, out)
    assert np.array_equal(out, expected_counts(*net(), bits))


@pytest.mark.peers
def test_torchlogix(benchmark: Any) -> None:
    """The same, where it imports: its own syntax keeps it from Python before 3.12."""
    try:
        peer, bits = torchlogix_net.TorchlogixNet(*net()), samples()
    except (ImportError, SyntaxError, FileNotFoundError) as error:
        pytest.skip(f"torchlogix on Python {platform.python_version()}: {error!r}")
    out = np.zeros((len(bits), net()[1]), np.uint16)
    benchmark.group = f"{NET}, {len(bits)} samples"
    benchmark.extra_info["compile_seconds"] = peer.built.seconds
    benchmark(peer.counts, bits, out)
    assert np.array_equal(out, expected_counts(*net(), bits))


@pytest.mark.peers
@pytest.mark.parametrize("row", WANTED)
def test_times_faster_than_difflogic(row: str) -> None:
    """The throughput we claim, with its compiler, beside it in the same process."""
    target, _, given = row.partition(" ")
    peer, one, bits = difflogic(), our_net(target), samples()
    out, planes = np.zeros((len(bits), net()[1]), np.int32), one.planes(len(bits))
    one.pack(bits, planes)
    work = {
        "bools": lambda: one.counts(bits, out),
        "planes": lambda: one.counts_of_planes(planes, out),
    }
    times = alternate({"difflogic": lambda: peer.counts(bits, out), "ours": work[given]}, ROUNDS)
    for figure in (min, median):
        ratio = figure(times["difflogic"]) / figure(times["ours"])
        assert ratio >= WANTED[row], f"{row}: {ratio:.2f} times difflogic, wanted {WANTED[row]}"


@pytest.mark.peers
@pytest.mark.parametrize("target", ["x86-64", "avx2"])
def test_compile_time_is_a_small_part_of_difflogics(target: str) -> None:
    """CPU time of writing and compiling the whole export, over that of compiling difflogic's C."""
    one = our_net(target)
    share = (one.export_seconds + one.built.seconds) / difflogic().built.seconds
    assert share <= WANTED_COMPILE
