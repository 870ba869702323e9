"""The teachers: pinned, checked before use, and the ones that labelled the clips that ship."""

import importlib.metadata
from dataclasses import replace

import numpy as np
import pytest

from tasks.data.dataset import DataSet
from tasks.data.pitch import PITCH
from tasks.data.teachers import SILERO, SWIFT_F0, Teacher
from tasks.data.vad import VAD
from zoo.errors import ZooError


@pytest.mark.parametrize(("teacher", "data"), [(SILERO, VAD), (SWIFT_F0, PITCH)], ids=["vad", "pitch"])
def test_shipped_labels_are_the_pinned_teachers(teacher: Teacher, data: DataSet) -> None:
    for clip in data.load("test")[:3]:
        assert clip.teacher is not None
        assert clip.labels is not None
        assert len(clip.labels) == len(clip.teacher) == len(clip.samples) // teacher.step
        found = teacher.labels(clip.samples)
        assert np.abs(found - clip.teacher).max() <= 1  # other processors may round otherwise
        assert np.all(np.abs(clip.teacher.sum(axis=1) - 255) <= 2)


def test_swift_f0_hears_an_a() -> None:
    tone = np.rint(8_000 * np.sin(2 * np.pi * 440 / 16_000 * np.arange(16_000))).astype(np.int16)
    answers = SWIFT_F0.probabilities(np.concatenate([np.zeros(8_000, np.int16), tone]))
    assert set(answers[40:80].argmax(axis=1).tolist()) == {9}
    assert set(answers[:15].argmax(axis=1).tolist()) == {12}


def test_too_short_a_clip_has_no_steps() -> None:
    assert SILERO.labels(np.zeros(511, np.int16)).shape == (0, 2)


def test_other_weights_are_refused() -> None:
    with pytest.raises(ZooError, match=r"not the weights of silero-vad 6\.2\.3"):
        replace(SILERO, sha256="0" * 64).weights()
    with pytest.raises(ZooError, match=r"expected silero-vad 6\.2\.2, found 6\.2\.3"):
        replace(SILERO, version="6.2.2").weights()


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    with pytest.raises(ZooError, match=r"swift-f0 is not installed. pip install 'difflogic-zoo\[teachers\]'"):
        SWIFT_F0.weights()
