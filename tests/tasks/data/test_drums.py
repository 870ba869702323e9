"""Drum kits, the sound font reader and the drum clips: labels by hand, no author in two splits."""

import struct
from pathlib import Path

import numpy as np
import pytest

from tasks.data.drum_kits import CLASSES, HAT, KICK, KITS, SNARE, TOM, kits_of
from tasks.data.drum_maker import drawn, listed
from tasks.data.drums import DRAWN, DRUMS, LISTED
from tasks.data.soundfont import drum_recordings, preset_recordings
from zoo.errors import AudioError


@pytest.mark.parametrize(
    ("kit", "name", "kind"),
    [
        ("GMRockKit", "SnareRimshot-Hard.wav", "snare"),
        ("GMRockKit", "SideStick-Hard.wav", None),
        ("The Black Pearl 1.0", "PaisteBell-Med.wav", "cymbal"),
        ("BJA_Pacific", "HH3_01.aiff", "hi-hat"),
        ("BJA_Pacific", "SN3_01.aiff", None),  # rolls
        ("samples", "drum_cymbal_closed.flac", "hi-hat"),
        ("samples", "drum_cymbal_hard.flac", "cymbal"),
        ("drums", "snare_rim01.ogg", None),
        ("HardElectro1", "FX_Chh_01.flac", "hi-hat"),
        ("Millo_MultiLayered3", "t2_03.flac", "tom"),
    ],
)
def test_names_make_classes(kit: str, name: str, kind: str | None) -> None:
    found = next(one for one in KITS if one.folder == kit).class_of(name)
    assert (None if found is None else CLASSES[found]) == kind


def test_a_group_lies_in_one_split() -> None:
    splits: dict[str, set[str]] = {}
    for kit in KITS:
        splits.setdefault(kit.group, set()).add(kit.split)
    assert all(len(found) == 1 for found in splits.values())
    assert {kit.split for kit in KITS} == {"train", "val", "test"}


def test_the_shipped_set_is_what_the_maker_lists() -> None:
    clips = DRUMS.load("test")
    assert {clip.group for clip in clips} == {kit.name for kit in kits_of("test")}
    for clip in clips:
        assert clip.labels is not None
        assert len(clip.labels) == len(clip.onsets) > 0
        assert set(clip.labels.tolist()) <= set(range(len(CLASSES)))
        assert np.diff(clip.onsets).min(initial=1) >= LISTED["test"].apart[0] - 1e-3
        assert clip.onsets[0] > 0.25
        assert clip.seconds - clip.onsets[-1] > 0.25


def test_hits_are_drawn_and_listed() -> None:
    kinds = np.array([0] * 30 + [1] * 2, np.int16)
    plan = drawn(np.random.default_rng(1), DRAWN["train"], kinds)
    assert plan == drawn(np.random.default_rng(1), DRAWN["train"], kinds)
    at = np.array([strike.at for strike in plan])
    assert np.diff(at).min() >= 0.06 * 44_100 - 1
    rare = np.mean([kinds[strike.shot] for strike in plan])
    assert 0.2 < rare < 0.8, "classes alike, not one-shots"
    order = np.array([3, 1, 2])
    found, length = listed(np.random.default_rng(1), LISTED["test"], order)
    assert [strike.shot for strike in found] == order.tolist()
    assert length > found[-1].at + 0.29 * 44_100


def chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def tiny_font() -> bytes:
    """Two recordings: one for keys 35 to 36, one for 38 that is rooted an octave higher; a melodic preset."""
    pcm = np.arange(40, dtype="<i2").tobytes()

    def gens(*pairs: tuple[int, int]) -> bytes:
        return b"".join(struct.pack("<HH", *pair) for pair in pairs)

    head = "<20sHHH12x"
    tables = {
        b"phdr": struct.pack(head, b"Piano", 0, 0, 0) + struct.pack(head, b"Kit", 0, 128, 1)
        + struct.pack(head, b"EOP", 0, 0, 2),
        b"pbag": struct.pack("<HHHHHH", 0, 0, 1, 0, 2, 0),
        b"pgen": gens((41, 0), (41, 0), (0, 0)),
        b"inst": struct.pack("<20sH", b"Drums", 0) + struct.pack("<20sH", b"EOI", 3),
        b"ibag": struct.pack("<HHHHHHHH", 0, 0, 1, 0, 4, 0, 7, 0),
        b"igen": gens(
            *((56, 100), (43, 36 << 8 | 35), (58, 35), (53, 0)),
            *((43, 38 << 8 | 38), (58, 50), (53, 1)),
        ),
        b"shdr": b"".join(
            struct.pack("<20sIIIIIBbHH", name, start, end, 0, 0, 44_100, 60, 0, 0, 1)
            for name, start, end in ((b"boom", 0, 10), (b"clack", 10, 40), (b"EOS", 0, 0))
        ),
    }  # fmt: skip
    lists = chunk(b"LIST", b"sdta" + chunk(b"smpl", pcm))
    lists += chunk(b"LIST", b"pdta" + b"".join(chunk(name, table) for name, table in tables.items()))
    return chunk(b"RIFF", b"sfbk" + lists)


def test_a_sound_font_gives_each_recording_once_at_its_keys_pitch(tmp_path: Path) -> None:
    path = tmp_path / "tiny.sf2"
    path.write_bytes(tiny_font())
    boom, clack = drum_recordings(path, {35: KICK, 36: KICK, 38: SNARE, 42: HAT, 41: TOM}, (60, 120))
    assert (boom.name, boom.kit, boom.key, boom.rate, len(boom.samples)) == ("boom", "Kit", 35, 44_100, 10)
    assert (clack.name, clack.key, clack.rate) == ("clack", 38, 22_050)
    assert clack.samples[0] == 10 / 32_768


def test_other_presets_of_a_font_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "tiny.sf2"
    path.write_bytes(tiny_font())
    (boom,) = preset_recordings(path, 0, (0,), [35, 60], (90,))
    assert (boom.name, boom.kit) == ("boom", "Piano")
    assert preset_recordings(path, 0, (1,), [35], (90,)) == []


def test_what_is_no_sound_font_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tiny.sf2"
    path.write_bytes(b"RIFF" + b"\0" * 100)
    with pytest.raises(AudioError, match="cannot read this sound font"):
        drum_recordings(path, {35: KICK}, (60,))
