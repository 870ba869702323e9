"""A Bela project against a stand-in for Bela's interface: on this machine, or on an emulated ARM.

Two render states run in one program, the second one a little later: `render.cpp` twice, or that of two
projects, over the C files that they share. So their units hear different sounds at any time.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt

from exporters.c.build import zig
from exporters.hosts.host import Wrapped
from tests.exporters.hosts.hosts import HostError, environment

Float32 = npt.NDArray[np.float32]

TIMEOUT = 300
LATE = 1_280  # samples, whole blocks of every size
STUB = Path(__file__).with_name("bela")
C_FLAGS = ("-std=gnu11", "-O2", "-c")
# Without C++'s own library, which takes longer to build for ARM than everything else: nothing here needs it.
CPP_FLAGS = ("-std=c++11", "-O2", "-Wall", "-Wextra", "-Werror", "-fno-exceptions", "-fno-rtti")
SECOND = tuple(f"-D{name}={name}2" for name in ("setup", "render", "cleanup", "gOutput"))
ARM = ("-target", "arm-linux-gnueabihf.2.24", "-mcpu=cortex_a8")


def build(
    folder: Path,
    compiler: tuple[str, ...] = ("gcc", "g++"),
    flags: tuple[str, ...] = (),
    wraps: bool = True,
    second: Path | None = None,
) -> None:
    """Every C file of the project, render.cpp twice and the harness, as Bela's make does.

    Args:
        folder: The project.
        compiler: For C and for C++.
        flags: For both.
        wraps: Whether its linker puts the harness between the project and malloc.
        second: The render.cpp of another project whose C files stand here too; this one's again when None.
    """
    cc, cxx = compiler[0].split(), compiler[-1].split()
    work = folder / "build"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    include = [f"-I{STUB}", f"-I{folder}"]
    cxx += [*flags, *CPP_FLAGS, *include]
    for source in sorted(folder.glob("*.c")):
        _run([*cc, *flags, *C_FLAGS, str(source), "-o", str(work / f"{source.stem}.o")], folder)
    again = str(second or folder / "render.cpp")
    sources = [
        (str(folder / "render.cpp"), ()),
        (again, SECOND),
        (str(STUB / "harness.cpp"), ("-DWRAPPED",) * wraps),
    ]
    for i, (source, given) in enumerate(sources):
        _run([*cxx, *given, "-c", source, "-o", str(work / f"cpp{i}.o")], folder)
    objects = sorted(str(path) for path in work.glob("*.o"))
    links = ["-lm", *["-Wl,--wrap=malloc"] * wraps]
    _run([*cc, *flags, *objects, *links, "-o", str(work / "program")], folder)


def build_arm(folder: Path) -> None:
    """The same for Bela's processor and its C library; zig's linker wraps nothing."""
    cc = " ".join(zig().command)
    build(folder, (cc, cc.replace(" cc", " c++")), ARM, wraps=False)


def run_signals(
    folder: Path,
    wrapped: Wrapped,
    sound: Float32,
    rate: int,
    block: int,
    emulator: tuple[str, ...] = (),
    second: Wrapped | None = None,
) -> list[list[Float32]]:
    """Per render state float32 (n,) for each output of the model, and for audio output 0 as the last.

    The second one, of another model where there is one, begins `LATE` samples later and is silent before.
    """
    sizes = [len(unit.outputs) + 1 for unit in (wrapped, second or wrapped)]
    sound.tofile(folder / "in.f32")
    command = [*emulator, str(folder / "build" / "program"), str(rate), str(block)]
    command += [str(size - 1) for size in sizes] + [str(LATE // block), "in.f32", "out.f32"]
    if not (folder / "build" / "program").is_file():
        raise HostError(f"no program in {folder}")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode:
        raise HostError(f"exit {done.returncode}: {done.stdout[-1_000:]}{done.stderr[-1_000:]}")
    for unit in (wrapped, second or wrapped):
        assert f"circuit {unit.model.circuit.digest()}" in done.stdout
    found = list(np.fromfile(folder / "out.f32", np.float32).reshape(-1, sum(sizes)).T)
    return [found[: sizes[0]], found[sizes[0] :]]


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=TIMEOUT
    )
    if done.returncode:
        raise HostError(f"{' '.join(command)}:\n{done.stdout}{done.stderr}"[-4_000:])
