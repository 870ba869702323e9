from pathlib import Path

import numpy as np
import pytest

from tasks.data import render
from tasks.data.midi import Note, drum_file, quantised
from tasks.data.mixing import Recipe
from tasks.data.render import FONTS, KEYS, RATE, SPACING, measure_kit, rendered_clip
from tests.tasks.data.kits import hit
from zoo.errors import ZooError


def parse(data: bytes) -> list[tuple[int, bytes]]:
    """Ticks and messages of a one-track file with three-byte notes and two-byte program changes."""
    assert data[:14] == b"MThd\0\0\0\6\0\0\0\1" + (1000).to_bytes(2, "big")
    assert int.from_bytes(data[18:22], "big") == len(data) - 22
    found, at, position = [], 0, 22
    while position < len(data):
        delta = 0
        while True:
            byte = data[position]
            position += 1
            delta = delta << 7 | byte & 0x7F
            if byte < 0x80:
                break
        at += delta
        length = 2 if data[position] >> 4 == 0xC else 3
        found.append((at, data[position : position + length]))
        position += length
    return found


def test_a_midi_file_holds_the_notes_at_their_times() -> None:
    events = parse(drum_file([Note(0.5, 36, 100), Note(12.3456, 42, 1)], program=25, seconds=20))
    assert events[0] == (0, bytes([0xC9, 25]))
    on = [(at, tuple(message[1:])) for at, message in events if message[0] == 0x99]
    assert on == [(1000, (36, 100)), (24_691, (42, 1))]
    assert events[-1] == (40_000, b"\xff\x2f\x00")
    assert quantised(12.3456) == 24_691 / 2000


@pytest.fixture
def synthesiser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of fluidsynth: key k is hit number k, three milliseconds late; key 40 is silent."""

    def play(font: Path, midi: bytes) -> np.ndarray:
        events = parse(midi)
        out = np.zeros(round(events[-1][0] / 2000 * RATE) + RATE)
        for at, message in events:
            if message[0] == 0x99 and message[1] != 40:
                sound = hit(message[1], lead=0) * (message[2] / 127) ** 2
                start = round((at / 2000 + 0.003) * RATE)
                out[start : start + len(sound)] += sound
        return out

    monkeypatch.setattr(render, "render", play)


def test_latency_is_measured_key_by_key(synthesiser: None) -> None:
    keys = measure_kit(Path("font"), 0)
    assert {key.number for key in keys} == set(KEYS) - {40}
    assert [key.latency for key in keys] == pytest.approx([0.003] * len(keys), abs=0.0001)
    assert SPACING > 1


def test_labels_are_where_the_rendered_sound_starts(synthesiser: None) -> None:
    recipe = Recipe(1, 4.0, -12.0, (-3.0, -1.0), augment=False)
    keys = measure_kit(Path("font"), 0)
    clips = [
        rendered_clip(np.random.default_rng(1), "a", FONTS[0], Path("font"), 0, keys, recipe)
        for _ in range(2)
    ]
    assert clips[0].digest() == clips[1].digest()
    assert clips[0].licence == "MIT"
    first = int(np.argmax(np.abs(clips[0].samples) > 300)) / RATE
    assert first == pytest.approx(clips[0].onsets[0], abs=0.002)


def test_without_fluidsynth_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ZooError, match="apt install fluidsynth"):
        render.render(Path("font.sf2"), b"")
    (tmp_path / "fluidsynth").write_text("#!/bin/sh\necho no such font >&2; exit 1\n")
    (tmp_path / "fluidsynth").chmod(0o755)
    with pytest.raises(ZooError, match=r"failed on font\.sf2: no such font"):
        render.render(Path("font.sf2"), b"")
