"""Arrays of bits as block mode has them, and a block function called over steps and streams."""

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.circuit import Circuit

Bits = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint32]
Step = Callable[[Words, Words, Words], None]


def aligned(shape: tuple[int, ...], dtype: Any = np.uint32) -> npt.NDArray[Any]:
    """Zeros whose address is a multiple of 64."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.zeros(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size].view(dtype).reshape(shape)


def to_planes(bits: Bits, words: int) -> Words:
    """uint8 (frames, n) -> uint32 (blocks, n, words): frame f is bit f % 32 of word f // 32 of its block."""
    lanes = 32 * words
    blocks = -(-len(bits) // lanes)
    padded = np.pad(bits, ((0, -len(bits) % lanes), (0, 0))).reshape(blocks, lanes, bits.shape[1])
    packed = np.packbits(np.ascontiguousarray(padded.transpose(0, 2, 1)), axis=2, bitorder="little")
    packed = packed.view("<u4")
    planes = aligned(packed.shape)
    planes[...] = packed
    return planes


def from_planes(planes: Words, frames: int) -> Bits:
    """Undo `to_planes`."""
    bits = np.unpackbits(np.ascontiguousarray(planes).view(np.uint8), axis=2, bitorder="little")
    return np.ascontiguousarray(bits.transpose(0, 2, 1).reshape(-1, planes.shape[1])[:frames])


def address(array: npt.NDArray[Any]) -> ctypes.c_void_p:
    assert array.flags.c_contiguous
    return ctypes.c_void_p(array.ctypes.data)


def in_library(library: ctypes.CDLL, name: str) -> Step:
    """A function of a shared library as `run_block` takes it."""
    function = library[name]

    def call(state: Words, given: Words, out: Words) -> None:
        function(address(state), address(given), address(out))

    return call


def run_block(call: Step, circuit: Circuit, bits: Bits, words: int) -> Bits:
    """uint8 (steps, streams, inputs) through `call(state, in, out)` -> uint8 (steps, streams, outputs).

    Args:
        call: One step of one block: three aligned arrays of planes.
        circuit: What was compiled; its registers start each stream.
        bits: Every stream starts from the initial state.
        words: Words of a plane.
    """
    streams = bits.shape[1]
    blocks = -(-streams // (32 * words))
    start = to_planes(np.repeat(circuit.register_init[None], 32 * words, axis=0), words)[0]
    states = aligned((blocks, *start.shape))
    states[...] = start
    steps = []
    for step in bits:
        given, out = to_planes(step, words), aligned((blocks, circuit.n_outputs, words))
        out[...] = 0xA5A5A5A5
        for block in range(blocks):
            call(states[block], given[block], out[block])
        steps.append(from_planes(out, streams))
    return np.stack(steps)
