"""torchlogix's C of one of our trained nets, simplified by its own passes and compiled by gcc."""

from __future__ import annotations

import ctypes
import importlib
import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.peers.install_difflogic import FOLDER
from bench.timed_build import Built, build_timed
from zoo.circuit import Circuit

BITS = 64  # its widest word
FLAGS = ("-O3",)  # its best level; it never names a processor


def import_circuits() -> Any:
    """Its module of circuits, from where `make peers` installs it.

    Raises:
        ImportError, SyntaxError: It is not installed, or its own syntax is too new for this Python.
    """
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    return importlib.import_module("torchlogix.circuit")


def c_source(circuit: Circuit, classes: int) -> str:
    """What torchlogix writes for a net without registers and its sums."""
    module = import_circuits()
    gates = []
    for number, (op, a, b) in enumerate(
        zip(circuit.op.tolist(), circuit.a.tolist(), circuit.b.tolist(), strict=True), circuit.n_inputs
    ):
        kind, uses_a, uses_b = module.LUT_ID_TO_GATE[op]
        reads = [node for node, used in ((a, uses_a), (b, uses_b)) if used] + [-1, -1]
        gates.append({"gate_id": number, "op": kind.name, "in0": reads[0], "in1": reads[1]})
    groups = circuit.outputs.reshape(classes, -1).tolist()
    sums = range(circuit.n_nodes, circuit.n_nodes + classes)
    theirs = module.Circuit.from_dict(
        {
            "n_inputs": circuit.n_inputs,
            "input_shape": [circuit.n_inputs],
            "outputs": list(sums),
            "output_shape": [classes],
            "gates": gates,
            "sum_nodes": [{"node_id": i, "input_ids": group} for i, group in zip(sums, groups, strict=True)],
        }
    )
    theirs.simplify()
    return str(theirs.get_c_code(pack_bits=BITS))


class TorchlogixNet:
    """The compiled net; its counts are uint16, for groups of 256 to 65,535 outputs.

    Raises:
        ImportError, SyntaxError: torchlogix does not import.
        FileNotFoundError: There is no gcc.
    """

    def __init__(self, circuit: Circuit, classes: int) -> None:
        assert 256 <= circuit.n_outputs // classes < 65_536
        self.classes = classes
        self.built: Built = build_timed({"net.c": c_source(circuit, classes)}, FLAGS)
        self._function = ctypes.CDLL(self.built.path).circuit_bench_bool
        self._function.restype = None

    def counts(self, bits: npt.NDArray[np.bool_], out: npt.NDArray[np.uint16]) -> None:
        """Bool (samples, inputs) -> uint16 (samples, classes), samples a multiple of 64."""
        assert len(bits) % BITS == 0
        assert bits.flags.c_contiguous
        self._function(
            ctypes.c_void_p(bits.ctypes.data), ctypes.c_void_p(out.ctypes.data), ctypes.c_int(len(bits))
        )
