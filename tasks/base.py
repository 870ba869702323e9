"""A task: what is learned, on which clips, and how answers are scored. One file a task, over this class."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from tasks.metrics import ClipScore, score_clip

if TYPE_CHECKING:
    from tasks.data.clip import Clip
    from tasks.detectors import Detector
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


class Task:
    """The class attributes are the data sheet; a subclass fills them in.

    Attributes:
        name: Letters, digits and dashes; with `version` it names results.
        version: Raised whenever clips or metrics change, so old results stay comparable with each other.
        summary: One line.
        main_metric: The metric that ranks, and whether more of it is better.
        input: What goes in.
        answer: What comes out.
        sets: Test sets and what each holds.
        baselines: Names in `tasks.baselines.BASELINES`.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    summary: ClassVar[str]
    main_metric: ClassVar[str]
    higher_is_better: ClassVar[bool] = True
    input: ClassVar[Audio]
    answer: ClassVar[Events]
    sets: ClassVar[dict[str, str]]
    baselines: ClassVar[tuple[str, ...]]

    @property
    def id(self) -> str:
        """`name@version`."""
        return f"{self.name}@{self.version}"

    @property
    def shipped(self) -> Path:
        """The data folder with only what the package brings: the same clips on every machine."""
        return Path(__file__).parent / "data" / "testsets"

    @property
    def refractory(self) -> int:
        """The shortest time allowed from a hit to the next, in frames of the task's input."""
        return self.answer.refractory(self.input.rate, self.input.hop)

    def load(self, split: str, data: Path | None = None) -> list[Clip]:
        """The clips of a split."""
        raise NotImplementedError

    def manifest_digest(self, split: str, data: Path | None = None) -> str:
        """SHA-256 (hex) that stands for every sample and label of a split."""
        raise NotImplementedError

    def score(self, detector: Detector, clip: Clip, trace: Trace) -> ClipScore:
        """Compare what the detector answered to a clip with the clip's labels."""
        from tasks.detectors import hit_times

        return score_clip(clip.onsets, hit_times(detector, trace), clip.seconds)
