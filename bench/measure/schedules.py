"""What order, sums and repetition are worth on this machine: variants of one net's code, in one run."""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from bench.block_net import FLAGS, aligned
from bench.measure.throughput import ROUNDS, SAMPLES, alternate
from bench.nets import INPUTS, load
from bench.targets.host import cpu_name
from bench.timed_build import build_timed
from exporters.asm.x86 import AVX2, SSE2, Vectors, x86_file
from exporters.passes import X86, optimise, sum_groups
from exporters.schedule import Allocation, allocate, depth_first, repeated, running_sums
from zoo.circuit import Circuit

NET = "random-4x8000"

RUN = """\
#include <stdint.h>
void net(uint32_t *state, const uint32_t *in, uint32_t *out);
int32_t can_run(void);
void run(const uint32_t *in, uint32_t blocks, uint32_t step, uint32_t *out)
{
    for (; blocks; blocks--, in += step)
        net(0, in, out);
}
"""


def variants(circuit: Circuit, classes: int, vectors: Vectors) -> dict[str, Allocation]:
    """Code of the gates alone in two orders, and of gates and sums in three ways."""

    def code(source: Circuit, order: list[int] | None = None) -> Allocation:
        return allocate(source, depth_first(source) if order is None else order, vectors.machine)

    small = optimise(circuit, X86)
    layers = small.n_inputs + np.argsort(small.gate_levels, kind="stable")
    balanced, running = (optimise(sums(small, classes), X86) for sums in (sum_groups, running_sums))
    return {
        "gates, level after level": code(small, layers.tolist()),
        "gates, depth first": code(small),
        "gates, first level repeated": code(repeated(small)),
        "gates and balanced sums": code(balanced),
        "gates and running sums": code(running),
        "gates and running sums, first level repeated": code(repeated(running)),
    }


def schedules() -> dict[str, Any]:
    """For each vector width and variant: instructions, slots, and ns a sample from planes to planes."""
    circuit, classes = load(NET)
    rng = np.random.default_rng(0)
    result: dict[str, Any] = {"processor": cpu_name(), "net": NET, "samples": SAMPLES, "rounds": ROUNDS}
    for name, vectors in (("x86-64", SSE2), ("avx2", AVX2)):
        words = vectors.bytes // 4
        blocks = SAMPLES // (32 * words)
        planes, out = aligned((blocks, INPUTS, words)), aligned((circuit.n_outputs, words))
        planes[...] = rng.integers(0, 2**32, planes.shape, dtype=np.uint32)
        work: dict[str, Callable[[], None]] = {}
        rows = {}
        for variant, allocation in variants(circuit, classes, vectors).items():
            kinds = Counter(type(instruction).__name__.lower() for instruction in allocation.code)
            rows[variant] = {**kinds, "slots": allocation.n_slots}
            files = {"net.S": x86_file({"net": allocation}, vectors, "can_run"), "run.c": RUN}
            library = ctypes.CDLL(build_timed(files, FLAGS).path)
            if name == "avx2" and not library.can_run():
                return {**result, name: "this processor has no AVX2"}
            arguments = planes.ctypes.data, blocks, INPUTS * words, out.ctypes.data
            work[variant] = _call(library, *arguments)
        for variant, times in alternate(work).items():
            rows[variant] |= {"ns": round(min(times), 1), "ns_median": round(median(times), 1)}  # type: ignore[dict-item]
        result[name] = rows
    return result


def _call(library: ctypes.CDLL, planes: int, blocks: int, step: int, out: int) -> Callable[[], None]:
    """A run over all blocks, the planes of each result over the ones before."""
    arguments = ctypes.c_void_p(planes), ctypes.c_uint32(blocks), ctypes.c_uint32(step), ctypes.c_void_p(out)

    def run() -> None:
        library.run(*arguments)

    return run
