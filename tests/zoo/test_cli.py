"""The command line through its real entry point, in a process of its own wherever that matters."""

import csv
import io
import json
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import soundfile

import zoo
from tests.signals import listen_to_ctrl_c
from tests.tiny import MAKERS, drums
from zoo.cli import run_command


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one model of each kind and some recordings."""
    root = tmp_path_factory.mktemp("home")
    for name, maker in MAKERS.items():
        zoo.save(maker(0), root / name)
    soundfile.write(root / "loop.wav", drums(1.0), 44_100)
    soundfile.write(root / "stereo.flac", np.stack([drums(0.5, 1, 22_050)] * 2, axis=1), 22_050)
    (root / "text.wav").write_text("no audio")
    return root


@pytest.fixture
def zoo_in(home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    """Run a command line in that folder: (exit code, stdout, stderr)."""
    monkeypatch.chdir(home)
    monkeypatch.setenv("NO_COLOR", "1")

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run_command(list(arguments))
        out, err = capfd.readouterr()
        return code, out, err

    return call


def process(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The installed `zoo`, beside the interpreter."""
    command = [str(Path(sys.executable).with_name("zoo")), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=home)


def onsets(home: Path) -> zoo.Onsets:
    return zoo.load(home / "tiny")(home / "loop.wav")


def test_run_prints_onset_times(home: Path) -> None:
    done = process(home, "run", "tiny", "loop.wav")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == [f"{t:.6f}" for t in onsets(home).times]
    assert len(done.stdout.split()) > 5


def test_run_writes_csv(home: Path, zoo_in, tmp_path: Path) -> None:
    code, out, _ = zoo_in("run", "tiny", "loop.wav", "--format", "csv", "-o", str(tmp_path / "a.csv"))
    assert (code, out) == (0, "")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text())))
    assert [int(row["frame"]) for row in rows] == onsets(home).frames.tolist()
    assert [int(row["score"]) for row in rows] == onsets(home).scores[onsets(home).frames].tolist()


def test_run_writes_json(home: Path, zoo_in) -> None:
    code, out, _ = zoo_in("run", "tiny", "loop.wav", "-f", "json")
    found = json.loads(out)
    assert code == 0
    assert [hit["time"] for hit in found["onsets"]] == onsets(home).times.tolist()
    assert (found["model"], found["rate"], found["hop"]) == ("test/tiny", 44_100, 128)


def test_run_notes_what_it_did_to_the_audio(zoo_in) -> None:
    code, out, err = zoo_in("run", "tiny", "stereo.flac", "-f", "json")
    assert code == 0
    assert json.loads(out)["notes"] == [line.removeprefix("Note: ") for line in err.splitlines()]
    assert "2 channels mixed down to one" in err
    assert "resampled from 22050 Hz to 44100 Hz" in err


def test_run_writes_a_click_track(home: Path, zoo_in, tmp_path: Path) -> None:
    code, _, _ = zoo_in("run", "tiny", "loop.wav", "--click", str(tmp_path / "c.wav"))
    audio, rate = soundfile.read(tmp_path / "c.wav", dtype="int16")
    assert (code, rate) == (0, 44_100)
    first = round(onsets(home).times[0] * 44_100)
    assert np.array_equal(audio[:first], np.rint(drums(1.0)[:first] * 0.5))
    assert not np.array_equal(audio[first : first + 100], np.rint(drums(1.0)[first : first + 100] * 0.5))


@pytest.mark.parametrize("name", MAKERS)
def test_run_draws_every_kind_of_answer(zoo_in, tmp_path: Path, name: str) -> None:
    code, out, _ = zoo_in("run", name, "loop.wav", "--plot", str(tmp_path / "p.png"))
    assert code == 0
    assert out
    import matplotlib.image

    picture = matplotlib.image.imread(tmp_path / "p.png")
    assert picture.shape[:2] == (550, 1320)
    assert len(np.unique(picture.reshape(-1, picture.shape[2]), axis=0)) > 50


def test_run_writes_the_audio_of_a_model_that_makes_audio(home: Path, zoo_in, tmp_path: Path) -> None:
    code, _, _ = zoo_in("run", "counter", "loop.wav", "--wav", str(tmp_path / "o.wav"))
    audio, rate = soundfile.read(tmp_path / "o.wav", dtype="int16")
    assert (code, rate) == (0, 8_000)
    assert np.array_equal(audio, zoo.load(home / "counter").predict(np.zeros(8_000, np.int16)).values[:, 0])


def test_run_writes_the_form_that_the_name_of_the_file_says(zoo_in, tmp_path: Path) -> None:
    for ending in ("csv", "json", "txt"):
        assert zoo_in("run", "tiny", "loop.wav", "-o", str(tmp_path / f"a.{ending}"))[0] == 0
    assert (tmp_path / "a.csv").read_text().startswith("time,frame,score\n")
    assert json.loads((tmp_path / "a.json").read_text())["model"] == "test/tiny"
    assert float((tmp_path / "a.txt").read_text().split()[0]) > 0


def test_a_recording_for_a_model_that_hears_nothing_is_its_length_and_no_more(zoo_in, tmp_path: Path) -> None:
    _, _, err = zoo_in("run", "counter", "loop.wav", "-o", str(tmp_path / "o.wav"))
    assert err == "Note: test/counter hears nothing: loop.wav only says how long it plays\n"


def test_numbers_of_a_sound_do_not_flood_a_terminal(zoo_in, monkeypatch: pytest.MonkeyPatch) -> None:
    assert zoo_in("run", "counter", "--seconds", "0.001")[1].count("\n") == 8  # a pipe has them
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    code, out, err = zoo_in("run", "counter", "--seconds", "0.001")
    assert (code, out) == (2, "")
    assert "makes sound" in err
    assert zoo_in("run", "counter", "--seconds", "0.001", "-f", "text")[1].count("\n") == 8


