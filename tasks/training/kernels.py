"""Differentiable gates: forward and backward of a whole layer, with nothing kept but its input.

Tensors are feature-major, (features, batch). A gate is its truth table: the probability of a 1 for each of
(a, b) = 00, 01, 10, 11. What it answers on average is the multilinear polynomial through these four numbers,

    c0 + c1 a + c2 b + c3 a b,   c0 = p00, c1 = p10 - p00, c2 = p01 - p00, c3 = p00 - p01 - p10 + p11,

whose forward pass may use another table (the hard one) than its gradients: that is the straight-through
estimator. On the CPU in float32 the layer runs through `tasks.training.cpu_kernels`, which need no C++
compiler; elsewhere (CUDA, float64) through the same formula in torch.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from tasks.training import cpu_kernels


def gates(x: Tensor, hard: Tensor, soft: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Run one layer of gates with fixed wiring.

    Args:
        x: (features, batch), values within 0 to 1.
        hard: (4, gates): the table of the forward pass. No gradient flows to it.
        soft: (4, gates): the table of the backward pass; the same tensor as `hard` for the plain expectation.
        a: int64 (gates,): row of x that is the first operand.
        b: int64 (gates,): row of x that is the second operand.

    Returns:
        (gates, batch).
    """
    return _Gates.apply(x, hard.detach(), soft, a, b)


def choosing_gates(
    x: Tensor, hard: Tensor, soft: Tensor, weights: Tensor, chosen: Tensor, candidates: Tensor
) -> Tensor:
    """Run one layer of gates that each choose their operands among candidates.

    Forward, an operand is the chosen candidate; backward, the candidates' weights get the gradient that a
    weighted sum would give them.

    Args:
        x: (features, batch).
        hard: (4, gates), see `gates`.
        soft: (4, gates), see `gates`.
        weights: (2, k, gates): weight of each candidate, summing to 1 over k.
        chosen: int64 (2, gates): which candidate is taken, 0 to k - 1.
        candidates: int64 (2, k, gates): rows of x.

    Returns:
        (gates, batch).
    """
    return _ChoosingGates.apply(x, hard.detach(), soft, weights, chosen, candidates)


def _numba(x: Tensor) -> bool:
    return x.device.type == "cpu" and x.dtype == torch.float32


def _coefficients(table: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    p00, p01, p10, p11 = table.unsqueeze(-1)
    return p00, p10 - p00, p01 - p00, p00 - p01 - p10 + p11


def _forward(x: Tensor, table: Tensor, a: Tensor, b: Tensor) -> Tensor:
    if _numba(x):
        out = x.new_empty(a.numel(), x.shape[1])
        cpu_kernels.gates_forward(x.numpy(), table.numpy(), a.numpy(), b.numpy(), out.numpy())
        return out
    c0, c1, c2, c3 = _coefficients(table)
    A, B = x.index_select(0, a), x.index_select(0, b)
    return torch.addcmul(c0 + c1 * A, c2 + c3 * A, B)


def _operand_grads(x: Tensor, table: Tensor, a: Tensor, b: Tensor, grad: Tensor) -> tuple[Tensor, ...]:
    """Gradients by the two operands (gates, batch) and by the table (4, gates), in torch."""
    _, c1, c2, c3 = _coefficients(table)
    A, B = x.index_select(0, a), x.index_select(0, b)
    grad_a = grad * A
    s0, s1, s2, s3 = grad.sum(1), grad_a.sum(1), (grad * B).sum(1), (grad_a * B).sum(1)
    grad_table = torch.stack([s0 - s1 - s2 + s3, s2 - s3, s1 - s3, s3])
    return grad * (c1 + c3 * B), grad * (c2 + c3 * A), grad_table


class _Gates(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, hard: Tensor, soft: Tensor, a: Tensor, b: Tensor) -> Tensor:
        x = x.contiguous()
        ctx.save_for_backward(x, soft, a, b)
        return _forward(x, hard, a, b)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, soft, a, b = ctx.saved_tensors
        wanted = ctx.needs_input_grad[0]
        if _numba(x):
            grad_x = torch.zeros_like(x) if wanted else x[:0]
            grad_table = torch.empty_like(soft)
            cpu_kernels.gates_backward(
                x.numpy(), soft.numpy(), a.numpy(), b.numpy(), grad.contiguous().numpy(),
                grad_x.numpy(), grad_table.numpy(),
            )  # fmt: skip
        else:
            by_a, by_b, grad_table = _operand_grads(x, soft, a, b, grad)
            grad_x = torch.zeros_like(x).index_add_(0, a, by_a).index_add_(0, b, by_b)
        return grad_x if wanted else None, None, grad_table, None, None


class _ChoosingGates(Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, hard: Tensor, soft: Tensor, weights: Tensor, chosen: Tensor, candidates: Tensor
    ) -> Tensor:
        x = x.contiguous()
        rows = candidates.gather(1, chosen.unsqueeze(1)).squeeze(1)
        ctx.save_for_backward(x, soft, rows, candidates)
        return _forward(x, hard, rows[0], rows[1])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, soft, rows, candidates = ctx.saved_tensors
        wanted = ctx.needs_input_grad[0]
        grad_weights = soft.new_empty(candidates.shape)
        if _numba(x):
            grad_x = torch.zeros_like(x) if wanted else x[:0]
            grad_table = torch.empty_like(soft)
            cpu_kernels.choices_backward(
                x.numpy(), soft.numpy(), rows.numpy(), candidates.numpy(), grad.contiguous().numpy(),
                grad_x.numpy(), grad_table.numpy(), grad_weights.numpy(),
            )  # fmt: skip
        else:
            by_a, by_b, grad_table = _operand_grads(x, soft, rows[0], rows[1], grad)
            grad_x = torch.zeros_like(x).index_add_(0, rows[0], by_a).index_add_(0, rows[1], by_b)
            for operand, by in enumerate((by_a, by_b)):
                for k in range(candidates.shape[1]):
                    grad_weights[operand, k] = (by * x.index_select(0, candidates[operand, k])).sum(1)
        return grad_x if wanted else None, None, grad_table, grad_weights, None, None
