"""The cache, and `zoo get` and `zoo cache`: what is kept, whether it is whole, and what goes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import zoo
from tests.tiny import tiny_model
from tests.zoo.hub.evil import COMMIT, Hub
from zoo.cli import run_command
from zoo.hub.cache import HubCache

OTHER = "f" * 40
Zoo = Callable[..., tuple[int, str, str]]


@pytest.fixture
def zoo_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Zoo:
    """Run a command line: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run_command(list(arguments))
        out, err = capfd.readouterr()
        return code, out, err

    return call


@pytest.fixture
def two(hub: Hub, cache: HubCache, zoo_in: Zoo, tmp_path: Path) -> list[Path]:
    """A cache with two models, the second at another commit."""
    first = Path(zoo_in("get", "test/tiny")[1].strip())
    hub.revisions["v2"] = OTHER
    folder = zoo.save(tiny_model(5), tmp_path / "new")
    hub.files = {path.name: path.read_bytes() for path in folder.iterdir()}
    second = Path(zoo_in("get", "test/tiny@v2")[1].strip())
    assert set(cache.models().values()) == {first, second}
    return [first, second]


def test_get_prints_where_the_model_lies_and_notes_what_is_to_be_known(hub: Hub, zoo_in: Zoo) -> None:
    code, out, err = zoo_in("get", "test/tiny", "--revision", "main")
    assert code == 0
    assert Path(out.strip()).parent == HubCache().root / "models"
    assert err.splitlines() == [
        "Note: test/tiny is not in the zoo's index: nobody there vouches for it.",
        "test/tiny: 128 gates, unsigned",
    ]
    hub.__exit__()
    assert zoo_in("get", f"test/tiny@{COMMIT}", "--offline")[1] == out
    code, _, err = zoo_in("get", "test/other", "--offline")
    assert (code, err.count("\n")) == (1, 1)
    assert "The cache has of test/other: nothing. With a network, `zoo get test/other@main`" in err


def test_every_command_takes_the_id_of_a_hub(hub: Hub, zoo_in: Zoo) -> None:
    code, out, err = zoo_in("show", "test/tiny@main")
    assert (code, err.count("Note: ")) == (0, 1)
    assert "circuit digest" in out
    code, out, _ = zoo_in("export", "test/tiny", "-o", "code")
    assert code == 0
    assert Path("code/tiny.c").is_file()


def test_get_copies_the_model_whole_to_where_nothing_else_is(hub: Hub, zoo_in: Zoo) -> None:
    Path("mine").mkdir()
    (Path("mine") / "note.txt").write_text("dear")
    code, _, err = zoo_in("get", "test/tiny", "-o", "mine")
    assert (code, "mine: folder: expected a model folder or nothing" in err) == (1, True)
    assert [path.name for path in Path("mine").iterdir()] == ["note.txt"]
    code, out, _ = zoo_in(
        "get", "test/tiny", "-o", "copy", "--prebuilt", "armv7-pd", "--unsigned", "--checkpoint"
    )
    assert (code, out) == (0, "copy\n")
    assert {p.relative_to("copy").as_posix() for p in Path("copy").rglob("*") if p.is_file()} == set(
        hub.files
    )
    assert zoo.load("copy").id == "test/tiny"


def test_get_gives_bundled_models_and_folders_as_they_are(zoo_in: Zoo, tmp_path: Path) -> None:
    from zoo.index import MODELS

    assert zoo_in("get", "bela/onset-gates")[1].strip() == str(MODELS / "bela" / "onset-gates")
    zoo.save(tiny_model(), tmp_path / "mine")
    assert zoo_in("get", "mine")[:2] == (0, "mine\n")
    code, _, err = zoo_in("get", "mine", "--prebuilt", "wasm")
    assert (code, "mine: nothing prebuilt for wasm. It has none." in err) == (1, True)
    code, _, err = zoo_in("get", "mine", "--revision", "v1")
    assert (code, "a folder has no revision v1" in err) == (1, True)
    code, _, err = zoo_in("get", "bela/onset-gates@v1")
    assert (code, "bela/onset-gates: this model is not published. Leave out the revision v1." in err) == (
        1,
        True,
    )


