"""What a host must give, computed from numpy's answer: float32, sample by sample, at the model's own rate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from exporters.hosts.engine import most_value
from zoo.heads import GroupSum, OnsetScore, PositionalSample
from zoo.model import Model

Float32 = npt.NDArray[np.float32]


def expected_outputs(model: Model, samples: npt.NDArray[np.int16]) -> list[Float32]:
    """One float32 (n,) for each output of the model's unit.

    The answer of a frame stands from the sample that completes it on; before the first frame values are 0.
    """
    trace, n = model.predict(samples), len(samples)
    done = (np.arange(n) + 1) // model.hop  # frames complete with each sample
    held = np.concatenate([np.zeros((1, trace.values.shape[1]), np.int32), trace.values])[done]
    if isinstance(model.head, PositionalSample):
        return [(held[:, 0] / np.float32(32_768)).astype(np.float32)]
    levels = [(held[:, k].astype(np.float32) / np.float32(most_value(model))) for k in range(held.shape[1])]
    if isinstance(model.head, OnsetScore):
        trigger = np.zeros(n, np.float32)
        trigger[(trace.hits + 1) * model.hop - 1] = 1
        return [trigger, *levels]
    if isinstance(model.head, GroupSum):
        return [np.argmax(held, axis=1).astype(np.float32), *levels]
    return levels
