"""How far a detector's score is from a teacher's probability, whatever the score's scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]

FLOOR = 0.5 / 255  # clips keep probabilities in 1/255: a teacher is never quite sure
ROUNDS = 50  # of Newton's method, which needs about ten
RIDGE = 1e-9  # keeps a constant score solvable


def fidelity(values: npt.NDArray[Any], wanted: Float64) -> tuple[float, float]:
    """KL in nats and mean absolute difference, a frame, of the logistic curve with the least KL.

    Args:
        values: (frames,): the detector's score.
        wanted: float64 (frames,): the teacher's probability.
    """
    p = np.clip(wanted, FLOOR, 1 - FLOOR)
    x = (values - values.mean()) / max(float(values.std()), 1e-9)
    rows = np.stack([np.ones(len(x)), x], axis=1)
    weights = np.zeros(2)
    for _ in range(ROUNDS):
        q = _logistic(rows @ weights)
        slope = rows.T @ (q - p)
        curve = (rows * (q * (1 - q))[:, None]).T @ rows + RIDGE * len(x) * np.eye(2)
        weights -= np.linalg.solve(curve, slope)
    q = np.clip(_logistic(rows @ weights), 1e-12, 1 - 1e-12)
    kl = p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))
    return float(kl.mean()), float(np.abs(p - q).mean())


def _logistic(x: Float64) -> Float64:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -60, 60))), np.float64)
