"""Weights beside a model from which another run starts: `checkpoint.safetensors`.

It holds floats, and the integers that say what is wired to what: without these the floats mean nothing. It
resumes no run, for the state of the optimiser and the step are not in it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from tasks.training.checkpoint import TrainingError
from tasks.training.layers import GateLayer
from zoo.errors import ModelError
from zoo.manifest import CHECKPOINT, MANIFEST
from zoo.tensors import Spec, from_bytes, to_bytes

if TYPE_CHECKING:
    from tasks.training.trainer import ModelLearner
    from zoo.model import Model


def save_weights(module: nn.Module) -> bytes:
    """The content of `checkpoint.safetensors`: every parameter and buffer by name."""
    return to_bytes({name: tensor.cpu().numpy() for name, tensor in module.state_dict().items()})


def start_from(learner: ModelLearner, model: Model) -> None:
    """Give a learner the weights that lie beside a model; it then hardens to the circuit of that model.

    Args:
        learner: Of the same sizes; what it learns may be another thing.
        model: A loaded one.

    Raises:
        TrainingError: No weights there, weights of other sizes, or not those of the model's circuit.
    """
    if model.folder is None or not (model.folder / CHECKPOINT).is_file():
        raise TrainingError(
            f"{model.id}: no {CHECKPOINT}, so no weights to start from. `zoo train` writes one; `zoo get ID "
            "--checkpoint` brings that of a published model, if it has one."
        )
    path = model.folder / CHECKPOINT
    state = learner.module.state_dict()
    expected = {
        name: Spec(tensor.cpu().numpy().dtype.type, tuple(tensor.shape)) for name, tensor in state.items()
    }
    try:
        found = from_bytes(path, path.read_bytes(), expected)
    except ModelError as error:
        raise _other(model, f"{error.what}: expected {error.expected}, found {error.found}") from None
    for name, values in found.items():
        if not np.isfinite(values).all():
            raise _other(model, f"{name}: not every number is finite")
    learner.module.load_state_dict({name: torch.from_numpy(values) for name, values in found.items()})
    try:
        for layer in learner.module.modules():
            if isinstance(layer, GateLayer):
                layer.adopt_wiring()
    except ValueError as error:
        raise _other(model, str(error)) from None
    _, circuit, _ = learner.parts()
    if circuit.digest() != model.circuit.digest():
        raise _other(
            model, f"it hardens to circuit {circuit.digest()[:16]}, not {model.circuit.digest()[:16]}"
        )


def origin(model: Model) -> dict[str, str]:
    """What a run says of the model that it started from."""
    assert model.folder is not None
    manifest = (Path(model.folder) / MANIFEST).read_bytes()
    return {"id": model.id, "manifest_sha256": hashlib.sha256(manifest).hexdigest()}


def _other(model: Model, difference: str) -> TrainingError:
    made = model.config.training.command if model.config.training is not None else "another program"
    return TrainingError(
        f"{model.id}: {CHECKPOINT} does not fit this network: {difference}. Start with the size that it was "
        f"trained with ({made})."
    )
