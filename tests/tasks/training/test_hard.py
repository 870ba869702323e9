"""PyTorch's hard mode and the model give the same integers."""

import numpy as np
import pytest

from tasks.training.hard import predict
from tests.tiny import MAKERS, drums
from zoo.results import predictions_digest


@pytest.mark.parametrize("kind", MAKERS)
def test_every_kind_of_model_gives_the_same_digest(kind: str) -> None:
    model = MAKERS[kind](3)
    long = drums(1.0, seed=1) if model.hop > 1 else drums(0.02, seed=1)
    clips = [long, drums(0.01, seed=2), np.zeros(0, np.int16)]
    expected = [model.predict(clip) for clip in clips]
    assert len(np.unique(expected[0].values)) > 1, "a constant answer would prove little"
    assert predictions_digest(predict(model, clips)) == predictions_digest(expected)


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    model = MAKERS["tiny"](3)
    whole = predict(model, [drums(1.0)])
    monkeypatch.setattr("tasks.training.hard.CHUNK", 7)
    assert predictions_digest(predict(model, [drums(1.0)])) == predictions_digest(whole)
