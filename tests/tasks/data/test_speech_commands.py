"""Speech Commands in its own layout, with a few synthetic recordings: lists, silence, unknown words."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tasks.data.speech_commands import (
    FOLDER,
    INSIDE,
    NAMES,
    RATE,
    SHARE,
    SILENCE,
    SPEECH_COMMANDS,
    UNKNOWN,
    WORDS,
    _clips,
)
from tasks.registry import get_task
from zoo.cli import run_command
from zoo.errors import AudioError, ZooError
from zoo.folder import load_folder

SPEAKERS = ("0a", "1b", "2c", "3d")  # the third is for validation, the fourth for tests


def word(pitch: int, seed: int, seconds: float = 1.0) -> np.ndarray:
    t = np.arange(int(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).normal(0, 0.01, len(t))
    return 0.4 * np.sin(2 * np.pi * (200 + 150 * pitch) * t) * np.sin(np.pi * t / t[-1]) + noise


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Twelve words of four speakers, two noises, and a test set."""
    _clips.cache_clear()
    root, lists = tmp_path / FOLDER, ([], [])
    for number, name in enumerate((*WORDS, "bed", "cat")):
        (root / name).mkdir(parents=True)
        for k, speaker in enumerate(SPEAKERS):
            file = f"{name}/{speaker}_nohash_0.wav"
            soundfile.write(root / file, word(number, k, 0.8 if k == 1 else 1.0), RATE)
            if k >= 2:
                lists[k - 2].append(file)
    for text, names in zip(("validation_list.txt", "testing_list.txt"), lists, strict=True):
        (root / text).write_text("\n".join(names) + "\n")
    (root / "_background_noise_").mkdir()
    for seed, name in enumerate(("running_tap", "white_noise")):
        noise = np.random.default_rng(seed).normal(0, 0.1, 3 * RATE)
        soundfile.write(root / "_background_noise_" / f"{name}.wav", noise, RATE)
    for number, name in enumerate((*WORDS, "_silence_", "_unknown_")):
        (root / "test_set" / name).mkdir(parents=True)
        soundfile.write(root / "test_set" / name / "3d_nohash_0.wav", word(number, 9), RATE)
    return root


def labels(split: str, corpus: Path) -> list[int]:
    clips = SPEECH_COMMANDS.load(split, corpus)
    assert all(len(clip.samples) == RATE == clip.rate for clip in clips)
    return [int(clip.labels[0]) for clip in clips if clip.labels is not None]


def test_the_official_lists_part_the_splits(corpus: Path) -> None:
    train, val = (SPEECH_COMMANDS.load(split, corpus) for split in ("train", "val"))
    assert {clip.group for clip in train if clip.labels[0] < SILENCE} == {"0a", "1b"}  # type: ignore[index]
    assert {clip.group for clip in val if clip.labels[0] < SILENCE} == {"2c"}  # type: ignore[index]
    assert labels("val", corpus).count(UNKNOWN) == 2
    assert labels("test", corpus) == list(range(len(NAMES)))


def test_unknown_words_are_drawn_and_silence_is_cut(corpus: Path) -> None:
    found = labels("train", corpus)
    assert [found.count(k) for k in range(len(WORDS))] == [2] * len(WORDS)
    assert found.count(UNKNOWN) == min(4, SHARE * 2)
    assert found.count(SILENCE) == 4  # three seconds every half second, the last second left out
    noises = {c.name for c in SPEECH_COMMANDS.load("val", corpus) if c.labels[0] == SILENCE}  # type: ignore[index]
    assert noises == {f"_background_noise_-running_tap-{start}" for start in range(0, 2 * RATE, RATE // 2)}


def test_where_torchaudio_put_it_is_found(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "other" / INSIDE).mkdir(parents=True)
    corpus.rename(tmp_path / "other" / INSIDE / FOLDER)
    assert len(SPEECH_COMMANDS.load("val", tmp_path / "other")) == 16
    assert len(SPEECH_COMMANDS.digest("val", tmp_path / "other")) == 64


def test_what_is_missing_is_named(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(ZooError, match=r"Download speech_commands_v0\.02\.tar\.gz"):
        SPEECH_COMMANDS.load("train", tmp_path / "nowhere")
    with pytest.raises(ZooError, match="no split 'train2'"):
        SPEECH_COMMANDS.load("train2", corpus)
    (corpus / "yes" / "0a_nohash_0.wav").write_bytes(b"nothing")
    with pytest.raises(AudioError, match="0a_nohash_0.wav: cannot read audio"):
        SPEECH_COMMANDS.load("train", corpus)
    (corpus / "test_set").rename(corpus / "elsewhere")
    with pytest.raises(ZooError, match=r"no test set. Unpack speech_commands_test_set_v0\.02"):
        SPEECH_COMMANDS.load("test", corpus)
    (corpus / "testing_list.txt").unlink()
    with pytest.raises(ZooError, match=r"no testing_list\.txt"):
        SPEECH_COMMANDS.load("val", corpus)


def test_only_the_last_frame_is_asked_and_only_the_last_ones_teach(corpus: Path) -> None:
    task = get_task("keywords")
    (clip, *_) = SPEECH_COMMANDS.load("val", corpus)
    asked = task.questions(clip, RATE, 256)  # type: ignore[attr-defined]
    assert asked.frame.tolist() == [61]
    truth, chance = task.lessons(clip, RATE, 256)  # type: ignore[attr-defined]
    assert np.flatnonzero(chance).tolist() == np.flatnonzero(truth >= 0).tolist() == list(range(54, 62))


@pytest.mark.slow
def test_it_trains_from_the_command_line(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    assert run_command(["train", "keywords", "--data", str(corpus), "--steps", "3", "-o", str(out)]) == 0
    model = load_folder(out)
    assert model.config.classes == NAMES
    assert run_command(["eval", str(out), "--data", str(corpus)]) == 0
