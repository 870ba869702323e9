"""From output bits to the numbers a loss can use."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class GroupSum(nn.Module):
    """Ones in equal consecutive groups of outputs, scaled: (count - bias) / tau.

    Args:
        n_outputs: Rows of the last layer, a multiple of `classes`.
        classes: Groups; 1 for a score.
        tau: Outputs that make one unit of logit.
        bias: Initial bias in outputs, learned; None leaves it out (between classes it would cancel).

    Raises:
        ValueError: The outputs do not divide into the groups.
    """

    def __init__(self, n_outputs: int, classes: int, tau: float, bias: float | None = None) -> None:
        super().__init__()
        if n_outputs % classes:
            raise ValueError(f"GroupSum: outputs: expected a multiple of {classes}, found {n_outputs}")
        self.classes, self.tau = classes, tau
        self.bias = (
            None if bias is None else nn.Parameter(torch.tensor(bias / tau))
        )  # in logits, as Adam steps

    def counts(self, bits: Tensor) -> Tensor:
        """(outputs, batch) -> (classes, batch): ones in each group."""
        return bits.view(self.classes, -1, bits.shape[1]).sum(1)

    def forward(self, bits: Tensor) -> Tensor:
        """(outputs, batch) -> logits (classes, batch)."""
        logits = self.counts(bits) / self.tau
        return logits if self.bias is None else logits - self.bias
