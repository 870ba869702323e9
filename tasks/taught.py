"""Class tasks learned from a published network: clips carry its probabilities beside the truth.

Three things are told apart: how right an answer is (against the truth that clips were built with), how often
it is the teacher's, and how far its probabilities are from the teacher's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from tasks.classes import ClassScore, ClassTask, Float64, Int64, Questions

if TYPE_CHECKING:
    from tasks.data.clip import Clip
    from tasks.data.teachers import Teacher
    from tasks.detectors import Detector
    from zoo.results import Trace

# Values mean exp(scale * value): the scale that suits a detector best is taken, the same choice for all.
SCALES = 2.0 ** np.arange(-14, 1.5, 0.5)
FLOOR = 0.5  # of a probability in 1/255: a teacher is never quite sure


@dataclass(frozen=True, eq=False)
class TaughtScore(ClassScore):
    """One clip.

    Args:
        margin: float64 (asked frames,): value of the last class above the first one's.
        truth: int64 (asked frames,).
        agreed: Steps with the teacher's answer.
        steps: Steps with an answer.
        divergence: float64 (SCALES,): KL(teacher, answer) in nats, summed over steps.
    """

    margin: Float64
    truth: Int64
    agreed: int
    steps: int
    divergence: Float64


class TaughtTask(ClassTask):
    """A class for every step of a teacher, asked of the last frame that is complete by then."""

    teacher: ClassVar[Teacher]
    temperature: ClassVar[float] = 1.0

    @property
    def taught_by(self) -> str:
        """The teacher, with version and digest."""
        return self.teacher.line

    def frames(self, clip: Clip, hop: int) -> Int64:
        """int64 (steps,): the frame that answers for each step of the teacher."""
        ends = (np.arange(len(clip.samples) // self.teacher.step) + 1) * self.teacher.step
        return np.maximum(ends // hop - 1, 0)

    def questions(self, clip: Clip, rate: int, hop: int) -> Questions:
        """Every step with a class."""
        assert clip.labels is not None
        truth = clip.labels.astype(np.int64)
        asked = truth >= 0
        return Questions(self.frames(clip, hop)[asked], truth[asked], np.zeros(int(asked.sum()), np.int64))

    def lessons(self, clip: Clip, rate: int, hop: int) -> tuple[Int64, Float64]:
        """The teacher's answer, at every frame; the truth teaches nothing."""
        answer = np.argmax(self.wanted(clip, rate, hop), axis=1).astype(np.int64)
        return answer, np.ones(len(answer))

    def wanted(self, clip: Clip, rate: int, hop: int) -> npt.NDArray[np.float32]:
        """float32 (frames, classes): the teacher at each frame's end, its logits over `temperature`."""
        last = ((np.arange(len(clip.samples) // hop) + 1) * hop - 1) // self.teacher.step
        soft = _probabilities(clip)[np.minimum(last, len(clip.samples) // self.teacher.step - 1)]
        soft = soft ** (1 / self.temperature)
        return (soft / soft.sum(axis=1, keepdims=True)).astype(np.float32)

    def score(self, detector: Detector, clip: Clip, trace: Trace) -> TaughtScore:
        """Compare with the truth and with the teacher."""
        asked = self.questions(clip, detector.rate, detector.hop)
        values = trace.values[asked.frame]
        answered = trace.values[self.frames(clip, detector.hop)]
        taught = _probabilities(clip)
        return TaughtScore(
            clip.group,
            self.confusion(asked, np.argmax(values, axis=1)),
            (values[:, -1] - values[:, 0]).astype(np.float64),
            asked.truth,
            int((np.argmax(answered, axis=1) == np.argmax(taught, axis=1)).sum()),
            len(answered),
            np.array([_divergence(taught, answered, scale) for scale in SCALES]),
        )

    def summarise(self, scores: Sequence[Any]) -> dict[str, float | None]:
        """What class tasks tell, and fidelity to the teacher."""
        steps = sum(score.steps for score in scores)
        divergence = sum((score.divergence for score in scores), np.zeros(len(SCALES)))
        found = super().summarise(scores)
        found["agreement"] = sum(score.agreed for score in scores) / steps if steps else None
        found["kl"] = float(divergence.min() / steps) if steps else None
        return found


def auc(margin: Float64, truth: Int64) -> float | None:
    """Chance that a frame of class 1 has a larger margin than one of class 0, ties half."""
    ones = int((truth == 1).sum())
    zeros = len(truth) - ones
    if not ones or not zeros:
        return None
    _, place, counts = np.unique(margin, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[truth == 1].sum() - ones * (ones + 1) / 2) / (ones * zeros))


def _probabilities(clip: Clip) -> Float64:
    """float64 (steps, classes), above 0."""
    assert clip.teacher is not None
    soft = np.maximum(clip.teacher.astype(np.float64), FLOOR)
    return np.asarray(soft / soft.sum(axis=1, keepdims=True), np.float64)


def _divergence(taught: Float64, values: npt.NDArray[np.int32], scale: float) -> float:
    """KL(taught, softmax of scaled values), summed, nats."""
    logits = values * scale
    logits = logits - logits.max(axis=1, keepdims=True)
    answer = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return float((taught * (np.log(taught) - answer)).sum())
