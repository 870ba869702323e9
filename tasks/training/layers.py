"""One layer of gates to train, and what it hardens to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from tasks.training.kernels import choosing_gates, gates
from tasks.training.wiring import (
    LaneWords,
    Wiring,
    lane_wiring,
    lane_words,
    learned_wiring,
    local_wiring,
    random_wiring,
)

WIRINGS: dict[str, Callable[..., Wiring]] = {
    "random": random_wiring,
    "lane": lane_wiring,
    "local": local_wiring,
    "learned": learned_wiring,
}


@dataclass(frozen=True)
class HardLayer:
    """A layer without probabilities.

    Args:
        op: uint8 (gates,): operation, 0 to 15.
        a: int64 (gates,): position of the first operand in the layer before.
        b: int64 (gates,): position of the second operand.
        lanes: The words, when the layer is lane-wired.
    """

    op: npt.NDArray[np.uint8]
    a: npt.NDArray[np.int64]
    b: npt.NDArray[np.int64]
    lanes: LaneWords | None


class GateLayer(nn.Module):
    """Gates, each with the four logits of its truth table.

    Args:
        n_inputs: Rows of the layer before.
        n_gates: Gates.
        rng: Draws wiring and initial logits.
        wiring: `random`, `lane` (takes `width`), `local` (needs `window`) or `learned` (needs `candidates`).
        hard: Forward through the hard table, gradients through the soft one (straight-through); on bits it
            gives bits, exactly those of the hardened circuit. False: forward through the expectation.
        residual: Every gate starts as "pass a on" with logits of this size: probability sigmoid(residual).
        spread: Standard deviation of the normal noise added to the initial logits.
        noise: Scale of the logistic noise added to the logits (and of the Gumbel noise added to the scores of
            learned wiring) while training; 0 is none.
        options: Passed on to the wiring.

    Raises:
        ValueError: Unknown wiring, or sizes that do not fit it.
    """

    a: Tensor
    b: Tensor

    def __init__(
        self,
        n_inputs: int,
        n_gates: int,
        rng: np.random.Generator,
        wiring: str = "random",
        *,
        hard: bool = True,
        residual: float = 2.0,
        spread: float = 0.5,
        noise: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__()
        if wiring not in WIRINGS:
            raise ValueError(f"wiring: expected one of {', '.join(WIRINGS)}, found {wiring}")
        drawn = WIRINGS[wiring](rng, n_inputs, n_gates, **options)
        self.n_inputs, self.n_gates, self.wiring = n_inputs, n_gates, wiring
        self.hard, self.noise, self.lanes = hard, noise, drawn.lanes
        self.register_buffer("a", torch.from_numpy(drawn.a))
        self.register_buffer("b", torch.from_numpy(drawn.b))
        passing = residual * np.array([[-1.0], [-1.0], [1.0], [1.0]])
        logits = passing + spread * rng.standard_normal((4, n_gates))
        self.logits = nn.Parameter(torch.from_numpy(logits.astype(np.float32)))
        self.scores = nn.Parameter(torch.zeros(2, *drawn.a.shape)) if wiring == "learned" else None

    def forward(self, x: Tensor) -> Tensor:
        """(inputs, batch) -> (gates, batch)."""
        logits: Tensor = self.logits
        if self.training and self.noise:
            logits = logits + self.noise * _logistic(logits)
        soft = torch.sigmoid(logits)
        hard = (logits > 0).to(soft.dtype) if self.hard else soft
        if self.scores is None:
            return gates(x, hard, soft, self.a, self.b)
        scores: Tensor = self.scores
        if self.training and self.noise:
            scores = scores + self.noise * _gumbel(scores)
        candidates = torch.stack([self.a, self.b])
        return choosing_gates(x, hard, soft, torch.softmax(scores, 1), scores.argmax(1), candidates)

    @torch.no_grad()
    def harden(self) -> HardLayer:
        """The most probable table entries and, for learned wiring, the best candidates."""
        bit = (self.logits > 0).to(torch.uint8).cpu().numpy()
        op = (bit[0] << 3 | bit[1] << 2 | bit[2] << 1 | bit[3]).astype(np.uint8)
        a, b = self.a, self.b
        if self.scores is not None:
            chosen = self.scores.argmax(1)
            a, b = a.gather(0, chosen[0:1])[0], b.gather(0, chosen[1:2])[0]
        return HardLayer(op, a.cpu().numpy(), b.cpu().numpy(), self.lanes)

    def adopt_wiring(self) -> None:
        """Check other sources that were loaded into `a` and `b`, and find their words if there are lanes.

        Raises:
            ValueError: A source is no row of the layer before, or the sources are no words.
        """
        for name, sources in (("a", self.a), ("b", self.b)):
            if int(sources.min()) < 0 or int(sources.max()) >= self.n_inputs:
                raise ValueError(f"wiring {name}: expected sources 0 to {self.n_inputs - 1}, found others")
        if self.lanes is not None:
            self.lanes = lane_words(self.a.cpu().numpy(), self.b.cpu().numpy(), self.lanes.width)


def _logistic(like: Tensor) -> Tensor:
    uniform = torch.rand_like(like).clamp(1e-6, 1 - 1e-6)
    return torch.log(uniform) - torch.log1p(-uniform)


def _gumbel(like: Tensor) -> Tensor:
    return -torch.log(-torch.log(torch.rand_like(like).clamp(1e-6, 1 - 1e-6)))
