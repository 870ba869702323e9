"""Golden vectors: a short input and the exact output of every stage, for whoever runs the model elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoo.errors import ModelError
from zoo.lanes import pack_words
from zoo.tensors import Spec, from_bytes, to_bytes

if TYPE_CHECKING:
    from zoo.model import Model

MAX_FRAMES = 2_048


@dataclass(frozen=True, eq=False)
class Golden:
    """One clip through the model, stage by stage.

    Args:
        samples: int16 (n,) at the model's rate, from a fresh state.
        features: int32 (frames, n_features), frames = n // hop.
        bits: uint32 (frames, ceil(n_bits / 32)): bit i is bit i % 32 of word i // 32.
        outputs: uint32 (frames, ceil(outputs / 32)), packed the same way.
        values: int32 (frames, n_values) of the head.
        hits: int64 (hits,) frames.
    """

    samples: npt.NDArray[np.int16]
    features: npt.NDArray[np.int32]
    bits: npt.NDArray[np.uint32]
    outputs: npt.NDArray[np.uint32]
    values: npt.NDArray[np.int32]
    hits: npt.NDArray[np.int64]

    def tensors(self) -> dict[str, npt.NDArray[Any]]:
        """Name -> array, as in `golden.safetensors`."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def to_bytes(self) -> bytes:
        """The content of `golden.safetensors`."""
        return to_bytes(self.tensors())


def make_golden(model: Model, samples: npt.NDArray[np.int16] | None = None) -> Golden:
    """Run every stage over `samples`: int16 (n,) at the model's rate, `reference_signal` when None."""
    samples = reference_signal(model) if samples is None else samples
    samples = samples[: MAX_FRAMES * model.hop]
    features = model.frontend.features(samples)
    bits = model.frontend.encode(features)
    outputs = model.circuit.evaluate(bits)
    frames = model.head.stream().push(outputs)
    return Golden(samples, features, pack_words(bits), pack_words(outputs), frames.values, frames.hits)


def read_golden(model: Model, folder: Path) -> Golden:
    """The golden vectors of a model folder.

    Raises:
        ModelError: The file does not hold exactly the tensors of this model's stages.
    """
    path = folder / "golden.safetensors"
    return parse_golden(model, path, path.read_bytes())


def parse_golden(model: Model, path: Path, data: bytes) -> Golden:
    """As `read_golden`, from bytes."""
    fe, words = model.frontend, lambda n: -(-n // 32)
    expected = {
        "samples": Spec(np.int16, (None,)),
        "features": Spec(np.int32, (None, fe.n_features)),
        "bits": Spec(np.uint32, (None, words(fe.n_bits))),
        "outputs": Spec(np.uint32, (None, words(model.circuit.n_outputs))),
        "values": Spec(np.int32, (None, model.head.n_values)),
        "hits": Spec(np.int64, (None,)),
    }
    golden = Golden(**from_bytes(path, data, expected))
    frames = len(golden.samples) // fe.hop
    for name in ("features", "bits", "outputs", "values"):
        if len(getattr(golden, name)) != frames:
            raise ModelError(path, name, f"{frames} frames", len(getattr(golden, name)), _MEND)
    return golden


def check_golden(model: Model, golden: Golden, path: Path) -> None:
    """Run the model on the golden samples and compare every stage.

    Raises:
        ModelError: Names the first stage and frame that differ.
    """
    again = make_golden(model, golden.samples).tensors()
    for stage, expected in golden.tensors().items():
        found = again[stage]
        if np.array_equal(expected, found):
            continue
        if expected.shape != found.shape:
            raise ModelError(path, stage, f"shape {expected.shape}", found.shape, _MEND)
        frame = int(np.flatnonzero((expected != found).reshape(len(found), -1).any(axis=1))[0])
        raise ModelError(path, f"{stage}[{frame}]", expected[frame].tolist(), found[frame].tolist(), _MEND)


def reference_signal(model: Model) -> npt.NDArray[np.int16]:
    """int16: a second (at most `MAX_FRAMES` frames) of silence, decaying bursts of noise, full-scale edges.

    Made of integers only, so it is the same everywhere.
    """
    n = min(model.rate, MAX_FRAMES * model.hop)
    state = np.uint32(1)
    noise = np.empty(n, np.int32)
    for i in range(n):
        state = np.uint32((int(state) * 1_664_525 + 1_013_904_223) & 0xFFFFFFFF)
        noise[i] = (int(state) >> 16) - 32_768
    period = max(1, n // 8)
    t = np.arange(n)
    level = np.where(
        t < period // 2, 0, (t % period) * 16 // period
    )  # one burst a period, 6 dB quieter every 1/16
    out = np.where(t < period // 2, 0, noise >> np.minimum(level, 15))
    out[-period // 4 :] = np.where(t[-period // 4 :] // 32 % 2, 32_767, -32_768)
    return out.astype(np.int16)


_MEND = "The files of this model do not belong together: download it or save the model again."
