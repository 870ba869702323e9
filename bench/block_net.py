"""A gate network exported in block mode, built for this machine and run over many samples with one call."""

from __future__ import annotations

import ctypes
from time import process_time
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.timed_build import Built, build_timed
from exporters.c import make_unit
from exporters.c.targets import TARGETS
from zoo.circuit import Circuit
from zoo.errors import ZooError
from zoo.frontends import PcmBits
from zoo.heads import GroupSum
from zoo.model import Model

FLAGS = ("-std=c99", "-O2")

# Blocks follow each other; a block's planes stay in the nearest cache between the two calls.
RUN = """\
#include "net.h"

typedef struct { uint32_t w[NET_BITS * NET_BLOCK_WORDS]; } __attribute__((aligned(64))) block_planes;

void run_bits(const uint8_t *bits, uint32_t blocks, int32_t *values)
{
    block_planes planes;
    for (; blocks; blocks--, bits += NET_BITS * NET_BLOCK_FRAMES, values += NET_VALUES * NET_BLOCK_FRAMES) {
        net_pack_block(bits, planes.w);
        net_values_block(0, planes.w, values);
    }
}

void run_pack(const uint8_t *bits, uint32_t blocks, uint32_t *planes)
{
    for (; blocks; blocks--, bits += NET_BITS * NET_BLOCK_FRAMES, planes += NET_BITS * NET_BLOCK_WORDS)
        net_pack_block(bits, planes);
}

void run_planes(const uint32_t *planes, uint32_t blocks, int32_t *values)
{
    for (; blocks; blocks--, planes += NET_BITS * NET_BLOCK_WORDS, values += NET_VALUES * NET_BLOCK_FRAMES)
        net_values_block(0, planes, values);
}

void run_gates(const uint32_t *planes, uint32_t blocks, uint32_t *outputs)
{
    for (; blocks; blocks--, planes += NET_BITS * NET_BLOCK_WORDS)
        net_gates_block(0, planes, outputs);
}

void run_counts(const uint32_t *outputs, uint32_t blocks, int32_t *values)
{
    for (; blocks; blocks--, values += NET_VALUES * NET_BLOCK_FRAMES)
        net_counts_block(outputs, values);
}
"""


class BlockNet:
    """A net and its GroupSum in block mode on a target whose code this machine runs.

    Args:
        circuit: Without registers; inputs a multiple of 16.
        classes: Groups of outputs.
        target: Name of an export target.

    Attributes:
        built: The library, with how long the compiler took.
        export_seconds: CPU time of writing the code.
        frames: Samples a block.

    Raises:
        ZooError: This processor has no AVX2.
        FileNotFoundError: There is no gcc.
    """

    def __init__(self, circuit: Circuit, classes: int, target: str) -> None:
        start = process_time()
        frontend = PcmBits(width=16, taps=circuit.n_inputs // 16)
        about = {"id": "bench/net", "summary": "A net to be timed", "licence": "MIT"}
        model = Model.from_parts(frontend, circuit, GroupSum(classes), **about)
        unit = make_unit(model, "net", "block", target)
        self.export_seconds = process_time() - start
        self.built: Built = build_timed(unit.files() | {"run.c": RUN}, FLAGS)
        self.words = TARGETS[target].words
        self.frames = 32 * self.words
        self._inputs, self._outputs = circuit.n_inputs, circuit.n_outputs
        self._library = ctypes.CDLL(self.built.path)
        if target == "avx2" and not self._library.net_can_run():
            raise ZooError("this processor, or its system, has no AVX2")

    def counts(self, bits: npt.NDArray[np.bool_], out: npt.NDArray[np.int32]) -> None:
        """Bool (samples, inputs) -> int32 (samples, classes), samples whole blocks."""
        self._call("run_bits", bits, len(bits), out)

    def planes(self, samples: int) -> npt.NDArray[np.uint32]:
        """uint32 (blocks, inputs, words): room for the planes of so many samples."""
        return aligned((samples // self.frames, self._inputs, self.words))

    def outputs(self) -> npt.NDArray[np.uint32]:
        """uint32 (outputs, words): room for the output planes of one block."""
        return aligned((self._outputs, self.words))

    def pack(self, bits: npt.NDArray[np.bool_], planes: npt.NDArray[np.uint32]) -> None:
        """Bool (samples, inputs) -> planes."""
        self._call("run_pack", bits, len(bits), planes)

    def counts_of_planes(self, planes: npt.NDArray[np.uint32], out: npt.NDArray[np.int32]) -> None:
        """Planes -> int32 (samples, classes); where the target has it, the gates count too."""
        self._call("run_planes", planes, self.frames * len(planes), out)

    def gates_only(self, planes: npt.NDArray[np.uint32], outputs: npt.NDArray[np.uint32]) -> None:
        """Planes -> output planes, each block over the one before."""
        self._call("run_gates", planes, self.frames * len(planes), outputs)

    def counts_only(self, outputs: npt.NDArray[np.uint32], out: npt.NDArray[np.int32]) -> None:
        """The same output planes again and again -> int32 (samples, classes)."""
        self._call("run_counts", outputs, len(out), out)

    def _call(self, name: str, given: npt.NDArray[Any], samples: int, out: npt.NDArray[Any]) -> None:
        assert samples % self.frames == 0
        assert given.flags.c_contiguous
        assert out.flags.c_contiguous
        self._library[name](
            ctypes.c_void_p(given.ctypes.data),
            ctypes.c_uint32(samples // self.frames),
            ctypes.c_void_p(out.ctypes.data),
        )


def aligned(shape: tuple[int, ...]) -> npt.NDArray[np.uint32]:
    """uint32 zeros at a multiple of 64 bytes."""
    size = 4 * int(np.prod(shape))
    raw = np.zeros(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size].view(np.uint32).reshape(shape)
