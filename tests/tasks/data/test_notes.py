"""Clips of note onsets: what is played, when it is heard, who plays where, and what ships."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from tasks.data.midi import Tone, melody_file
from tasks.data.note_maker import START_SECONDS, heard, start_of
from tasks.data.notes import (
    COUNTS,
    FAMILIES,
    FLUID,
    FONT,
    GUITAR,
    INSTRUMENTS,
    NOTES,
    PROGRAMS,
    RATE,
    SECONDS,
    STRUMS,
    TIMGM,
)
from tasks.data.phrases import LAST, SHORTEST, SPREAD, Event, phrase
from tasks.data.soundfont import preset_recordings
from zoo.cache import cache_folder

TESTS = [split for split in COUNTS if split not in ("train", "val")]


@pytest.mark.parametrize("family", FAMILIES)
def test_phrases_keep_to_the_instrument_and_the_clip(family: str) -> None:
    for seed, instrument in enumerate(FAMILIES[family].values()):
        keys = range(instrument.low, instrument.high + 1)
        events, depth = phrase(np.random.default_rng(seed), instrument, keys, SECONDS)
        assert (events, depth) == phrase(np.random.default_rng(seed), instrument, keys, SECONDS)
        tones = [tone for event in events for tone in event.tones]
        assert all(tone.key in keys and 1 <= tone.velocity <= 127 for tone in tones)
        assert all(tone.time + tone.length < SECONDS for tone in tones)
        starts = np.array([event.tones[0].time for event in events])
        assert np.all(np.diff(starts) >= SHORTEST - 1e-3)
        assert starts[-1] < SECONDS - LAST
        for event in events:
            assert max(t.time for t in event.tones) - event.tones[0].time <= SPREAD + 1e-3
            assert len({tone.key for tone in event.tones}) == len(event.tones) <= 4
            assert instrument.rings or len(event.tones) == 1
        assert instrument.vibrates or depth == 0


def test_a_key_ends_before_it_is_played_again() -> None:
    for seed in range(30):
        instrument = INSTRUMENTS[24]
        events, _ = phrase(np.random.default_rng(seed), instrument, range(40, 60), SECONDS)
        by_key: dict[int, list[Tone]] = {}
        for event in events:
            for tone in event.tones:
                by_key.setdefault(tone.key, []).append(tone)
        for tones in by_key.values():
            for tone, following in itertools.pairwise(tones):
                assert tone.time + tone.length < following.time


def test_phrases_repeat_move_rest_and_ring() -> None:
    rng = np.random.default_rng(1)
    phrases = [phrase(rng, INSTRUMENTS[0], range(30, 97), SECONDS)[0] for _ in range(40)]
    voices = {len(event.tones) for events in phrases for event in events}
    assert voices == {1, 2, 3, 4}
    pairs = [(a, b) for events in phrases for a, b in itertools.pairwise(events)]
    same = [{t.key for t in a.tones} == {t.key for t in b.tones} for a, b in pairs]
    assert 0.15 < np.mean(same) < 0.35
    assert any(a.tones[0].time + a.tones[0].length > b.tones[0].time + 0.5 for a, b in pairs)
    assert max(b.tones[0].time - a.tones[0].time for a, b in pairs) > 1


def test_a_sound_starts_at_a_tenth_of_its_early_peak() -> None:
    ramp = np.zeros(RATE)
    rising = int(START_SECONDS * RATE)
    ramp[1000 : 1000 + rising] = np.linspace(0, 1, rising)
    ramp[1000 + rising :] = 10  # later than what counts
    peak = ramp[: int(START_SECONDS * RATE)].max()
    assert start_of(ramp) == pytest.approx((1000 + 0.1 * peak * rising) / RATE, abs=2e-4)
    assert start_of(np.ones(10)) == 0


def test_a_chord_is_heard_with_its_earliest_tone() -> None:
    event = Event((Tone(1.0, 0.5, 60, 90), Tone(1.01, 0.5, 64, 90)))
    assert heard(event, {60: 0.030, 64: 0.005}) == pytest.approx(1.015)


def test_vibrato_is_a_modulation_wheel() -> None:
    plain = melody_file([Tone(0.5, 0.1, 60, 90)], 40, 1.0)
    wide = melody_file([Tone(0.5, 0.1, 60, 90)], 40, 1.0, [(0.0, 77)])
    assert bytes([0, 0xB0, 1, 77]) in wide
    assert len(wide) == len(plain) + 4


def test_instruments_of_validation_are_others_and_the_tests_font_is_another() -> None:
    assert not set(PROGRAMS["train"]) & set(PROGRAMS["val"])
    assert {FONT[split] for split in ("train", "val")} == {FLUID}
    assert {FONT[split] for split in FONT if split not in ("train", "val")} == {TIMGM}
    for family, instruments in FAMILIES.items():
        assert set(PROGRAMS[family]) <= set(instruments)
        assert set(PROGRAMS["train"]) & set(instruments)
        assert set(PROGRAMS["val"]) & set(instruments)


def test_no_recording_is_heard_in_training_and_in_validation() -> None:
    font = FLUID.path(cache_folder() / "packages")
    if not font.is_file():
        pytest.skip("zoo data build notes fetches the font")

    def heard_in(split: str) -> set[bytes]:
        return {
            recording.samples.tobytes()
            for program in PROGRAMS[split]
            for recording in preset_recordings(
                font, 0, [program], range(INSTRUMENTS[program].low, INSTRUMENTS[program].high + 1), (60, 110)
            )
        }

    train, val = heard_in("train"), heard_in("val")
    assert len(train) > 100
    assert len(val) > 50
    assert not train & val


@pytest.mark.parametrize("split", TESTS)
def test_what_ships_is_whole_without_any_cache(split: str, tmp_path: Path) -> None:
    clips = NOTES.load(split, tmp_path)
    assert len(clips) == COUNTS[split]
    for clip in clips:
        assert clip.rate == RATE
        assert len(clip.samples) == SECONDS * RATE
        assert np.all(np.diff(clip.onsets) >= 0.0299999)
        assert 0 < clip.onsets[0] < clip.onsets[-1] < clip.seconds
        assert clip.teacher is not None
        assert clip.teacher.shape == (len(clip.samples) // 512, 2)
        expected = GUITAR if split == STRUMS else TIMGM
        assert clip.group.startswith(expected.name)
        assert clip.licence == expected.licence


def test_every_licence_is_named_and_the_sets_are_small() -> None:
    root = NOTES.shipped_root
    text = (root / "LICENSES.md").read_text()
    for clips in json.loads((root / "manifest.json").read_text())["sets"].values():
        for clip in clips:
            assert clip["licence"] in text
    assert sum(file.stat().st_size for file in root.rglob("*") if file.is_file()) < 5 << 20
