"""What the record of the study of encoders says: means over seeds, paired differences and their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from scripts.encoder_plan import TESTS, Record, Setup

STUDENT = {3: 4.303, 4: 3.182, 5: 2.776}  # two-sided 95 % of Student's t, by the number of seeds


@dataclass(frozen=True)
class Interval:
    """A mean over seeds and half of its 95 % interval."""

    mean: float
    half: float

    @property
    def verdict(self) -> str:
        """Whether zero lies outside."""
        if abs(self.mean) <= self.half:
            return "not separable"
        return "better" if self.mean > 0 else "worse"

    def __str__(self) -> str:
        return f"{self.mean:+.3f} ± {self.half:.3f}"


def interval(values: Sequence[float]) -> Interval:
    """Student's interval of a value a seed."""
    if len(values) not in STUDENT:
        raise ValueError(f"three to five seeds are expected, found {len(values)}")
    return Interval(fmean(values), STUDENT[len(values)] * stdev(values) / len(values) ** 0.5)


class Results:
    """The runs of the record by task and setup."""

    def __init__(self, record: Record) -> None:
        self._runs: dict[tuple[str, Setup], list[Record]] = {}
        for run in sorted(record["runs"], key=lambda run: run["seed"]):
            setup = (run["before"], run["encoder"], run["channels"], run["bits"])
            self._runs.setdefault((run["task"], setup), []).append(run)

    def each(self, task: str, setup: Setup, part: str | None = None) -> list[float]:
        """The metric of each seed as integers; of the main test set when `part` is None."""
        return [run["hard"][part or TESTS[task][0]] for run in self._runs[task, setup]]

    def score(self, task: str, setup: Setup, part: str | None = None) -> Interval:
        """Its mean and interval."""
        return interval(self.each(task, setup, part))

    def hardening(self, task: str, setup: Setup) -> Interval | None:
        """Training mode minus integers on the main test set; None where the two are the same bits."""
        runs, part = self._runs[task, setup], TESTS[task][0]
        if not any("training_mode" in run for run in runs):
            return None
        return interval([run.get("training_mode", run["hard"])[part] - run["hard"][part] for run in runs])

    def generalisation(self, task: str, setup: Setup) -> Interval:
        """Training clips minus the main test set, both as integers."""
        pairs = zip(self.each(task, setup, "train"), self.each(task, setup), strict=True)
        return interval([heard - new for heard, new in pairs])

    def difference(self, task: str, setup: Setup, other: Setup) -> Interval:
        """Setup minus other, seed by seed."""
        return interval([a - b for a, b in zip(self.each(task, setup), self.each(task, other), strict=True)])

    def terms(self, task: str, setup: Setup) -> int | None:
        """Additions of shifted numbers a frame in the linear layer, mean over seeds."""
        runs = self._runs[task, setup]
        return round(fmean(run["terms"] for run in runs)) if "terms" in runs[0] else None
