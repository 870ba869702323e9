"""Teaching from end to end: a model folder like any other, takes from a microphone, clean refusals."""

import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import zoo
from tasks.teach.command import teach_command
from tasks.teach.record import record_takes
from tests.tasks.teach.voices import KINDS, folder_of, sound
from zoo.cli import run_command
from zoo.errors import MissingExtraError, ZooError
from zoo.folder import load_folder

RATE = 44_100


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("teach")
    out = root / "new folder" / "mïne"  # the folder is made, and the id has no accents
    assert teach_command(folder_of(root / "sounds"), out, licence="CC0-1.0") == 0
    return out


@pytest.mark.slow
def test_a_folder_becomes_a_model_that_names_sounds_it_never_heard(taught: Path) -> None:
    model = load_folder(taught)
    assert model.id == "local/mine"
    assert model.config.classes == KINDS
    assert model.config.licence == "CC0-1.0"
    for kind in KINDS:
        heard = model((sound(kind, 99, RATE) * 32_767).astype(np.int16))
        assert heard.names[int(heard.counts.sum(axis=0).argmax())] == kind


@pytest.mark.slow
def test_the_held_out_estimate_is_kept(taught: Path) -> None:
    kept = json.loads((taught / "training.json").read_text())
    assert kept["examples"] == dict.fromkeys(KINDS, 8)
    held_out = kept["held_out"]
    assert held_out["held_out_by"] == "recording"
    assert np.sum(held_out["confusion"]) == held_out["examples"] == 24
    assert np.trace(held_out["confusion"]) == held_out["right"] >= 20


@pytest.mark.slow
def test_it_exports_and_gives_the_same_bits_in_c(taught: Path) -> None:
    from bench.targets import TARGETS

    model, clip = zoo.load(taught), (sound("hiss", 7, RATE) * 32_767).astype(np.int16)
    (found,) = TARGETS["host"]().run(model, [clip])
    np.testing.assert_array_equal(found.values, model.predict(clip).values)


@pytest.mark.slow
def test_names_of_classes_are_what_run_prints(
    taught: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import soundfile

    soundfile.write(tmp_path / "buzz.wav", sound("buzz", 50, RATE), RATE)
    assert run_command(["run", str(taught), str(tmp_path / "buzz.wav")]) == 0
    answers = [line.split("\t")[1] for line in capsys.readouterr().out.splitlines()]
    assert max(KINDS, key=answers.count) == "buzz"


def test_a_refusal_leaves_nothing_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sounds").mkdir()
    out = tmp_path / "model"
    assert run_command(["teach", str(tmp_path / "sounds"), "-o", str(out)]) == 1
    assert capsys.readouterr().err.startswith("Error: ")
    out.mkdir()
    assert run_command(["teach", str(tmp_path / "sounds"), "-o", str(out)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert list(out.iterdir()) == []


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tasks.teach.learn as learn

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(learn, "teach", stop)
    folder_of(tmp_path / "sounds", count=2)
    assert run_command(["teach", str(tmp_path / "sounds"), "-o", str(tmp_path / "model")]) == 130
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sounds"]


class FakeStream:
    """A microphone that hears one kind of sound over and over."""

    def __init__(self, samplerate: int, channels: int, dtype: str) -> None:
        assert (channels, dtype) == (1, "int16")
        self.at, self.rate = 0, samplerate

    def __enter__(self) -> "FakeStream":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def read(self, frames: int) -> tuple[np.ndarray, bool]:
        if self.rate == 1:
            raise FakeError("no input device")
        heard = np.resize((sound("hiss", 3, self.rate) * 32_767).astype(np.int16), self.at + frames)
        block = heard[self.at :, None]
        self.at += frames
        return block, self.at == frames


class FakeError(Exception):
    pass


@pytest.fixture
def microphone(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    fake = ModuleType("sounddevice")
    fake.InputStream, fake.PortAudioError = FakeStream, FakeError  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    return fake


def test_takes_become_recordings_in_the_folder(tmp_path: Path, microphone: ModuleType) -> None:
    import soundfile

    asked: list[str] = []
    said: list[str] = []
    for number in (1, 2):
        (path,) = record_takes(tmp_path, ["hiss"], 1.5, RATE, asked.append, said.append)
        assert path == tmp_path / "hiss" / f"take-{number}.wav"
    samples, rate = soundfile.read(path, dtype="int16")
    assert (rate, len(samples)) == (RATE, int(1.5 * RATE))
    np.testing.assert_array_equal(samples[:500], (sound("hiss", 3, RATE) * 32_767).astype(np.int16)[:500])
    assert asked[0].startswith("hiss: press Enter")
    assert any("lost some samples" in line for line in said)


def test_what_is_wrong_with_a_microphone_is_said(
    tmp_path: Path, microphone: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def record(name: str = "hiss", rate: int = RATE) -> None:
        record_takes(tmp_path, [name], 1.0, rate, lambda line: None, lambda line: None)

    with pytest.raises(ZooError, match="no input device"):
        record(rate=1)
    with pytest.raises(ZooError, match="expected the name of a class"):
        record("../up")
    monkeypatch.setattr(FakeStream, "read", lambda self, n: (np.zeros((n, 1), np.int16), False))
    with pytest.raises(ZooError, match="nothing was heard"):
        record()
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(MissingExtraError, match=r"difflogic-zoo\[record\]"):
        record()
    assert list(tmp_path.iterdir()) == []


def test_the_command_records_first_and_shows_the_level(
    tmp_path: Path,
    microphone: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("builtins.input", lambda: "")
    command = ["teach", str(tmp_path / "sounds"), "-o", str(tmp_path / "model"), "--seconds", "1"]
    assert run_command([*command, "--record", "hiss"]) == 1  # one class is not enough, but the take stays
    said = capsys.readouterr().err
    assert "hiss: press Enter" in said
    assert "found one, hiss" in said
    assert [path.name for path in (tmp_path / "sounds" / "hiss").iterdir()] == ["take-1.wav"]

    def nobody() -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    assert run_command([*command, "--record", "hiss"]) == 1
    assert "nobody is there to press Enter" in capsys.readouterr().err
