"""Published networks that teach: pinned by package version and by the digest of their weights.

Each answers probabilities of classes for every `step` samples at its rate. Clips keep them in 1/255, so a
split's digest covers what the teacher said, and whoever has the clips needs no teacher.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.errors import ZooError

RATE = 16_000
UNITS = 255
EXTRA = "'difflogic-zoo[teachers]'"

Int16 = npt.NDArray[np.int16]
Float = npt.NDArray[np.float32]

CONTEXT, LSTM = 64, 128  # samples that Silero sees before its step; size of its state
BLOCK = 512  # steps at a time
LOWEST_HZ, HIGHEST_HZ = 46.875, 2093.75
SILENT_PEAK = 1e-3  # SwiftF0 answers at random below it, so its package calls such frames unvoiced
# Basic Pitch: samples of its window, samples a frame, frames of a window that are kept, frames before them.
WINDOW, FRAME, KEPT, EDGE = 43_844, 256, 142, 15


@dataclass(frozen=True)
class Teacher:
    """A network in a package.

    Args:
        name: For people.
        package: Distribution that holds the weights.
        version: The only one that is taken.
        file: The weights, below site-packages.
        sha256: Of that file.
        parameters: Numbers it learned.
        licence: Of the weights.
        step: Samples an answer.
        run: Session and float32 samples (steps * step,) -> float32 (steps, classes).
        rate: Samples a second.
        extra: What `pip install` is told; empty for the extra `teachers`.
    """

    name: str
    package: str
    version: str
    file: str
    sha256: str
    parameters: int
    licence: str
    step: int
    run: Callable[[Any, Float], Float]
    rate: int = RATE
    extra: str = ""

    @property
    def line(self) -> str:
        """What a model's config says of its teacher."""
        return f"{self.name} ({self.package} {self.version}, {self.licence}), weights sha256 {self.sha256}"

    def weights(self) -> Path:
        """The file of the weights, checked.

        Raises:
            ZooError: The package is missing, of another version, or holds other weights.
        """
        mend = f"pip install {self.extra or EXTRA} ({self.package}=={self.version})"
        try:
            found = importlib.metadata.distribution(self.package)
        except importlib.metadata.PackageNotFoundError:
            raise ZooError(f"teacher {self.name}: {self.package} is not installed. {mend}") from None
        path = Path(str(found.locate_file(self.file)))
        if found.version != self.version:
            raise ZooError(
                f"teacher {self.name}: expected {self.package} {self.version}, found {found.version}. {mend}"
            )
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise ZooError(f"{path}: {error.strerror or error}. Install {self.package} again") from None
        if digest != self.sha256:
            raise ZooError(f"{path}: not the weights of {self.package} {self.version}. Install it again")
        return path

    def probabilities(self, samples: Int16) -> Float:
        """int16 (n,) at the teacher's rate -> float32 (n // step, classes), rows that sum to 1.

        Raises:
            ZooError: As `weights`, or onnxruntime is not installed.
        """
        steps = len(samples) // self.step
        if not steps:
            return np.zeros(
                (0, self.run(_session(self), np.zeros(self.step, np.float32)).shape[1]), np.float32
            )
        scaled = (samples[: steps * self.step] / 32_768).astype(np.float32)
        return self.run(_session(self), scaled)

    def labels(self, samples: Int16) -> Int16:
        """The probabilities in 1/255, int16 (steps, classes)."""
        return np.rint(self.probabilities(samples) * UNITS).astype(np.int16)


@cache
def _session(teacher: Teacher) -> Any:
    """One thread, so sums run in one order."""
    weights = teacher.weights()
    try:
        import onnxruntime
    except ModuleNotFoundError:
        raise ZooError(
            f"teacher {teacher.name}: onnxruntime is not installed. pip install {EXTRA}"
        ) from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])


