"""Folders of examples: what is read, what is cut, and what is refused with one clear line."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tasks.teach.estimate import FOLDS, Estimate, make_folds, warnings_of
from tasks.teach.examples import MOST, SHORTEST, Example, ExampleSet, cut, read_examples
from tasks.teach.learn import recipe_of
from tasks.teach.lessons import clear_frames, make_lessons
from tests.tasks.teach.voices import KINDS, folder_of, sound, write
from zoo.errors import AudioError, ZooError

RATE = 44_100


def test_every_format_and_rate_comes_in_at_the_models_rate(tmp_path: Path) -> None:
    heard: list[str] = []
    found = read_examples(folder_of(tmp_path), RATE, heard.append)
    assert found.classes == KINDS
    assert found.counts() == dict.fromkeys(KINDS, 8)
    assert {len(example.samples) for example in found.examples} <= set(range(RATE // 4 - 2, RATE // 4 + 3))
    assert heard[0] == "buzz/0.wav"
    assert len(heard) == len(found.examples)
    assert found.digest() != read_examples(tmp_path, 22_050).digest()


def test_a_long_take_is_cut_at_its_onsets(tmp_path: Path) -> None:
    take = np.zeros(5 * RATE)
    starts = [0.5, 1.3, 2.2, 3.4]
    for k, at in enumerate(starts):
        burst = np.random.default_rng(k).uniform(-0.6, 0.6, RATE // 5) * np.exp(-np.arange(RATE // 5) / 2_000)
        take[int(at * RATE) : int(at * RATE) + len(burst)] += burst
    samples = np.rint(32_767 * take).astype(np.int16)
    pieces = list(cut(samples, RATE))
    assert len(pieces) == len(starts)
    for piece in pieces:
        first = int(np.argmax(np.abs(piece.astype(int)) > 3_000))
        assert first < 0.03 * RATE


def test_the_tail_of_a_long_hit_is_no_example() -> None:
    t = np.arange(5 * RATE) / RATE
    ringing = 20_000 * np.exp(-t * 3) * np.sin(2 * np.pi * 700 * t)
    (piece,) = cut(np.rint(ringing).astype(np.int16), RATE)
    assert len(piece) == RATE


def test_more_examples_than_can_be_learned_at_once_are_thinned(tmp_path: Path) -> None:
    for seed in range(MOST + 3):
        write(tmp_path, "hiss", f"{seed:03d}.wav", seed, seconds=0.06)
    write(tmp_path, "buzz", "0.wav", 0)
    found = read_examples(tmp_path, RATE)
    assert found.counts() == {"buzz": 1, "hiss": MOST}
    assert any(f"{MOST} of its {MOST + 3} examples" in note for note in found.notes)


def test_a_long_sound_without_onsets_is_cut_every_second() -> None:
    t = np.arange(5 * RATE) / RATE
    swell = np.minimum(1, t) * 8_000 * np.sin(2 * np.pi * 110 * t)
    pieces = list(cut(np.rint(swell).astype(np.int16), RATE))
    assert [len(piece) for piece in pieces] == [RATE] * 5


def test_what_cannot_be_learned_from_is_refused_with_one_line(tmp_path: Path) -> None:
    def refused(error: type[ZooError] = ZooError) -> str:
        with pytest.raises(error) as caught:
            read_examples(tmp_path, RATE)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert "found none" in refused()
    write(tmp_path, "buzz", "a.wav", 0)
    assert "found one, buzz" in refused()
    (tmp_path / "hiss").mkdir()
    assert "hiss: no recordings" in refused()
    bad = tmp_path / "hiss" / "bad.wav"
    bad.write_bytes(b"RIFF, or not")
    assert "bad.wav: cannot read audio" in refused(AudioError)
    soundfile.write(bad, np.zeros(RATE), RATE)
    assert "bad.wav: silent" in refused(AudioError)
    soundfile.write(bad, 0.5 * np.ones(int(SHORTEST * RATE) - 1), RATE)
    assert "bad.wav: too short: expected at least 50 ms" in refused(AudioError)
    bad.write_bytes((tmp_path / "buzz" / "a.wav").read_bytes())
    assert "the same recording as" in refused()
    with pytest.raises(ZooError, match="no such folder"):
        read_examples(tmp_path / "nowhere", RATE)


def examples(counts: tuple[int, ...], pieces: int = 1) -> ExampleSet:
    made = [
        Example(f"{label}/{k}#{p}", label, f"{label}-{k}", np.ones(100, np.int16))
        for label, count in enumerate(counts)
        for k in range(count)
        for p in range(pieces)
    ]
    return ExampleSet(tuple(f"class {n}" for n in range(len(counts))), tuple(made), RATE)


def test_a_recording_is_held_out_with_all_its_pieces() -> None:
    found = examples((5, 3, 2), pieces=4)
    folds = make_folds(found.examples, 3, np.random.default_rng(0))
    assert folds.by == "recording"
    assert sorted(i for part in folds.held_out for i in part) == list(range(len(found.examples)))
    fold_of: dict[str, set[int]] = {}
    for fold, part in enumerate(folds.held_out):
        for i in part:
            fold_of.setdefault(found.examples[i].group, set()).add(fold)
    assert all(len(folds_) == 1 for folds_ in fold_of.values())
    for part in folds.held_out:  # what is left to learn from has every class
        left = {e.label for i, e in enumerate(found.examples) if i not in part}
        assert left == {0, 1, 2}


def test_pieces_are_held_out_where_a_class_has_one_recording_and_that_is_said() -> None:
    found = examples((4, 1), pieces=6)
    folds = make_folds(found.examples, 2, np.random.default_rng(0))
    assert folds.by == "piece"
    assert len(folds.held_out) == FOLDS
    assert any("too hopeful" in note for note in warnings_of(found))


def test_few_and_unbalanced_examples_are_said() -> None:
    assert warnings_of(examples((9, 9))) == []
    (few,) = warnings_of(examples((9, 3)))
    assert few.startswith("few examples of class 1 (3)")
    assert any(
        note.startswith("unbalanced: 40 examples of class 0") for note in warnings_of(examples((40, 8)))
    )


def test_the_interval_is_wilsons() -> None:
    low, high = Estimate(np.array([[9, 1], [0, 10]]), "recording").interval
    assert (round(low, 3), round(high, 3)) == (0.764, 0.991)
    assert Estimate(np.array([[5, 0], [0, 5]]), "recording").interval[1] == 1


def test_every_class_and_every_example_weighs_the_same(tmp_path: Path) -> None:
    for seed in range(4):
        write(tmp_path, "hiss", f"{seed}.wav", seed, seconds=0.1 * (seed + 1))
    write(tmp_path, "buzz", "0.wav", 0)
    found = read_examples(tmp_path, RATE)
    lessons = make_lessons(found.examples, 2, recipe_of(2).make_frontend(), np.random.default_rng(0))
    weight = lessons.chance @ lessons.target
    np.testing.assert_allclose(weight, weight[0])
    assert (lessons.target.sum(axis=1) == 1).all()


def test_only_frames_that_sound_teach() -> None:
    samples = np.concatenate([np.zeros(1_280), 20_000 * sound("hiss", 1, RATE)[:1_280], np.zeros(1_280)])
    assert clear_frames(samples.astype(np.int16), 128).tolist() == list(range(10, 20))
