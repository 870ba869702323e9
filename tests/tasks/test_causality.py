"""No answer depends on later input: every kind of detector, fed one prefix and different futures."""

from collections.abc import Callable

import numpy as np
import pytest

import zoo
from tasks.baselines.random_gates import _score, random_bits, random_circuit
from tasks.baselines.spectral_flux import flux_score
from tasks.detectors import Detector, ScoreDetector
from tests.tiny import drums, tiny_model
from zoo.frontends import ShiftFilterbank
from zoo.heads import OnsetScore
from zoo.model import Model, TraceStream

RATE, HOP = 44_100, 128


def flux() -> Detector:
    return ScoreDetector(
        "flux", RATE, HOP, lambda samples: flux_score(samples, RATE, HOP), OnsetScore(300, 200, 10)
    )


def random_gates() -> Detector:
    rng = np.random.default_rng(0)
    frontend = ShiftFilterbank()
    frontend = random_bits(rng, frontend, frontend.features(drums(1.0)), 64)
    return ScoreDetector(
        "random", RATE, HOP, _score(frontend, random_circuit(rng, 64, [64, 64])), OnsetScore(33, 32, 10)
    )


def bundled() -> Model:
    return zoo.load("bela/onset-gates")


@pytest.mark.parametrize("make", [tiny_model, flux, random_gates, bundled])
def test_answers_to_a_prefix_do_not_depend_on_what_follows(make: Callable[[], Detector]) -> None:
    detector = make()
    sound = drums(1.0)
    whole = detector.predict(sound)
    assert len(whole.hits), "a detector that never answers proves nothing"
    rng = np.random.default_rng(1)
    for end in rng.integers(HOP, len(sound), 4).tolist():
        frames = end // HOP
        futures = [
            np.empty(0, np.int16),
            np.zeros(4000, np.int16),
            rng.integers(-32_768, 32_767, 4000).astype(np.int16),
            sound[end:],
        ]
        for future in futures:
            answer = detector.predict(np.concatenate([sound[:end], future]))
            assert np.array_equal(answer.values[:frames], whole.values[:frames])
            assert np.array_equal(answer.hits[answer.hits < frames], whole.hits[whole.hits < frames])


@pytest.mark.parametrize("load", [tiny_model, bundled])
def test_a_model_fed_sample_by_sample_answers_as_it_does_to_the_whole(load: Callable[[], Model]) -> None:
    """What a hop's last sample brings is out before the next sample is in."""
    model, sound = load(), drums(0.08)
    stream, values, hits = TraceStream(model), [], []
    for sample in range(len(sound)):
        trace = stream.push(sound[sample : sample + 1])
        values.append(trace.values)
        hits.append(trace.hits)
        assert sum(map(len, values)) == (sample + 1) // model.hop
    whole = model.predict(sound)
    assert np.array_equal(np.concatenate(values), whole.values)
    assert np.array_equal(np.concatenate(hits), whole.hits)
