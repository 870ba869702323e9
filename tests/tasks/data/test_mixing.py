import hashlib

import numpy as np
import pytest

from tasks.data.clip import merge
from tasks.data.mixing import Recipe, clip_rng, heard, lay, mix
from tasks.data.patterns import Strike
from tasks.data.shots import Shot, cut
from tests.tasks.data.kits import RATE, hit

PLAIN = Recipe(4, 4.0, -12.0, (-18.0, -1.0), augment=False)
AUGMENTED = Recipe(4, 4.0, -20.0, (-30.0, -0.5), augment=True)


@pytest.fixture(scope="module")
def shots() -> list[Shot]:
    made = [cut(str(seed), hit(seed)) for seed in range(8)]
    assert all(isinstance(shot, Shot) for shot in made)
    return [shot for shot in made if isinstance(shot, Shot)]


@pytest.mark.parametrize("recipe", [PLAIN, AUGMENTED])
def test_a_clip_follows_from_seed_split_and_number_bit_for_bit(shots: list[Shot], recipe: Recipe) -> None:
    one, again = (mix(clip_rng("train", 3), "a", shots, recipe, "kit", "MIT") for _ in range(2))
    other = mix(clip_rng("train", 4), "a", shots, recipe, "kit", "MIT")
    assert one.digest() == again.digest() != other.digest()
    assert one.samples.dtype == np.int16
    assert len(one.samples) == 4 * RATE


def test_labels_lie_on_the_first_sample_of_each_hit(shots: list[Shot]) -> None:
    plan = [Strike(1000, 0, 0.0), Strike(30_000, 1, -6.0), Strike(60_000, 2, -3.0)]
    mixed, played = lay(plan, shots, 100_000, np.zeros(100_000), chokes=False)
    assert played == plan
    for strike in plan:
        assert mixed[strike.at] != 0
    assert not mixed[:1000].any()


def test_a_hit_that_louder_sound_covers_is_not_played(shots: list[Shot]) -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1, 50_000)
    _, played = lay([Strike(20_000, 0, -20.0)], shots, 50_000, noise, chokes=False)
    assert played == []
    assert heard(shots[0].samples, np.zeros(1024))


def test_choking_silences_the_earlier_hit_and_only_that(shots: list[Shot]) -> None:
    plan = [Strike(0, 0, 0.0), Strike(4000, 0, 0.0)]
    ringing, _ = lay(plan, shots, 40_000, np.zeros(40_000), chokes=False)
    choked, _ = lay(plan, shots, 40_000, np.zeros(40_000), chokes=True)
    again = np.zeros(40_000)
    again[4000 : 4000 + len(shots[0].samples)] = shots[0].samples[:36_000]
    assert np.allclose(choked[4000:], again[4000:])
    assert not np.allclose(ringing[4000:], again[4000:])
    assert np.array_equal(choked[: 4000 - RATE // 200], ringing[: 4000 - RATE // 200])


def test_onsets_of_a_clip_are_ascending_and_30_ms_apart(shots: list[Shot]) -> None:
    for index in range(12):
        onsets = mix(clip_rng("train", index), "a", shots, AUGMENTED, "kit", "MIT").onsets
        assert np.all(np.diff(onsets) >= 0.0299999)
        assert np.all((onsets >= 0) & (onsets < 4))


def test_merging_keeps_the_first_of_close_times() -> None:
    assert merge(np.array([0.5, 0.1, 0.11, 0.129, 0.131])).tolist() == [0.1, 0.131, 0.5]


def test_backing_starts_every_note_too_slowly_to_be_an_onset(monkeypatch: pytest.MonkeyPatch) -> None:
    """5 ms after its start a note of a drone, pad or bass line is still 26 dB under its peak."""
    from tasks.data import augment

    attacks: list[float] = []
    swell = augment.swell

    def watched(n: int, attack: float, release: float) -> np.ndarray:
        attacks.append(attack)
        return swell(n, attack, release)

    monkeypatch.setattr(augment, "swell", watched)
    for seed in range(12):
        augment.Studio(np.random.default_rng(seed), RATE * 2).backing()
    assert attacks
    assert swell(RATE, min(attacks), 0.1)[: RATE // 200].max() < 0.05


def test_digest_covers_samples_and_labels(shots: list[Shot]) -> None:
    clip = mix(clip_rng("val", 0), "a", shots, PLAIN, "kit", "MIT")
    micro = np.rint(clip.onsets * 1e6).astype("<i8").tobytes()
    assert clip.digest() == hashlib.sha256(clip.samples.astype("<i2").tobytes() + micro).hexdigest()
