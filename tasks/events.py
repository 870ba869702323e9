"""Tasks whose answers are instants: hits matched with labelled onsets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from tasks import metrics
from tasks.base import Column, Task

if TYPE_CHECKING:
    from tasks.data.clip import Clip
    from tasks.detectors import Detector
    from tasks.training.trainer import ModelLearner
    from zoo.results import Trace


class EventTask(Task):
    """Scored by F at two tolerances, and by how late answers come."""

    explanation = (
        "An answer counts when it lies within the tolerance of a labelled onset that has no other answer. "
        "F is the mean over clips."
    )
    main_metric = "f_50ms"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("f_50ms", "F at ±50 ms", short="F ±50 ms"),
        Column("f_25ms", "F at ±25 ms", short="F ±25 ms"),
        Column("precision_50ms", "precision", short="preci- sion"),
        Column("recall_50ms", "recall"),
        Column("false_positives_per_minute", "false a minute", 1, short="false /min"),
        Column("delay_median_ms", "delay, median", 1, " ms", short="delay ms"),
        Column("delay_p95_ms", "delay, p95", 1, " ms", short="p95 ms"),
    )
    intervals = ("f_50ms", "f_25ms")

    def learner(self, recipe: Any, seed: int, device: str, data: Path | None = None) -> ModelLearner:
        """A `GateRecipe` learns a score of onsets."""
        from tasks.training.onset_learner import make_learner

        return make_learner(self, recipe, seed, device, data)

    def score(self, detector: Detector, clip: Clip, trace: Trace) -> metrics.ClipScore:
        """Match hits with onsets."""
        from tasks.detectors import hit_times

        return metrics.score_clip(clip.onsets, hit_times(detector, trace), clip.seconds)

    def summarise(self, scores: Sequence[metrics.ClipScore]) -> dict[str, float | None]:
        """See `tasks.metrics`."""
        return metrics.summarise(scores)

    def items(self, scores: Sequence[metrics.ClipScore]) -> dict[str, int]:
        """Labelled onsets."""
        return {"onsets": sum(score.labels for score in scores)}

    def interval(self, scores: Sequence[metrics.ClipScore], key: str) -> tuple[float, float]:
        """Of the mean over clips."""
        return metrics.confidence(scores, narrow=key == "f_25ms")
