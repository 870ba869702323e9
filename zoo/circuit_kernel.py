"""The frame loop of circuits with registers, compiled by numba on first use (and cached on disk)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zoo.compiled import compiled

Bits = npt.NDArray[np.uint8]
Int32 = npt.NDArray[np.int32]


@compiled()
def run_with_registers(
    bits: Bits, op: Bits, a: Int32, b: Int32, outputs: Int32, register_next: Int32, state: Bits, out: Bits
) -> None:
    """Evaluate frame by frame; `state` (registers,) is updated, `out` (frames, outputs) is written."""
    n_inputs, n_registers = bits.shape[1], state.size
    first_gate = n_inputs + n_registers
    nodes = np.zeros(first_gate + op.size, np.uint8)
    for frame in range(bits.shape[0]):
        nodes[:n_inputs] = bits[frame]
        nodes[n_inputs:first_gate] = state
        for g in range(op.size):
            nodes[first_gate + g] = (op[g] >> (3 - 2 * nodes[a[g]] - nodes[b[g]])) & 1
        for o in range(outputs.size):
            out[frame, o] = nodes[outputs[o]]
        for r in range(n_registers):
            state[r] = nodes[register_next[r]]
