"""The timbre task: its clips, its scores, the differentiable synthesiser, and gates that learn to play."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tasks.baselines.timbre import Source
from tasks.data.clip import Clip
from tasks.data.timbre import COUNTS, KEYS, RATE, SECONDS, STEP, TARGETS, TIMBRE, melody_of
from tasks.data.timbre_maker import TimbreMaker, _keys
from tasks.timbre import Timbre
from tasks.transfer import levels, loudness_difference, pitch_differences
from zoo.frontends import NoteTracker
from zoo.heads import OscillatorBank
from zoo.oscillators import Oscillators
from zoo.results import Trace

NONE = np.zeros(0, np.int64)
STEPS = int(SECONDS * RATE) // STEP


def tone(hertz: float, level: float = 0.3, seconds: float = SECONDS) -> np.ndarray:
    t = np.arange(int(seconds * RATE)) / RATE
    return level * sum(np.sin(2 * np.pi * h * hertz * t + h) / h for h in (1, 2, 3))


def clip_of(sound: np.ndarray, wanted: np.ndarray) -> Clip:
    whole = [np.rint(32_767 * part).astype(np.int16) for part in (sound, wanted)]
    keys = np.full(STEPS, 69, np.int16)
    return Clip("violin-x-000", whole[0], np.zeros(0), "violin", "MIT", keys, target=whole[1], rate=RATE)


def trace_of(sound: np.ndarray) -> Trace:
    return Trace(np.rint(32_767 * sound).astype(np.int32).reshape(-1, STEP), NONE)


def test_melodies_stay_among_their_keys_and_clips_and_differ_between_splits() -> None:
    melodies = {split: TimbreMaker._melodies(split) for split in COUNTS}
    assert {split: len(found) for split, found in melodies.items()} == COUNTS
    for split, found in melodies.items():
        low, high = KEYS[split]
        assert all(low <= tone.key <= high for melody in found for tone in melody)
        assert all(melody[-1].time + melody[-1].length <= SECONDS - 0.39 for melody in found)
        keys = _keys(found[0])
        assert len(keys) == STEPS
        assert set(keys.tolist()) - {-1} <= {tone.key for tone in found[0]}
    assert not {tuple(m) for m in melodies["train"]} & {tuple(m) for m in melodies["test"]}
    assert KEYS["high"][0] > KEYS["train"][1]
    assert melody_of("high").leap <= (KEYS["high"][1] - KEYS["high"][0]) / 2


def test_every_melody_has_a_clip_for_each_target() -> None:
    maker = TimbreMaker(Path("nowhere"))
    assert maker.count("test") == COUNTS["test"] * len(TARGETS)
    names = [maker.name("test", index) for index in range(4)]
    assert names == ["violin-test-000", "trumpet-test-000", "violin-test-001", "trumpet-test-001"]


def test_the_shipped_sets_have_both_targets_and_one_source() -> None:
    for split in ("test", "high"):
        clips = TIMBRE.load(split, Path("nowhere"))
        assert len(clips) == COUNTS[split] * len(TARGETS)
        assert [clip.group for clip in clips[:2]] == list(TARGETS)
        assert np.array_equal(clips[0].samples, clips[1].samples)
        aimed = Timbre().for_target("trumpet").load(split, Path("nowhere"))
        assert [clip.group for clip in aimed] == ["trumpet"] * COUNTS[split]


def test_the_tracker_hears_the_flute() -> None:
    cents = []
    for clip in Timbre().for_target("violin").load("test"):
        heard = NoteTracker().features(clip.samples)[:, 0]
        assert clip.labels is not None
        held = clip.labels >= 0
        wanted = 440 * 2 ** ((clip.labels[held] - 69) / 12)
        cents.append(1_200 * np.log2(heard[held] * RATE / 2**17 / wanted))
    found = np.abs(np.concatenate(cents))
    assert np.median(found) < 10
    assert (found < 50).mean() > 0.97


def test_scores_of_the_target_itself_and_of_silence() -> None:
    task, wanted = Timbre().for_target("violin"), tone(440)
    clip = clip_of(tone(440, 0.1), wanted)
    source = Source(RATE, 1.0)
    exact = task.summarise([task.score(source, clip, trace_of(wanted))])
    assert exact == {"mr_stft": 0.0, "lsd_db": 0.0, "loudness_db": 0.0, "pitch_cents": 0.0}
    softer = task.summarise([task.score(source, clip, trace_of(wanted / 2))])
    assert softer["loudness_db"] == pytest.approx(6.02, abs=0.05)
    assert softer["pitch_cents"] == pytest.approx(0, abs=0.1)
    assert task.summarise([])["mr_stft"] is None


def test_differences_of_pitch_are_in_cents() -> None:
    keys = np.full(STEPS, 69, np.int16)
    for cents in (-30, 5, 50):
        found = pitch_differences(tone(440), tone(440 * 2 ** (cents / 1_200)), keys, RATE)
        assert found == pytest.approx(np.full(len(found), cents), abs=0.3)
        assert len(found) == STEPS - 15
    keys[::10] = -1
    assert pitch_differences(tone(440), tone(440), keys, RATE).size == 0


def test_levels() -> None:
    assert levels(np.ones(1_024)).tolist() == [0.0, 0.0]
    assert levels(np.zeros(512)).tolist() == [-80.0]
    assert loudness_difference(np.zeros(512), np.ones(512)) == 0.0


def test_the_source_keeps_its_samples() -> None:
    found = Source(RATE, 2.0).predict(np.array([-20_000, 3], np.int16))
    assert found.values.tolist() == [[-32_768], [6]]


torch = pytest.importorskip("torch")


def test_the_differentiable_synthesiser_sounds_like_the_integers() -> None:
    from tasks.training.synthesiser import Synthesiser, counted_amplitudes

    bank = OscillatorBank(128, 15, harmonics=8, noise=3, group=24).bank
    rng = np.random.default_rng(0)
    controls = np.repeat(rng.integers(0, 18, (10, bank.n_controls)), 8, axis=0).astype(np.int32)
    controls[:, 0] = np.repeat(rng.integers(2_000, 9_000, 10), 8)
    controls[:, 1] = 16
    exact = Oscillators(bank).render(controls).ravel() / 32_768
    counts = torch.from_numpy(controls[None].astype(np.float32))
    amplitudes = counted_amplitudes(counts[..., 1:2], counts[..., 2:], bank)
    found = Synthesiser(bank, RATE)(controls[None, :, 0], amplitudes).numpy()[0]
    error = (found - exact)[1_024:]  # the first frame ramps from silence in the integers alone
    assert np.sqrt(np.mean(error**2)) < 0.01 * np.sqrt(np.mean(exact**2))


def test_counts_are_levels_and_silence_still_teaches() -> None:
    from tasks.training.synthesiser import counted_amplitudes

    bank = OscillatorBank(128, 15, harmonics=2, noise=0, group=24).bank
    counts = torch.tensor([[0.0, 24.0]], requires_grad=True)
    found = counted_amplitudes(torch.tensor([[24.0]]), counts, bank)
    assert found.tolist() == [[0.0, 1.0]]
    found.sum().backward()
    assert counts.grad is not None
    assert (counts.grad > 0).all()


def test_the_loss_is_the_metric() -> None:
    from tasks.spectra import multi_resolution_distance
    from tasks.training.synthesiser import spectral_loss

    one, other = tone(440, seconds=1.024), tone(500, 0.2, seconds=1.024)
    pair = [torch.from_numpy(sound.astype(np.float32))[None] for sound in (one, other)]
    assert float(spectral_loss(*pair)) == pytest.approx(multi_resolution_distance(one, other), rel=0.02)


@pytest.mark.slow
def test_gates_learn_and_their_circuit_counts_what_they_count(tmp_path: Path) -> None:
    from tasks.recipes.timbre import SIZES
    from tasks.training.timbre_learner import Melodies, TimbreGates
    from tasks.training.trainer import Settings, Trainer
    from zoo.model import Model

    recipe = replace(SIZES["nano"], steps=60, batch=4, stretch=50)
    clips = Timbre().for_target("violin").load("test")[:2]
    melodies = Melodies.of(clips, recipe.make_frontend())
    learner = TimbreGates(recipe, melodies, melodies, 1)
    before = learner.validate()["mr_stft"]
    Trainer(learner, tmp_path, Settings(recipe.steps, 1, warmup=10, validate_every=60)).run()
    assert learner.validate()["mr_stft"] < 0.6 * before
    model = Model.from_parts(*learner.parts(), id="test/x", summary="x", licence="MIT")
    bits = model.frontend.bits(clips[0].samples)
    controls = model.head.decode(model.circuit.evaluate(bits))
    assert np.array_equal(controls[:, 0], melodies.increments[0])
    learner.module.eval()
    features = torch.from_numpy(melodies.features[0].T.copy())
    assert np.array_equal(controls[:, 1:], learner.module.net.counts(features).detach().numpy().T)
