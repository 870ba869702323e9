"""How well a taught model will do: trained without some of the recordings, asked about those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.teach.examples import Example, ExampleSet

FOLDS = 3
FEW = 8  # examples of a class: fewer are too few to trust anything
UNBALANCED = 4  # times as many examples of one class as of another
FEW_RECORDINGS = 3


@dataclass(frozen=True)
class Folds:
    """Which examples are held out together.

    Args:
        held_out: Indices of examples, one list a fold.
        by: `recording`, or `piece` where a class has one recording only.
    """

    held_out: tuple[tuple[int, ...], ...]
    by: str


@dataclass(frozen=True, eq=False)
class Estimate:
    """What the held-out examples said.

    Args:
        confusion: int64 (classes, classes): how often an example of a class (row) was taken for one (column).
        by: As of `Folds`.
    """

    confusion: npt.NDArray[np.int64]
    by: str

    @property
    def right(self) -> int:
        """Examples that were named rightly."""
        return int(np.trace(self.confusion))

    @property
    def asked(self) -> int:
        """Examples."""
        return int(self.confusion.sum())

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the share of right answers, after Wilson."""
        n, share, z = self.asked, self.right / self.asked, 1.96
        centre = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return max(0.0, centre - half), min(1.0, centre + half)

    def to_json(self) -> dict[str, Any]:
        """For `training.json`."""
        return {
            "held_out_by": self.by,
            "folds": FOLDS,
            "examples": self.asked,
            "right": self.right,
            "accuracy": self.right / self.asked,
            "accuracy_ci95": list(self.interval),
            "confusion": self.confusion.tolist(),
        }


def make_folds(examples: Sequence[Example], classes: int, rng: np.random.Generator) -> Folds:
    """Deal the recordings of each class to the folds; their pieces where a class has one recording only.

    Pieces are dealt in runs, so that those next to each other are mostly held out together.
    """
    held: list[list[int]] = [[] for _ in range(FOLDS)]
    of_class = [[i for i, e in enumerate(examples) if e.label == label] for label in range(classes)]
    recordings = [list(dict.fromkeys(examples[i].group for i in some)) for some in of_class]
    whole = all(len(groups) > 1 for groups in recordings)
    for label, some in enumerate(of_class):
        if whole:
            order = rng.permutation(len(recordings[label]))
            fold_of = {recordings[label][k]: place % FOLDS for place, k in enumerate(order.tolist())}
            for i in some:
                held[fold_of[examples[i].group]].append(i)
        else:
            for fold, run in enumerate(np.array_split(some, FOLDS)):
                held[(fold + label) % FOLDS].extend(run.tolist())
    return Folds(tuple(tuple(part) for part in held if part), "recording" if whole else "piece")


def warnings_of(found: ExampleSet) -> list[str]:
    """What makes a model of these examples, or its estimate, doubtful."""
    said, counts = [], found.counts()
    few = [f"{name} ({count})" for name, count in counts.items() if count < FEW]
    if few:
        said.append(f"few examples of {', '.join(few)}: {FEW} or more of each class make a steadier model")
    most, least = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
    if counts[most] > UNBALANCED * counts[least]:
        said.append(
            f"unbalanced: {counts[most]} examples of {most}, {counts[least]} of {least}. All classes weigh "
            "the same in training, but the rare one is known less well"
        )
    groups = [{e.group for e in found.examples if e.label == label} for label in range(len(found.classes))]
    single = [name for name, some in zip(found.classes, groups, strict=True) if len(some) < 2]
    if single:
        said.append(
            f"one recording only of {', '.join(single)}: the estimate holds out parts of the recordings that "
            "were learned from, so it is too hopeful. Record another take"
        )
    return said
