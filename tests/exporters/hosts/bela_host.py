"""A Bela project against a stand-in for Bela's interface: on this machine, or on an emulated ARM."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt

from exporters.c.build import zig
from exporters.hosts.host import Wrapped
from tests.exporters.hosts.hosts import HostError

Float32 = npt.NDArray[np.float32]

TIMEOUT = 300
STUB = Path(__file__).with_name("bela")
C_FLAGS = ("-std=gnu11", "-O2", "-c")
CPP_FLAGS = ("-std=c++11", "-O2", "-Wall", "-Wextra", "-Werror")
ARM = ("-target", "arm-linux-gnueabihf.2.24", "-mcpu=cortex_a8")


def build(folder: Path, compiler: tuple[str, ...] = ("gcc", "g++"), flags: tuple[str, ...] = ()) -> None:
    """Every C file of the project, render.cpp and the harness, as Bela's make does."""
    cc, cxx = compiler[0].split(), compiler[-1].split()
    work = folder / "build"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    sources = sorted(str(path) for path in folder.glob("*.c"))
    commands = [
        [*cc, *flags, *C_FLAGS, source, "-o", str(work / f"{Path(source).stem}.o")] for source in sources
    ]
    include = [f"-I{STUB}", f"-I{folder}"]
    program = [*cxx, *flags, *CPP_FLAGS, *include, str(folder / "render.cpp"), str(STUB / "harness.cpp")]
    for command in commands:
        _run(command, folder)
    objects = sorted(str(path) for path in work.glob("*.o"))
    _run([*program, *objects, "-lm", "-o", str(work / "program")], folder)


def build_arm(folder: Path) -> None:
    """The same for Bela's processor and its C library."""
    cc = " ".join(zig().command)
    build(folder, (cc, cc.replace(" cc", " c++")), ARM)


def run_signals(
    folder: Path, wrapped: Wrapped, sound: Float32, rate: int, block: int, emulator: tuple[str, ...] = ()
) -> list[list[Float32]]:
    """float32 (n,) per output of the model, and of audio output 0 as the last."""
    outputs = len(wrapped.outputs) + 1
    sound.tofile(folder / "in.f32")
    command = [*emulator, str(folder / "build" / "program"), str(rate), str(block), str(outputs - 1)]
    command += ["in.f32", "out.f32"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode:
        raise HostError(f"exit {done.returncode}: {done.stdout[-1_000:]}{done.stderr[-1_000:]}")
    found = np.fromfile(folder / "out.f32", np.float32).reshape(-1, outputs).T
    return [list(found[:, : len(sound)])]


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode:
        raise HostError(f"{' '.join(command)}:\n{done.stdout}{done.stderr}"[-4_000:])