def test_ls_says_what_is_there(two: list[Path], zoo_in: Zoo) -> None:
    _, out, _ = zoo_in("cache", "ls")
    lines = out.splitlines()
    assert lines[0].split() == ["id", "revision", "size", "last", "use", "signature"]
    assert {tuple(line.split()[:3]) for line in lines[1:]} == {
        ("test/tiny", "main,", COMMIT[:8]),
        ("test/tiny", "v2,", OTHER[:8]),
    }
    assert all(time.strftime("%Y-%m-%d") in line and "unsigned" in line for line in lines[1:])
    found = json.loads(zoo_in("cache", "ls", "--json")[1])
    assert {row["folder"] for row in found} == {str(folder) for folder in two}
    assert {tuple(row["revisions"]) for row in found} == {("main", COMMIT), ("v2", OTHER)}
    assert sum(row["size"] for row in found) == sum(
        p.stat().st_size for folder in two for p in folder.iterdir()
    )


def test_verify_reads_every_byte_and_removes_when_told_to(
    two: list[Path], cache: HubCache, zoo_in: Zoo
) -> None:
    assert zoo_in("cache", "verify")[:2] == (0, "2 models read, 0 damaged.\n")
    data = bytearray((two[0] / "README.md").read_bytes())
    data[7] ^= 1
    (two[0] / "README.md").write_bytes(data)
    code, out, _ = zoo_in("cache", "verify")
    assert code == 1
    assert "test/tiny: damaged: " in out
    assert "README.md: SHA-256" in out
    code, out, _ = zoo_in("cache", "verify", "--delete")
    assert (code, "test/tiny: removed: " in out) == (0, True)
    assert list(cache.models().values()) == [two[1]]
    assert cache.manifest_of(os.environ["HF_ENDPOINT"], "test/tiny", COMMIT) is None


def test_verify_finds_a_model_in_the_place_of_another(two: list[Path], zoo_in: Zoo, tmp_path: Path) -> None:
    two[0].rename(tmp_path / "old")
    zoo.save(tiny_model(9), two[0])
    code, out, _ = zoo_in("cache", "verify")
    assert (code, f"manifest.json: SHA-256: expected {two[0].name}" in out) == (1, True)


def test_prune_asks_and_takes_leftovers_and_what_nothing_refers_to(
    two: list[Path], cache: HubCache, zoo_in: Zoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert zoo_in("cache", "prune")[:2] == (0, "Nothing to remove.\n")
    (cache.partial("0" * 64) / ("1" * 64)).write_bytes(b"x" * 1_000)
    staged = cache.root / "models" / ".dead"
    staged.mkdir()
    os.utime(staged, (0, 0))
    code, out, _ = zoo_in("cache", "prune")
    assert code != 0, "nobody is there to say yes"
    assert "Remove 0 models and 2 unfinished downloads, 1.0 kB?" in out
    assert len(cache.leftovers()) == 2
    assert zoo_in("cache", "prune", "--yes")[1] == "Removed 2 of 2.\n"
    assert cache.leftovers() == []
    cache.forget_manifest(two[0].name)
    assert "Removed 1 of 1." in zoo_in("cache", "prune", "-y")[1]
    assert list(cache.models().values()) == [two[1]]


def test_prune_takes_what_is_old_or_everything(two: list[Path], cache: HubCache, zoo_in: Zoo) -> None:
    os.utime(two[0], (0, time.time() - 40 * 86_400))
    assert zoo_in("cache", "prune", "--older-than", "41")[1] == "Nothing to remove.\n"
    assert "Removed 1 of 1." in zoo_in("cache", "prune", "--older-than", "30", "-y")[1]
    assert list(cache.models().values()) == [two[1]]
    assert "Removed 1 of 1." in zoo_in("cache", "prune", "--all", "-y")[1]
    assert (cache.models(), cache.commits(), cache.revisions()) == ({}, [], [])
    assert zoo_in("cache", "ls")[1].startswith("No model of a hub in ")


def test_prune_leaves_what_a_process_gets_just_now(two: list[Path], cache: HubCache, zoo_in: Zoo) -> None:
    with cache.lock("model", two[0].name):
        out = zoo_in("cache", "prune", "--all", "-y")[1]
    assert "Removed 1 of 2; another process gets the others." in out
    assert list(cache.models().values()) == [two[0]]


def test_a_lock_is_held_by_one_and_leaves_no_file(cache: HubCache) -> None:
    with cache.lock("a"):
        with pytest.raises(BlockingIOError), cache.lock("a", wait=False):
            pass
        with cache.lock("b", wait=False):
            assert len(list((cache.root / "locks").iterdir())) == 2
    assert list((cache.root / "locks").iterdir()) == []


def test_damaged_memories_are_forgotten(two: list[Path], cache: HubCache) -> None:
    for path in cache.root.glob("refs/*/*"):
        path.write_text('{"endpoint": 1}')
    assert (cache.commits(), cache.revisions()) == ([], [])
    assert cache.commit_of(os.environ["HF_ENDPOINT"], "test/tiny", "main") is None
