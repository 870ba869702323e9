"""One training step (forward, backward, Adam) of 400 -> 4 x 8000 gates, batch 100, on one thread.

Times are CPU time, so that other work on the machine disturbs little, and the peer's steps alternate with
ours in one process.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from bench.peers.install_difflogic import FOLDER
from tasks.training.groupsum import GroupSum
from tasks.training.layers import GateLayer
from tasks.training.memory import keep_freed_memory

INPUTS, LAYERS, GATES, BATCH, CLASSES, TAU = 400, 4, 8000, 100, 10, 30.0
ROUNDS = 30
WANTED = 20.0  # times faster than difflogic's Python, by the minimum and by the median

Step = Callable[[], None]


@pytest.fixture
def one_thread() -> Iterator[None]:
    """One thread for torch, while a test lasts."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    keep_freed_memory()  # as the trainer does; the peers gain by it too
    yield
    torch.set_num_threads(before)


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """Random bits (batch, inputs) and classes (batch,)."""
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, (BATCH, INPUTS)).astype(np.float32)
    return torch.from_numpy(bits), torch.from_numpy(rng.integers(0, CLASSES, BATCH))


def stepper(net: nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor, transposed: bool) -> Step:
    """One whole step; it has run once, so everything is compiled and Adam has its state."""
    _, target = batch()

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        logits = net(x)
        nn.functional.cross_entropy(logits.T if transposed else logits, target).backward()
        optimizer.step()

    step()
    return step


def our_step(hard: bool) -> Step:
    """Four numbers a gate, feature-major."""
    rng = np.random.default_rng(0)
    sizes = [INPUTS, *[GATES] * LAYERS]
    layers = [GateLayer(n, GATES, rng, hard=hard, residual=0.0, spread=1.0) for n in sizes[:-1]]
    net = nn.Sequential(*layers, GroupSum(GATES, CLASSES, TAU))
    x = batch()[0].T.contiguous()
    return stepper(net, torch.optim.Adam(net.parameters(), lr=0.01, fused=True), x, transposed=True)


def difflogic_step() -> Step:
    """As its own experiments do it: 16 logits a gate, Adam as it comes."""
    sys.modules.setdefault("difflogic_cuda", ModuleType("difflogic_cuda"))  # imported, but idle on the CPU
    difflogic = imported("difflogic")
    torch.manual_seed(0)
    sizes = [INPUTS, *[GATES] * LAYERS]
    layers = [difflogic.LogicLayer(n, GATES, device="cpu", implementation="python") for n in sizes[:-1]]
    net = nn.Sequential(*layers, difflogic.GroupSum(CLASSES, TAU))
    return stepper(net, torch.optim.Adam(net.parameters(), lr=0.01), batch()[0], transposed=False)


def torchlogix_step() -> Step:
    """Its raw parametrization."""
    try:
        layers_of = imported("torchlogix.layers")
    except Exception as error:  # it has raised SyntaxError on some Pythons
        pytest.skip(f"torchlogix does not import here ({type(error).__name__}: {error})")
    torch.manual_seed(0)
    sizes = [INPUTS, *[GATES] * LAYERS]
    layers = [layers_of.LogicDense(n, GATES, device="cpu") for n in sizes[:-1]]
    net = nn.Sequential(*layers, layers_of.GroupSum(CLASSES, TAU))
    return stepper(net, torch.optim.Adam(net.parameters(), lr=0.01), batch()[0], transposed=False)


def imported(name: str) -> Any:
    """A peer's module, from where `make peers` installs it."""
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    with contextlib.redirect_stdout(io.StringIO()):
        return importlib.import_module(name)


def timed(step: Step) -> float:
    """CPU seconds of one step."""
    start = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):  # difflogic prints at every step
        step()
    return time.process_time() - start


@pytest.mark.parametrize("mode", ["soft", "hard"])
@pytest.mark.benchmark(group="training step", timer=time.process_time)
def test_our_step(benchmark: Any, one_thread: None, mode: str) -> None:
    """Our step alone, forward through the expectation or through the hard gates."""
    benchmark.pedantic(our_step(hard=mode == "hard"), rounds=ROUNDS)


@pytest.mark.peers
@pytest.mark.parametrize("make", [difflogic_step, torchlogix_step])
@pytest.mark.benchmark(group="training step", timer=time.process_time)
def test_our_step_beside_a_peer(benchmark: Any, one_thread: None, make: Callable[[], Step]) -> None:
    """Both steps in turn; ours is the benchmark's figure, the peer's and the ratio its extra information."""
    theirs = make()
    ours = our_step(hard=False)
    their_times: list[float] = []
    our_times: list[float] = []

    def round_() -> None:
        our_times.append(timed(ours))

    benchmark.pedantic(round_, setup=lambda: their_times.append(timed(theirs)), rounds=ROUNDS)
    least, middle = min(their_times) / min(our_times), median(their_times) / median(our_times)
    benchmark.extra_info |= {
        "their_min_ms": 1e3 * min(their_times),
        "their_median_ms": 1e3 * median(their_times),
        "times_faster_min": least,
        "times_faster_median": middle,
    }
    if make is difflogic_step:
        assert min(least, middle) >= WANTED
