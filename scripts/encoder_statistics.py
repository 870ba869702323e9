"""What the record of the study of encoders says: means over seeds, paired differences and their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from scripts.encoder_plan import TESTS, Record, Setup

STUDENT = {3: 4.303, 4: 3.182, 5: 2.776}  # two-sided 95 % of Student's t, by the number of seeds


@dataclass(frozen=True)
class Interval:
    """A mean over seeds and half of its 95 % interval, None with fewer than three seeds."""

    mean: float
    half: float | None
    seeds: int

    @property
    def verdict(self) -> str:
        """Whether zero lies outside."""
        if self.half is None:
            return "too few seeds"
        if abs(self.mean) <= self.half:
            return "not separable"
        return "better" if self.mean > 0 else "worse"

    @property
    def plain(self) -> str:
        """The mean without a sign, and the interval."""
        return f"{self.mean:.3f}{self._spread}"

    def __str__(self) -> str:
        return f"{self.mean:+.3f}{self._spread}"

    @property
    def _spread(self) -> str:
        return "" if self.half is None else f" ± {self.half:.3f}"


def interval(values: Sequence[float]) -> Interval:
    """Student's interval of a value a seed, one to five of them."""
    n = len(values)
    return Interval(fmean(values), STUDENT[n] * stdev(values) / n**0.5 if n in STUDENT else None, n)


class Results:
    """The runs of the record by task and setup."""

    def __init__(self, record: Record) -> None:
        self._runs: dict[tuple[str, Setup], dict[int, Record]] = {}
        for run in sorted(record["runs"], key=lambda run: run["seed"]):
            setup = (run["before"], run["encoder"], run["channels"], run["bits"])
            self._runs.setdefault((run["task"], setup), {})[run["seed"]] = run

    def has(self, task: str, setup: Setup) -> bool:
        """Whether a seed of it was run."""
        return (task, setup) in self._runs

    def each(self, task: str, setup: Setup, part: str | None = None) -> dict[int, float]:
        """Seed -> the metric as integers; of the main test set when `part` is None."""
        return {seed: run["hard"][part or TESTS[task][0]] for seed, run in self._runs[task, setup].items()}

    def score(self, task: str, setup: Setup, part: str | None = None) -> Interval:
        """Its mean and interval."""
        return interval(list(self.each(task, setup, part).values()))

    def hardening(self, task: str, setup: Setup) -> Interval | None:
        """Training mode minus integers on the main test set; None where the two are the same bits."""
        runs, part = self._runs[task, setup].values(), TESTS[task][0]
        if not any("training_mode" in run for run in runs):
            return None
        return interval([run.get("training_mode", run["hard"])[part] - run["hard"][part] for run in runs])

    def generalisation(self, task: str, setup: Setup) -> Interval:
        """Training clips minus the main test set, both as integers."""
        heard, new = self.each(task, setup, "train"), self.each(task, setup)
        return interval([heard[seed] - new[seed] for seed in new])

    def difference(self, task: str, setup: Setup, other: Setup) -> Interval | None:
        """Setup minus other, over the seeds that both have; None where there is none."""
        if not (self.has(task, setup) and self.has(task, other)):
            return None
        one, two = self.each(task, setup), self.each(task, other)
        pairs = [one[seed] - two[seed] for seed in one if seed in two]
        return interval(pairs) if pairs else None

    def terms(self, task: str, setup: Setup) -> int | None:
        """Additions of shifted numbers a frame in the linear layer, mean over seeds."""
        terms = [run["terms"] for run in self._runs[task, setup].values() if "terms" in run]
        return round(fmean(terms)) if terms else None
