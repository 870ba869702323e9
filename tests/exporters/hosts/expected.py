"""What a host must give, computed from numpy's answer: float32, sample by sample, at the model's own rate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from exporters.hosts.engine import most_value
from zoo.heads import GroupSum, OnsetScore, OscillatorBank, PositionalSample
from zoo.model import Model

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]


def expected_outputs(model: Model, samples: npt.NDArray[np.int16]) -> list[Float32]:
    """One float32 (n,) for each output of the model's unit.

    The answer of a frame stands from the sample that completes it on; before the first frame values are 0.
    """
    trace, n = model.predict(samples), len(samples)
    done = (np.arange(n) + 1) // model.hop  # frames complete with each sample
    held = np.concatenate([np.zeros((1, trace.values.shape[1]), np.int32), trace.values])[done]
    if isinstance(model.head, OscillatorBank):
        late = np.concatenate([np.zeros(model.hop - 1, np.int32), trace.values.ravel()])[:n]
        return [(late / np.float32(32_768)).astype(np.float32), *_held_controls(model, samples)]
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


def expected_controls(model: Model, samples: npt.NDArray[np.int16]) -> Int32:
    """int32 (frames, controls): what an oscillator bank plays, as the head decodes what the gates answer."""
    bits = model.frontend.bits(samples)
    return model.head.decode(model.circuit.evaluate(bits, model.circuit.initial_state()))


def _held_controls(model: Model, samples: npt.NDArray[np.int16]) -> list[Float32]:
    """They as signals, 0 to 1."""
    head = model.head
    assert isinstance(head, OscillatorBank)
    most = np.float32([1 << head.pitch, *[head.group] * head.n_groups])
    frames = expected_controls(model, samples)
    held = np.concatenate([np.zeros_like(frames[:1]), frames])[(np.arange(len(samples)) + 1) // model.hop]
    return list((held.astype(np.float32) / most).T)
