"""`zoo verify`: the digests of a sound model agree, and a planted fault is seen and placed."""

import importlib.util
import itertools
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import zoo
from bench import clips as clip_choice
from bench import verify_command as command
from bench.clips import first_seconds, samples_of
from bench.targets.host import Host
from bench.targets.port import sources
from bench.verify import first_difference, first_stage_difference, verify
from bench.verify_command import verify_command
from exporters.asm import flat_frame
from exporters.c import gates_flat, lane_program
from exporters.c import stream as stream_code
from tasks.data.clip import Clip
from tests.tiny import delay_model, flat_model, raw_model, tiny_model
from zoo.errors import ZooError
from zoo.folder import amend_folder
from zoo.golden import make_golden
from zoo.index import Entry, bundle, entries
from zoo.model import Model
from zoo.results import Trace

Said = Callable[[], str]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Said:
    """Everything printed, in one line of single spaces, whatever the terminal's width."""
    monkeypatch.setenv("COLUMNS", "400")
    return lambda: " ".join(capsys.readouterr().out.split())


def saved(model: Model, folder: Path) -> Path:
    return zoo.save(model, folder / "saved")


def test_a_sound_model_passes(tmp_path: Path, said: Said) -> None:
    assert verify_command(saved(tiny_model(), tmp_path)) == 0
    text = said()
    emulated = (
        "C on cortex-a8 (emulated)",
        "C on cortex-a53 (emulated)",
        "assembly on pru (emulated)",
    )
    for row in ("manifest.json", "PyTorch, hard mode", "C on host", *emulated):
        assert f"ok │ {row}" in text
    assert "test/tiny: every implementation gives the same predictions." in text
    digest = zoo.predictions_digest([tiny_model().predict(make_golden(tiny_model()).samples)])
    assert text.count(f"{digest[:16]}...") == 7  # numpy over both choices of clips, and the five others
    assert text.count(digest) == 1


