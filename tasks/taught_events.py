"""Events that a published network can teach beside the truth: what it hears, and how alike answers are."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from tasks import metrics
from tasks.base import Column
from tasks.data.teachers import UNITS, Teacher
from tasks.events import EventTask
from tasks.fidelity import fidelity

if TYPE_CHECKING:
    from tasks.data.clip import Clip
    from tasks.detectors import Detector
    from zoo.results import Trace

Float64 = npt.NDArray[np.float64]

SURE = 0.5  # the teacher's own threshold of an onset
LATE = 2  # steps, 23 ms, that a frame answers after the teacher, which is sure before a note begins


@dataclass(frozen=True, eq=False)
class TaughtEventScore(metrics.ClipScore):
    """One clip.

    Args:
        taught: Onsets that the teacher hears.
        agreed: Detections that match one of those within 50 ms.
        values: int32 (frames,): the detector's score.
        wanted: float64 (frames,): what the teacher asks for.
    """

    taught: int
    agreed: int
    values: npt.NDArray[np.int32]
    wanted: Float64


class TaughtEvents(EventTask):
    """Events whose clips carry a teacher's probabilities; a recipe says whether it is heard."""

    columns: ClassVar[tuple[Column, ...]] = (
        *EventTask.columns,
        Column("agreement", "agreement with the teacher", short="agree- ment"),
        Column("kl", "KL from the teacher", short="KL"),
        Column("difference", "difference from the teacher", short="differ- ence"),
    )
    teacher: ClassVar[Teacher]

    taught: bool = False

    def for_recipe(self, recipe: Any) -> Self:
        """With the teacher, where the recipe asks it."""
        other = copy(self)
        other.taught = recipe.taught > 0
        return other

    @property
    def taught_by(self) -> str | None:
        """The teacher, with version and digest, where it taught."""
        return self.teacher.line if self.taught else None

    def wanted(self, clip: Clip, hop: int) -> Float64:
        """float64 (frames,): the teacher's probability of `LATE` steps before each frame's end."""
        assert clip.teacher is not None
        soft = np.concatenate([np.zeros(LATE), clip.teacher[:, 1] / UNITS])
        ends = (np.arange(len(clip.samples) // hop) + 1) * hop
        return np.asarray(soft[ends // self.teacher.step], np.float64)

    def taught_onsets(self, clip: Clip) -> Float64:
        """float64 (k,) seconds: where the teacher is surest around and at least as sure as it has to be."""
        assert clip.teacher is not None
        soft = clip.teacher[:, 1] / UNITS
        before, after = np.concatenate([[0], soft[:-1]]), np.concatenate([soft[1:], [0]])
        peaks = np.flatnonzero((soft >= SURE) & (soft > before) & (soft >= after))
        return np.asarray(peaks * self.teacher.step / self.teacher.rate, np.float64)

    def score(self, detector: Detector, clip: Clip, trace: Trace) -> TaughtEventScore:
        """Match hits with the labels, and with the teacher's onsets."""
        from tasks.detectors import hit_times

        found, taught = hit_times(detector, trace), self.taught_onsets(clip)
        truth = metrics.score_clip(clip.onsets, found, clip.seconds)
        known = {field.name: getattr(truth, field.name) for field in fields(truth)}
        agreed = metrics.score_clip(taught, found, clip.seconds).matched[0]
        wanted = self.wanted(clip, detector.hop)
        values = trace.values[:, 0]
        return TaughtEventScore(**known, taught=len(taught), agreed=agreed, values=values, wanted=wanted)

    def summarise(self, scores: Sequence[Any]) -> dict[str, float | None]:
        """As tasks of events do, and fidelity to the teacher."""
        agreement = [metrics.f_measure(score.agreed, score.taught, score.found) for score in scores]
        values, wanted = (np.concatenate([getattr(s, name) for s in scores]) for name in ("values", "wanted"))
        kl, difference = fidelity(values, wanted)
        own = {"agreement": float(np.mean(agreement)), "kl": kl, "difference": difference}
        return super().summarise(scores) | own
