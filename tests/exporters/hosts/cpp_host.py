"""The C++ class in a program of its own: two units, the second one a little later."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from exporters.hosts.host import Wrapped
from tests.exporters.hosts.hosts import NO_SETTINGS, HostError, bends_last

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]

TIMEOUT = 300
LATE = 1_280  # samples, whole blocks of every size
HARNESS = Path(__file__).with_name("cpp") / "harness.cpp"
FLAGS = ("-O2", "-Wall", "-Wextra", "-Werror", "-I.")


def build(folder: Path) -> None:
    """The C sources, then the harness and the example in front of them."""
    (header,) = folder.glob("*.hpp")
    for source in sorted((folder / "src").glob("*.c")):
        _run(["gcc", "-std=c99", *FLAGS, "-c", f"src/{source.name}", "-o", f"{source.stem}.o"], folder)
    objects = sorted(path.name for path in folder.glob("*.o"))
    given = [f"-DMODEL={header.stem}", f'-DHEADER="{header.name}"', str(HARNESS), "-Wl,--wrap=malloc"]
    for program, arguments in (("harness", given), ("example", ["example.cpp"])):
        _run(["g++", "-std=c++11", *FLAGS, *arguments, *objects, "-lm", "-o", program], folder)


def run_signals(
    folder: Path,
    wrapped: Wrapped,
    sound: Float32,
    rate: int,
    block: int,
    settings: Mapping[str, float] = NO_SETTINGS,
) -> list[list[Float32]]:
    """Two units with these parameters: float32 (n,) per output of each.

    The second begins `LATE` samples later and is silent before.
    """
    outputs = len(wrapped.outputs)
    sound.tofile(folder / "in.f32")
    given = [str(rate), str(block), str(LATE), "in.f32", "out.f32", "played.i32"]
    given += [text for name, value in bends_last(settings).items() for text in (name, f"{value:.10g}")]
    said = _run(["./harness", *given], folder)
    assert said == f"{wrapped.model.id} {wrapped.model.circuit.digest()}\n"
    found = list(np.fromfile(folder / "out.f32", np.float32).reshape(-1, 2 * outputs).T)
    return [found[:outputs], found[outputs:]]


def run_controls(folder: Path, wrapped: Wrapped, sound: Float32, rate: int) -> Int32:
    """int32 (frames, controls): what the oscillators play, frame by frame."""
    run_signals(folder, wrapped, sound, rate, wrapped.model.hop)
    return np.fromfile(folder / "played.i32", np.int32).reshape(-1, len(wrapped.controls))


def _run(command: list[str], folder: Path) -> str:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT)
    except FileNotFoundError as error:
        raise HostError(str(error)) from None
    if done.returncode:
        raise HostError(f"exit {done.returncode}: {' '.join(command)}:\n{done.stdout}{done.stderr}"[-4_000:])
    return done.stdout
