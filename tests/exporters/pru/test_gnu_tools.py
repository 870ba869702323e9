"""Word for word against the GNU assembler, byte for byte against the GNU simulator, where they are there.

`make pru-tools` builds both from Debian's source packages. ZOO_PRU_TOOLS names the folder they are in (or
several, as PATH does) when they are elsewhere.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from exporters.pru.assembler import assemble
from exporters.pru.disassembler import disassemble
from exporters.pru.isa import FORMS, decode
from exporters.pru.simulator import Pruss
from tests.exporters.pru.random_programs import RESULT, RESULT_BYTES, random_program
from tests.exporters.pru.test_assembler import KNOWN, canonical
from zoo.cache import cache_folder

TOOLS = os.environ.get("ZOO_PRU_TOOLS") or str(cache_folder() / "pru-tools")
NAMES = ("pru-elf-as", "pru-elf-ld", "pru-elf-objcopy", "run")
MISSING = [name for name in NAMES if not shutil.which(name, path=TOOLS)]

pytestmark = [
    pytest.mark.pru_tools,
    pytest.mark.skipif(
        bool(MISSING), reason=f"{', '.join(MISSING)} not in {TOOLS}: make pru-tools, or set ZOO_PRU_TOOLS"
    ),
]

# The default script would leave the first word of data RAM out.
SCRIPT = """SECTIONS { .text 0x20000000 : { *(.text*) } .data 0x0 : { *(.data*) } }"""


def tool(name: str, *arguments: str | Path, where: Path) -> subprocess.CompletedProcess[bytes]:
    path = shutil.which(name, path=TOOLS)
    assert path
    return subprocess.run(
        [path, *map(str, arguments)], cwd=where, check=True, capture_output=True, timeout=60
    )


def gnu(source: str, where: Path) -> np.ndarray:
    """Assemble and link; leaves `a.elf`, returns its words."""
    (where / "a.s").write_text(source)
    (where / "flat.ld").write_text(SCRIPT)
    tool("pru-elf-as", "-mno-link-relax", "a.s", "-o", "a.o", where=where)
    tool("pru-elf-ld", "-T", "flat.ld", "a.o", "-o", "a.elf", where=where)
    tool("pru-elf-objcopy", "-O", "binary", "-j", ".text", "a.elf", "a.bin", where=where)
    return np.fromfile(where / "a.bin", "<u4")


def test_gas_makes_the_same_words(tmp_path: Path) -> None:
    """All but MVI, which gas does not know; QBA's bit 24 and 256 rounds of LOOP are pasm's alone."""
    words, lines = [], []
    for word in [*canonical(random.Random(3), 12000), *map(int, assemble(KNOWN).words)]:
        (text,) = disassemble([word], dialect="gas")
        if text.startswith(("mvi", ".word")) or text.endswith(", 256"):
            continue
        words.append(word & ~(1 << 24) if text.startswith("qba") else word)
        lines.append(text)
    found = gnu("\n".join(lines) + "\n", tmp_path)
    assert {text.split()[0] for text in lines} >= {name for name in FORMS if not name.startswith("mvi")}
    different = [
        f"{t}: gas {g:08x}, here {w:08x}" for t, g, w in zip(lines, found, words, strict=True) if g != w
    ]
    assert different == []


@pytest.mark.parametrize("seed", range(12))
def test_the_gnu_simulator_gives_the_same_memory(seed: int, tmp_path: Path) -> None:
    program = assemble(random_program(random.Random(seed), 500))
    assert all(decode(int(word)) for word in program.words)
    # The simulator's system calls: write(1, 0, RESULT + RESULT_BYTES), then exit(0).
    write = f"ldi r1, 5\nldi r14, 1\nldi r15, 0\nldi r16, {RESULT + RESULT_BYTES}\nhalt\n"
    tail = assemble(write + "ldi r1, 1\nldi r14, 0\nhalt").words
    listing = [f".word 0x{word:08x}" for word in (*program.words[:-1], *tail)]
    gnu("\n".join(listing) + "\n.data\n.skip 4096\n", tmp_path)
    theirs = np.frombuffer(tool("run", "a.elf", where=tmp_path).stdout, np.uint8)
    pruss = Pruss()
    pruss.load(0, program)
    assert pruss.run(max_cycles=1_000_000).end == "stopped"
    ours = pruss.data[0][: RESULT + RESULT_BYTES]
    assert np.count_nonzero(ours) > 400
    assert (ours == theirs).all(), np.flatnonzero(ours != theirs)[:20]
