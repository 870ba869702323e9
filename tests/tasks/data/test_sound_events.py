"""The sound event clips: who sounds with whom, what is labelled, and that no source lies in two splits."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tasks.data.sound_event_maker import SPLITS, SoundEventMaker, enter_turn, split_of
from tasks.data.sound_events import (
    COUNTS,
    DRUM_SOURCES,
    DRUMS,
    QUIET,
    RATE,
    SOUND_EVENTS,
    STEP,
    TONE_SOURCES,
    TRAIN_PROGRAMS,
    VAL_PROGRAMS,
    VOICES,
    FontTones,
    family,
)
from tasks.data.testset import read_set, shipped_sets
from tasks.data.voices import Sounds


def test_licences_that_do_not_go_together_never_share_a_clip() -> None:
    maker = SoundEventMaker(Path("nowhere"))
    for split in SPLITS:
        for index in range(COUNTS[split]):
            cast, _ = maker._cast(split, index)
            assert len({family(source.licence) for source in cast} - {"any"}) == 1
            assert {split_of(source) for source in cast} == {split}


def test_every_source_of_a_split_is_heard() -> None:
    maker = SoundEventMaker(Path("nowhere"))
    for split in SPLITS:
        heard = {one.name for index in range(COUNTS[split]) for one in maker._cast(split, index)[0]}
        there = {s.name for s in (*VOICES, *DRUM_SOURCES, *TONE_SOURCES) if split_of(s) == split}
        assert heard == there


def test_instruments_of_one_font_are_parted_by_families() -> None:
    assert not {p // 8 for p in TRAIN_PROGRAMS} & {p // 8 for p in VAL_PROGRAMS}
    fonts = {source.file: source.split for source in TONE_SOURCES if isinstance(source, FontTones)}
    assert set(fonts.values()) == {"val", "test"}  # FluidR3 both trains and validates, TimGM6mb only tests


def test_a_turn_is_labelled_where_it_sounds_and_its_fading_end_is_not_asked() -> None:
    truth = np.full(60, QUIET)
    alone = np.zeros(60 * STEP)
    alone[10 * STEP : 20 * STEP] = 0.5
    alone[20 * STEP : 24 * STEP] = 0.5 * 10 ** (-38 / 20)
    alone[26 * STEP : 30 * STEP] = 0.5  # six steps later: the gap belongs to the turn
    alone[30 * STEP : 35 * STEP] = 0.5 * 10 ** (-38 / 20)
    enter_turn(truth, alone, DRUMS)
    assert truth.tolist() == [QUIET] * 10 + [DRUMS] * 20 + [-1] * 5 + [QUIET] * 25


@pytest.fixture
def one_of_each(tmp_path: Path) -> SoundEventMaker:
    """A maker whose every source is the same few tones."""
    path = tmp_path / "tone.wav"
    soundfile.write(path, 0.3 * np.sin(np.arange(22_050) / 20), 44_100)
    maker = SoundEventMaker(tmp_path)
    maker.files = {source.name: [path] for source in (*VOICES, *DRUM_SOURCES, *TONE_SOURCES)}
    for source in (*DRUM_SOURCES, *TONE_SOURCES):
        if not isinstance(source, Sounds):
            maker._kept[source.name] = [np.sin(np.arange(8_000) / 8)]
    return maker


def test_a_clip_depends_on_its_split_and_number_alone(one_of_each: SoundEventMaker) -> None:
    first, again, other = (one_of_each.make("val", index) for index in (3, 3, 4))
    assert first.digest() == again.digest() != other.digest()
    assert first.rate == RATE
    assert first.labels is not None
    assert len(first.labels) == len(first.samples) // STEP
    assert set(first.labels.tolist()) <= {-1, 0, 1, 2, 3}
    quiet = np.abs(first.samples[: len(first.labels) * STEP].reshape(-1, STEP)).max(axis=1)[first.labels == 0]
    assert quiet.max() < 0.2 * np.abs(first.samples).max()


def test_the_shipped_test_set_is_whole() -> None:
    listed = shipped_sets(SOUND_EVENTS.shipped_root)["test"]
    clips = read_set("test", SOUND_EVENTS.shipped_root)
    assert len(clips) == len(listed) == COUNTS["test"]
    asked = np.bincount(np.concatenate([clip.labels for clip in clips]) + 1)  # type: ignore[misc]
    assert asked[1:].min() > 2_000
    assert {clip.group for clip in clips} == {voice.name for voice in VOICES if voice.split == "test"}
