"""difflogic's CompiledLogicNet of one of our trained nets: its own C generator, compiled by gcc."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import io
import sys
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.peers.install_difflogic import FOLDER
from bench.timed_build import Built, build_timed
from zoo.circuit import Circuit

BITS = 64  # its widest word, and its fastest

# Its best level; its later versions dropped -march=native, which would tie the file to one processor.
FLAGS = ("-O3",)
NATIVE = ("-O3", "-march=native")


def import_difflogic() -> Any:
    """The package, from where `install_difflogic` put it.

    Raises:
        ImportError: It is not installed, or does not import here.
    """
    sys.modules.setdefault("difflogic_cuda", ModuleType("difflogic_cuda"))  # imported, but idle on the CPU
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    with contextlib.redirect_stdout(io.StringIO()):
        return importlib.import_module("difflogic")


def c_source(circuit: Circuit, classes: int) -> str:
    """What difflogic writes for a layered net.

    Args:
        circuit: Every gate reads the layer before; the last layer is the output.
        classes: Groups of outputs.

    Raises:
        ImportError: difflogic does not import.
    """
    net = import_difflogic().CompiledLogicNet(None, num_bits=BITS)
    net.num_inputs, net.num_classes = circuit.n_inputs, classes
    net.layers, first = [], 0
    for level in range(1, circuit.depth() + 1):
        gates = np.flatnonzero(circuit.gate_levels == level)
        a, b = circuit.a[gates] - first, circuit.b[gates] - first
        net.layers.append((a.tolist(), b.tolist(), circuit.op[gates].tolist()))
        first = circuit.n_inputs + int(gates[0])
    net.layers[-1] = tuple(np.array(part) for part in net.layers[-1])  # it asks for the shape
    return str(net.get_c_code())


class DifflogicNet:
    """The compiled net.

    Args:
        circuit: As for `c_source`.
        classes: Groups of outputs.
        flags: Of gcc.

    Raises:
        ImportError: difflogic does not import.
        FileNotFoundError: There is no gcc.
    """

    def __init__(self, circuit: Circuit, classes: int, flags: tuple[str, ...] = FLAGS) -> None:
        self.classes = classes
        self.built: Built = build_timed({"net.c": c_source(circuit, classes)}, flags)
        self._function = ctypes.CDLL(self.built.path).apply_logic_gate_net
        self._function.restype = None

    def counts(self, bits: npt.NDArray[np.bool_], out: npt.NDArray[np.int32]) -> None:
        """Bool (samples, inputs) -> int32 (samples, classes), samples a multiple of 64."""
        assert len(bits) % BITS == 0
        assert bits.flags.c_contiguous
        self._function(
            ctypes.c_void_p(bits.ctypes.data),
            ctypes.c_void_p(out.ctypes.data),
            ctypes.c_size_t(len(bits) // BITS),
        )
