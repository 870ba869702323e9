"""The digit clips: speakers apart, every recording once, instants where a word ends or nothing is said."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tasks.classes import ClassScore
from tasks.data.digit_maker import (
    NOTHING_AFTER,
    ROOM,
    DigitMaker,
    Word,
    _numbers,
    changed,
    finish,
    none_in,
    read_word,
)
from tasks.data.digits import DIGITS, FSDD, NONE, RATE, SCENES, SPEAKERS, TAKES, WORDS
from tasks.data.testset import read_set, shipped_sets
from tasks.registry import get_task
from zoo.errors import AudioError, ZooError


def tone(hz: float, seconds: float = 0.3) -> np.ndarray:
    t = np.arange(int(seconds * RATE)) / RATE
    return 0.4 * np.sin(2 * np.pi * hz * t) * np.sin(np.pi * t / seconds)


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> DigitMaker:
    """The repository's layout, every word a tone."""
    packages = tmp_path_factory.mktemp("packages")
    folder = packages / FSDD.name / "recordings"
    folder.mkdir(parents=True)
    for number, speaker in enumerate(SPEAKERS):
        for word in range(len(WORDS)):
            file = io.BytesIO()
            soundfile.write(file, tone(200 + 100 * word + number), RATE, format="WAV")
            for take in range(TAKES):
                (folder / f"{word}_{speaker}_{take}.wav").write_bytes(file.getvalue())
    return DigitMaker(packages)


def test_no_speaker_is_in_two_splits_and_all_can_be_held_out() -> None:
    train, val, test = (set(SCENES[split].speakers) for split in ("train", "val", "test"))
    assert train | val | test == set(SPEAKERS)
    assert len(train) + len(val) + len(test) == len(SPEAKERS)
    assert {*train, *SCENES["spare"].speakers} == set(SPEAKERS) == set(SCENES["plain"].speakers)


@pytest.mark.parametrize("split", ["val", "test", "plain"])
def test_every_recording_is_asked_once(split: str) -> None:
    scene = SCENES[split]
    clips = scene.clips // len(scene.speakers)
    for speaker in scene.speakers:
        numbers = [n for at in range(clips) for n in _numbers(split, scene, speaker, at)]
        assert len(numbers) == len(set(numbers)) == len(WORDS) * scene.each
        assert np.bincount(np.array(numbers) // TAKES).tolist() == [scene.each] * len(WORDS)


def test_training_plays_each_recording_several_times() -> None:
    scene = SCENES["train"]
    numbers = [n for at in range(scene.clips // 4) for n in _numbers("train", scene, "theo", at)]
    assert np.bincount(numbers).tolist() == [scene.takes] * len(WORDS) * TAKES


def test_a_clip_depends_on_its_split_and_number_alone(maker: DigitMaker) -> None:
    first, again, other = (maker.make("train", index) for index in (5, 5, 6))
    assert first.digest() == again.digest() != other.digest()
    assert (first.rate, first.group, first.licence) == (RATE, SCENES["train"].speakers[1], "CC-BY-SA-4.0")


def test_words_are_asked_where_they_end_and_pauses_far_from_any(maker: DigitMaker) -> None:
    asked = []
    for index in range(8):
        clip = maker.make("val", index)
        assert clip.labels is not None
        assert np.all(np.diff(clip.onsets) > 0)
        assert np.sum(clip.labels != NONE) == SCENES["val"].words
        asked += clip.labels.tolist()
        ends = clip.onsets[clip.labels != NONE]
        for instant in clip.onsets[clip.labels == NONE]:
            before = instant - ends[ends < instant]
            assert not len(before) or before.min() >= NOTHING_AFTER
            around = clip.samples[int((instant - 0.2) * RATE) : int((instant + ROOM) * RATE)]
            assert np.abs(around).max() < 0.7 * np.abs(clip.samples).max()
    assert NONE in asked


def test_a_pause_without_room_is_not_asked() -> None:
    rng = np.random.default_rng(1)
    assert none_in(rng, 2.0, NOTHING_AFTER + ROOM) == []
    ((instant, kind),) = none_in(rng, 2.0, NOTHING_AFTER + ROOM + 0.1)
    assert kind == NONE
    assert 2.0 + NOTHING_AFTER <= instant <= 2.1 + NOTHING_AFTER


def test_a_word_ends_where_its_sound_does_even_in_noise() -> None:
    for level in (1e-4, 0.03):
        noise = np.random.default_rng(2).normal(0, level, RATE // 2)
        noise[: RATE // 5] += 0.3 * np.sin(np.arange(RATE // 5))
        word = finish(noise)
        assert word.end == RATE // 5
        assert len(word.sound) == RATE // 2


def test_a_changed_word_is_longer_or_shorter_and_ends_in_proportion() -> None:
    word = Word(tone(300), 2_000)
    lengths = []
    for seed in range(20):
        other = changed(np.random.default_rng(seed), word)
        lengths.append(len(other.sound) / len(word.sound))
        assert other.end / len(other.sound) == pytest.approx(2_000 / len(word.sound), abs=0.01)
    assert 0.79 < min(lengths) < 0.9 < 1.1 < max(lengths) < 1.27


def test_other_recordings_and_missing_ones_are_refused(maker: DigitMaker, tmp_path: Path) -> None:
    with pytest.raises(ZooError, match=rf"george: its files are not those of {FSDD.name} {FSDD.commit}"):
        maker.check()
    with pytest.raises(ZooError, match=rf"no {FSDD.name} there .*git clone {FSDD.url}.*{FSDD.commit}"):
        DigitMaker(tmp_path).check()
    soundfile.write(tmp_path / "a.wav", tone(300), 16_000)
    with pytest.raises(AudioError, match="expected mono at 8000 Hz, found 1 channels at 16000 Hz"):
        read_word(tmp_path / "a.wav")
    (tmp_path / "b.wav").write_bytes(b"nothing")
    with pytest.raises(AudioError, match=r"b\.wav: cannot read audio.*Get free-spoken-digit-dataset again"):
        read_word(tmp_path / "b.wav")


def test_the_shipped_test_set_is_whole() -> None:
    listed = shipped_sets(DIGITS.shipped_root)["test"]
    clips = read_set("test", DIGITS.shipped_root)
    assert len(clips) == len(listed) == SCENES["test"].clips
    assert {(clip.group, clip.licence) for clip in clips} == {("yweweler", "CC-BY-SA-4.0")}
    asked = np.bincount(np.concatenate([clip.labels for clip in clips]))
    assert asked[:NONE].tolist() == [SCENES["test"].each] * len(WORDS)
    assert asked[NONE] > 50
    files = sum(path.stat().st_size for path in DIGITS.shipped_root.rglob("*") if path.is_file())
    assert files < 2_000_000


def test_none_for_a_word_is_wrong_and_counted_apart_from_pauses() -> None:
    task = get_task("digits")
    confusion = np.zeros((3, 11, 11), np.int64)
    confusion[:, 0, 0], confusion[:, 1, NONE], confusion[:, NONE, NONE] = 1, 1, 2
    found = task.summarise([ClassScore("a", confusion), ClassScore("b", confusion)])
    assert (found["words_mean"], found["none_mean"], found["accuracy_mean"]) == (0.5, 1.0, 0.75)
    assert found["f1_0ms"] == pytest.approx((1 + 0 + 2 * 4 / (4 + 6)) / 3)
