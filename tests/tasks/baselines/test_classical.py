"""YIN and the teachers as detectors."""

import numpy as np
import pytest

from tasks.baselines import build_baseline
from tasks.baselines.classical import yin
from tasks.registry import get_task


@pytest.mark.parametrize("hz", [98.0, 220.0, 440.0, 987.8])
def test_yin_hears_a_pitch_in_its_harmonics(hz: float) -> None:
    t = np.arange(16_000) / 16_000
    sound = sum(np.sin(2 * np.pi * k * hz * t) / k for k in range(1, 6) if k * hz < 8_000)
    found, aperiodic = yin(np.rint(6_000 * sound).astype(np.int16), 16_000, 256)
    assert np.all(np.abs(12 * np.log2(found[8:] / hz)) < 0.2)
    assert np.all(aperiodic[8:] < 0.1)


def test_yin_calls_noise_aperiodic_and_does_not_look_ahead() -> None:
    noise = np.rint(3_000 * np.random.default_rng(0).standard_normal(8_000)).astype(np.int16)
    hz, aperiodic = yin(noise, 16_000, 256)
    assert np.median(aperiodic) > 0.5
    assert len(hz) == 31
    again, _ = yin(np.concatenate([noise[:5_120], noise[:2_000]]), 16_000, 256)
    assert np.array_equal(again[:20], hz[:20])


@pytest.mark.parametrize("name", ["vad", "pitch"])
def test_the_teacher_agrees_with_what_clips_keep_of_it(name: str) -> None:
    task = get_task(name)
    teacher = build_baseline("teacher", task)
    clips = task.load("test")[:2]
    found = task.summarise([task.score(teacher, clip, teacher.predict(clip.samples)) for clip in clips])
    assert (found["agreement"] or 0) > 0.995
    assert (found["kl"] or 0) < 0.002
