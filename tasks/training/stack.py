"""The circuit of hardened layers that each read the one before, now and some frames ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.training.delays import NOW
from tasks.training.layers import HardLayer
from zoo.circuit import Circuit
from zoo.lanes import Lanes

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Past:
    """The registers that keep the layer before, for a layer that looks back.

    Args:
        nodes: int64 (deepest delay + 1, rows): the node of each row so many frames ago; -1 where nobody asks.
        follows: int64 (registers,): what each of the layer's registers takes next.
    """

    nodes: Int64
    follows: Int64


def stack(
    layers: Sequence[HardLayer], n_inputs: int, delays: Sequence[Sequence[int]] = (), beside: int = 0
) -> Circuit:
    """The circuit of layers that each read the one before; its outputs are the last layer.

    Args:
        layers: First to last.
        n_inputs: Rows that the first one reads.
        delays: Of each layer, see `tasks.training.delays`; empty: no layer looks back.
        beside: Every later layer reads, behind the one before, so many of the last inputs too.
    """
    delays = delays or [NOW] * len(layers)
    rows = [n_inputs, *(layer.op.size for layer in layers)]
    deep = [_depths(layer, of, n) for layer, of, n in zip(layers, delays, rows, strict=False)]
    n_registers = int(sum(depth.sum() for depth in deep))
    register, first = n_inputs, 0  # the next register; the first node of the layer before
    a, b, words, widths, follows = [], [], [], set(), []
    for number, (layer, of_layer) in enumerate(zip(layers, delays, strict=True)):
        past = _past(deep[number], max(of_layer), first, register)
        register += len(past.follows)
        follows.append(past.follows)
        sources = past.nodes[list(of_layer)].ravel()
        if number:
            sources = np.concatenate([sources, np.arange(n_inputs - beside, n_inputs)])
        a.append(sources[layer.a])
        b.append(sources[layer.b])
        if (lanes := layer.lanes) is not None:
            heads = sources[:: lanes.width] // lanes.width
            widths.add(lanes.width)
            words.append((heads[lanes.a], heads[lanes.b], lanes.rotation))
        first = first + rows[number] + (n_registers if number == 0 else 0)
    made = None
    if len(words) == len(layers) and len(widths) == 1:
        word_a, word_b, rotation = (np.concatenate(part) for part in zip(*words, strict=True))
        made = Lanes(word_a, word_b, rotation, widths.pop())
    return Circuit(
        n_inputs,
        np.concatenate([layer.op for layer in layers]),
        np.concatenate(a).astype(np.int32),
        np.concatenate(b).astype(np.int32),
        np.arange(first, first + rows[-1], dtype=np.int32),
        np.concatenate(follows).astype(np.int32),
        np.zeros(n_registers, np.uint8),
        lanes=made,
    )


def _depths(layer: HardLayer, delays: Sequence[int], rows: int) -> Int64:
    """int64 (rows,): how many frames back each row of the layer before is read; whole words with lanes."""
    deepest = np.zeros(rows, np.int64)
    for every in (layer.a, layer.b):
        operand = every[every < rows * len(delays)]
        np.maximum.at(deepest, operand % rows, np.asarray(delays)[operand // rows])
    if layer.lanes is not None:
        words = deepest.reshape(-1, layer.lanes.width)
        words[:] = words.max(axis=1, keepdims=True)
    return deepest


def _past(deepest: Int64, oldest: int, first: int, register: int) -> _Past:
    """Registers from number `register` on, the youngest rows first: each takes what stands before it."""
    nodes = np.full((oldest + 1, len(deepest)), -1, np.int64)
    nodes[0] = first + np.arange(len(deepest))
    follows = []
    for age in range(1, len(nodes)):
        kept = np.flatnonzero(deepest >= age)
        nodes[age, kept] = register + np.arange(len(kept))
        follows.append(nodes[age - 1, kept])
        register += len(kept)
    return _Past(nodes, np.concatenate(follows) if follows else np.zeros(0, np.int64))
