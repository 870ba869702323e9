"""`zoo export`, and the registry behind it."""

from pathlib import Path

import pytest

import zoo
from exporters.api import EXPORTERS, export_command
from exporters.c import ExportError
from exporters.c.build import HOST_FLAGS, build, zig
from exporters.c.targets import TARGETS
from exporters.hosts import HOSTS
from tests.tiny import tiny_model
from zoo.cli import run_command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return zoo.save(tiny_model(), tmp_path / "model")


def test_the_kinds_of_export() -> None:
    assert list(EXPORTERS) == ["c", "gates", "pru", *HOSTS, "aiger", "aiger-ascii", "blif", "verilog"]


@pytest.mark.parametrize("mode", ["frame", "block"])
def test_c_is_written_and_compiles(
    mode: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "folder"
    assert export_command(folder, to="c", out=out, mode=mode) == 0
    files = {path.name: path.read_text() for path in out.iterdir()}
    assert sorted(files) == ["tiny.c", "tiny.h"]
    assert ("tiny_gates_block" in files["tiny.h"]) == (mode == "block")
    assert build(zig(), HOST_FLAGS, files, "tiny.so").is_file()
    said = " ".join(capsys.readouterr().out.split())
    assert said == f"test/tiny: wrote {out}/tiny.c and its header. Call tiny_init, then tiny_push."


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_writes_what_its_compiler_takes(
    target: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export_command(folder, to="c", out=tmp_path / "out", mode="block", target=target) == 0
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assembled = TARGETS[target].block is not None
    assert names == ["tiny.c", "tiny.h"] + ["tiny_gates.S"] * assembled
    said = " ".join(capsys.readouterr().out.split())
    assert ("tiny_gates.S" in said) == assembled


def test_the_command_line(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["export", str(folder), "-o", str(tmp_path / "out"), "--name", "beat"]) == 0
    assert (tmp_path / "out" / "beat.c").is_file()
    block = ["export", str(folder), "-o", str(tmp_path / "wide"), "--mode", "block", "--target", "avx2"]
    assert run_command(block) == 0
    assert "tiny_can_run" in (tmp_path / "wide" / "tiny_gates.S").read_text()
    assert run_command([*block[:-1], "portable"]) == 0
    assert sorted(path.name for path in (tmp_path / "wide").iterdir()) == ["tiny.c", "tiny.h"]
    capsys.readouterr()
    assert run_command(["export", str(folder), "-o", str(tmp_path / "no"), "--to", "rust"]) == 1
    assert capsys.readouterr().err.strip() == (
        f"Error: --to: expected one of {', '.join(sorted(EXPORTERS))}, found 'rust'"
    )
    assert run_command(["export", str(folder), "-o", str(tmp_path / "no"), "--name", "a b"]) == 1
    assert capsys.readouterr().err.startswith("Error: name: expected a C identifier")
    assert not list((tmp_path / "no").glob("*"))


def test_an_export_that_cannot_be_leaves_older_files_alone(tmp_path: Path) -> None:
    folder = zoo.save(tiny_model(), tmp_path / "model")
    out = tmp_path / "out"
    export_command(folder, to="c", out=out)
    before = {path: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(ExportError, match="--target: expected one of portable, .*, found 'z80'"):
        export_command(folder, to="c", out=out, target="z80")
    with pytest.raises(ExportError, match="--mode: expected one of frame, block, found 'neon'"):
        export_command(folder, to="c", out=out, mode="neon")
    assert {path: path.read_bytes() for path in out.iterdir()} == before


def test_prebuilt_is_refused_for_hosts_without(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="--prebuilt: expected --to .*, found bela"):
        export_command(folder, to="bela", out=tmp_path / "out", prebuilt=True)
    assert not (tmp_path / "out").exists()
