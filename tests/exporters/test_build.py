"""Compilers: what is found, what is said when there is none or it fails, and the cache."""

import shutil
from pathlib import Path

import pytest

from exporters.c import build as builder
from exporters.c.build import A8_FLAGS, BuildError, Compiler, build, host_compiler, zig
from zoo.errors import MissingExtraError

GOOD = {"x.c": "int answer(void) { return 42; }\n"}
FLAGS = ("-O1", "-shared", "-fPIC", "-nostdlib")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, but the compiler's own."""
    monkeypatch.delenv("CC", raising=False)
    for kind in ("GLOBAL", "LOCAL"):
        monkeypatch.setenv(f"ZIG_{kind}_CACHE_DIR", str(builder.cache_folder() / "zig"))
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def counting(folder: Path, body: str = "") -> Compiler:
    """A compiler that notes every call, then copies its source to the output, or does what `body` says."""
    script = folder / "fake-cc"
    body = body or 'shift; cp x.c "$1"'
    script.write_text(f'#!/bin/sh\necho call >> "{folder}/calls"\n{body}\n')
    script.chmod(0o755)
    return Compiler((str(script),), "fake 1")


def calls(folder: Path) -> int:
    return len((folder / "calls").read_text().splitlines())


def test_a_second_build_finds_the_first(tmp_path: Path) -> None:
    compiler = counting(tmp_path)
    first = build(compiler, (), GOOD, "x.so")
    assert build(compiler, (), GOOD, "x.so") == first
    assert calls(tmp_path) == 1
    for other in (
        build(compiler, (), {"x.c": "int answer(void) { return 43; }\n"}, "x.so"),
        build(compiler, (), {**GOOD, "x.h": ""}, "x.so"),
        build(compiler, (), GOOD, "x.so", ("-lm",)),
        build(Compiler(compiler.command, "fake 2"), (), GOOD, "x.so"),
    ):
        assert other != first
    assert calls(tmp_path) == 5
    assert first.read_text() == GOOD["x.c"]


def test_a_failed_build_says_what_the_compiler_said_and_leaves_nothing(own_cache: Path) -> None:
    with pytest.raises(BuildError, match=r"(?s)exit code 1.*expected"):
        build(zig(), FLAGS, {"x.c": "int answer(void) { return 42 }\n"}, "x.so")
    assert [path for path in own_cache.rglob("*") if path.is_file()] == []


def test_a_compiler_that_is_killed_leaves_nothing_half_written(tmp_path: Path, own_cache: Path) -> None:
    compiler = counting(tmp_path, 'shift; printf half > "$1"; kill -9 $$')
    with pytest.raises(BuildError, match="exit code -9"):
        build(compiler, (), GOOD, "x.so")
    assert [path for path in own_cache.rglob("*") if path.is_file()] == []


def test_without_a_compiler_there_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"other than this one needs ziglang.*\[bench\]"):
        zig()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingExtraError, match=r"no C compiler.*pip install 'difflogic-zoo\[bench\]'"):
        host_compiler()


def test_cc_from_the_environment_wins_and_must_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CC", "/nowhere/cc")
    with pytest.raises(BuildError, match="CC=/nowhere/cc: no such program"):
        host_compiler()
    script = tmp_path / "mycc"
    script.write_text("#!/bin/sh\necho mycc 7\n")
    script.chmod(0o755)
    monkeypatch.setenv("CC", f"{script} -pipe")
    assert host_compiler() == Compiler((str(script), "-pipe"), "mycc 7")


@pytest.mark.parametrize("program", ["gcc", "clang"])
def test_a_system_compiler_builds_too(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not on this machine")
    import ctypes

    monkeypatch.setenv("CC", program)
    library = ctypes.CDLL(str(build(host_compiler(), FLAGS, GOOD, "x.so")))
    assert library.answer() == 42


def test_the_a8_build_is_thumb_without_libraries() -> None:
    from bench.targets.machine import EmulatedMachine, Program

    program = Program(build(zig(), A8_FLAGS, GOOD, "x.elf", ("-Wl,-e,answer",)))
    assert EmulatedMachine(program).invoke("answer") == 42
