"""The files of a PRU export: they belong together, the header compiles and loads what the simulator loads."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import zoo
from exporters.c import ExportError
from exporters.c.build import HOST_FLAGS, build, zig
from exporters.pru.assembler import assemble
from exporters.pru.devices import BELA, DEVICES
from exporters.pru.export import export_pru
from exporters.pru.header import header_text
from exporters.pru.mailbox import FIELDS, MAGIC
from exporters.pru.picture import RAMS, memory_text, ram_bytes, spans
from exporters.pru.runner import PruModel
from exporters.pru.unit import make_pru_unit
from tests.tiny import tiny_model
from zoo.cli import run_command

NAMES = ["beat.bin", "beat.p", "beat_memory.svg", "beat_memory.txt", "beat_pru.h"]

STUB = """
#define PRUSS0_PRU0_DATARAM 0
#define PRUSS0_PRU1_DATARAM 1
#define PRUSS0_SHARED_DATARAM 4
#include <stdint.h>
#include <string.h>
static uint32_t ram[5][3072], code[2048], ran = 99;
static int prussdrv_map_prumem(unsigned int which, void **address) { *address = ram[which]; return 0; }
static int prussdrv_pru_disable(unsigned int core) { ran = 98 + core; return 0; }
static int prussdrv_exec_code(int core, const unsigned int *words, int bytes)
{
    memcpy(code, words, (size_t)bytes);
    ran = (uint32_t)core;
    return 0;
}
"""
CALLER = """
#define BEAT_PRUSSDRV
#include "beat_pru.h"
uint32_t *the_ram(int which) { return ram[which]; }
uint32_t *the_code(void) { return code; }
int start(void) { return beat_start() ? -1 : (int)ran; }
void send(const int16_t *samples) { beat_send(samples); }
int ready(void) { return beat_ready(); }
int32_t answer(void) { return beat_answer(); }
int32_t value(int i) { return beat_value(i); }
"""


@pytest.mark.parametrize("device", DEVICES)
def test_the_files_belong_together(device: str, tmp_path: Path) -> None:
    model = tiny_model()
    source = export_pru(model, tmp_path / "new" / "out", "beat", device=device)
    folder = source.parent
    assert sorted(path.name for path in folder.iterdir()) == NAMES
    words = assemble(source.read_text()).words.astype("<u4")
    assert (folder / "beat.bin").read_bytes() == words.tobytes()
    header = (folder / "beat_pru.h").read_text()
    code = re.search(r"beat_code\[\d+\] = \{([^}]*)\}", header)
    assert code
    assert [int(word[:-1], 16) for word in code[1].replace(",", " ").split()] == words.tolist()
    ElementTree.fromstring((folder / "beat_memory.svg").read_text())
    assert ("prussdrv_exec_code" in header) == (device != "am62x")
    assert "@" not in header
    assert "xin" not in source.read_text()  # pasm takes the source as any version of the core
    assert "loop" not in source.read_text()


def test_the_header_loads_what_the_simulator_loads() -> None:
    unit = make_pru_unit(tiny_model(), BELA, "beat")
    files = {"beat_pru.h": header_text(unit), "prussdrv.h": STUB, "caller.c": CALLER}
    library = ctypes.CDLL(str(build(zig(), (*HOST_FLAGS, "-I."), files, "caller.so")))
    library.the_ram.restype = library.the_code.restype = ctypes.POINTER(ctypes.c_uint32)
    assert library.start() == BELA.core
    core = PruModel(unit)
    own = np.ctypeslib.as_array(library.the_ram(0), (2048,)).view(np.uint8)
    shared = np.ctypeslib.as_array(library.the_ram(4), (3072,)).view(np.uint8)
    for ours, theirs in ((own, core.simulator.data[0]), (shared, core.simulator.shared)):
        np.testing.assert_array_equal(ours, theirs)
    words = unit.program.words
    np.testing.assert_array_equal(np.ctypeslib.as_array(library.the_code(), words.shape), words)

    samples = np.arange(-64, 64, dtype=np.int16)
    library.send(samples.ctypes.data_as(ctypes.c_void_p))
    assert not library.ready()
    hop = core.hop(samples)
    box = unit.mailbox
    np.testing.assert_array_equal(own[box.samples :][:256].view(np.int16), samples)
    own[box.address :][: box.samples] = core.memory(box.address, box.samples - box.address)
    assert library.ready()
    assert library.answer() == hop.answer
    assert library.value(0) == hop.values[0]


def test_the_mailbox_says_what_is_loaded() -> None:
    model = tiny_model()
    unit = make_pru_unit(model, BELA, "m")
    words = np.frombuffer(unit.memory.contents[unit.mailbox.address], "<u4")
    assert words[FIELDS["MAGIC"][0] // 4] == MAGIC
    assert words[FIELDS["HOP"][0] // 4] == model.hop
    assert words[FIELDS["VALUES"][0] // 4] == 1
    digest = words[FIELDS["DIGEST"][0] // 4 :][:2].tobytes()
    assert digest.hex() == model.circuit.digest()[:16]
    at = FIELDS["SAMPLES_AT"][0] // 4
    assert words[at] == unit.mailbox.samples - unit.mailbox.address


def test_the_picture_has_no_gap() -> None:
    unit = make_pru_unit(zoo.load("bela/onset-gates"), BELA, "m")
    for ram in RAMS:
        rows = spans(BELA, ram, unit.memory.items)
        assert sum(size for _, size, _, _ in rows) == ram_bytes(BELA, ram)
        assert all(a + n == b for (a, n, *_), (b, *_) in pairwise(rows))
    assert f"instructions {len(unit.program.words):>6,} of 2,048" in memory_text(unit)


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = zoo.save(tiny_model(), tmp_path / "model")
    out = tmp_path / "out"
    command = ["export", str(folder), "--to", "pru", "-o", str(out), "--name", "beat"]
    assert run_command(command) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith(f"test/tiny: wrote {out}/beat.p, beat.bin, beat_pru.h and the memory map.")
    assert sorted(path.name for path in out.iterdir()) == NAMES
    before = {path: path.read_bytes() for path in out.iterdir()}
    assert run_command([*command, "--device", "z80"]) == 1
    assert "device: expected one of am335x, bela, am62x, found 'z80'" in capsys.readouterr().err
    assert run_command([*command, "--mode", "block"]) == 1
    assert "expected frame for the PRU" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in out.iterdir()} == before


def test_a_model_that_does_not_fit_leaves_nothing(tmp_path: Path) -> None:
    from tests.exporters.pru.test_models import bank, model_of
    from tests.tiny import lane_circuit
    from zoo.heads import GroupSum

    model = model_of(bank(1, 64, lags=(1000,)), lane_circuit(1), GroupSum(2))
    with pytest.raises(ExportError, match="does not fit the PRU of bela"):
        export_pru(model, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(shutil.which("pasm") is None, reason="TI's assembler pasm is not on the PATH")
@pytest.mark.parametrize("version", ["-V1", "-V2", "-V3"])
def test_pasm_makes_the_same_words(version: str, tmp_path: Path) -> None:
    source = export_pru(zoo.load("bela/onset-gates"), tmp_path, "beat")
    ours = (tmp_path / "beat.bin").read_bytes()
    (tmp_path / "beat.bin").unlink()
    subprocess.run(["pasm", version, "-b", source.name], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "beat.bin").read_bytes() == ours
