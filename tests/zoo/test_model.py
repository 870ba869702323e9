import dataclasses
import hashlib

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tiny import MAKERS, control_model, drums, filterbank, flat_model, lane_circuit, tiny_model
from zoo import AudioError, AudioNote, Model, Onsets, Trace, ZooError, predictions_digest
from zoo.heads import GroupSum, OnsetScore
from zoo.results import Classes, Controls, Samples

MODELS = {name: maker(0) for name, maker in MAKERS.items()}


def arrays(result: object) -> dict[str, np.ndarray]:
    return {k: v for k, v in vars(result).items() if isinstance(v, np.ndarray)}


@pytest.mark.parametrize("name", MODELS)
@settings(deadline=None, max_examples=15)
@given(cuts=st.lists(st.integers(0, 6_000), max_size=10), as_float=st.booleans())
def test_stream_gives_exactly_what_the_whole_gives(name: str, cuts: list[int], as_float: bool) -> None:
    model = MODELS[name]
    samples = drums(6_000 / 44_100, seed=1)
    signal = samples / 32_768 if as_float else samples
    whole = arrays(model(signal))
    stream = model.stream()
    blocks = [arrays(stream(block)) for block in np.split(signal, sorted(cuts))]
    for key, expected in whole.items():
        assert np.array_equal(np.concatenate([block[key] for block in blocks]), expected)


def test_long_recordings_are_cut_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = drums(1.0)
    for model in MODELS.values():
        monkeypatch.setattr("zoo.model.BLOCK", 1 << 19)
        whole = model.predict(samples)
        monkeypatch.setattr("zoo.model.BLOCK", 7_777)
        assert predictions_digest([model.predict(samples)]) == predictions_digest([whole])
    assert len(MODELS["tiny"].predict(samples[:0]).values) == 0


@pytest.mark.parametrize("name", MODELS)
def test_no_answer_depends_on_later_samples(name: str) -> None:
    model = MODELS[name]
    samples = drums(0.4, seed=2)
    cut = len(samples) // 2 // model.hop * model.hop
    changed = samples.copy()
    changed[cut:] = -changed[cut:] // 3
    frames = cut // model.hop
    before, after = model.predict(samples), model.predict(changed)
    assert np.array_equal(before.values[:frames], after.values[:frames])
    assert np.array_equal(before.hits[before.hits < frames], after.hits[after.hits < frames])
    if name != "counter":
        assert not np.array_equal(before.values, after.values)


def test_onset_times_are_the_end_of_the_hop() -> None:
    model = MODELS["tiny"]
    result = model(drums(2.0))
    assert isinstance(result, Onsets)
    assert result.times.dtype == np.float64
    assert len(result.times) > 10
    assert np.array_equal(result.times, (result.frames + 1) * 128 / 44_100)
    assert (result.scores[result.frames] >= 38).all()


def test_each_head_has_its_own_result() -> None:
    samples = drums(0.2, rate=8_000)
    kinds = {"register": Classes, "pcm": Samples, "counter": Samples, "control": Controls, "flat": Onsets}
    for name, kind in kinds.items():
        assert isinstance(MODELS[name](samples), kind)
    classes = MODELS["register"](samples)
    assert np.array_equal(classes.classes, classes.counts.argmax(axis=1))
    assert MODELS["pcm"](samples).samples.dtype == np.int16
    assert MODELS["control"](samples).values.max() <= MODELS["control"](samples).maximum


def test_a_batch_is_a_list_of_clips() -> None:
    model = MODELS["tiny"]
    batch = np.stack([drums(0.5, 1), drums(0.5, 2)])
    results = model(batch)
    assert len(results) == 2
    for clip, result in zip(batch, results, strict=True):
        assert np.array_equal(result.scores, model(clip).scores)


def test_channels_are_not_taken_for_a_batch() -> None:
    with pytest.raises(AudioError, match=r"shape \(4410, 2\).*audio.mean\(axis=1\)"):
        MODELS["tiny"](np.zeros((4_410, 2), np.float32))


def test_another_rate_is_resampled_with_a_note() -> None:
    model = MODELS["tiny"]
    with pytest.warns(AudioNote, match="resampled from 12345 Hz to 44100 Hz"):
        result = model(drums(1.0, rate=12_345), rate=12_345)
    assert result.notes == ("audio: resampled from 12345 Hz to 44100 Hz",)
    assert abs(len(result.scores) - 44_100 // 128) <= 1


def test_a_file_equals_its_samples(tmp_path: pytest.TempPathFactory) -> None:
    samples = drums(1.0)
    soundfile.write(tmp_path / "a.wav", samples, 44_100)
    result = MODELS["tiny"](tmp_path / "a.wav")
    assert result.notes == ()
    assert np.array_equal(result.scores, MODELS["tiny"](samples).scores)
    with pytest.raises(AudioError, match="a file brings its own sample rate"):
        MODELS["tiny"](tmp_path / "a.wav", rate=44_100)


def test_a_stream_refuses_another_rate() -> None:
    MODELS["tiny"].stream(rate=44_100)
    with pytest.raises(AudioError, match="a stream runs at 44100 Hz, found 48000 Hz"):
        MODELS["tiny"].stream(rate=48_000)


def test_a_refused_block_leaves_the_stream_as_it_was() -> None:
    samples = drums(0.5)
    stream = MODELS["tiny"].stream()
    first = stream(samples[:10_000])
    with pytest.raises(AudioError, match="NaN"):
        stream(np.array([0.0, np.nan]))
    second = stream(samples[10_000:])
    scores = np.concatenate([first.scores, second.scores])
    assert np.array_equal(scores, MODELS["tiny"](samples).scores)


def test_parts_that_do_not_fit_are_refused() -> None:
    about = {"id": "test/x", "summary": "x", "licence": "CC0-1.0"}
    with pytest.raises(ZooError, match="50 bits from the front end, 64 into the circuit"):
        Model.from_parts(filterbank(0, 50), lane_circuit(0), OnsetScore(1, 1, 0), **about)
    with pytest.raises(ZooError, match="group_sum: circuit outputs: expected a multiple of 5, found 64"):
        Model.from_parts(filterbank(0), lane_circuit(0), GroupSum(5), **about)


def test_a_config_of_other_parts_is_refused() -> None:
    model = tiny_model()
    other = dataclasses.replace(model.head, threshold=12)
    with pytest.raises(ZooError, match="the config describes another"):
        Model(model.config, model.frontend, model.circuit, other)


def test_predictions_digest_is_the_documented_byte_string() -> None:
    traces = [
        Trace(np.array([[1], [-2]], np.int32), np.array([1], np.int64)),
        control_model().predict(drums(0.1)),
    ]
    data = b"".join(t.values.astype("<i4").tobytes() + t.hits.astype("<i8").tobytes() for t in traces)
    assert predictions_digest(traces) == hashlib.sha256(data).hexdigest()
    assert predictions_digest(traces) != predictions_digest(traces[::-1])


def test_equal_parts_give_equal_digests() -> None:
    samples = drums(0.3)
    assert predictions_digest([flat_model(3).predict(samples)]) == predictions_digest(
        [flat_model(3).predict(samples)]
    )