def test_a_miscompiled_gate_is_seen(tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(gates_flat.EXPRESSIONS, 6, "{a} | {b}")
    assert verify_command(saved(flat_model(), tmp_path)) == 1
    text = said()
    assert "differs │ C on host │ golden vectors, 1.00 s │ outputs differs first at frame" in text
    assert "ok │ C on cortex-a8 (emulated) │ golden vectors" in text  # whose gates are assembly
    assert "differs │ C on host │ 1 clip, 1.0 s │ differs first at clip 0, frame" in text
    assert "ok │ PyTorch, hard mode" in text
    assert "the implementations differ" in text


def test_a_wrong_instruction_is_seen(tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(flat_frame.LOGIC, 6, flat_frame.LOGIC[7])
    assert verify_command(saved(flat_model(), tmp_path)) == 1
    text = said()
    for target in ("cortex-a8", "cortex-a53"):
        row = f"differs │ C on {target} (emulated) │ golden vectors, 1.00 s │"
        assert f"{row} outputs differs first at frame" in text
    assert "ok │ C on host │ golden vectors" in text


def test_a_wrong_mask_in_one_lane_is_seen(
    tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold, words = lane_program._fold, itertools.count()

    def spoilt(*arguments: Any) -> tuple[int, int, int, int]:
        m0, m1, m2, m3 = fold(*arguments)
        return m0 ^ (1 << 17 if next(words) % 4 == 3 else 0), m1, m2, m3  # the last of tiny_model's 4 words

    monkeypatch.setattr(lane_program, "_fold", spoilt)
    assert verify_command(saved(tiny_model(), tmp_path)) == 1
    row = "differs │ C on cortex-a8 (emulated) │ golden vectors, 1.00 s │"
    assert f"{row} outputs differs first at frame 0" in said()


def test_a_wrong_head_or_front_end_is_placed_in_its_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny_model()
    golden = make_golden(model)
    threshold = model.head.params()["threshold"]
    for wrong, right, stage in (
        (f">= {threshold}", f">= {threshold + 1}", "hits"),
        ("0x33333333u", "0x13333333u", "values"),
        ("now - then[-2]", "now - then[-1]", "features"),
    ):

        def spoilt(model: Model, mode: str, old: str = wrong, new: str = right) -> dict[str, str]:
            text = sources(model)
            assert old in text["model.c"]
            return {name: source.replace(old, new) for name, source in text.items()}

        monkeypatch.setattr("bench.targets.host.sources", spoilt)
        difference = first_stage_difference(golden, Host().stages(model, golden.samples))
        assert difference is not None
        assert difference.startswith(stage)


def test_without_torch_the_proof_is_called_partial(
    tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else find(name))
    assert verify_command(saved(tiny_model(), tmp_path)) == 0
    text = said()
    assert "skipped: torch is not installed (pip install 'difflogic-zoo[train]')" in text
    assert "a partial proof: PyTorch, hard mode did not run" in text
    assert "every implementation" not in text


def test_a_folder_whose_golden_vectors_are_not_its_own_fails(tmp_path: Path, said: Said) -> None:
    folder = saved(tiny_model(), tmp_path)
    amend_folder(folder, {"golden.safetensors": make_golden(tiny_model(1)).to_bytes()})
    assert verify_command(folder) == 1
    text = said()
    assert "differs │ numpy │ golden vectors" in text
    assert "differs │ C on host │ golden vectors" in text


def test_a_folder_that_is_refused_is_one_error(tmp_path: Path) -> None:
    folder = saved(tiny_model(), tmp_path)
    file = folder / "model.safetensors"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(ZooError, match="SHA-256"):
        verify_command(folder)


def test_first_difference_names_clip_frame_and_value() -> None:
    one = Trace(np.array([[1, 2], [3, 4]], np.int32), np.array([1], np.int64))
    changed = one.values.copy()
    changed[1, 0] = 9
    assert (
        first_difference([one, one], [one, one._replace(values=changed)])
        == "differs first at clip 1, frame 1, value 0: 9 instead of 3"
    )
    late = one._replace(hits=np.array([2], np.int64))
    assert first_difference([one], [late]) == "clip 0: hits [2] instead of [1]"
    assert first_difference([one], []) == "0 clips instead of 1"
    short = one._replace(values=one.values[:1])
    assert first_difference([one], [short]) == "clip 0: values (1, 2) instead of (2, 2)"


def test_clips_come_from_all_sets_in_turn_and_end_at_the_second_asked_for() -> None:
    def clip(name: str) -> Clip:
        return Clip(name, np.full(44_100, ord(name[0]), np.int16), np.zeros(0), "kit", "CC0-1.0")

    model = tiny_model()
    sets = {"one": [clip("a"), clip("b"), clip("c")], "two": [clip("x")]}
    chosen = first_seconds(model, sets, 2.5)
    assert [(chr(samples[0]), len(samples)) for samples in chosen] == [
        ("a", 44_100), ("x", 44_100), ("b", 22_050),
    ]  # fmt: skip
    assert len(first_seconds(model, sets, 2.0)) == 2
    assert len(first_seconds(model, sets, 99)) == 4
    assert len(samples_of(model, sets)) == 4
    assert clip_choice.test_clips(model) == ({}, [])
    golden = samples_of(model, {})
    assert np.array_equal(golden[0], make_golden(model).samples)
    assert sum(map(len, first_seconds(model, {}, 0.25))) == 11_025 < len(golden[0])


def test_each_row_says_how_much_was_compared() -> None:
    checks = list(verify(tiny_model(), 0.25))
    seconds = {(check.what, check.over): check.seconds for check in checks}
    for what in ("numpy", "PyTorch, hard mode", "C on host"):
        assert seconds[what, "all"] == 1.0
    cores = ("C on cortex-a8", "C on cortex-a53", "assembly on pru")
    for what in ("numpy", *(f"{core} (emulated)" for core in cores)):
        assert seconds[what, "emulated"] == 0.25
    assert all(seconds[what, "golden"] == 1.0 for what, over in seconds if over == "golden")


def test_streams_answer_too_and_a_wrong_one_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {check.what: check.ok for check in verify(delay_model(), 0.1) if "stream" in check.what}
    cores = ("cortex-a8", "cortex-a8-neon", "cortex-a53")
    assert rows == {"C stream on host": True} | {f"C stream on {core} (emulated)": True for core in cores}
    assert not [check for check in verify(tiny_model(), 0.1) if "stream" in check.what]
    monkeypatch.setattr(stream_code, "SHARED", stream_code.SHARED.replace("x << by", "x << (by - 1)"))
    rows = {check.what: check.ok for check in verify(delay_model(), 0.1) if "stream" in check.what}
    assert not any(rows.values())


@pytest.fixture
def three(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Entry]:
    """An index of three models; the checks run in this process."""
    for make in (tiny_model, flat_model, raw_model):
        made = zoo.save(make(), tmp_path / "made" / make.__name__)
        bundle(made, f"test/{make.__name__[:-6]}", ("host",), tmp_path)
    index = entries(tmp_path / "index.json")
    monkeypatch.setattr("zoo.index.MODELS", tmp_path)
    for module in ("zoo.index", "bench.verify_command"):
        monkeypatch.setattr(f"{module}.entries", lambda: index)
    return index


class InThisProcess(ThreadPoolExecutor):
    def __init__(self, jobs: int, *_: Any) -> None:
        super().__init__(jobs)


def test_all_models_are_verified_and_recorded(
    three: dict[str, Entry], tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "ProcessPoolExecutor", InThisProcess)
    path = tmp_path / "verify.json"
    gone = {"schema": "verify/1", "models": [{"id": "test/gone"}]}
    path.write_text(json.dumps(gone))
    assert verify_command(None, all_=True, seconds=0.25, jobs=1, record=path) == 0
    text = said()
    for name in three:
        assert f"{name}: every implementation gives the same predictions." in text
    record = json.loads(path.read_text())
    assert [row["id"] for row in record["models"]] == list(three)  # and not test/gone
    for row in record["models"]:
        assert row["manifest"] == three[row["id"]].manifest_sha256
        assert row["circuit"] == three[row["id"]].circuit_sha256
        assert row["emulated_at_most"] == 0.25
        assert all(check["ok"] for check in row["checks"])

    monkeypatch.setitem(gates_flat.EXPRESSIONS, 6, "{a} | {b}")  # differs in one of them, so all say 1
    assert verify_command(None, all_=True, seconds=0.25, jobs=1, record=path) == 1
    text = said()
    assert "test/flat: the implementations differ." in text
    assert "test/tiny: every implementation gives the same predictions." in text
    assert any(check["ok"] is False for check in json.loads(path.read_text())["models"][0]["checks"])


def test_a_model_that_is_refused_does_not_stop_the_others(
    three: dict[str, Entry], tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "ProcessPoolExecutor", InThisProcess)
    (tmp_path / "test" / "flat" / "config.json").unlink()
    assert verify_command(None, all_=True, seconds=0.25, jobs=2) == 1
    text = said()
    assert "differs │ loading and running" in text
    assert "test/raw: every implementation gives the same predictions." in text


def test_a_record_is_of_bundled_models(tmp_path: Path) -> None:
    with pytest.raises(ZooError, match="bundled models only"):
        verify_command(saved(tiny_model(), tmp_path), seconds=0.1, record=tmp_path / "verify.json")
    assert not (tmp_path / "verify.json").exists()


@pytest.mark.slow
def test_processes_give_what_one_process_gives(said: Said) -> None:
    """Two small bundled models, each in a process of its own."""
    names = ["bela/bytebeat-42-gates", "bela/bytebeat-sierpinski-gates"]
    found = {v.id: v for v in command.in_processes(names, 0.25, 2, Console())}
    for name in names:
        assert list(found[name].checks) == list(verify(zoo.load(name), 0.25))
