"""How fast nets run in blocks here, beside difflogic's compiled nets: one run, one core, CPU time."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import thread_time_ns
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.block_net import FLAGS, BlockNet
from bench.nets import digits, load
from bench.peers import difflogic_net
from bench.targets.host import cpu_name
from zoo.circuit import Circuit
from zoo.errors import ZooError

SAMPLES = 8_192
ROUNDS = 40
TARGETS = ("x86-64", "avx2", "portable-64", "portable")

Bools = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]


def samples() -> Bools:
    """Bool (SAMPLES, 400): digits no net was trained on, again and again."""
    return np.ascontiguousarray(np.resize(digits()[0], (SAMPLES, 400))).view(np.bool_)


def expected_counts(circuit: Circuit, classes: int, bits: Bools) -> Int32:
    """int32 (samples, classes): numpy's."""
    outputs = circuit.evaluate(bits[: len(digits()[0])])
    counts = outputs.reshape(len(outputs), classes, -1).sum(axis=2, dtype=np.int32)
    return np.ascontiguousarray(np.resize(counts, (len(bits), classes)))


def alternate(work: dict[str, Callable[[], None]], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """CPU nanoseconds a sample of each piece of work, round after round, so that what disturbs meets all."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for run in work.values():
        run()
    for _ in range(rounds):
        for name, run in work.items():
            start = thread_time_ns()
            run()
            times[name].append((thread_time_ns() - start) / SAMPLES)
    return times


def checked_nets(circuit: Circuit, classes: int, bits: Bools) -> tuple[dict[str, BlockNet], list[str]]:
    """Our exports by target, each after it gave numpy's counts; and why some are missing."""
    expected, nets, missing = expected_counts(circuit, classes, bits), dict[str, BlockNet](), []
    for target in TARGETS:
        try:
            net = BlockNet(circuit, classes, target)
        except ZooError as error:
            missing.append(f"{target}: {error}")
            continue
        found = np.zeros_like(expected)
        net.counts(bits, found)
        if not np.array_equal(found, expected):
            raise AssertionError(f"{target} does not give the counts of numpy")
        nets[target] = net
    return nets, missing


def our_work(net: BlockNet, name: str, bits: Bools, classes: int) -> dict[str, Callable[[], None]]:
    """From bool arrays, from planes, and stage by stage."""
    planes, outputs, out = net.planes(len(bits)), net.outputs(), np.zeros((len(bits), classes), np.int32)
    net.pack(bits, planes)
    return {
        f"{name} bools": lambda: net.counts(bits, out),
        f"{name} planes": lambda: net.counts_of_planes(planes, out),
        f"{name} pack": lambda: net.pack(bits, planes),
        f"{name} gates": lambda: net.gates_only(planes, outputs),
        f"{name} counts": lambda: net.counts_only(outputs, out),
    }


def throughput() -> dict[str, Any]:
    """For each big net: ns a sample and compile seconds of each build, and the ratios to difflogic's.

    Raises:
        ImportError, FileNotFoundError: difflogic or gcc is missing.
    """
    bits = samples()
    return {
        "processor": cpu_name(),
        "samples": SAMPLES,
        "rounds": ROUNDS,
        "our_flags": " ".join(FLAGS),
        "nets": {name: _net(name, bits) for name in ("random-4x8000", "residual-4x8000")},
    }


def _net(name: str, bits: Bools) -> dict[str, Any]:
    circuit, classes = load(name)
    nets, missing = checked_nets(circuit, classes, bits)
    peers = {
        f"difflogic {' '.join(flags)}": difflogic_net.DifflogicNet(circuit, classes, flags)
        for flags in (difflogic_net.FLAGS, difflogic_net.NATIVE)
    }
    out, expected = np.zeros((len(bits), classes), np.int32), expected_counts(circuit, classes, bits)
    work: dict[str, Callable[[], None]] = {}
    for peer_name, peer in peers.items():
        peer.counts(bits, out)
        if not np.array_equal(out, expected):
            raise AssertionError(f"{peer_name} does not give the counts of numpy")
        work[peer_name] = lambda peer=peer: peer.counts(bits, out)  # type: ignore[misc]
    for target, net in nets.items():
        work |= our_work(net, target, bits, classes)
    times = alternate(work)
    base = f"difflogic {' '.join(difflogic_net.FLAGS)}"
    base_seconds = peers[base].built.seconds
    rows: dict[str, Any] = {}
    for row, spread in times.items():
        rows[row] = {
            "ns": round(min(spread), 1),
            "ns_median": round(median(spread), 1),
            "times_difflogic": round(min(times[base]) / min(spread), 2),
            "times_difflogic_median": round(median(times[base]) / median(spread), 2),
        }
    compiles = {
        peer_name: {"compiler": peer.built.compiler, "compile_seconds": peer.built.seconds}
        for peer_name, peer in peers.items()
    }
    for target, net in nets.items():
        total = net.export_seconds + net.built.seconds
        compiles[target] = {
            "compiler": net.built.compiler,
            "export_seconds": round(net.export_seconds, 2),
            "compile_seconds": net.built.seconds,
            "of_difflogic": round(total / base_seconds, 4),
        }
    return {"ns_per_sample": rows, "builds": compiles, "missing": missing}
