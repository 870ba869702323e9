"""Pitch clips: melodies, their labels, instruments in one split, and the MIDI that renders them."""

import numpy as np

from tasks.data.midi import Tone, melody_file
from tasks.data.pitch import COUNTS, FONT, MELODY, NAMES, PITCH, PROGRAMS, RATE, SILENCE, STEP
from tasks.data.pitch_maker import SETTLED, _labels, draw_melody


def test_tones_follow_each_other_and_stay_in_the_clip() -> None:
    for seed in range(20):
        tones = draw_melody(np.random.default_rng(seed), MELODY)
        assert tones == draw_melody(np.random.default_rng(seed), MELODY)
        assert all(MELODY.keys[0] <= tone.key <= MELODY.keys[1] for tone in tones)
        ends = [tone.time + tone.length for tone in tones]
        assert ends[-1] <= MELODY.seconds - 0.39
        assert all(tone.time >= end - 1e-9 for tone, end in zip(tones[1:], ends, strict=False))


def test_labels_are_held_tones_and_silence() -> None:
    sound = np.zeros(2 * RATE)
    t = np.arange(RATE // 2) / RATE
    sound[RATE // 2 : RATE] = np.sin(2 * np.pi * 440 * t)
    labels = _labels(sound, [Tone(0.5, 0.4, 69, 100)])
    ends = (np.arange(len(labels)) + 1) * STEP / RATE
    assert set(labels[(ends > 0.5 + SETTLED) & (ends <= 0.9)].tolist()) == {9}
    assert set(labels[(ends > 0.91) & (ends < 0.99)].tolist()) == {-1}  # released, still sounding
    assert set(labels[(ends > 0.52) & (ends < 0.5 + SETTLED)].tolist()) == {-1}
    assert set(labels[(ends < 0.49) | (ends > 1.02)].tolist()) == {SILENCE}
    assert NAMES[9] == "A"


def test_instruments_of_validation_are_in_no_other_split() -> None:
    train, val, test = (set(PROGRAMS[split]) for split in ("train", "val", "test"))
    assert not train & val
    assert not test & val
    assert len(test - train) == 12
    assert FONT["train"] is FONT["val"]
    assert FONT["test"] is not FONT["train"]


def test_a_melody_is_a_standard_midi_file() -> None:
    midi = melody_file([Tone(0.0, 0.5, 60, 100), Tone(0.5, 0.1, 64, 90)], 40, 1.0)
    assert midi[:4] == b"MThd"
    assert midi[14:18] == b"MTrk"
    assert int.from_bytes(midi[18:22], "big") == len(midi) - 22
    assert midi[22:25] == bytes([0, 0xC0, 40])
    # The first tone ends before the second begins, at the same tick: 1,000 ticks are half a second.
    assert midi[25:].startswith(bytes([0, 0x90, 60, 100, 0x87, 0x68, 0x80, 60, 0, 0, 0x90, 64, 90]))


def test_the_shipped_set_plays_every_instrument() -> None:
    clips = PITCH.load("test")
    assert len(clips) == COUNTS["test"]
    assert {clip.group for clip in clips} == {f"TimGM6mb-{program}" for program in PROGRAMS["test"]}
    labels = np.concatenate([clip.labels for clip in clips if clip.labels is not None])
    assert set(labels.tolist()) == {-1, *range(13)}
