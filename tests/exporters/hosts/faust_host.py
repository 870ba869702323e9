"""Faust programs through the real Faust compiler, as pure text and with a foreign function."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from exporters.hosts.host import Wrapped
from tests.exporters.hosts.hosts import NO_SETTINGS, HostError

Float32 = npt.NDArray[np.float32]

TIMEOUT = 300
ARCHITECTURE = Path(__file__).with_name("faust") / "arch.cpp"


def build(folder: Path) -> None:
    """Every `.dsp` of the folder becomes a program."""
    for path in folder.glob("*.dsp"):
        (folder / "arch.cpp").write_text(ARCHITECTURE.read_text())
        _run(
            ["faust", "-t", "200", "-lang", "cpp", "-a", "./arch.cpp", path.name, "-o", f"{path.stem}.cpp"],
            folder,
        )
        _run(["g++", "-O1", "-fwrapv", "-I.", f"{path.stem}.cpp", "-o", f"{path.stem}.run"], folder)


def run_signals(
    folder: Path,
    wrapped: Wrapped,
    sound: Float32,
    rate: int,
    block: int,
    settings: Mapping[str, float] = NO_SETTINGS,
) -> list[list[Float32]]:
    """Two instances of each program of the folder, with these controls: float32 (n,)."""
    sound.tofile(folder / "in.f32")
    found: list[list[Float32]] = []
    for program in sorted(folder.glob("*.run")):
        assert wrapped.model.circuit.digest() in program.with_suffix(".cpp").read_text()  # as metadata
        given = [text for name, value in settings.items() for text in (name, f"{value:.10g}")]
        _run([f"./{program.name}", str(rate), str(block), "in.f32", "out.f32", *given], folder)
        found += [[output] for output in np.fromfile(folder / "out.f32", np.float32).reshape(-1, 2).T]
    if not found:
        raise HostError(f"no program of {wrapped.name} in {folder}")
    return found


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode:
        raise HostError(f"{' '.join(command)}:\n{done.stdout}{done.stderr}"[-4_000:])
