from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.tiny import drums, tiny_model
from zoo import AudioError, AudioNote
from zoo.audio import click_track, prepare_array, prepare_file, to_int16, write_wav


def tone(rate: int, seconds: float = 0.5) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * 440 / rate * np.arange(int(rate * seconds)))


def test_floats_round_half_to_even_and_clip() -> None:
    x = np.array([0.5, 1.5, 2.5, -0.5, -1.5, 32_767, 40_000, -40_000]) / 32_768
    assert to_int16(x).tolist() == [0, 2, 2, 0, -2, 32_767, 32_767, -32_768]


def test_int16_survives_the_way_through_float() -> None:
    samples = np.arange(-32_768, 32_768).astype(np.int16)
    assert np.array_equal(to_int16(samples / 32_768), samples)


def test_16_bit_mono_files_pass_unchanged(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).integers(-32_768, 32_768, 5_000).astype(np.int16)
    for name in ("a.wav", "a.flac"):
        soundfile.write(tmp_path / name, samples, 44_100, subtype="PCM_16")
        found, notes = prepare_file(tmp_path / name, 44_100)
        assert np.array_equal(found, samples)
        assert notes == ()


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg"])
def test_formats_are_read(tmp_path: Path, name: str) -> None:
    soundfile.write(tmp_path / name, tone(44_100), 44_100)
    found, _ = prepare_file(tmp_path / name, 44_100)
    assert np.abs(found / 32_768 - tone(44_100)[: len(found)]).max() < 0.02


def test_float_and_24_bit_files_are_rounded_as_arrays_are(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "f.wav", tone(44_100), 44_100, subtype="FLOAT")
    found, _ = prepare_file(tmp_path / "f.wav", 44_100)
    assert np.array_equal(found, to_int16(tone(44_100).astype(np.float32)))
    soundfile.write(tmp_path / "i.wav", tone(44_100), 44_100, subtype="PCM_24")
    found24, _ = prepare_file(tmp_path / "i.wav", 44_100)
    assert np.abs(found24.astype(int) - found).max() <= 1


def test_channels_are_averaged_with_a_note(tmp_path: Path) -> None:
    left, right = drums(0.5, 1), drums(0.5, 2)
    soundfile.write(tmp_path / "st.wav", np.stack([left, right], axis=1), 44_100)
    with pytest.warns(AudioNote, match="2 channels mixed down to one"):
        found, notes = prepare_file(tmp_path / "st.wav", 44_100)
    assert np.array_equal(found, np.rint((left.astype(float) + right) / 2))
    assert len(notes) == 1


@pytest.mark.parametrize("rate", [8_000, 12_345, 22_050, 44_099, 48_000, 96_000, 192_000])
def test_every_rate_is_resampled_with_a_note(tmp_path: Path, rate: int) -> None:
    soundfile.write(tmp_path / "r.wav", tone(rate), rate)
    with pytest.warns(AudioNote, match=f"resampled from {rate} Hz to 44100 Hz"):
        found, _ = prepare_file(tmp_path / "r.wav", 44_100)
    inner = slice(2_000, 20_000)  # away from the edges
    assert abs(len(found) - 22_050) <= 6
    assert np.abs(found[inner] / 32_768 - tone(44_100)[inner]).max() < 0.01


def test_clipping_is_noted() -> None:
    with pytest.warns(AudioNote, match="2 samples beyond -1 to 1 clipped"):
        found, _ = prepare_array(np.array([1.5, 0.0, -3.0]), 44_100, 44_100)
    assert found.tolist() == [32_767, 0, -32_768]


def test_silence_is_fine(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "s.wav", np.zeros(44_100, np.int16), 44_100)
    result = tiny_model()(tmp_path / "s.wav")
    assert len(result.scores) == 344
    assert len(set(result.scores[40:].tolist())) == 1


@pytest.mark.parametrize(
    ("samples", "rate", "message"),
    [
        (np.zeros(0, np.int16), 44_100, "expected samples, found none"),
        (np.array([0.0, np.nan]), 44_100, "NaN or Inf"),
        (np.array([0.0, np.inf], np.float32), 44_100, "NaN or Inf"),
        (np.zeros(9, np.int32), 44_100, "expected int16 or float samples, found int32"),
        (np.zeros(9, complex), 44_100, "expected int16 or float samples, found complex128"),
        (np.zeros((2, 3, 4)), 44_100, r"expected shape \(n,\) or \(batch, n\), found \(2, 3, 4\)"),
        (np.zeros((), np.int16), 44_100, r"expected shape \(n,\)"),
        (np.zeros(9, np.int16), 0, "sample rate: expected 1000 to 768000 Hz, found 0"),
        (np.zeros(9, np.int16), -44_100, "sample rate: expected 1000 to 768000 Hz, found -44100"),
        (np.zeros(9, np.int16), 10_000_000, "sample rate: expected 1000 to 768000 Hz, found 10000000"),
    ],
)
def test_wrong_arrays_are_refused(samples: np.ndarray, rate: int, message: str) -> None:
    with pytest.raises(AudioError, match=message):
        tiny_model()(samples, rate)


def damaged(folder: Path, name: str) -> Path:
    path = folder / f"{name}.wav"
    if name == "text":
        path.write_text("this is no recording")
    elif name == "zero bytes":
        path.write_bytes(b"")
    elif name == "header only":
        soundfile.write(path, np.zeros(0, np.int16), 44_100)
    elif name == "nan":
        soundfile.write(path, np.array([0.0, np.nan, 0.5]), 44_100, subtype="FLOAT")
    elif name == "folder":
        path.mkdir()
    elif name == "low rate":
        soundfile.write(path, np.zeros(100, np.int16), 10)
    elif name == "cut header":
        soundfile.write(path, np.zeros(100, np.int16), 44_100)
        path.write_bytes(path.read_bytes()[:30])
    return path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing", "no such file"),
        ("folder", "a folder, not a file"),
        ("text", "cannot read audio"),
        ("zero bytes", "cannot read audio"),
        ("cut header", "cannot read audio|0 samples"),
        ("header only", "expected audio, found 0 samples"),
        ("nan", "NaN or Inf"),
        ("low rate", "sample rate: expected 1000 to 768000 Hz, found 10"),
    ],
)
def test_wrong_files_get_one_clear_message(tmp_path: Path, name: str, message: str) -> None:
    path = damaged(tmp_path, name)
    with pytest.raises(AudioError, match=message) as refused:
        tiny_model()(path)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_cut_recording_still_gives_what_it_holds(tmp_path: Path) -> None:
    samples = drums(1.0)
    soundfile.write(tmp_path / "cut.wav", samples, 44_100)
    data = (tmp_path / "cut.wav").read_bytes()
    (tmp_path / "cut.wav").write_bytes(data[: len(data) // 2])
    found, _ = prepare_file(tmp_path / "cut.wav", 44_100)
    assert np.array_equal(found, samples[: len(found)])
    assert len(found) > 20_000


def test_click_track_adds_a_click_at_each_time(tmp_path: Path) -> None:
    silent = np.zeros(44_100, np.int16)
    clicks = click_track(silent, 44_100, np.array([0.25, 0.999]))
    assert np.abs(clicks[: 44_100 // 4]).max() == 0
    assert np.abs(clicks[11_025:11_100]).max() > 10_000
    assert np.abs(clicks[44_060:44_200]).max() > 5_000  # the last click rings past the end
    write_wav(tmp_path / "c.wav", clicks, 44_100)
    again, rate = soundfile.read(tmp_path / "c.wav", dtype="int16")
    assert rate == 44_100
    assert np.array_equal(again, clicks)
