"""Trained difflogic networks from their tensors: `weights` (gates, 16) of each layer, and its connections.

difflogic's own state_dict does not hold the connections, so whoever trained the network saves them beside
the weights; docs/interchange.md shows how. The gate is the largest of the 16 weights, as in difflogic's
evaluation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.circuit import Circuit
from zoo.heads import GroupSum
from zoo.interchange.netlist import Imported
from zoo.interchange.source import Source
from zoo.interchange.tensors import RESAVE, Arrays, read_arrays

MAX_NODES = 1 << 22

_WEIGHTS = re.compile(r"((?:[A-Za-z0-9_]+\.)*)weights")
_PAIRS = (("indices.0", "indices.1"), ("indices_0", "indices_1"), ("a", "b"))


def read_difflogic(source: Source, inputs: int | None = None) -> Imported:
    """Read a network: layers in the order of their names, 2 before 10.

    Args:
        source: A `.safetensors`, `.npz` or `.pt` file with `<layer>.weights` and `<layer>.indices` (2, gates)
            or the two rows as `<layer>.indices.0` and `.1`. Single numbers `inputs` and `classes` may be in
            it too.
        inputs: Input bits of the first layer; None takes the file's, or as many as the connections reach.

    Raises:
        FormatError: A tensor is missing, or not what it should be.
    """
    arrays = read_arrays(source)
    prefixes = sorted((m[1] for name in arrays if (m := _WEIGHTS.fullmatch(name))), key=_natural)
    if not prefixes:
        raise source.error(None, "tensors", "0.weights, 0.indices ...", sorted(arrays)[:8], RESAVE)
    width = inputs or _scalar(source, arrays, "inputs")
    layers = []
    for prefix in prefixes:
        layer = _Layer.of(source, arrays, prefix, width)
        layers.append(layer)
        width = len(layer.op)
    n_inputs = layers[0].inputs
    if n_inputs + sum(len(layer.op) for layer in layers) > MAX_NODES:
        mend = "Such a network is too large for the devices this is for."
        raise source.error(None, "layers", f"at most {MAX_NODES} inputs and gates", "more", mend)
    first, before, a, b = n_inputs, 0, [], []
    for layer in layers:
        a.append(layer.a + before)
        b.append(layer.b + before)
        before, first = first, first + len(layer.op)
    op = np.concatenate([layer.op for layer in layers])
    outputs = np.arange(before, first, dtype=np.int32)
    circuit = Circuit(
        n_inputs, op, np.concatenate(a).astype(np.int32), np.concatenate(b).astype(np.int32), outputs
    )
    classes = _scalar(source, arrays, "classes")
    if classes is None:
        return Imported(circuit)
    if classes < 2 or circuit.n_outputs % classes:
        raise source.error(None, "classes", f"2 or more that divide {circuit.n_outputs}", classes, RESAVE)
    return Imported(circuit, head=GroupSum(classes))


@dataclass(frozen=True)
class _Layer:
    """A layer's gates, and the outputs of the layer before that they read."""

    inputs: int
    op: npt.NDArray[np.uint8]
    a: npt.NDArray[np.int64]
    b: npt.NDArray[np.int64]

    @classmethod
    def of(cls, source: Source, arrays: Arrays, prefix: str, inputs: int | None) -> _Layer:
        """A layer's tensors, checked; `inputs` None means as many as the connections reach."""
        weights = arrays[f"{prefix}weights"]
        name = f"tensor {prefix}weights"
        if weights.ndim != 2 or weights.shape[1] != 16 or not len(weights) or weights.dtype.kind != "f":
            found = f"{weights.dtype} {weights.shape}"
            raise source.error(None, name, "floats (gates, 16)", found, RESAVE)
        if not np.isfinite(weights).all():
            raise source.error(None, name, "finite numbers", "infinity or NaN", "Train the network again.")
        a, b = _connections(source, arrays, prefix)
        for row in (a, b):
            if row.dtype.kind not in "iu" or row.shape != (len(weights),):
                expected = f"integers ({len(weights)},)"
                found = f"{row.dtype} {row.shape}"
                raise source.error(None, f"rows of {prefix}indices", expected, found, RESAVE)
        low, high = int(min(a.min(), b.min())), int(max(a.max(), b.max()))
        inputs = high + 1 if inputs is None else inputs
        if low < 0 or high >= inputs:
            wrong = low if low < 0 else high
            raise source.error(None, f"tensor {prefix}indices", f"0 to {inputs - 1}", wrong, RESAVE)
        return cls(inputs, weights.argmax(axis=1).astype(np.uint8), a.astype(np.int64), b.astype(np.int64))


def _connections(source: Source, arrays: Arrays, prefix: str) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """The nodes that the gates of a layer read."""
    both = arrays.get(f"{prefix}indices")
    if both is not None:
        if both.ndim != 2 or len(both) != 2:
            raise source.error(None, f"tensor {prefix}indices", "shape (2, gates)", both.shape, RESAVE)
        return both[0], both[1]
    for one, other in _PAIRS:
        if f"{prefix}{one}" in arrays and f"{prefix}{other}" in arrays:
            return arrays[f"{prefix}{one}"], arrays[f"{prefix}{other}"]
    mend = "difflogic's state_dict leaves the connections out; docs/interchange.md shows how to save them."
    raise source.error(None, "tensors", f"{prefix}indices", sorted(arrays)[:8], mend)


def _scalar(source: Source, arrays: Arrays, name: str) -> int | None:
    """A single positive number, if it is there."""
    array = arrays.get(name)
    if array is None:
        return None
    if array.size != 1 or array.dtype.kind not in "iu" or not 1 <= int(array.reshape(())) <= MAX_NODES:
        raise source.error(
            None, f"tensor {name}", f"one integer, 1 to {MAX_NODES}", array.reshape(-1)[:4], RESAVE
        )
    return int(array.reshape(()))


def _natural(prefix: str) -> list[tuple[int, int | str]]:
    """Sorts `10.` after `2.`."""
    parts = re.split(r"([0-9]{1,9})", prefix)
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in parts]
