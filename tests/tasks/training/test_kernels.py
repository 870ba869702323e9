"""The kernels against autograd of the plain formula."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from tasks.training.kernels import choosing_gates, gates

N_IN, N_GATES, BATCH, K = 11, 23, 37, 3


def formula(x: Tensor, table: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """What a gate answers on average, row by row of its truth table."""
    A, B = x[a], x[b]
    p00, p01, p10, p11 = table.unsqueeze(-1)
    return p00 * (1 - A) * (1 - B) + p01 * (1 - A) * B + p10 * A * (1 - B) + p11 * A * B


def example(dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    rng = np.random.default_rng(3)
    x = torch.tensor(rng.random((N_IN, BATCH)), dtype=dtype, requires_grad=True)
    table = torch.tensor(rng.random((4, N_GATES)), dtype=dtype, requires_grad=True)
    a, b = (torch.tensor(rng.integers(0, N_IN, N_GATES)) for _ in "ab")
    return x, table, a, b


def gradients(run: Callable[[Tensor, Tensor], Tensor], *inputs: Tensor) -> tuple[Tensor, ...]:
    out = run(*inputs)
    weight = torch.linspace(-1, 2, out.numel(), dtype=out.dtype).view_as(out)
    return (out, *torch.autograd.grad((out * weight).sum(), inputs))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["numba", "torch"])
def test_gates_and_their_gradients_are_those_of_the_formula(dtype: torch.dtype) -> None:
    x, table, a, b = example(dtype)
    ours = gradients(lambda x, t: gates(x, t, t, a, b), x, table)
    theirs = gradients(lambda x, t: formula(x, t, a, b), x, table)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


def test_gradcheck_agrees() -> None:
    x, table, a, b = example(torch.float64)
    assert torch.autograd.gradcheck(lambda x, t: gates(x, t, t, a, b), (x, table))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["numba", "torch"])
def test_straight_through_takes_the_gradients_at_the_hard_values(dtype: torch.dtype) -> None:
    x, table, a, b = example(dtype)
    bits = (x.detach() > 0.5).to(dtype).requires_grad_()
    hard = (table.detach() > 0.5).to(dtype)
    out, grad_x, grad_table = gradients(lambda x, t: gates(x, hard, t, a, b), bits, table)
    assert torch.equal(out, formula(bits, hard, a, b)), "forward: bits, exactly"
    _, want_x, want_table = gradients(lambda x, t: formula(x, t, a, b), bits, table)
    torch.testing.assert_close(grad_x, want_x, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(grad_table, want_table, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["numba", "torch"])
def test_choices_get_the_gradient_of_a_weighted_sum(dtype: torch.dtype) -> None:
    x, table, _, _ = example(dtype)
    rng = np.random.default_rng(5)
    candidates = torch.tensor(rng.integers(0, N_IN, (2, K, N_GATES)))
    chosen = torch.tensor(rng.integers(0, K, (2, N_GATES)))
    one_hot = torch.nn.functional.one_hot(chosen, K).movedim(2, 1).to(dtype).requires_grad_()

    def plain(x: Tensor, t: Tensor, weights: Tensor) -> Tensor:
        A, B = ((w.unsqueeze(-1) * x[c]).sum(0) for w, c in zip(weights, candidates, strict=True))
        operands = torch.cat([A, B])
        return formula(operands, t, torch.arange(N_GATES), N_GATES + torch.arange(N_GATES))

    ours = gradients(lambda x, t, w: choosing_gates(x, t, t, w, chosen, candidates), x, table, one_hot)
    theirs = gradients(plain, x, table, one_hot)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


def test_an_input_that_needs_no_gradient_gets_none() -> None:
    x, table, a, b = example(torch.float32)
    gates(x.detach(), table, table, a, b).sum().backward()
    assert x.grad is None
    assert table.grad is not None


def test_the_same_call_gives_the_same_bits() -> None:
    x, table, a, b = example(torch.float32)
    first, second = (gradients(lambda x, t: gates(x, t, t, a, b), x, table) for _ in range(2))
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))
