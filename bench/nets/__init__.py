"""Trained nets for measuring compilers, with digits to run them on: see README.md beside this file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zoo.circuit import Bits, Circuit

FOLDER = Path(__file__).parent
CLASSES = 10
INPUTS = 400


@dataclass(frozen=True)
class Recipe:
    """How a net was trained.

    Args:
        name: Its file's name.
        widths: Gates of each layer.
        residual: Logit of gate `a` at the start, the others 0; 0 = every logit from a normal distribution.
        tau: What GroupSum's counts are divided by before softmax.
        seed: Of wiring, logits and batches.
    """

    name: str
    widths: tuple[int, ...]
    residual: float
    tau: float = 10.0
    seed: int = 1


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("random-4x8000", (8000,) * 4, residual=0.0),
        Recipe("residual-4x8000", (8000,) * 4, residual=5.0),
        Recipe("residual-3x2000", (2000,) * 3, residual=5.0),
        Recipe("random-3x2000", (2000,) * 3, residual=0.0),
    )
}


def load(name: str) -> tuple[Circuit, int]:
    """A trained net and its number of classes: 400 inputs, ten equal groups of outputs.

    Args:
        name: One of `RECIPES`.

    Raises:
        KeyError: No such net; names those there are.
    """
    from safetensors.numpy import load_file

    if name not in RECIPES:
        raise KeyError(f"net {name!r}: expected one of {', '.join(RECIPES)}")
    arrays = load_file(FOLDER / f"{name}.safetensors")
    n_nodes = INPUTS + arrays["op"].size
    outputs = np.arange(n_nodes - RECIPES[name].widths[-1], n_nodes, dtype=np.int32)
    return Circuit(INPUTS, arrays["op"], arrays["a"], arrays["b"], outputs), CLASSES


def digits() -> tuple[Bits, Bits]:
    """Digits that no net was trained on: uint8 (256, 400) of 0 and 1, and uint8 (256,) labels 0 to 9."""
    from safetensors.numpy import load_file

    arrays = load_file(FOLDER / "digits.safetensors")
    return np.unpackbits(arrays["bits"], axis=1, count=INPUTS, bitorder="little"), arrays["labels"]
