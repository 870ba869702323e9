"""Voice activity clips: what belongs to which split, and what clips are made of."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tasks.data import vad_maker
from tasks.data.duplicates import LeakError
from tasks.data.vad import COUNTS, RATE, STEP, VAD
from tasks.data.vad_maker import OTHER_ONLY, OVER, SPOKEN, VadMaker
from tasks.data.voices import OTHER, SPEECH, STAMPS


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tone burst for every kind of recording; speech has a pause in it."""
    root = tmp_path_factory.mktemp("packages")
    rng = np.random.default_rng(0)
    for item in (*SPEECH, *OTHER):
        for number in range(2):
            sound = 0.3 * rng.standard_normal(RATE)
            sound[4_000:12_000] *= 1e-4 if item.speech else 1
            stem = (item.prefixes[0] if item.prefixes else "a") + f"{number}{item.ending}"
            path = root / item.package / item.folders[0] / f"{stem}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, sound, RATE)
    return root


def test_files_belong_to_one_item(packages: Path) -> None:
    seen: dict[Path, str] = {}
    for item in (*SPEECH, *OTHER):
        found = item.files(packages)
        assert len(found) == 2, item.name
        for path in found:
            assert seen.setdefault(path, item.name) == item.name


def test_languages_and_packs_lie_in_one_split() -> None:
    names = [item.name for item in (*SPEECH, *OTHER)]
    assert len(names) == len(set(names))
    voices = {(item.package, item.ending): item.split for item in SPEECH}
    assert len(voices) == len(SPEECH)
    assert {item.split for item in SPEECH if item.package == STAMPS} == {"train", "val", "test"}


def test_clips_repeat_and_licences_that_clash_are_never_mixed(packages: Path) -> None:
    maker, kinds = VadMaker(packages), set()
    for index in range(40):
        kind, voice, other, _ = maker._cast("test", index)
        kinds.add(kind)
        assert voice.split == other.split == "test"
        if kind == OVER:
            assert voice.family == other.family
            assert len(set(maker.group_and_licence("test", index)[1].split(" AND "))) <= 2
    assert kinds == {SPOKEN, OVER, OTHER_ONLY}
    one = maker.make("test", 3)
    assert one.digest() == VadMaker(packages).make("test", 3).digest()
    assert one.rate == RATE
    assert one.teacher is not None
    assert one.labels is not None
    assert one.teacher.shape == (len(one.samples) // STEP, 2)
    assert len(one.labels) == len(one.teacher)


def test_labels_follow_the_utterance_and_not_its_pause(packages: Path) -> None:
    maker = VadMaker(packages)
    sound, active, clear = maker._talk(np.random.default_rng(1), SPEECH[0], 6 * RATE)
    level = np.sqrt((sound[: len(active) * STEP].reshape(-1, STEP) ** 2).mean(axis=1))
    assert active.any()
    assert not active.all()
    assert np.all(level[active & clear] > 0.03 * level.max())
    assert np.all(level[~active & clear] < 0.03 * level.max())


def test_a_recording_in_two_splits_is_refused(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vad_maker, "check_sources", lambda *_: None)
    maker = VadMaker(packages)
    maker.check()
    train = next(item for item in SPEECH if item.split == "train")
    test = next(item for item in SPEECH if item.split == "test")
    maker.files[test.name].append(maker.files[train.name][0])
    with pytest.raises(LeakError, match="one recording in"):
        maker.check()


def test_the_shipped_set_has_speech_and_none() -> None:
    clips = VAD.load("test")
    assert len(clips) == COUNTS["test"]
    labels = np.concatenate([clip.labels for clip in clips if clip.labels is not None])
    assert 0.3 < (labels == 1).mean() < 0.7
    assert (labels < 0).mean() < 0.1
    assert {clip.group for clip in clips} <= {i.name for i in (*SPEECH, *OTHER) if i.split == "test"}
