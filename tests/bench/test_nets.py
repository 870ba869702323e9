"""The nets that compilers are measured on are there, and answer as well as their headers say."""

import numpy as np
import pytest
from safetensors import safe_open

from bench import nets


@pytest.mark.parametrize("name", nets.RECIPES)
def test_a_net_reads_unseen_digits_about_as_well_as_its_header_says(name: str) -> None:
    circuit, classes = nets.load(name)
    bits, labels = nets.digits()
    assert circuit.n_gates == sum(nets.RECIPES[name].widths)
    counts = circuit.evaluate(bits).reshape(len(bits), classes, -1).sum(2)
    with safe_open(nets.FOLDER / f"{name}.safetensors", "numpy") as file:
        claimed = float(file.metadata()["test_accuracy"])
    assert abs(np.mean(counts.argmax(1) == labels) - claimed) < 0.05


def test_digits_are_whole() -> None:
    bits, labels = nets.digits()
    assert bits.shape == (256, nets.INPUTS)
    assert bits.max() == 1
    assert set(labels.tolist()) == set(range(10))


def test_an_unknown_net_is_named() -> None:
    with pytest.raises(KeyError, match="random-4x8000"):
        nets.load("no-such-net")
