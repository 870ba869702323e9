import mir_eval
import numpy as np
import pytest

from tasks.metrics import ClipScore, confidence, delays, score_clip, summarise
from tasks.threshold import choose_threshold
from zoo.heads import OnsetScore

RATE, HOP = 44_100, 128


def random_times(rng: np.random.Generator, n: int, apart: float = 0.03) -> np.ndarray:
    times = np.sort(rng.uniform(0, 8, n))
    return times[np.concatenate([[True], np.diff(times) >= apart])]


def test_f_precision_and_recall_are_mir_evals() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        labels, found = random_times(rng, 40), random_times(rng, 50)
        score = score_clip(labels, found, 8.0)
        m = summarise([score])
        expected = mir_eval.onset.f_measure(labels, found, window=0.05)
        assert (m["f_50ms"], m["precision_50ms"], m["recall_50ms"]) == pytest.approx(expected, abs=1e-12)
        assert m["f_25ms"] == pytest.approx(mir_eval.onset.f_measure(labels, found, window=0.025)[0])
        assert len(score.delays) == score.matched[0], "matching in order of time is as large as any"


def test_delays_are_signed_and_false_positives_are_by_the_minute() -> None:
    labels, found = np.array([1.0, 2.0, 3.0]), np.array([1.004, 1.5, 1.99, 3.2])
    m = summarise([score_clip(labels, found, 30.0)])
    assert m["delay_median_ms"] == pytest.approx(-3.0)
    assert m["false_positives_per_minute"] == 4.0
    assert m["recall_50ms"] == pytest.approx(2 / 3)
    assert delays(labels, found, 0.05).tolist() == pytest.approx([0.004, -0.01])


def test_mean_and_pooled_differ_as_they_should() -> None:
    perfect = score_clip(np.array([1.0]), np.array([1.0]), 8.0)
    half = score_clip(np.arange(1.0, 4.0), np.array([1.0]), 8.0)
    m = summarise([perfect, half])
    assert m["f_50ms"] == pytest.approx((1 + 0.5) / 2)
    assert m["f_50ms_pooled"] == pytest.approx(2 * 2 / (4 + 2))


def test_nothing_found_is_zero_with_no_delay() -> None:
    m = summarise([score_clip(np.array([1.0]), np.empty(0), 8.0)])
    assert m["f_50ms"] == 0.0
    assert m["delay_median_ms"] is None
    with pytest.raises(ValueError, match="no clips"):
        summarise([])


def test_the_confidence_interval_repeats_and_holds_the_mean() -> None:
    rng = np.random.default_rng(2)
    clips = [ClipScore(8.0, 10, 10, (int(k), int(k)), np.zeros(int(k))) for k in rng.integers(5, 11, 40)]
    low, high = confidence(clips)
    assert (low, high) == confidence(clips)
    assert low < np.mean([clip.f() for clip in clips]) < high


def scores_of(rng: np.random.Generator, labels: np.ndarray, seconds: float = 8.0) -> np.ndarray:
    """Noise with a peak after most labels, and a few more peaks."""
    score = rng.integers(0, 300, int(seconds * RATE) // HOP)
    for time in [*labels[rng.random(len(labels)) < 0.9], *rng.uniform(0, 8, 5)]:
        frame = int(time * RATE / HOP) + 1
        score[frame : frame + 3] += rng.integers(200, 700)
    return np.minimum(score, 1000).astype(np.int32)


def test_the_chosen_threshold_scores_what_head_and_mir_eval_say_it_scores() -> None:
    rng = np.random.default_rng(3)
    labels = [random_times(rng, 30) for _ in range(6)]
    scores = [scores_of(rng, times) for times in labels]
    choice = choose_threshold(scores, labels, hop=HOP, rate=RATE, refractory=10)

    def mean_f(head: OnsetScore) -> float:
        found = [(head.stream().hits(s) + 1) * HOP / RATE for s in scores]
        pairs = zip(labels, found, strict=True)
        return float(np.mean([mir_eval.onset.f_measure(t, f, window=0.025)[0] for t, f in pairs]))

    assert choice.f == pytest.approx(mean_f(choice.head), abs=1e-12)
    coarse = [OnsetScore(t, max(1, round(t * r)), 10) for t in range(250, 900, 50) for r in (1.0, 0.7)]
    assert choice.f >= max(mean_f(head) for head in coarse) - 0.01


@pytest.mark.parametrize(("second", "expected"), [(True, 10), (False, 17)])
def test_the_refractory_time_follows_how_close_onsets_come(second: bool, expected: int) -> None:
    """Two peaks 12 frames apart: two strokes, or one that rings."""
    score = np.zeros(200, np.int32)
    score[[50, 62, 150, 162]] = 500
    starts = [50, 62, 150, 162] if second else [50, 150]
    labels = np.array(starts) * HOP / RATE
    choice = choose_threshold([score], [labels], hop=HOP, rate=RATE, refractory=10)
    assert (choice.f, choice.head.refractory) == (1.0, expected)


def test_scores_are_summed_as_the_head_sums_them() -> None:
    rng = np.random.default_rng(5)
    labels = [random_times(rng, 30)]
    scores = [scores_of(rng, labels[0])]
    choice = choose_threshold(scores, labels, hop=HOP, rate=RATE, refractory=10, frames=3)
    hits = choice.head.stream().answer(scores[0]).hits
    f, _, _ = mir_eval.onset.f_measure(labels[0], (hits + 1) * HOP / RATE, window=0.025)
    assert choice.f == pytest.approx(f, abs=1e-12)


@pytest.mark.parametrize(("weights", "expected"), [(None, 200), ((1, 1, 2.5), 500), ((0, 0, 1), 500)])
def test_clips_that_count_for_more_decide(weights: tuple[float, ...] | None, expected: int) -> None:
    """Two clips have a soft stroke, a third the same sound that nobody labelled."""
    score = np.zeros(200, np.int32)
    score[[50, 150]] = 500, 200
    times = np.array([50, 150]) * HOP / RATE
    labels = [times, times, times[:1]]
    choice = choose_threshold([score] * 3, labels, hop=HOP, rate=RATE, refractory=10, weights=weights)
    assert choice.head.threshold == expected


def test_threshold_of_silence_and_of_nothing() -> None:
    silent = choose_threshold([np.zeros(100, np.int32)], [np.array([0.1])], hop=HOP, rate=RATE, refractory=10)
    assert silent.f == 0.0
    with pytest.raises(ValueError, match="0 score sequences"):
        choose_threshold([], [], hop=HOP, rate=RATE, refractory=10)
