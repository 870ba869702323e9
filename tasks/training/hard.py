"""PyTorch's hard mode of a finished model: thresholds and gates as training runs them, with hard tables.

It shares the layers' kernels with training and nothing with the circuit's bit-sliced evaluation, so equal
digests prove that what was trained is what was saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tasks.training.encoder import Thermometer
from tasks.training.kernels import gates
from zoo.circuit import TRUTH, Circuit
from zoo.frontends import ThermometerFrontEnd
from zoo.heads import ControlValues, GroupSum, Head, OnsetScore, PositionalSample
from zoo.model import Model
from zoo.results import Trace

CHUNK = 2048  # frames at a time


class _Level(NamedTuple):
    """Gates that read earlier levels only."""

    node: Tensor
    table: Tensor
    a: Tensor
    b: Tensor


@torch.no_grad()
def predict(model: Model, clips: Sequence[npt.NDArray[np.int16]]) -> list[Trace]:
    """Every integer of the answers, from torch.

    Args:
        model: Any model of the zoo.
        clips: int16 (n,) at the model's rate, each from a fresh state.

    Returns:
        One trace a clip, to be equal to `model.predict`.
    """
    levels = _levels(model.circuit)
    traces = []
    for samples in clips:
        bits = _encode(model, model.frontend.features(samples))
        values = _decode(model.head, _run(model.circuit, levels, bits)).to(torch.int32).numpy()
        hits = np.zeros(0, np.int64)
        if isinstance(model.head, OnsetScore | GroupSum):
            values = np.cumsum(values, axis=0, dtype=np.int32)
            values[model.head.frames :] -= values[: -model.head.frames].copy()
        if isinstance(model.head, OnsetScore):
            hits = model.head.stream().hits(values[:, 0])
        traces.append(Trace(values, hits))
    return traces


def _encode(model: Model, features: npt.NDArray[np.int32]) -> Tensor:
    """int32 (frames, features) -> float32 (bits, frames) of 0 and 1."""
    frontend = model.frontend
    if isinstance(frontend, ThermometerFrontEnd):
        encoder = Thermometer(frontend.feature, frontend.threshold)
        return encoder(torch.from_numpy(features.T.astype(np.float32, order="C")))
    return torch.from_numpy(frontend.encode(features).T.astype(np.float32, order="C"))


def _levels(circuit: Circuit) -> list[_Level]:
    first = circuit.n_inputs + circuit.n_registers
    levels = []
    for depth in range(1, circuit.depth() + 1):
        chosen = np.flatnonzero(circuit.gate_levels == depth)
        parts = first + chosen, circuit.a[chosen].astype(np.int64), circuit.b[chosen].astype(np.int64)
        node, a, b = (torch.from_numpy(part) for part in parts)
        table = TRUTH[circuit.op[chosen]].T.astype(np.float32, order="C")
        levels.append(_Level(node, torch.from_numpy(table), a, b))
    return levels


def _run(circuit: Circuit, levels: list[_Level], bits: Tensor) -> Tensor:
    """float32 (inputs, frames) -> bool (outputs, frames); with registers one frame at a time."""
    step = 1 if circuit.n_registers else CHUNK
    registers = torch.from_numpy(circuit.register_init.astype(np.float32))
    last = circuit.n_inputs + circuit.n_registers
    chosen = torch.from_numpy(circuit.outputs.astype(np.int64))
    following = torch.from_numpy(circuit.register_next.astype(np.int64))
    outputs = torch.empty(circuit.n_outputs, bits.shape[1], dtype=torch.bool)
    for start in range(0, bits.shape[1], step):
        inputs = bits[:, start : start + step]
        nodes = torch.empty(circuit.n_nodes, inputs.shape[1])
        nodes[: circuit.n_inputs] = inputs
        nodes[circuit.n_inputs : last] = registers[:, None]
        for level in levels:
            nodes[level.node] = gates(nodes, level.table, level.table, level.a, level.b)
        registers = nodes[following, -1]
        outputs[:, start : start + step] = nodes[chosen].bool()
    return outputs


def _decode(head: Head, outputs: Tensor) -> Tensor:
    """Bool (outputs, frames) -> int64 (frames, n_values)."""
    if isinstance(head, PositionalSample):
        weight = 2 ** torch.arange(15, 15 - head.width, -1)
        return (outputs.T * weight).sum(1, keepdim=True) - 32_768
    if isinstance(head, OnsetScore | GroupSum | ControlValues):
        groups = outputs.view(head.n_values, len(outputs) // head.n_values, outputs.shape[1])
        return groups.sum(1).T
    raise TypeError(f"no hard mode for head {head.kind}")
