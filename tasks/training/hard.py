"""PyTorch's hard mode of a finished model: thresholds and gates as training runs them, with hard tables.

It shares the layers' kernels with training and nothing with the circuit's bit-sliced evaluation, so equal
digests prove that what was trained is what was saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tasks.training.encoder import Thermometer
from tasks.training.kernels import gates
from zoo.circuit import TRUTH, Circuit
from zoo.frontends import ThermometerFrontEnd
from zoo.heads import ControlValues, GroupSum, Head, OnsetScore, OscillatorBank, PositionalSample
from zoo.model import Model
from zoo.results import Trace

CHUNK = 2048  # frames at a time


class _Level(NamedTuple):
    """Gates that read earlier levels only, and registers that follow such."""

    node: Tensor
    table: Tensor
    a: Tensor
    b: Tensor
    register: Tensor  # counted among the registers
    source: Tensor  # node that each follows


@torch.no_grad()
def predict(model: Model, clips: Sequence[npt.NDArray[np.int16]]) -> list[Trace]:
    """Every integer of the answers, from torch.

    Args:
        model: Any model of the zoo.
        clips: int16 (n,) at the model's rate, each from a fresh state.

    Returns:
        One trace a clip, to be equal to `model.predict`.
    """
    answers = _run(model.circuit, [_encode(model, model.frontend.features(samples)) for samples in clips])
    traces = []
    for outputs in answers:
        values = _decode(model.head, outputs).to(torch.int32).numpy()
        hits = np.zeros(0, np.int64)
        if isinstance(model.head, OnsetScore | GroupSum):
            values = np.cumsum(values, axis=0, dtype=np.int32)
            values[model.head.frames :] -= values[: -model.head.frames].copy()
        if isinstance(model.head, OscillatorBank):
            values = model.head.stream().answer(values).values
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


def _run(circuit: Circuit, clips: list[Tensor]) -> list[Tensor]:
    """float32 (inputs, frames) a clip -> bool (outputs, frames): frames side by side, or else clips."""
    depths = _depths(circuit)
    if depths is not None:
        levels = _levels(circuit, depths)
        return [_run_frames(circuit, levels, bits) for bits in clips]
    first = circuit.n_registers
    levels = _levels(circuit, np.concatenate([np.zeros(first, np.int32), circuit.gate_levels]))
    return _run_clips(circuit, levels, clips)


def _depths(circuit: Circuit) -> npt.NDArray[np.int32] | None:
    """Level of every register and gate where registers only delay; None where one hears itself."""
    sources: list[set[int]] = [{node} for node in circuit.register_next.tolist()]
    sources += map(set, zip(circuit.a.tolist(), circuit.b.tolist(), strict=True))
    depth = dict.fromkeys(range(circuit.n_inputs), 0)
    read = dict(enumerate(sources, circuit.n_inputs))
    try:
        for node in TopologicalSorter(read).static_order():
            if node in read:
                depth[node] = 1 + max(depth[source] for source in read[node])
    except CycleError:
        return None
    return np.array([depth[node] for node in read], np.int32)


def _levels(circuit: Circuit, depths: npt.NDArray[np.int32]) -> list[_Level]:
    """Levels 1 and above; registers of level 0 are in none."""
    first = circuit.n_inputs + circuit.n_registers
    registers, gates_of = np.split(depths, [circuit.n_registers])
    levels = []
    for depth in range(1, int(depths.max(initial=0)) + 1):
        chosen, late = np.flatnonzero(gates_of == depth), np.flatnonzero(registers == depth)
        parts = first + chosen, circuit.a[chosen], circuit.b[chosen], late, circuit.register_next[late]
        node, a, b, register, source = (torch.from_numpy(part.astype(np.int64)) for part in parts)
        table = torch.from_numpy(TRUTH[circuit.op[chosen]].T.astype(np.float32, order="C"))
        levels.append(_Level(node, table, a, b, register, source))
    return levels


def _run_frames(circuit: Circuit, levels: list[_Level], bits: Tensor) -> Tensor:
    """One clip, its frames side by side: a register's row is its source's row, a frame later."""
    chosen = torch.from_numpy(circuit.outputs.astype(np.int64))
    last = torch.from_numpy(circuit.register_init.astype(np.float32))
    outputs = torch.empty(circuit.n_outputs, bits.shape[1], dtype=torch.bool)
    for start in range(0, bits.shape[1], CHUNK):
        inputs = bits[:, start : start + CHUNK]
        nodes = torch.empty(circuit.n_nodes, inputs.shape[1])
        nodes[: circuit.n_inputs] = inputs
        for level in levels:
            row, now = circuit.n_inputs + level.register, nodes[level.source]
            nodes[row, 1:] = now[:, :-1]
            nodes[row, 0] = last[level.register]
            last[level.register] = now[:, -1]
            nodes[level.node] = gates(nodes, level.table, level.table, level.a, level.b)
        outputs[:, start : start + CHUNK] = nodes[chosen].bool()
    return outputs


def _run_clips(circuit: Circuit, levels: list[_Level], clips: list[Tensor]) -> list[Tensor]:
    """All clips side by side, frame after frame; the shorter ones go on with zeros, which are cut off."""
    chosen = torch.from_numpy(circuit.outputs.astype(np.int64))
    following = torch.from_numpy(circuit.register_next.astype(np.int64))
    lengths = [bits.shape[1] for bits in clips]
    bits = torch.zeros(max(lengths), circuit.n_inputs, len(clips))
    for clip, given in enumerate(clips):
        bits[: lengths[clip], :, clip] = given.T
    outputs = torch.empty(max(lengths), circuit.n_outputs, len(clips), dtype=torch.bool)
    nodes = torch.empty(circuit.n_nodes, len(clips))
    registers = torch.from_numpy(circuit.register_init.astype(np.float32))[:, None]
    for frame, inputs in enumerate(bits):
        nodes[: circuit.n_inputs] = inputs
        nodes[circuit.n_inputs : circuit.n_inputs + circuit.n_registers] = registers
        for level in levels:
            nodes[level.node] = gates(nodes, level.table, level.table, level.a, level.b)
        registers = nodes[following]
        outputs[frame] = nodes[chosen].bool()
    return [outputs[:length, :, clip].T for clip, length in enumerate(lengths)]


def _decode(head: Head, outputs: Tensor) -> Tensor:
    """Bool (outputs, frames) -> int64 (frames, n_values); of an oscillator bank the controls."""
    if isinstance(head, OscillatorBank):
        weight = 2 ** torch.arange(head.pitch - 1, -1, -1)
        increments = (outputs[: head.pitch].T * weight).sum(1, keepdim=True)
        groups = outputs[head.pitch :].view(head.n_groups, head.group, outputs.shape[1])
        return torch.cat([increments, groups.sum(1).T], 1)
    if isinstance(head, PositionalSample):
        weight = 2 ** torch.arange(15, 15 - head.width, -1)
        return (outputs.T * weight).sum(1, keepdim=True) - 32_768
    if isinstance(head, OnsetScore | GroupSum | ControlValues):
        groups = outputs.view(head.n_values, len(outputs) // head.n_values, outputs.shape[1])
        return groups.sum(1).T
    raise TypeError(f"no hard mode for head {head.kind}")