def _silero(session: Any, samples: Float) -> Float:
    """No speech, speech: each step with the 64 samples before it, the state going on."""
    step = SILERO.step
    padded = np.concatenate([np.zeros(CONTEXT, np.float32), samples])
    windows = np.lib.stride_tricks.sliding_window_view(padded, CONTEXT + step)[::step]
    state = {"h": np.zeros((1, 1, LSTM), np.float32), "c": np.zeros((1, 1, LSTM), np.float32)}
    parts = []
    for start in range(0, len(windows), BLOCK):
        block = np.ascontiguousarray(windows[start : start + BLOCK])
        speech, state["h"], state["c"] = session.run(None, {"input": block, **state})
        parts.append(speech.reshape(-1))
    speech = np.concatenate(parts)
    return np.stack([1 - speech, speech], axis=1)


def _swift_f0(session: Any, samples: Float) -> Float:
    """C to B and silence: the confidence, shared by the two pitch classes nearest to the pitch."""
    step = SWIFT_F0.step
    limits = {"fmin": np.float32(LOWEST_HZ), "fmax": np.float32(HIGHEST_HZ)}
    given = {"audio": samples[None], **{name: np.array(hz) for name, hz in limits.items()}}
    hz, sure = (found[0, : len(samples) // step] for found in session.run(None, given))
    peak = np.abs(samples).reshape(-1, step).max(axis=1)
    sure = np.where(peak < SILENT_PEAK, 0, sure)
    semitones = 12 * np.log2(np.maximum(hz, 1) / 440) + 9  # above a C
    below = np.floor(semitones)
    share, rows = semitones - below, np.arange(len(hz))
    found = np.zeros((len(hz), 13), np.float32)
    found[rows, below.astype(np.int64) % 12] = sure * (1 - share)
    found[rows, (below.astype(np.int64) + 1) % 12] += sure * share
    found[:, 12] = 1 - sure
    return found


def _basic_pitch(session: Any, samples: Float) -> Float:
    """No onset, onset: the largest of 88 pitches, every 512 samples at 44,100 Hz.

    Its windows overlap as in its package, but for a step of whole frames: the times need no correction.
    """
    from scipy.signal import resample_poly

    frames = len(samples) // BASIC_PITCH.step
    half = np.asarray(resample_poly(samples, 1, 2), np.float32)
    padded = np.zeros(EDGE * FRAME + len(half) + WINDOW, np.float32)
    padded[EDGE * FRAME : EDGE * FRAME + len(half)] = half
    parts = []
    for start in range(0, frames, KEPT):
        window = padded[start * FRAME :][:WINDOW].reshape(1, WINDOW, 1)
        (onset,) = session.run(["StatefulPartitionedCall:2"], {"serving_default_input_2:0": window})
        parts.append(onset[0, EDGE : EDGE + KEPT].max(axis=1))
    onset = np.concatenate(parts)[:frames]
    return np.stack([1 - onset, onset], axis=1)


SILERO = Teacher(
    "Silero VAD",
    "silero-vad",
    "6.2.3",
    "silero_vad/data/silero_vad_16k_sequence.onnx",
    "9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85",
    309_633,
    "MIT",
    512,
    _silero,
)
SWIFT_F0 = Teacher(
    "SwiftF0",
    "swift-f0",
    "0.3.0",
    "swift_f0/model.onnx",
    "6385e8c2ebc3872e82c9ff5946228de44cd3be77a750ea53698b7dbfe94b0a22",
    29_861,
    "MIT",
    256,
    _swift_f0,
)
# Its package asks for TensorFlow, which its weights in ONNX do not need: hence no dependencies.
BASIC_PITCH = Teacher(
    "Basic Pitch",
    "basic-pitch",
    "0.4.0",
    "basic_pitch/saved_models/icassp_2022/nmp.onnx",
    "2c3c1d144bfa61ad236e92e169c13535c880469a12a047d4e73451f2c059a0ec",
    36_037,
    "Apache-2.0",
    512,
    _basic_pitch,
    44_100,
    "--no-deps basic-pitch==0.4.0",
)