@pytest.mark.parametrize("option", ["--out", "--click", "--plot"])
def test_the_recording_is_never_written_over(home: Path, zoo_in, option: str) -> None:
    before = (home / "loop.wav").read_bytes()
    model = "pcm" if option == "--out" else "tiny"
    code, _, err = zoo_in("run", model, "loop.wav", option, "./loop.wav")
    assert (code, "this is the recording" in err) == (1, True)
    assert (home / "loop.wav").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "tiny", "nowhere.wav"], "Error: nowhere.wav: no such file"),
        (["run", "tiny", "."], "Error: .: a folder, not a file"),
        (["run", "pcm", "loop.wav", "-o", "x.mp3"], "Error: x.mp3: sound is written as .wav"),
        (["run", "tiny", "text.wav"], "Error: text.wav: cannot read audio"),
        (["run", "tinny", "loop.wav"], "Error: tinny: no bundled model has this id"),
        (["run", "tiny", "loop.wav", "-o", "nowhere/x.csv"], "no such folder"),
        (["run", "tiny", "loop.wav", "--wav", "x.wav"], "--wav needs a model that makes audio"),
        (["run", "pcm", "loop.wav", "--click", "x.wav"], "--click needs a model that finds onsets"),
        (["show", "nothing"], "Error: nothing: no bundled model"),
        (["show", "."], "expected a file manifest.json"),
    ],
)
def test_refusals_are_one_line_and_exit_1(zoo_in, arguments: list[str], message: str) -> None:
    code, out, err = zoo_in(*arguments)
    assert (code, out) == (1, "")
    assert message in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "tiny"],
        ["nonsense"],
        ["run", "tiny", "loop.wav", "-f", "xml"],
        ["run", "tiny", "loop.wav", "--seconds", "1"],
        ["verify"],
    ],
)
def test_wrong_usage_exits_2(zoo_in, arguments: list[str]) -> None:
    code, out, err = zoo_in(*arguments)
    assert (code, out) == (2, "")
    assert "Usage: zoo" in err


def test_a_refusal_leaves_no_half_written_file(home: Path, zoo_in) -> None:
    before = sorted(home.iterdir())
    zoo_in("run", "tiny", "text.wav", "-o", "x.txt", "--plot", "x.png")
    assert sorted(home.iterdir()) == before


def test_show(home: Path, zoo_in) -> None:
    code, out, _ = zoo_in("show", "tiny")
    model = zoo.load(home / "tiny")
    assert code == 0
    for text in ("test/tiny: Random gates", "128 gates", "2 levels", "CC0-1.0", model.circuit.digest()[:30]):
        assert text in out
    assert zoo_in("show", "tiny", "--json")[1] == model.config.to_json()
    assert zoo_in("show", "tiny", "--card")[1] == (home / "tiny" / "README.md").read_text()


def test_version(zoo_in) -> None:
    said = version("difflogic-zoo") + "\n"
    assert zoo_in("--version") == (0, said, "")
    assert subprocess.check_output([sys.executable, "-m", "zoo", "--version"], text=True) == said


def test_list(zoo_in, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")  # ids are whole however narrow the terminal is
    code, out, _ = zoo_in("list", "--json")
    assert code == 0
    assert [row["id"] for row in json.loads(out)] == zoo.list_models()
    _, text, _ = zoo_in("list")
    assert all(id in text for id in zoo.list_models())
    assert "onset" in zoo_in("list", "nothing-*")[1]
    assert zoo_in("list", "onset-gat", "--json") == zoo_in("list", "*onset-gat*", "--json")


COMMANDS = ["list", "show", "run", "eval", "verify", "train", "export", "bench", "data"]


def test_help_names_every_command(zoo_in) -> None:
    code, out, _ = zoo_in("--help")
    assert code == 0
    assert all(f" {command} " in out for command in COMMANDS)


@pytest.mark.parametrize("command", [[c] for c in COMMANDS] + [["data", "build"]], ids=" ".join)
def test_every_command_has_help(zoo_in, command: list[str]) -> None:
    code, out, _ = zoo_in(*command, "--help")
    assert code == 0
    assert f"Usage: zoo {' '.join(command)}" in out


@pytest.mark.parametrize(
    ("package", "extra", "arguments"),
    [
        ("torch", "train", ["train", "onset", "-o", "run"]),
        ("matplotlib", "plot", ["run", "tiny", "loop.wav", "--plot", "p.png"]),
        ("markdown_it", "server", ["hub", "serve", "hub", "--port", "0"]),
        ("yaml", "hub", ["push", "tiny", "me/tiny", "--dry-run"]),
        ("cryptography", "hub", ["keys", "new"]),
    ],
)
def test_a_missing_extra_is_named(home: Path, package: str, extra: str, arguments: list[str]) -> None:
    block = f"import sys; sys.modules[{package!r}] = None; from zoo.cli import main; main({arguments!r})"
    done = subprocess.run([sys.executable, "-c", block], capture_output=True, text=True, cwd=home)
    assert done.returncode == 2, done.stderr
    assert f"pip install 'difflogic-zoo[{extra}]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_ctrl_c_is_one_line_and_130(home: Path) -> None:
    soundfile.write(home / "long.wav", np.zeros(8_000 * 600, np.int16), 8_000)
    arguments = ["run", "register", "long.wav", "-o", "x.txt"]
    code = f"from zoo.cli import main; print('ready', flush=True); main({arguments})"
    running = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=home,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=listen_to_ctrl_c,
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"
    time.sleep(0.3)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=30)
    assert (running.returncode, err.strip()) == (130, "Interrupted.")
    assert not (home / "x.txt").exists()
