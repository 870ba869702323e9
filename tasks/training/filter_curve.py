"""Filter, curve, filter that learn; factors are used as sums of few powers of two."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement, product
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from tasks.recipes.drive import FilterCurveRecipe
from tasks.synthesis.filter_curve import FilterCurve, Stage, Term
from tasks.training.effect_learner import EffectLearner, Pairs, Stretches, error_to_signal
from zoo.circuit import Circuit
from zoo.frontends import FrontEnd, PcmBits
from zoo.heads import Head, PositionalSample

FINEST = 8  # place of the smallest power of two
KNOTS_AN_OCTAVE, FIRST_KNOT = 8, 0.002


class FilterCurveNet(nn.Module):
    """See `tasks.synthesis.filter_curve`; parameters start near a one-pole filter and a soft step.

    Args:
        recipe: Stages, and how far the curve reaches.
        rng: Moves the start.
    """

    def __init__(self, recipe: FilterCurveRecipe, rng: np.random.Generator) -> None:
        super().__init__()
        self.recipe = recipe
        pole = rng.uniform(0.7, 0.85, 2)
        self.before = nn.Parameter(_start([-1.0, *pole[0] ** np.array(recipe.before)]))
        self.after = nn.Parameter(_start([0.3, *pole[1] ** np.array(recipe.after)]))
        octaves = np.log2(1 + recipe.reach / FIRST_KNOT)
        knots = np.linspace(0, 1, round(octaves * KNOTS_AN_OCTAVE))
        place = FIRST_KNOT * (2 ** (knots * octaves) - 1)
        self.curve = nn.Parameter(_start(0.05 * np.tanh(place / rng.uniform(0.005, 0.02))))
        self.past = nn.Parameter(_start(rng.uniform(0.02, 0.1)))
        self._octaves = float(octaves)
        self._levels = _start(sorted({sum(t.value for t in s) for s in term_sums(recipe.terms)}))

    def forward(self, x: Tensor) -> Tensor:
        """(clips, n) -> (clips, n)."""
        p = self._filtered(x, (1, *self.recipe.before), self.before)
        where = torch.log2(1 + p.abs().clamp(max=self.recipe.reach) / FIRST_KNOT) / self._octaves
        s = torch.sign(p) * self._between(where) + self._rounded(self.past) * x
        return self._filtered(s, (1, *self.recipe.after), self.after)

    @torch.no_grad()
    def curve_at(self, p: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The curve of magnitudes."""
        where = np.log2(1 + np.minimum(p, self.recipe.reach) / FIRST_KNOT) / self._octaves
        return self._between(torch.from_numpy(where).float()).double().numpy()

    def _between(self, where: Tensor) -> Tensor:
        """Straight lines from knot to knot; the first one is the origin."""
        curve = torch.cat([torch.zeros(1), self.curve[1:]])
        place = where * (len(curve) - 1)
        low = place.detach().floor().long().clamp(max=len(curve) - 2)
        share = place - low
        return curve[low] * (1 - share) + curve[low + 1] * share

    def _filtered(self, s: Tensor, delays: Sequence[int], factors: Tensor) -> Tensor:
        for delay, factor in zip(delays, self._rounded(factors), strict=True):
            s = s + factor * nn.functional.pad(s[:, :-delay], (delay, 0))
        return s

    def _rounded(self, factors: Tensor) -> Tensor:
        """The nearest sums of powers of two; the gradient passes."""
        if not self.recipe.rounded:
            return factors
        nearest = (factors.detach()[..., None] - self._levels).abs().argmin(-1)
        return factors + (self._levels[nearest] - factors).detach()


class FilterCurveLearner(EffectLearner):
    """Trains the net and validates the whole numbers that the gates compute.

    Args:
        recipe: Everything's size.
        train: To learn from.
        val: To validate on.
        seed: Of the start.
        rate: Samples a second.
    """

    module: FilterCurveNet

    def __init__(self, recipe: FilterCurveRecipe, train: Pairs, val: Pairs, seed: int, rate: int) -> None:
        net = FilterCurveNet(recipe, np.random.default_rng(seed))
        stretches = Stretches(recipe.batch, recipe.length, recipe.memory)
        super().__init__(net, train, val, stretches, recipe.peak_rate)
        self.recipe, self.sample_rate = recipe, rate

    def validate(self) -> dict[str, float]:
        """As of every effect, but of the rounded net where it rounds."""
        if not self.recipe.rounded:
            return super().validate()
        dry = np.rint(self.val.dry * 32_768).astype(np.int16)
        esr = error_to_signal(whole(self.module).sound(dry), self.val.wet)
        return {"signal_db": -10 * float(np.log10(esr)), "esr": esr}

    def parts(self) -> tuple[FrontEnd, Circuit, Head]:
        """A sample's bits, the gates, and a sample."""
        frontend = PcmBits(self.sample_rate, self.recipe.width, 1)
        return frontend, whole(self.module).circuit, PositionalSample(self.recipe.out)


def whole(net: FilterCurveNet) -> FilterCurve:
    """The net in whole numbers."""
    recipe = net.recipe
    step = 2.0 ** (1 - recipe.width)  # of the input, and of what is ahead of the curve
    magnitude = np.arange(round(recipe.reach / step))
    block = 1 << np.maximum(0, np.int64(np.log2(magnitude + 1)) - recipe.detail)
    middle = (magnitude // block * block + block / 2) * step
    fine = 2.0 ** (1 - recipe.out)  # of what is behind the curve
    table = np.maximum(0, np.rint(net.curve_at(middle) / fine - 0.5)).astype(np.int64)
    sums = {sum(t.value for t in s): s for s in reversed(list(term_sums(recipe.terms)))}

    def terms(factor: float, scale: int = 0) -> tuple[Term, ...]:
        nearest = min(sums, key=lambda value: abs(value - factor))
        return tuple(Term(t.sign, t.place + scale) for t in sums[nearest])

    def stages(delays: Sequence[int], factors: Tensor) -> tuple[Stage, ...]:
        return tuple(Stage(d, terms(c)) for d, c in zip((1, *delays), factors.tolist(), strict=True))

    return FilterCurve(
        recipe.width,
        stages(recipe.before, net.before.detach()),
        table,
        terms(float(net.past.detach()), recipe.width - recipe.out),
        stages(recipe.after, net.after.detach()),
        recipe.out,
    )


def term_sums(most: int) -> list[tuple[Term, ...]]:
    """Every sum of up to so many powers of two, the shortest first."""
    powers = [Term(sign, place) for place, sign in product(range(FINEST + 1), (1, -1))]
    return [terms for n in range(most + 1) for terms in combinations_with_replacement(powers, n)]


def _start(values: Any) -> Tensor:
    return torch.tensor(np.asarray(values), dtype=torch.float32)
