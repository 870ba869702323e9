"""The C runtime on this machine: what any program that loads `.gates` files does, to test and to measure."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from exporters.c.build import HOST_FLAGS, build, host_compiler
from exporters.c.names import ExportError
from zoo.results import Trace

RUNTIME = Path(__file__).parent / "runtime"
MODEL_BYTES = 1024  # at least sizeof(gates_model)
ONSET = 1
FIELDS = (
    "rate",
    "hop",
    "inputs",
    "gates",
    "outputs",
    "kind",
    "values",
    "most",
    "hears",
    "classes",
    "bendable",
    "threshold",
    "rearm",
    "refractory",
    "controls",
    "pitch",
)


def runtime_files() -> dict[str, str]:
    """Name -> text of every C file of the runtime."""
    return {
        path.name: path.read_text("utf-8")
        for path in sorted(RUNTIME.iterdir())
        if path.suffix in (".c", ".h")
    }


@cache
def _library() -> ctypes.CDLL:
    flags = tuple(flag for flag in HOST_FLAGS if flag != "-nostdlib")  # memcpy and strlen
    library = ctypes.CDLL(str(build(host_compiler(), flags, runtime_files(), "gates.so")))
    for name in ("gates_open", "gates_text", "gates_class"):
        getattr(library, name).restype = ctypes.c_char_p
    library.gates_controls.restype = ctypes.POINTER(ctypes.c_int32)
    for name in ("gates_run", "gates_state_size", "gates_frames"):
        getattr(library, name).restype = ctypes.c_size_t
    return library


class LoadedGates:
    """An opened `.gates` file and one instance's state.

    Args:
        data: The file.

    Raises:
        ExportError: The runtime refuses it, and says why.
    """

    def __init__(self, data: bytes) -> None:
        self._library = _library()
        padded = data + bytes(-len(data) % 4)
        self._data = np.frombuffer(padded, np.uint32).copy()
        self._model = ctypes.create_string_buffer(MODEL_BYTES)
        wrong = self._library.gates_open(self._model, _pointer(self._data), ctypes.c_size_t(len(data)))
        if wrong is not None:
            raise ExportError(f"a .gates file: {wrong.decode()}")
        fields = np.frombuffer(self._model.raw, np.uint32, len(FIELDS)).tolist()
        self.about = dict(zip(FIELDS, fields, strict=True))
        size = int(self._library.gates_state_size(self._model))
        self._state = np.zeros(size // 4, np.uint32)
        self.start()

    @property
    def texts(self) -> list[str]:
        """Id, summary, licence, task, digest."""
        return [self._library.gates_text(self._model, which).decode() for which in range(5)]

    @property
    def classes(self) -> list[str]:
        """Names of classes."""
        return [self._library.gates_class(self._model, k).decode() for k in range(self.about["classes"])]

    @property
    def state_bytes(self) -> int:
        """What one instance needs."""
        return self._state.nbytes

    def start(self) -> None:
        """Go back to before the first sample."""
        self._library.gates_start(self._model, _pointer(self._state))

    def bend(self, gate: int, value: int) -> bool:
        """Hold a gate of the model at 0 or 1, or set it free with -1; False if it cannot be bent."""
        done = self._library.gates_bend(self._model, _pointer(self._state), ctypes.c_uint32(gate), value)
        return bool(done)

    def push(self, samples: npt.NDArray[np.int16]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """int16 (n,) -> int32 (frames, values), int32 (frames,) answers, of the frames that these finish."""
        samples = np.ascontiguousarray(samples, np.int16)
        room = int(self._library.gates_frames(self._model, ctypes.c_size_t(len(samples))))
        values = np.zeros((room, self.about["values"]), np.int32)
        answers = np.zeros(room, np.int32)
        frames = self._library.gates_run(
            self._model,
            _pointer(self._state),
            _pointer(samples),
            ctypes.c_size_t(len(samples)),
            _pointer(values),
            _pointer(answers),
        )
        return values[:frames], answers[:frames]

    @property
    def controls(self) -> list[int]:
        """What an oscillator bank plays in the latest frame."""
        found = self._library.gates_controls(self._model, _pointer(self._state))
        return list(found[: self.about["controls"]])

    def trace(self, blocks: Sequence[npt.NDArray[np.int16]]) -> Trace:
        """Everything that consecutive blocks give, as every other implementation gives it."""
        parts = [self.push(block) for block in blocks]
        values = np.concatenate([values for values, _ in parts])
        answers = np.concatenate([answers for _, answers in parts])
        hits = np.flatnonzero(answers) if self.about["kind"] == ONSET else np.zeros(0, np.int64)
        return Trace(values, hits.astype(np.int64))


def _pointer(array: npt.NDArray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
