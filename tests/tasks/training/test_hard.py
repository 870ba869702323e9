"""PyTorch's hard mode and the model give the same integers."""

from collections.abc import Callable

import numpy as np
import pytest

from tasks.training.hard import _depths, predict
from tests.tiny import MAKERS, delay_model, drums, register_model, tiny_model
from zoo.model import Model
from zoo.results import predictions_digest


@pytest.mark.parametrize("make", [*MAKERS.values(), delay_model])
def test_every_kind_of_model_gives_the_same_digest(make: Callable[[int], Model]) -> None:
    model = make(3)
    long = drums(1.0, seed=1) if model.hop > 1 else drums(0.02, seed=1)
    clips = [long, drums(0.01, seed=2), np.zeros(0, np.int16)]
    expected = [model.predict(clip) for clip in clips]
    assert len(np.unique(expected[0].values)) > 1, "a constant answer would prove little"
    assert predictions_digest(predict(model, clips)) == predictions_digest(expected)


@pytest.mark.parametrize("make", [tiny_model, delay_model])
def test_chunks_do_not_show(make: Callable[[int], Model], monkeypatch: pytest.MonkeyPatch) -> None:
    model = make(3)
    whole = predict(model, [drums(1.0)])
    monkeypatch.setattr("tasks.training.hard.CHUNK", 7)
    assert predictions_digest(predict(model, [drums(1.0)])) == predictions_digest(whole)


def test_registers_that_only_delay_are_told_from_others() -> None:
    assert _depths(delay_model().circuit) is not None
    assert _depths(register_model().circuit) is None
