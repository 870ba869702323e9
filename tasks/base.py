"""A task: what is learned, on which clips, and how answers are scored. One file a task, over this class."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from zoo.errors import ZooError

if TYPE_CHECKING:
    from tasks.data.clip import Clip
    from tasks.data.dataset import DataSet
    from tasks.detectors import Detector
    from tasks.training.trainer import ModelLearner, Solver
    from zoo.results import Trace


@dataclass(frozen=True)
class Audio:
    """What goes in: int16 mono at `rate` Hz, an answer every `hop` samples."""

    rate: int
    hop: int


@dataclass(frozen=True)
class Events:
    """What comes out: instants, right within `tolerance_ms`, kept `refractory_ms` apart (to the nearest hop).

    That is the least; how much further apart a detector keeps them is chosen on validation.
    """

    tolerance_ms: tuple[int, int]
    refractory_ms: int

    def refractory(self, rate: int, hop: int) -> int:
        """The shortest time allowed from a hit to the next, in frames of this rate and hop."""
        return round(self.refractory_ms * rate / 1000 / hop)


@dataclass(frozen=True)
class Column:
    """A metric as tables show it.

    Args:
        key: Its name in records.
        title: Its name for people.
        digits: Behind the point.
        unit: Follows the number.
        short: Title with its unit for a narrow table, broken into lines at its spaces; the title when empty.
    """

    key: str
    title: str
    digits: int = 3
    unit: str = ""
    short: str = ""

    def text(self, value: float | None) -> str:
        """The cell; what was not measured is a dash."""
        return "-" if value is None else f"{value:.{self.digits}f}{self.unit}"


RESAMPLES, BOOTSTRAP_SEED = 1_000, 1


class Task:
    """The class attributes are the data sheet; a subclass fills them in.

    Attributes:
        name: Letters, digits and dashes; with `version` it names results.
        version: Raised whenever clips or metrics change, so old results stay comparable with each other.
        summary: One line.
        explanation: How answers are judged, a sentence or two for people.
        main_metric: The metric that ranks.
        higher_is_better: Whether more of it is better.
        columns: Metrics that tables show, the main one first.
        intervals: Metrics whose 95 % interval is told.
        input: What goes in.
        answer: What comes out.
        sets: Test sets and what each holds.
        data: The clips: training, validation and test sets.
        baselines: Names in `tasks.baselines.BASELINES`.
        recipes: Module with the sizes that `zoo train` knows, or empty.
        targets: What a model can learn, where it learns one thing of many; empty where there is no choice.
        target: Which of them this is about; None for all.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    summary: ClassVar[str]
    explanation: ClassVar[str]
    main_metric: ClassVar[str]
    higher_is_better: ClassVar[bool] = True
    columns: ClassVar[tuple[Column, ...]]
    intervals: ClassVar[tuple[str, ...]] = ()
    input: ClassVar[Audio]
    answer: ClassVar[Any]
    sets: ClassVar[dict[str, str]]
    data: ClassVar[DataSet]
    baselines: ClassVar[tuple[str, ...]]
    recipes: ClassVar[str] = ""
    targets: ClassVar[tuple[str, ...]] = ()
    target: str | None = None

    def for_target(self, target: str | None) -> Self:
        """The task of learning one of its targets.

        Raises:
            ZooError: No such target, none of several, or one where there is no choice.
        """
        if not self.targets:
            if target is not None:
                raise ZooError(f"{self.name}: there is nothing to choose with a target, found {target!r}")
            return self
        if target not in self.targets:
            found = "no target" if target is None else f"no target {target!r}"
            raise ZooError(f"{self.name}: {found}. Choose one with --target: {', '.join(self.targets)}")
        aimed = copy(self)
        aimed.target = target
        return aimed

    def for_recipe(self, recipe: Any) -> Self:
        """The task with the training and validation clips that a recipe asks for."""
        return self

    @property
    def id(self) -> str:
        """`name@version`."""
        return f"{self.name}@{self.version}"

    @property
    def taught_by(self) -> str | None:
        """The published network that models learn from, for their config; None where the truth teaches."""
        return None

    @property
    def shipped(self) -> Path:
        """The data folder with only what the package brings: the same clips on every machine."""
        return Path(__file__).parent / "data" / "testsets"

    def parts(self, split: str) -> tuple[str, ...]:
        """The splits of the data that make up one of the task's, which may be of several kinds of clips."""
        return (split,)

    def load(self, split: str, data: Path | None = None) -> list[Clip]:
        """The clips of a split, part after part, built ones from the folder `data` or the user's cache."""
        return [clip for part in self.parts(split) for clip in self.data.load(part, data)]

    def manifest_digest(self, split: str, data: Path | None = None) -> str:
        """SHA-256 (hex) that stands for every sample and label of a split."""
        from tasks.data.dataset import split_digest

        return split_digest([about for part in self.parts(split) for about in self.data.entries(part, data)])

    def weights(self, split: str, data: Path | None = None) -> list[float]:
        """What each clip of a split counts for when validation chooses a head, 1 on average.

        Each part counts for as much as another, however many clips it has.
        """
        sizes = [len(self.data.entries(part, data)) for part in self.parts(split)]
        return [sum(sizes) / len(sizes) / size for size in sizes for _ in range(size)]

    def learner(self, recipe: Any, seed: int, device: str, data: Path | None = None) -> ModelLearner | Solver:
        """What `zoo train` trains, or constructs; needs torch.

        Args:
            recipe: One of the sizes in the task's `recipes`.
            seed: Of everything random.
            device: `cpu` or `cuda`.
            data: Folder that `zoo data build` made; the user's cache when None.
        """
        raise NotImplementedError

    def score(self, detector: Detector, clip: Clip, trace: Trace) -> Any:
        """What `summarise` needs to know of one clip."""
        raise NotImplementedError

    def summarise(self, scores: Sequence[Any]) -> dict[str, float | None]:
        """Every metric of a set; None where nothing could be measured."""
        raise NotImplementedError

    def items(self, scores: Sequence[Any]) -> dict[str, int]:
        """How many of what a set holds, besides clips: `{"onsets": 1234}`."""
        return {}

    def interval(self, scores: Sequence[Any], key: str) -> tuple[float, float]:
        """95 % interval of a metric: percentiles of bootstrap values over clips, seed 1."""
        rng = np.random.default_rng(BOOTSTRAP_SEED)
        values = []
        for _ in range(RESAMPLES):
            value = self.summarise([scores[i] for i in rng.integers(0, len(scores), len(scores))])[key]
            if value is not None:
                values.append(value)
        low, high = np.percentile(values or [np.nan], [2.5, 97.5])
        return float(low), float(high)
