"""The float baselines look at nothing that comes later, and learn through the trainer."""

from pathlib import Path

import librosa
import numpy as np
import pytest
import torch

from tasks.baselines import logmel
from tasks.baselines.float_networks import build
from tasks.baselines.networks import NETWORKS, Normalised
from tasks.baselines.sequence_learner import score
from tasks.registry import get_task
from tests.tasks.built import build as build_data
from tests.tasks.built import synthetic_clip
from tests.tiny import drums

FRAMES = 60


def fresh(kind: str) -> torch.nn.Module:
    torch.manual_seed(0)
    constants = np.full(logmel.BANDS, -3, np.float32), np.full(logmel.BANDS, 2, np.float32)
    return NETWORKS[kind](Normalised(*constants), logmel.BANDS)


def test_the_mel_matrix_is_librosas() -> None:
    theirs = librosa.filters.mel(
        sr=logmel.RATE,
        n_fft=logmel.WINDOW,
        n_mels=logmel.BANDS,
        fmin=logmel.LOWEST_HZ,
        fmax=logmel.HIGHEST_HZ,
        htk=True,
        norm="slaney",
    )
    np.testing.assert_allclose(logmel.mel_matrix(), theirs, rtol=1e-4, atol=1e-7)


def test_a_frame_exists_when_its_last_sample_does() -> None:
    samples = drums(1.0)
    whole = logmel.log_mel(samples)
    assert whole.shape == (100, logmel.BANDS)
    for frames in (0, 1, 2, 57):
        cut = logmel.log_mel(samples[: frames * logmel.HOP])
        assert np.array_equal(cut, whole[:frames])
    changed = samples.copy()
    changed[50 * logmel.HOP - 20] += 5000
    assert not np.array_equal(logmel.log_mel(changed)[49], whole[49]), "the window reaches to its end"


@pytest.mark.parametrize("kind", NETWORKS)
def test_no_score_depends_on_later_input(kind: str) -> None:
    module = fresh(kind)
    features = logmel.log_mel(drums(0.6))
    whole = score(module, features)
    for frame in (0, 3, 20, FRAMES - 1):
        later = features.copy()
        later[frame + 1 :] += 7
        assert np.array_equal(score(module, later)[: frame + 1], whole[: frame + 1])
    earlier = features.copy()
    earlier[10] += 7
    assert not np.array_equal(score(module, earlier)[10:], whole[10:])


@pytest.mark.parametrize("kind", NETWORKS)
def test_about_six_thousand_numbers_are_learned(kind: str) -> None:
    assert 5_500 <= sum(p.numel() for p in fresh(kind).parameters()) <= 6_500


@pytest.mark.slow
@pytest.mark.parametrize("kind", NETWORKS)
def test_it_learns_chooses_its_threshold_and_comes_back_from_the_cache(kind: str, tmp_path: Path) -> None:
    data = build_data(tmp_path)
    task = get_task("onset")
    detector = build(kind, task, seed=1, data=data, steps=60)
    unseen = synthetic_clip("unseen", 999, 3.0)
    assert task.score(detector, unseen, detector.predict(unseen.samples)).f() > 0.9
    again = build(kind, task, seed=1, data=data, steps=60)
    assert again.head == detector.head
    assert np.array_equal(again.score(unseen.samples), detector.score(unseen.samples))
